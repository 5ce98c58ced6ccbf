"""Which instances are wanted: the filters of `find`, joined by and."""

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bulkcancel.answers import State
from bulkcancel.errors import ConfigurationError

if TYPE_CHECKING:
    from bulkcancel.listings import InstanceState

RUNNING, ENDED, ALL = "running", "ended", "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which instances are wanted; by default those that run.

    Attributes:
        statuses: `running`, `ended`, `all`, or kinds as the API spells them; one of them must fit.
        older_than: Seconds since its start, at least, by the server's clock; or None.
        newer_than: Seconds since its start, at most, by the server's clock; or None.
        started_after: It started then or later, in seconds since the epoch; or None.
        started_before: It started earlier than that, in seconds since the epoch; or None.
        sources: What may have started it, such as `api` or `schedule`; empty for anything.
        limit: The most instances that are wanted, 1 or more; or None.
        asks_for_times: Whether an instance without a start can't be judged; follows from the others.

    Raises:
        ConfigurationError: One of them can't be used, or two contradict each other.
    """

    statuses: frozenset[str] = field(default=frozenset({RUNNING}))
    older_than: float | None = None
    newer_than: float | None = None
    started_after: float | None = None
    started_before: float | None = None
    sources: frozenset[str] = frozenset()
    limit: int | None = None
    asks_for_times: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("statuses", "sources"):
            words = getattr(self, name)
            if not isinstance(words, frozenset) or not all(isinstance(word, str) and word for word in words):
                raise ConfigurationError.of_value(f"Selection.{name}", words, "a frozenset of words")
        if not self.statuses:
            raise ConfigurationError("Selection.statuses is empty, so nothing could be found.")
        for name in ("older_than", "newer_than", "started_after", "started_before"):
            value = getattr(self, name)
            if value is not None and not _is_seconds(value):
                raise ConfigurationError.of_value(f"Selection.{name}", value, "a number of seconds or None")
        if self.limit is not None and not (type(self.limit) is int and self.limit > 0):
            raise ConfigurationError.of_value(
                "Selection.limit", self.limit, "a whole number, 1 or more, or None"
            )
        if self.older_than is not None and self.newer_than is not None and self.older_than >= self.newer_than:
            raise ConfigurationError(
                "Nothing is both older and newer than that: the time of --older-than must be shorter than "
                "that of --newer-than."
            )
        if (
            self.started_after is not None
            and self.started_before is not None
            and self.started_after >= self.started_before
        ):
            raise ConfigurationError(
                "Nothing started both after and before that: --started-after must be earlier than "
                "--started-before."
            )
        bounds = (self.older_than, self.newer_than, self.started_after, self.started_before)
        object.__setattr__(self, "asks_for_times", any(bound is not None for bound in bounds))

    def fits(self, item: "InstanceState", now: float) -> bool:
        """Whether an instance is wanted.

        Args:
            item: The instance.
            now: The server's time, in seconds since the epoch.
        """
        return self.fits_but_for_times(item) and (
            not self.asks_for_times or self._fits_times(item.started_at, now)
        )

    def fits_but_for_times(self, item: "InstanceState") -> bool:
        """Whether an instance is wanted as far as that does not depend on its start."""
        return self._fits_status(item) and (not self.sources or item.source in self.sources)

    def _fits_status(self, item: "InstanceState") -> bool:
        if item.state is State.UNREADABLE:
            return False
        general = RUNNING if item.state is State.RUNNING else ENDED
        return not self.statuses.isdisjoint((general, ALL, item.kind))

    def _fits_times(self, started_at: float | None, now: float) -> bool:
        if started_at is None:
            return False
        return (
            (self.older_than is None or started_at <= now - self.older_than)
            and (self.newer_than is None or started_at >= now - self.newer_than)
            and (self.started_after is None or started_at >= self.started_after)
            and (self.started_before is None or started_at < self.started_before)
        )


def _is_seconds(value: object) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return abs(value) <= sys.float_info.max
