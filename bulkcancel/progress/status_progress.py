"""How far a reading of states is."""

from collections import Counter
from typing import TYPE_CHECKING

from bulkcancel.events import Endpoint, StateSeen
from bulkcancel.models import StateName
from bulkcancel.progress.activity import Activity

if TYPE_CHECKING:
    from bulkcancel.clock import Clock
    from bulkcancel.events import Event
    from bulkcancel.progress.view import ProgressView


class StatusProgress:
    """Counts rows by state.

    Args:
        clock: Where the time comes from.
        total: How many rows there are, or None where that is not known.
        waits: Whether those that run are read until they have ended: then they are not done.
    """

    def __init__(self, clock: "Clock", total: int | None, *, waits: bool) -> None:
        self._activity = Activity(Endpoint.LIST, clock)
        self._total = total
        self._waits = waits
        self._counts: Counter[StateName] = Counter()

    def observe(self, event: "Event") -> None:
        """Take note of what changes the picture."""
        if isinstance(event, StateSeen):
            self._counts[event.state] += 1
            if event.previous is not None:
                self._counts[event.previous] -= 1
        else:
            self._activity.observe(event)

    def view(self) -> "ProgressView":
        """How far it is now."""
        seen = self._counts.total()
        done = seen - self._counts[StateName.RUNNING] if self._waits else seen
        total = self._total if self._total is not None or not self._waits else seen
        counts = {state.value: self._counts[state] for state in StateName if self._counts[state]}
        return self._activity.view(done=done, total=total, counts=counts)
