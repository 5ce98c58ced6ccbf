"""How fast an operation is, and when it will be done: numbers only, `now` is an argument."""

import math
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from bulkcancel.events import QuotaSeen

_HORIZON = 60.0  # seconds that count as lately, but for outages
_PERIODS = 2.0  # quota windows that count at least
_SAMPLES = 60  # that are kept of it
_SHORTEST = 0.5  # seconds of which a rate can be told
_BURST = 0.05  # seconds: a burst takes at least that, so that its speed stays a number


class _Sample(NamedTuple):
    """What was so at one moment, counted from the beginning.

    Attributes:
        now: When.
        done: Rows that were done.
        sent: Requests that were sent.
        lost: Seconds of outages.
        held: Seconds in which nothing was sent, those of outages included.
    """

    now: float
    done: int
    sent: int
    lost: float
    held: float


class Pace:
    """Rate and time left. Quota windows are reckoned with: between two of them nothing moves.

    An outage teaches nothing of how fast it will be when it is over: its seconds do not count for the time
    left.

    Attributes:
        sent: Requests so far.
    """

    def __init__(self, now: float, done: int = 0) -> None:
        self.sent = 0
        self._began = now
        self._lost = 0.0
        self._held = 0.0
        self._held_since: float | None = None
        self._is_outage = False
        self._until = now
        self._quota: QuotaSeen | None = None
        self._sent_before = 0  # requests before the quota was told of
        self._samples = deque([_Sample(now, done, 0, 0.0, 0.0)])

    def elapsed(self, now: float) -> float:
        """Seconds since it began."""
        return max(0.0, now - self._began)

    def hold(self, now: float, until: float, *, is_outage: bool) -> None:
        """Note that nothing is sent from now on."""
        self.go_on(now)
        self._held_since, self._until, self._is_outage = now, until, is_outage

    def go_on(self, now: float) -> None:
        """Note that requests are sent again."""
        self._held, self._lost = self._times(now)
        self._held_since = None

    def quota(self, seen: "QuotaSeen") -> None:
        """Note what is known of the quota."""
        self._quota, self._sent_before = seen, self.sent

    def sample(self, now: float, done: int) -> None:
        """Note how far it is, and forget what is too long ago."""
        period = self._quota.period if self._quota is not None else None
        horizon = max(_HORIZON, _PERIODS * (period or 0.0))
        samples = self._samples
        if now - samples[-1].now < horizon / _SAMPLES:
            return
        held, lost = self._times(now)
        samples.append(_Sample(now, done, self.sent, lost, held))
        while len(samples) > 1 and (now - lost) - (samples[1].now - samples[1].lost) >= horizon:
            samples.popleft()

    def rate(self, now: float, done: int) -> float | None:
        """How many are done per second, lately, or None while that can't be told."""
        first = self._samples[0]
        seconds = now - first.now
        return max(0, done - first.done) / seconds if seconds >= _SHORTEST else None

    def eta(self, now: float, done: int, total: int | None) -> float | None:
        """Seconds until all are done, or None while that can't be told."""
        if total is None:
            return None
        if done >= total:
            return 0.0
        first = self._samples[0]
        rows, left = done - first.done, total - done
        if rows <= 0 or now - first.now < _SHORTEST:
            return None
        held, lost = self._times(now)
        wait = max(0.0, self._until - now) if self._held_since is not None else 0.0
        free = max(_BURST, now - first.now - (held - first.held))
        by_quota = self._by_quota(now, left, rows / free, (self.sent - first.sent) / rows)
        if by_quota is not None:
            return max(by_quota, wait + left * free / rows)
        live = max(_BURST, now - first.now - (lost - first.lost))
        return left * live / rows + (wait if self._is_outage else 0.0)

    def _by_quota(self, now: float, left: int, speed: float, cost: float) -> float | None:
        """Seconds by the quota's windows, or None where too little is known of them.

        Args:
            now: The time.
            left: Rows to go.
            speed: Rows per second while something is sent.
            cost: Requests for each row.
        """
        seen = self._quota
        if seen is None or not seen.period or seen.share < 1.0 or cost <= 0.0:
            return None
        each = seen.share / cost
        ends, here = seen.ends, max(0.0, seen.left - (self.sent - self._sent_before)) / cost
        if now >= ends:  # another window has begun, of which nothing was told yet
            ends += seen.period * (math.floor((now - ends) / seen.period) + 1)
            here = each
        if left <= here:
            return left / speed
        windows = math.ceil((left - here) / each) - 1
        last = left - here - windows * each
        return ends - now + windows * seen.period + min(last / speed, seen.period)

    def _times(self, now: float) -> tuple[float, float]:
        """Seconds held and seconds lost, up to now."""
        if self._held_since is None:
            return self._held, self._lost
        seconds = max(0.0, now - self._held_since)
        return self._held + seconds, self._lost + (seconds if self._is_outage else 0.0)
