"""What is the same in the progress of every operation: its pace, and what holds it back."""

from typing import TYPE_CHECKING

from bulkcancel.events import (
    Attempted,
    OutageBegan,
    OutageEnded,
    Paused,
    QuotaSeen,
    Resumed,
    Stopping,
)
from bulkcancel.pacing import WaitReason
from bulkcancel.progress.held import REQUESTS, held_words
from bulkcancel.progress.pace import Pace
from bulkcancel.progress.view import ProgressView

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bulkcancel.clock import Clock
    from bulkcancel.events import Endpoint, Event

_STOPPING = "stopping: requests on their way may finish"


class Activity:
    """Part of each operation's progress: hand it every event, and have it make the view.

    Args:
        endpoint: The requests that bring the operation on; what holds back others comes second.
        clock: Where the time comes from.
    """

    def __init__(self, endpoint: "Endpoint", clock: "Clock") -> None:
        self._endpoint = endpoint
        self._clock = clock
        self._pace = Pace(clock.now())
        self._pauses: dict[Endpoint, Paused] = {}
        self._outages: dict[Endpoint, OutageBegan] = {}
        self._is_stopping = False

    def begin(self, done: int) -> None:
        """Note that it begins now, with that many done before."""
        self._pace = Pace(self._clock.now(), done)

    def observe(self, event: "Event") -> None:
        """Take note of what concerns pace and pauses, and pass over the rest."""
        if isinstance(event, Attempted):
            if event.endpoint is self._endpoint:
                self._pace.sent += 1
        elif isinstance(event, Paused | Resumed | QuotaSeen):
            self._note_pause(event)
            if event.endpoint is self._endpoint:
                self._note_pace(event)
        elif isinstance(event, OutageBegan):
            self._outages[event.endpoint] = event
        elif isinstance(event, OutageEnded):
            self._outages.pop(event.endpoint, None)
        elif isinstance(event, Stopping):
            self._is_stopping = True

    def view(
        self,
        *,
        done: int,
        total: int | None,
        counts: "Mapping[str, int]",
        noun: str = "row",
        note: str = "",
    ) -> ProgressView:
        """How far it is now.

        Args:
            done: How many are done, those included that were before.
            total: How many there are, or None where that is not known.
            counts: What came of them, by name.
            noun: What is counted.
            note: More to be said.
        """
        now, pace = self._clock.now(), self._pace
        pace.sample(now, done)
        return ProgressView(
            done,
            total,
            pace.elapsed(now),
            rate=pace.rate(now, done),
            eta=None if self._is_stopping else pace.eta(now, done, total),
            counts=counts,
            held=_STOPPING if self._is_stopping else self._held(now),
            note=note,
            noun=noun,
        )

    def _held(self, now: float) -> str:
        """What holds requests back, in words: those that bring it on first, else the others."""
        held = self._pauses.keys() | self._outages.keys()
        if not held:
            return ""
        endpoint = self._endpoint if self._endpoint in held else min(held)
        words = held_words(
            self._pauses.get(endpoint), self._outages.get(endpoint), now=now, wall=self._clock.wall()
        )
        return words if endpoint is self._endpoint else f"{REQUESTS[endpoint]}: {words}"

    def _note_pause(self, event: Paused | Resumed | QuotaSeen) -> None:
        if isinstance(event, Paused):
            self._pauses[event.endpoint] = event
        elif isinstance(event, Resumed):
            self._pauses.pop(event.endpoint, None)

    def _note_pace(self, event: Paused | Resumed | QuotaSeen) -> None:
        now = self._clock.now()
        if isinstance(event, QuotaSeen):
            self._pace.quota(event)
        elif isinstance(event, Paused) and event.rate is None:
            self._pace.hold(now, event.until, is_outage=event.reason == WaitReason.OUTAGE.value)
        else:
            self._pace.go_on(now)
