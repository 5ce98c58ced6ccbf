"""How far a drain is: how many run, how many arrive and end in a minute, and when nothing would run."""

from collections import Counter
from typing import TYPE_CHECKING

from bulkcancel.events import Endpoint, Finished, PageRead, PassEnded, Started
from bulkcancel.models import Outcome
from bulkcancel.progress.activity import Activity
from bulkcancel.progress.words import span

if TYPE_CHECKING:
    from bulkcancel.clock import Clock
    from bulkcancel.events import Event
    from bulkcancel.progress.view import ProgressView

_MINUTE = 60.0


class DrainProgress:
    """Counts instances: those found, and of them those that are done."""

    def __init__(self, clock: "Clock") -> None:
        self._activity = Activity(Endpoint.CANCEL, clock)
        self._clock = clock
        self._outcomes: Counter[Outcome] = Counter()
        self._matching: dict[str, int] = {}  # found in this pass, by workflow
        self._met = 0  # finished in this pass
        self._undone_now = 0  # of those, not done
        self._began = clock.now()
        self._ended_since = 0
        self._number = 1
        self._arriving = 0.0

    def observe(self, event: "Event") -> None:
        """Take note of what changes the picture."""
        if isinstance(event, Finished):
            if event.previous is not None:
                self._outcomes[event.previous] -= 1
            self._outcomes[event.result.outcome] += 1
            self._met += 1
            self._undone_now += not event.result.outcome.is_done
            self._ended_since += event.result.outcome.is_done
        elif isinstance(event, PageRead):
            self._matching[event.workflow_id] = event.matching
        elif isinstance(event, PassEnded):
            self._number = event.number + 1
            if event.number > 1 and event.seconds > 0.0:
                self._arriving = event.new / event.seconds
            self._matching.clear()
            self._met = self._undone_now = 0
        elif isinstance(event, Started):
            self._outcomes = Counter(event.recorded)
            self._activity.begin(self._done)
        else:
            self._activity.observe(event)

    def view(self) -> "ProgressView":
        """How far it is now. What is found in a pass and not finished runs, as far as is known."""
        running = max(0, sum(self._matching.values()) - self._met)
        undone = max(self._outcomes.total() - self._done, running + self._undone_now)
        counts = {outcome.value: self._outcomes[outcome] for outcome in Outcome if self._outcomes[outcome]}
        return self._activity.view(
            done=self._done,
            total=self._done + undone,
            counts=counts,
            noun="instance",
            note=self._note(running),
        )

    @property
    def _done(self) -> int:
        return sum(count for outcome, count in self._outcomes.items() if outcome.is_done)

    def _note(self, running: int) -> str:
        words = f"pass {self._number}: {running:,} running"
        seconds = self._clock.now() - self._began
        ending = self._ended_since / seconds if seconds > 0.0 else 0.0
        if not self._arriving:
            return words
        words += f", {self._arriving * _MINUTE:,.0f} arriving and {ending * _MINUTE:,.0f} ending a minute"
        if ending <= self._arriving:
            return f"{words}: this will not end, stop the source (--unpublish)"
        return f"{words}, empty in about {span(running / (ending - self._arriving))}" if running else words
