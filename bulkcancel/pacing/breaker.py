"""A run-wide breaker: when the API is down, one probe at a time asks whether it is back."""

_FEWEST, _MOST = 3, 10
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 10.0


class Breaker:
    """Opens after several faults in a row, and closes at the first sound reply.

    Where nothing sound has ever come, the first fault opens it: there is no reason to think that it was
    that one request's own, and with one request at a time several would take minutes.

    While it is open, rows wait here instead of using up their attempts, so an outage of a
    minute does not turn every row into `failed`.
    """

    def __init__(self, concurrency: int) -> None:
        self._threshold = min(_MOST, max(_FEWEST, concurrency))
        self._faults = 0
        self._pause = 0.0
        self._since = 0.0
        self._sound_at: float | None = None
        self.until = 0.0
        self.is_open = False

    def wait(self, now: float) -> float:
        """Seconds until a probe may go; 0.0 when the breaker is closed or a probe is due."""
        return max(0.0, self.until - now) if self.is_open else 0.0

    def down_for(self, now: float) -> float:
        """Seconds since the first request was sent that failed with nothing sound after it; else 0.0."""
        return now - self._since if self._faults else 0.0

    def sound(self, now: float) -> None:
        """Note a reply from the API itself, whatever it said."""
        self._sound_at = now
        self._faults = 0
        self._pause = 0.0
        self.is_open = False

    def refused(self, sent_at: float) -> None:
        """Note a 503 of a rate limit. It opens nothing; if nothing sound follows, the outage began there."""
        if not self._faults:
            self._since = sent_at if self._sound_at is None else max(sent_at, self._sound_at)
        self._faults += 1

    def fault(self, sent_at: float, now: float, *, was_probe: bool) -> None:
        """Note a 5xx or a request without a reply; faults sent before the breaker opened count once."""
        self.refused(sent_at)
        if self.is_open and not was_probe:
            return
        if self._sound_at is None or self._faults >= self._threshold:
            self._pause = min(_LONGEST_PAUSE, self._pause * 2 or _FIRST_PAUSE)
            self.until = now + self._pause
            self.is_open = True
