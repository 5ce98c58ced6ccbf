"""Keeps when a run was held back, and why."""

import heapq
from typing import TYPE_CHECKING

from bulkcancel.events import OutageBegan, OutageEnded, Paused, Resumed
from bulkcancel.pacing import WaitReason
from bulkcancel.tally import Held, HeldBy

if TYPE_CHECKING:
    from bulkcancel.clock import Clock
    from bulkcancel.events import Endpoint, Event

_MOST = 100  # are kept, for a long run is held back in each window of its quota
_SHORTEST = 0.1  # seconds: less is no pause
# Pauses within an outage are part of it.
_REASONS = {
    WaitReason.QUOTA.value: HeldBy.QUOTA,
    WaitReason.REFUSED.value: HeldBy.LIMIT,
}


class HeldTimes:
    """An observer of one run. An outage is one time, whatever is tried in it."""

    def __init__(self, clock: "Clock") -> None:
        self._clock = clock
        self._open: dict[Endpoint, Held] = {}
        self._longest: list[tuple[float, int, Held]] = []
        self._count = 0

    def observe(self, event: "Event") -> None:
        """Take note of what begins and what ends."""
        now = self._clock.wall()
        if isinstance(event, Paused):
            if event.rate is None:
                self._begin(event, now)
        elif isinstance(event, OutageBegan):
            begin = now - (self._clock.now() - event.since)
            self._end(event.endpoint, max(begin, self._begun(event.endpoint, begin)))
            self._open[event.endpoint] = Held(
                begin, begin, HeldBy.OUTAGE, event.endpoint, event.status, event.detail
            )
        elif isinstance(event, Resumed):
            held = self._open.get(event.endpoint)
            if held is not None and held.reason is not HeldBy.OUTAGE:
                self._end(event.endpoint, now)
        elif isinstance(event, OutageEnded):
            self._end(event.endpoint, now)

    @property
    def left_out(self) -> int:
        """How many were too many to be kept."""
        return self._count - len(self._longest)

    def all(self) -> tuple[Held, ...]:
        """Those that are over, the longest of them, and those that go on, in order."""
        now = self._clock.wall()
        for endpoint in tuple(self._open):
            self._end(endpoint, now)
        return tuple(sorted((held for *_, held in self._longest), key=lambda one: (one.begin, one.endpoint)))

    def _begin(self, event: Paused, now: float) -> None:
        reason = _REASONS.get(event.reason)
        held = self._open.get(event.endpoint)
        if reason is None or (held is not None and held.reason in {reason, HeldBy.OUTAGE}):
            return
        self._end(event.endpoint, now)
        self._open[event.endpoint] = Held(now, now, reason, event.endpoint)

    def _begun(self, endpoint: "Endpoint", default: float) -> float:
        held = self._open.get(endpoint)
        return default if held is None else held.begin

    def _end(self, endpoint: "Endpoint", now: float) -> None:
        held = self._open.pop(endpoint, None)
        if held is None or now - held.begin < _SHORTEST:
            return
        ended = Held(held.begin, now, held.reason, endpoint, held.status, held.detail)
        self._count += 1
        heapq.heappush(self._longest, (ended.seconds, -self._count, ended))
        if len(self._longest) > _MOST:
            heapq.heappop(self._longest)
