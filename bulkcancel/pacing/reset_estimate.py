"""When a quota window turns: an interval that every reply may narrow."""

import math
from enum import Enum, auto

_ROUNDING = 1.0  # seconds: what the server's whole seconds hide
_CLOSE = 0.25  # seconds by which two views of one window's end may differ
_DRIFT = 1e-4  # of the time that passed: how far two clocks may have moved apart


class WindowMatch(Enum):
    """Which window a reply speaks of, seen from the one that is known."""

    EARLIER = auto()
    SAME = auto()
    LATER = auto()


class ResetEstimate:
    """The end of the current window, on our clock: it lies after `earliest`, and by `latest`.

    The server tells it in whole seconds, rounded up, from a moment between the sending of a
    request and its reply; so one reply leaves a second and a round trip in the dark. Windows are
    calendar aligned (https://docs.datadoghq.com/api/latest/rate-limits/), so what one window has
    shown holds for the next, a period later.
    """

    def __init__(self) -> None:
        self.period: float | None = None
        self.earliest = -math.inf
        self.latest = math.inf
        self._late = 0.0
        self._contested = False
        self._ended: tuple[float, float] | None = None
        self._spans = (0.0, math.inf)

    @property
    def aim(self) -> float:
        """When to ask whether the window has turned: when it surely has, or earlier where others race."""
        if self._contested and self.latest - self.earliest < math.inf:
            return (self.earliest + self.latest) / 2.0
        return self.latest

    @property
    def width(self) -> float:
        """Seconds between the earliest and the latest end."""
        return self.latest - self.earliest

    def match(self, sent_at: float, now: float, left: float) -> WindowMatch:
        """Which window a reply belongs to that says how many seconds of its window are left."""
        if now + left + self._late < self.earliest - _CLOSE:
            return WindowMatch.EARLIER
        if sent_at + left - _ROUNDING > self.latest + _CLOSE:
            return WindowMatch.LATER
        return WindowMatch.SAME

    def observe(self, sent_at: float, now: float, left: float) -> None:
        """Narrow the end by a reply of this window; where it contradicts what was known, it counts alone."""
        earliest, latest = sent_at + left - _ROUNDING, now + left + self._late
        self.earliest = max(self.earliest, earliest)
        self.latest = min(self.latest, latest)
        if self.earliest > self.latest:
            self.earliest, self.latest = earliest, latest
        if self._ended is not None:
            self._infer_period(*self._ended)

    def outlived(self, sent_at: float, now: float) -> None:
        """Note that a request sent then met this window still.

        Args:
            sent_at: When it was sent.
            now: When its reply came.
        """
        if sent_at >= self.latest:
            self._late = _ROUNDING  # what is told is rounded down, or a clock is off
            self.latest = now + _ROUNDING
        self.earliest = max(self.earliest, sent_at)

    def record_contention(self) -> None:
        """Note that the window had turned before a probe came, and others had used up the new one."""
        self._contested = True

    def roll(self, now: float) -> None:
        """Note that the window turned, now or before: its successor is in force."""
        if self.latest - self.earliest < _CLOSE / 2:
            self._contested = False
        if self.period is None or self.latest == math.inf:
            self._ended = (self.earliest, min(self.latest, now)) if self.latest < math.inf else None
            self.earliest, self.latest = -math.inf, math.inf
            return
        end = min(self.latest, now)
        step = self.period * max(1, math.floor((now - end) / self.period) + 1)
        self.earliest += step - step * _DRIFT
        self.latest = end + step + step * _DRIFT

    def _infer_period(self, earliest: float, latest: float) -> None:
        """Learn the period from two turns in a row, where no header says it: it is whole seconds."""
        self._ended = None
        shortest, longest = self.earliest - latest, self.latest - earliest
        low, high = max(self._spans[0], shortest), min(self._spans[1], longest)
        self._spans = (low, high) if low <= high else (shortest, longest)
        least, most = max(1, math.ceil(self._spans[0])), math.floor(self._spans[1])
        if least == most:
            self.period = float(least)
