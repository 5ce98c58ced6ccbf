"""What others spend of the same quota, measured against our own requests."""

import math

_MOST = 8.0  # requests of others for each of ours that are reckoned with
_MORE_THAN_BEFORE = 1.25  # times our part of the last window: past that, others have ended, not begun late
_BEGIN_LATE = 0.1  # seconds into a window: others may learn of its turn that much later than we do
_PRIOR = 16.0  # replies that what is known of others weighs as much as


class OthersUse:
    """Requests that others make on the quota for each of ours.

    Attributes:
        before: How many in the last window; 1 while nothing is known.
    """

    def __init__(self) -> None:
        self.before = 1.0
        self._own_before = 0
        self._first = 0.0
        self._first_own = 0
        self._began = math.inf

    def lately(self, remaining: float, own: int, in_flight: int, heard: float) -> float:
        """How many in this window, as far as it has told; where that is little, no fewer than before.

        Args:
            remaining: What is left of the window.
            own: Our requests in it that were answered.
            in_flight: Requests on the wire. About half of them are counted already: they are not others'.
            heard: When the last reply came.
        """
        own -= self._first_own
        theirs = max(0.0, self._first - remaining - own - in_flight / 2)
        lately = (theirs + _PRIOR * self.before) / (own + _PRIOR)
        if own < _MORE_THAN_BEFORE * self._own_before or heard - self._began < _BEGIN_LATE:
            return max(lately, self.before)
        return lately

    def record_reply(self, now: float) -> None:
        """Note a reply; the first one begins what is known of time."""
        self._began = min(self._began, now)

    def record_first_count(self, left: float, own: int) -> None:
        """Note what was left when this window first told it, and our requests until then."""
        self._first, self._first_own = left, own

    def begin_window(self, remaining: float, own: int, now: float) -> None:
        """Note that a window has ended with that much left and that many requests of ours."""
        if remaining < math.inf:
            self._own_before = own
            others = (self._first - remaining) / (own - self._first_own) - 1.0
            self.before = min(max(others, 0.0), _MOST)
        self._began = now
