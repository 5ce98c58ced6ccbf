"""How far a run is."""

from collections import Counter
from typing import TYPE_CHECKING

from bulkcancel.events import Endpoint, Finished, Started
from bulkcancel.models import Outcome
from bulkcancel.progress.activity import Activity

if TYPE_CHECKING:
    from bulkcancel.clock import Clock
    from bulkcancel.events import Event
    from bulkcancel.progress.view import ProgressView


class RunProgress:
    """Counts rows. Those of an earlier run that are tried again count when they have been."""

    def __init__(self, clock: "Clock") -> None:
        self._activity = Activity(Endpoint.CANCEL, clock)
        self._total: int | None = None
        self._outcomes: Counter[Outcome] = Counter()

    def observe(self, event: "Event") -> None:
        """Take note of what changes the picture."""
        if isinstance(event, Finished):
            self._outcomes[event.result.outcome] += 1
        elif isinstance(event, Started):
            self._total = event.total
            self._outcomes = Counter(
                {outcome: count for outcome, count in event.recorded.items() if outcome.is_done}
            )
            self._activity.begin(self._done)
        else:
            self._activity.observe(event)

    def view(self) -> "ProgressView":
        """How far it is now: only rows that were attempted, or need no attempt, are done."""
        counts = {outcome.value: self._outcomes[outcome] for outcome in Outcome if self._outcomes[outcome]}
        return self._activity.view(done=self._done, total=self._total, counts=counts)

    @property
    def _done(self) -> int:
        return self._outcomes.total() - self._outcomes[Outcome.NOT_ATTEMPTED]
