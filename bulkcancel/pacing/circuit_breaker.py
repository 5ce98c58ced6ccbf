"""When the API is down, one probe at a time asks whether it is back."""

_FEWEST, _MOST = 3, 10
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 10.0


class CircuitBreaker:
    """Opens after several failures in a row, and closes at the first success.

    Where there was no success yet, the first failure opens it: nothing says that it was that one request's
    own, and with one request at a time several would take minutes.

    While it is open, rows wait here instead of using up their attempts, so an outage of a
    minute does not turn every row into `failed`.
    """

    def __init__(self, concurrency: int) -> None:
        self._threshold = min(_MOST, max(_FEWEST, concurrency))
        self._failures = 0
        self._pause = 0.0
        self._since = 0.0
        self._success_at: float | None = None
        self.until = 0.0
        self.is_open = False

    def wait(self, now: float) -> float:
        """Seconds until a probe may go; 0.0 when the breaker is closed or a probe is due."""
        return max(0.0, self.until - now) if self.is_open else 0.0

    def down_for(self, now: float) -> float:
        """Seconds since the first request was sent that failed with no success after it; else 0.0."""
        return now - self._since if self._failures else 0.0

    def record_success(self, now: float) -> None:
        """Note a reply from the API itself, whatever it said."""
        self._success_at = now
        self._failures = 0
        self._pause = 0.0
        self.is_open = False

    def record_limit(self, sent_at: float) -> None:
        """Note a 503 of a rate limit. It opens nothing; if no success follows, the outage began there."""
        if not self._failures:
            self._since = sent_at if self._success_at is None else max(sent_at, self._success_at)
        self._failures += 1

    def record_failure(self, sent_at: float, now: float, *, was_probe: bool) -> None:
        """Note a 5xx or a request without a reply; failures sent before it opened count once."""
        self.record_limit(sent_at)
        if self.is_open and not was_probe:
            return
        if self._success_at is None or self._failures >= self._threshold:
            self._pause = min(_LONGEST_PAUSE, self._pause * 2 or _FIRST_PAUSE)
            self.until = now + self._pause
            self.is_open = True
