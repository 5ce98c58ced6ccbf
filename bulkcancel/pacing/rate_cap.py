"""`--rate`: a bound of our own, never exceeded over any window of its unit."""

import math
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bulkcancel.settings import Rate

_MOST_CATCH_UP = 0.1  # of the unit: how much lateness may be made good
_ON_THE_WAY = 0.02  # of the unit: how much sooner one request may arrive than another
_MOST_ON_THE_WAY = 0.1  # seconds


class RateCap:
    """Spaces requests evenly, and remembers enough of them to hold the bound exactly.

    Even spacing alone would lose a little at every late wake-up. So a late request may be made
    good within a tenth of the unit, while the log of the last `count` requests guards the bound:
    also for the server, which requests may reach faster one after the other than they were sent.

    Attributes:
        rate: The bound, in requests per second.
    """

    def __init__(self, rate: "Rate") -> None:
        self._step = rate.per / rate.count
        self._per = rate.per
        self._window = rate.per + min(_ON_THE_WAY * rate.per, _MOST_ON_THE_WAY)
        self.rate = rate.count / rate.per
        self._sent: deque[float] = deque(maxlen=rate.count)
        self._next = -math.inf

    def wait(self, now: float) -> float:
        """Seconds until the next request may go; 0.0 for at once."""
        due = self._next
        if len(self._sent) == self._sent.maxlen:
            due = max(due, self._sent[0] + self._window)
        return max(0.0, due - now)

    def sent(self, now: float) -> None:
        """Note a request sent now."""
        self._sent.append(now)
        self._next = max(self._next, now - _MOST_CATCH_UP * self._per) + self._step
