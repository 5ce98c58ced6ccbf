"""What a person sees of an operation at one moment, and who supplies it."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bulkcancel.events import Event


@dataclass(frozen=True, slots=True)
class ProgressView:
    """How far an operation is. `layout` makes lines of it.

    Attributes:
        done: How many are done: they fill the bar. What was left untouched is not done.
        total: How many there are, or None where that is not known.
        elapsed: Seconds since it began.
        rate: How many are done per second, lately, or None while that can't be told.
        eta: Seconds until all are done, or None while that can't be told.
        counts: What came of them so far, by name: `{"canceled": 5, "not_found": 1}`.
        held: Why it waits and until when, in words, or empty.
        note: More to be said beside the counts, or empty.
        noun: What is counted: `row`, `instance`.
        is_over: Whether nothing more will come.
    """

    done: int
    total: int | None
    elapsed: float
    rate: float | None = None
    eta: float | None = None
    counts: "Mapping[str, int]" = field(default_factory=dict)
    held: str = ""
    note: str = ""
    noun: str = "row"
    is_over: bool = False


class ProgressSource(Protocol):
    """An observer of one operation that can say at any moment how far it is."""

    def observe(self, event: "Event", /) -> None:
        """Take note of what happened."""
        ...

    def view(self) -> ProgressView:
        """How far it is now."""
        ...
