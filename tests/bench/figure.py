"""A figure of a journey, and what it is held to."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """Something measured, and what it may be at most; None where it is told and not held to anything."""

    name: str
    value: float
    at_most: float | None = None

    @property
    def falls_short(self) -> bool:
        """Whether it is more than it may be."""
        return self.at_most is not None and self.value > self.at_most

    def __str__(self) -> str:
        if self.at_most is None:
            return f"  {self.name:<58}{self.value:>12,.3f}"
        verdict = "FALLS SHORT" if self.falls_short else "pass"
        return f"  {self.name:<58}{self.value:>12,.3f}   ≤ {self.at_most:,.3f}   {verdict}"
