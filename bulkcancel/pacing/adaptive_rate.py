"""The rate an API can bear that answers 429 and says nothing more."""

import math
from collections import deque

_CAUTION = 0.97  # of what was borne when it ran dry
_KNOWN = 3  # exhaustions after which the estimate is good enough to leave a share of it to others
_CALM_AT_FIRST = 400.0  # accepted requests after which the rate has doubled, if nothing is refused
_CALM = 1000.0  # the same, once settled
_PER_REFUSAL = 300.0  # the same, for each 429 that an exhaustion brings: growth slows where they are many
_SLOWEST = 0.01  # requests per second
_PAUSE_GROWTH = 1.6  # with each probe that is refused
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.02, 10.0  # seconds
_CATCH_UP = (0.005, 0.05)  # seconds of lateness that are made good: one request's spacing, within these


class AdaptiveRate:
    """Finds the sustainable rate from bare 429s, and stays just under it.

    From one 429 to another, what was accepted between them is what the API gives in that time: for a
    token bucket and a leaky bucket exactly, for fixed windows on the average. Requests are spaced
    evenly at that rate, which suits all three; it grows slowly, then faster, until the next 429.

    Args:
        headroom: The share of the rate to leave to others, 0.0 to 0.9.
    """

    def __init__(self, headroom: float = 0.0) -> None:
        self._headroom = headroom
        self._rate: float | None = None
        self._base = 0.0
        self._began = math.nan
        self._accepted = 0
        self._since = 0
        self._dry: deque[tuple[float, int]] = deque(maxlen=_KNOWN)
        self._refusals = 1
        self._pause = 0.0
        self._paused_at = 0.0
        self._waited = 0.0
        self._idle = 0.0
        self._is_told = False
        self._next = -math.inf
        self.is_pausing = False

    @property
    def rate(self) -> float | None:
        """Requests per second that are let go, or None while nothing was refused."""
        return self._rate

    def wait(self, now: float) -> float:
        """Seconds until the next request may go; 0.0 while nothing was refused."""
        return max(0.0, self._next - now)

    def sent(self, now: float) -> None:
        """Note a request sent now; the next one follows at the rate, less the share to be left to others."""
        if self._rate is not None and not self.is_pausing:
            rate = self._rate * (1.0 - self._headroom) if len(self._dry) >= _KNOWN else self._rate
            spacing = 1.0 / rate
            least, most = _CATCH_UP
            self._next = max(self._next, now - min(max(spacing, least), most)) + spacing

    def accepted(self, sent_at: float, now: float, *, is_probe: bool) -> None:
        """Note a request that was not refused; a probe ends the pause."""
        if not self._accepted:
            self._began = now
        self._accepted += 1
        if self._rate is None:
            return
        if self.is_pausing:
            if not is_probe:
                return
            self.is_pausing = False
            self._waited = now - self._paused_at
            # How much of the pause was given nothing is not known, but where the server said how long.
            self._idle = self._waited if self._is_told else 0.5 * self._waited
            if len(self._dry) == 1:
                self._base = self._accepted / max(now - self._began, _SHORTEST_PAUSE)
            self._since = 0
            self._next = sent_at + 1.0 / self._base
        self._since += 1
        grows = not self._headroom or len(self._dry) < _KNOWN
        calm = _CALM_AT_FIRST if len(self._dry) < _KNOWN else max(_CALM, _PER_REFUSAL * self._refusals)
        self._rate = self._base * (1.0 + (self._since / calm) ** 2 * grows)
        if self._since >= calm and grows:
            self._base, self._since = self._rate, 0

    def throttled(self, now: float, *, is_probe: bool, is_first: bool, at_least: float = 0.0) -> None:
        """Note a 429 that says nothing more, or a 503 in its place.

        Args:
            now: When it came.
            is_probe: Whether its request went to see if the pause is over.
            is_first: Whether it is the first since the last pause.
            at_least: Seconds to pause at least.
        """
        if not is_first:
            self._refusals += 1
            return
        if self.is_pausing and is_probe:
            self._pause = min(_LONGEST_PAUSE, self._pause * _PAUSE_GROWTH)
            self._next = now + max(self._pause, at_least)
            return
        self._dry.append((now, self._accepted))
        self._refusals = 1
        if self._rate is not None:
            self._base = self._bearable(self._rate)
        self._rate = self._base or 1.0
        spacing = 1.0 / self._base if self._base else _SHORTEST_PAUSE
        self._pause = min(_LONGEST_PAUSE, max(_SHORTEST_PAUSE, spacing, self._waited / 4.0))
        self._paused_at = now
        self._is_told = at_least > 0.0
        self._next = now + max(self._pause, at_least)
        self.is_pausing = True

    def _bearable(self, rate: float) -> float:
        """Requests per second to go on with.

        What was given since the last exhaustion is the truth where more than that was asked for all
        the time; else the rate has grown until it was too much, and is a little above it.
        """
        (before, accepted_before), (now, accepted) = self._dry[-2], self._dry[-1]
        given = (accepted - accepted_before) / max(now - before - self._idle, _SHORTEST_PAUSE)
        bearable = given if given < _CAUTION * self._base else rate
        return max(_CAUTION * bearable, _SLOWEST)
