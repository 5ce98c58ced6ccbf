"""A run-wide breaker: when the API is down, one probe at a time asks whether it is back."""

_FEWEST, _MOST = 3, 10
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 10.0


class Breaker:
    """Opens after several faults in a row, and closes at the first sound reply.

    While it is open, rows wait here instead of using up their attempts, so an outage of a
    minute does not turn every row into `failed`.
    """

    def __init__(self, concurrency: int) -> None:
        self._threshold = min(_MOST, max(_FEWEST, concurrency))
        self._faults = 0
        self._pause = 0.0
        self._since = 0.0
        self.until = 0.0
        self.is_open = False

    def wait(self, now: float) -> float:
        """Seconds until a probe may go; 0.0 when the breaker is closed or a probe is due."""
        return max(0.0, self.until - now) if self.is_open else 0.0

    def down_for(self, now: float) -> float:
        """Seconds since the first of the faults that nothing sound has followed yet; else 0.0."""
        return now - self._since if self._faults else 0.0

    def sound(self) -> None:
        """Note a reply from the API itself, whatever it said."""
        self._faults = 0
        self._pause = 0.0
        self.is_open = False

    def fault(self, now: float, *, was_probe: bool) -> None:
        """Note a 5xx or a request without a reply; faults sent before the breaker opened count once."""
        if not self._faults:
            self._since = now
        self._faults += 1
        if self.is_open and not was_probe:
            return
        if self._faults >= self._threshold:
            self._pause = min(_LONGEST_PAUSE, self._pause * 2 or _FIRST_PAUSE)
            self.until = now + self._pause
            self.is_open = True
