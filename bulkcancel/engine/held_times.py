"""Keeps when a run was held back, and why."""

import heapq
from dataclasses import replace
from typing import TYPE_CHECKING

from bulkcancel.events import OutageBegan, OutageEnded, Paused, Resumed
from bulkcancel.pacing import WaitReason
from bulkcancel.tally import Held, HeldBy

if TYPE_CHECKING:
    from bulkcancel.clock import Clock
    from bulkcancel.events import Endpoint, Event

_MOST = 100  # are kept, for a long run is held back in each window of its quota
_SHORTEST = 0.1  # seconds: less is no pause
_A_QUESTION = 0.1  # of a pause: so little between two pauses makes them one
# Pauses within an outage are part of it.
_REASONS = {
    WaitReason.QUOTA.value: HeldBy.QUOTA,
    WaitReason.REFUSED.value: HeldBy.LIMIT,
}


class HeldTimes:
    """An observer of one run. An outage is one time, whatever was tried in it or before it was known as one.

    Attributes:
        left_out: How many were too many to be kept.
    """

    def __init__(self, clock: "Clock") -> None:
        self._clock = clock
        self._open: dict[Endpoint, Held] = {}
        self._last: dict[Endpoint, Held] = {}  # which the next may go on with
        self._longest: list[tuple[float, int, Held]] = []
        self._count = 0
        self.left_out = 0

    def observe(self, event: "Event") -> None:
        """Take note of what begins and what ends."""
        now = self._clock.wall()
        if isinstance(event, Paused):
            if event.rate is None:
                self._begin(event, now)
        elif isinstance(event, OutageBegan):
            self._begin_outage(event, now - (self._clock.now() - event.since))
        elif isinstance(event, Resumed):
            held = self._open.get(event.endpoint)
            if held is not None and held.reason is not HeldBy.OUTAGE:
                self._end(event.endpoint, now)
        elif isinstance(event, OutageEnded):
            self._end(event.endpoint, now)

    def all(self) -> tuple[Held, ...]:
        """Those that are over, the longest of them, and those that go on, in order."""
        now = self._clock.wall()
        for endpoint in tuple(self._open):
            self._end(endpoint, now)
        for held in self._last.values():
            self._keep(held)
        self._last.clear()
        return tuple(sorted((held for *_, held in self._longest), key=lambda one: (one.begin, one.endpoint)))

    def _begin(self, event: Paused, now: float) -> None:
        reason = _REASONS.get(event.reason)
        held = self._open.get(event.endpoint)
        if reason is None or (held is not None and held.reason in {reason, HeldBy.OUTAGE}):
            return
        self._end(event.endpoint, now)
        self._open[event.endpoint] = Held(now, now, reason, event.endpoint)

    def _begin_outage(self, event: OutageBegan, begin: float) -> None:
        """It began with the first request that failed; what was told of pauses since then was part of it."""
        held = self._open.get(event.endpoint)
        self._end(event.endpoint, begin if held is None else max(begin, held.begin))
        last = self._last.get(event.endpoint)
        if last is not None and last.begin >= begin:
            del self._last[event.endpoint]
        self._longest = [
            one for one in self._longest if one[2].endpoint is not event.endpoint or one[2].begin < begin
        ]
        heapq.heapify(self._longest)
        self._open[event.endpoint] = Held(
            begin, begin, HeldBy.OUTAGE, event.endpoint, event.status, event.detail
        )

    def _end(self, endpoint: "Endpoint", now: float) -> None:
        held = self._open.pop(endpoint, None)
        if held is None or now - held.begin < _SHORTEST:
            return
        held = replace(held, end=now)
        last = self._last.get(endpoint)
        if last is not None and _goes_on(last, held):
            held = replace(held, begin=last.begin)
        elif last is not None:
            self._keep(last)
        self._last[endpoint] = held

    def _keep(self, held: Held) -> None:
        self._count += 1
        heapq.heappush(self._longest, (held.seconds, -self._count, held))
        if len(self._longest) > _MOST:
            heapq.heappop(self._longest)
            self.left_out += 1


def _goes_on(last: Held, held: Held) -> bool:
    """Whether a pause goes on with the last: between them was time to ask whether it is over, and no more."""
    if last.reason is not held.reason or held.reason is HeldBy.OUTAGE:
        return False
    return held.begin - last.end <= _A_QUESTION * min(last.seconds, held.seconds)
