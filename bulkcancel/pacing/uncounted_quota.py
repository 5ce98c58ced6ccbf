"""How much may be sent where replies do not count down what is left."""

import math

# How many are in flight at first, how many accepted or expected requests allow one more, and how many past
# what was expected do. Each in flight is a 429 when the quota runs out.
_CAUTIOUS = 8
_ACCEPTED_PER_SLOT = 40
_PAST_EXPECTED_PER_SLOT = 8
_ENOUGH_SINCE_REFUSAL = 100  # accepted requests that one 429 may cost, to see whether the limit has grown
_ENOUGH_WINDOWS = 2  # the same in windows, where others may have had the rest: they may be gone since


class UncountedQuota:
    """Until a first 429, few are in flight; then what one window took is expected of the next.

    Attributes:
        expected: Requests that a window takes, or None while none has run out.
    """

    def __init__(self) -> None:
        self.expected: int | None = None
        self._limit: int | None = None
        self._accepted = 0
        self._since_refusal = 0

    def record_accepted(self) -> None:
        """Note a request that was not refused."""
        self._accepted += 1
        self._since_refusal += 1

    def record_exhausted(self, own: int, limit: int | None) -> None:
        """Note that the window has run out after that many requests of ours."""
        self.expected = min(own, limit or own)
        self._limit = limit

    def record_refusal(self) -> None:
        """Note a 429 that begins a pause."""
        self._since_refusal = 0

    def room(self, own: int, in_flight: int, headroom: float, *, knows_turn: bool) -> float:
        """Requests that may be added to those in flight.

        Each request in flight would come back as a 429 when the quota runs out. So until that has
        happened their number is a small share of what was accepted; then what a window took is
        expected of the next, and only now and then, one by one, is it tried whether there is more.

        Args:
            own: Our requests in this window that were answered.
            in_flight: Requests on the wire.
            headroom: The share of the quota to leave to others.
            knows_turn: Whether it is known when the window ends.
        """
        if self.expected is None:
            return _CAUTIOUS + self._accepted / _ACCEPTED_PER_SLOT - in_flight
        ours = math.floor(self.expected * (1.0 - headroom))
        if own + in_flight < ours:
            return min(ours - own, _CAUTIOUS + self.expected / _ACCEPTED_PER_SLOT) - in_flight
        more = max(1.0, (own - self.expected) / _PAST_EXPECTED_PER_SLOT) - in_flight
        if not knows_turn:
            return more
        enough = _ENOUGH_SINCE_REFUSAL
        if self.expected != self._limit:
            enough = min(enough, _ENOUGH_WINDOWS * self.expected)
        if self._since_refusal < enough:
            return 0.0
        return max(0.0, min(more, self._left_to_us(headroom) - own - in_flight))

    def _left_to_us(self, headroom: float) -> float:
        """Requests of a window that headroom leaves: none beyond what is expected, if no limit is known."""
        if not headroom:
            return math.inf
        return 0.0 if self._limit is None else math.floor(self._limit * (1.0 - headroom))
