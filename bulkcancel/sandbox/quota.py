"""The sandbox's quota: three ways to count, the others who spend it too, and headers that tell of it."""

import math
from collections import deque
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING, Protocol, assert_never

from bulkcancel.sandbox.options import HeaderMode, QuotaModel

if TYPE_CHECKING:
    from bulkcancel.sandbox.options import Quota

_WINDOWS_KEPT = 10_000
_LONGEST_GAP = 10  # windows without a request of ours for which the others are still played
_WHOLE = 0.999  # of a token: what adding up small shares of one may lose
_MILLI = 1000


@dataclass(slots=True)
class WindowCount:
    """What one window saw, whatever the model: windows begin at multiples of the period.

    Attributes:
        starts_at: Seconds since the epoch.
        granted: Our requests within the quota.
        refused: Our requests beyond it.
        others_granted: Other users' requests within the quota.
        others_refused: Other users' requests beyond it.
    """

    starts_at: int
    granted: int = 0
    refused: int = 0
    others_granted: int = 0
    others_refused: int = 0


class Counter(Protocol):
    """One way to count requests against a quota."""

    def admit(self, wall: float) -> bool:
        """Whether one more request is within the quota; if so it is counted."""
        ...

    def ready_in(self, wall: float) -> float:
        """Seconds until a request that was just refused would be within the quota."""
        ...


class FixedWindow:
    """So many requests per calendar-aligned window, as the API does it."""

    def __init__(self, quota: "Quota") -> None:
        self._limit = quota.limit
        self._period = quota.period
        self._window = -1.0
        self.used = 0

    def admit(self, wall: float) -> bool:
        """Count in the window of that time."""
        window = wall // self._period
        if window != self._window:
            self._window, self.used = window, 0
        if self.used >= self._limit:
            return False
        self.used += 1
        return True

    def ready_in(self, wall: float) -> float:
        """Until the window turns."""
        return self._period - wall % self._period


class TokenBucket:
    """A bucket that holds the limit and is filled evenly at limit per period."""

    def __init__(self, quota: "Quota") -> None:
        self._capacity = float(quota.limit)
        self._rate = quota.limit / quota.period
        self._tokens = self._capacity
        self._at = math.inf

    def admit(self, wall: float) -> bool:
        """Take one token."""
        if wall > self._at:
            self._tokens = min(self._capacity, self._tokens + (wall - self._at) * self._rate)
        self._at = wall
        if self._tokens < _WHOLE:
            return False
        self._tokens -= 1.0
        return True

    def ready_in(self, wall: float) -> float:  # noqa: ARG002 - it has just been asked
        """Until the next token is there."""
        return (1.0 - self._tokens) / self._rate if self._rate else math.inf


class LeakyBucket:
    """What nginx does for `limit_req … burst=N nodelay`, in its own whole numbers.

    Each request adds 1000 thousandths to the excess, which leaks at limit per period; one that would
    bring the excess above the burst is refused and adds nothing. So `burst` + 1 requests pass at once.
    Time counts in milliseconds. Source: `ngx_http_limit_req_lookup` in ngx_http_limit_req_module.c.
    """

    def __init__(self, quota: "Quota") -> None:
        self._rate = quota.limit * _MILLI // quota.period
        self._burst = quota.burst * _MILLI if self._rate else -1
        self._excess = -_MILLI
        self._at = 0

    def admit(self, wall: float) -> bool:
        """Pour one request in."""
        now = int(wall * _MILLI)
        excess = self._after(now)
        if excess > self._burst:
            return False
        self._excess = excess
        self._at = now
        return True

    def ready_in(self, wall: float) -> float:
        """Until as much has leaked as one request pours in."""
        too_much = self._after(int(wall * _MILLI)) - self._burst
        return too_much / self._rate if self._rate else math.inf

    def _after(self, now: int) -> int:
        """The excess with one more request."""
        self._at = min(self._at, now)  # the clock was set back
        return max(0, self._excess - self._rate * (now - self._at) // _MILLI + _MILLI)


class QuotaEnforcer:
    """Counts our requests and, as time passes, those of the others; every method takes the time.

    Pure but for its counts: the sandbox calls it in real time, a simulation in virtual time.
    """

    def __init__(self, quota: "Quota", name: str) -> None:
        self._quota = quota
        self._name = name
        self._period = quota.period
        self._counter = counter_of(quota)
        self._counts: deque[WindowCount] = deque(maxlen=_WINDOWS_KEPT)
        self._ends_at = -math.inf
        per_window = round(quota.limit * quota.others)
        self._others_step = quota.period / per_window if per_window else math.inf
        self._others_next = math.inf
        self._others_made = 0

    def take(self, wall: float) -> tuple[bool, dict[str, str]]:
        """Whether a request at that time is within the quota, and the headers of its reply."""
        if wall >= self._ends_at or wall < self._ends_at - self._period:
            self._turn(wall)
        if wall >= self._others_next:
            self._play_others(wall)
        within = self._counter.admit(wall)
        count = self._counts[-1]
        if within:
            count.granted += 1
        else:
            count.refused += 1
        return within, self._headers(wall, within=within)

    def ready_in(self, wall: float) -> float:
        """Seconds until a request that was just refused would be within the quota, if others leave it."""
        return self._counter.ready_in(wall)

    def windows(self, wall: float) -> list[WindowCount]:
        """What each window saw up to that time, the oldest first, of the last 10,000 with a request."""
        if self._counts and wall >= self._others_next:
            self._play_others(min(wall, self._ends_at))
        return list(self._counts)

    def _turn(self, wall: float) -> None:
        """Begin the window of that time, and finish those before it."""
        starts_at = math.floor(wall / self._period) * self._period
        gap = starts_at - self._ends_at
        if self._others_step != math.inf:
            if 0.0 <= gap <= _LONGEST_GAP * self._period:
                while self._ends_at < starts_at:
                    self._play_others(self._ends_at)
                    self._begin(int(self._ends_at))
                self._play_others(starts_at)
            else:
                self._others_made = 0
                self._others_next = starts_at + 0.5 * self._others_step
                self._others_from = starts_at
        self._begin(starts_at)

    def _begin(self, starts_at: int) -> None:
        self._counts.append(WindowCount(starts_at))
        self._ends_at = starts_at + self._period

    def _play_others(self, wall: float) -> None:
        """Make the others' requests that are due by that time, each at its own."""
        admit, count = self._counter.admit, self._counts[-1]
        due = self._others_next
        while due <= wall:
            if admit(due):
                count.others_granted += 1
            else:
                count.others_refused += 1
            self._others_made += 1
            due = self._others_from + (self._others_made + 0.5) * self._others_step
        self._others_next = due

    def _headers(self, wall: float, *, within: bool) -> dict[str, str]:
        mode = self._quota.headers
        if mode is HeaderMode.NONE:
            return {}
        if mode is HeaderMode.ALWAYS or mode is HeaderMode.ON_429:
            if (within and mode is HeaderMode.ON_429) or not isinstance(self._counter, FixedWindow):
                return {}
            return {
                "X-RateLimit-Limit": str(self._quota.limit),
                "X-RateLimit-Period": str(self._period),
                "X-RateLimit-Remaining": str(self._quota.limit - self._counter.used),
                "X-RateLimit-Reset": str(math.ceil(self._ends_at - wall)),
                "X-RateLimit-Name": self._name,
            }
        if within:
            return {}
        wait = max(1, math.ceil(min(self.ready_in(wall), self._period)))
        if mode is HeaderMode.RETRY_AFTER:
            return {"Retry-After": str(wait)}
        return {"Retry-After": formatdate(math.ceil(wall + wait), usegmt=True)}


def counter_of(quota: "Quota") -> Counter:
    """What counts as the quota's model says."""
    match quota.model:
        case QuotaModel.FIXED:
            return FixedWindow(quota)
        case QuotaModel.TOKEN:
            return TokenBucket(quota)
        case QuotaModel.LEAKY:
            return LeakyBucket(quota)
        case _:
            assert_never(quota.model)
