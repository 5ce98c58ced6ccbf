"""The one answer to "may I send now?", from everything the replies have taught."""

import math
from enum import StrEnum
from typing import NamedTuple

from bulkcancel.pacing.adaptive_rate import AdaptiveRate
from bulkcancel.pacing.circuit_breaker import CircuitBreaker
from bulkcancel.pacing.headers import RateLimitHeaders
from bulkcancel.pacing.rate_cap import RateCap
from bulkcancel.pacing.throttle_detector import ThrottleDetector
from bulkcancel.pacing.window import Outlook, Window
from bulkcancel.settings import Rate

_SLOW_START = 8  # requests in flight at first; the number may double with each round trip


class WaitReason(StrEnum):
    """Why requests are held back, in words a person reads."""

    QUOTA = "the quota is used up"
    REFUSED = "a rate limit refuses requests and does not say until when"
    OUTAGE = "the API does not answer"
    RATE = "--rate"
    PACE = "what the rate limit lets through"


class Permit(NamedTuple):
    """Leave to send one request; to be handed back with what came of it.

    Attributes:
        sent_at: When it was given.
        generation: Which pause it came after: a 429 is news only to the newest generation.
        is_probe: Whether it goes alone, to find out for all.
        left: Requests that the quota window was known to have left, or infinite.
    """

    sent_at: float
    generation: int
    is_probe: bool
    left: float = math.inf


class Wait(NamedTuple):
    """No leave yet.

    Attributes:
        seconds: How long to wait before asking again; infinite for "until the next answer is in".
        reason: What holds everybody back, or None where only a place among those in flight is missing.
        until: When it ends, on the clock that gives `now`.
        rate: Requests per second that are kept to, or None where nothing is sent meanwhile.
    """

    seconds: float
    reason: WaitReason | None = None
    until: float = math.inf
    rate: float | None = None


_FOR_AN_ANSWER = Wait(math.inf)


class Pacer:
    """Decides when requests may go. It never waits itself, and every method takes `now`.

    Until a first request has proved keys and route it lets one go at a time. Then all workers may
    send while the quota window has room for what is in flight; when it is used up they wait for
    its turn, one probe goes first, and the rest follow the probe's success.

    Attributes:
        in_flight: Requests on the wire.
        broken_header: The name of a header that can't be true, or empty.
        limit_answers_503: Whether a rate limit answers 503 in place of 429, as far as is known.
    """

    def __init__(self, *, concurrency: int, rate: Rate | None = None, headroom: float = 0.0) -> None:
        self._concurrency = concurrency
        self._headroom = headroom
        self._rate_cap = RateCap(rate) if rate is not None else None
        self._window = Window(headroom)
        self._adaptive_rate = AdaptiveRate(headroom)
        self._breaker = CircuitBreaker(concurrency)
        self._throttle_detector = ThrottleDetector()
        self._probe: Permit | None = None
        self._proven = False
        self._generation = 0
        self._accepted = 0
        self.in_flight = 0
        self.broken_header = ""
        self.limit_answers_503 = False

    @property
    def quota_used(self) -> float | None:
        """The largest share of one quota window that our requests took, 0.0 to 1.0, or None."""
        return self._window.peak_share

    @property
    def outlook(self) -> Outlook | None:
        """What may be expected of the quota, or None while too little is known."""
        return self._window.outlook

    @property
    def quota_state(self) -> tuple[int, int | None, float | None]:
        """Changes with each quota window, and where more is known of it: only then `outlook` is news."""
        window = self._window
        return window.turns, window.limit, window.reset.period

    @property
    def is_down(self) -> bool:
        """Whether the API counts as down, so that requests go one at a time, as probes."""
        return self._breaker.is_open

    def down_for(self, now: float) -> float:
        """Seconds since the first request was sent that failed with no success after it; else 0.0."""
        return self._breaker.down_for(now)

    def ask(self, now: float, waiting: int = 1) -> Permit | Wait:
        """Ask for leave to send one request; with a permit it counts as in flight from here.

        Args:
            now: The time, in seconds.
            waiting: Requests that wait for leave.
        """
        if self.in_flight >= self._concurrency or self._probe is not None:
            return _FOR_AN_ANSWER
        if self._breaker.is_open:
            return self._wait(now, self._breaker.wait(now), WaitReason.OUTAGE) or self._permit(
                now, alone=True
            )
        cap = self._rate_cap
        if cap is not None and (wait := self._wait(now, cap.wait(now), WaitReason.RATE, cap.rate)):
            return wait
        if not self._proven:
            return _FOR_AN_ANSWER if self.in_flight else self._permit(now, alone=True)
        pace = self._adaptive_rate
        if (seconds := pace.wait(now)) > 0.0:
            if pace.is_pausing:
                return Wait(seconds, WaitReason.REFUSED, now + seconds)
            return Wait(seconds, WaitReason.PACE, now + seconds, pace.rate)
        return self._ask_window(now, waiting)

    def _ask_window(self, now: float, waiting: int) -> Permit | Wait:
        alone = self._adaptive_rate.is_pausing
        if self.in_flight >= _SLOW_START + self._accepted:
            return _FOR_AN_ANSWER
        window = self._window
        if self._adaptive_rate.rate is not None and window.is_silent:
            return self._permit(now, alone=alone)
        if window.room(self.in_flight) >= 1.0:
            seconds = window.held_back(now, self.in_flight, waiting)
            return self._wait(now, seconds, WaitReason.QUOTA) or self._permit(now, alone=alone)
        if window.resumes == math.inf:
            return _FOR_AN_ANSWER
        seconds = max(0.0, window.resumes - now)
        if self.in_flight:
            return Wait(seconds) if seconds else self._permit(now, alone=True)
        return self._wait(now, seconds, WaitReason.QUOTA) or self._permit(now, alone=True)

    def _wait(self, now: float, seconds: float, reason: WaitReason, rate: float | None = None) -> Wait | None:
        """A wait of that many seconds, or None for none."""
        if not seconds:
            return None
        return _FOR_AN_ANSWER if seconds == math.inf else Wait(seconds, reason, now + seconds, rate)

    def _permit(self, now: float, *, alone: bool) -> Permit:
        self.in_flight += 1
        permit = Permit(now, self._generation, alone, self._window.remaining)
        if alone:
            self._probe = permit
        if self._rate_cap is not None:
            self._rate_cap.sent(now)
        self._adaptive_rate.sent(now)
        return permit

    def record_accepted(
        self, permit: Permit, now: float, limits: RateLimitHeaders, *, proves: bool = True
    ) -> None:
        """Note a reply of the API other than a 429; `proves` unless it refused the credentials."""
        probes_turn = permit.is_probe and self._window.room(0) < 1.0
        self._landed(permit)
        self._answered(now, limits)
        self._accepted += 1
        self._proven = self._proven or proves
        self._adaptive_rate.accepted(permit.sent_at, now, is_probe=permit.is_probe)
        self._window.accepted(limits, permit.sent_at, now, left=permit.left, is_probe=probes_turn)
        if self._window.disbelieves:
            self.broken_header = "X-RateLimit-Remaining"

    def record_throttled(self, permit: Permit, now: float, limits: RateLimitHeaders) -> None:
        """Note a 429. Those sent before the pause that an earlier one began say nothing new."""
        self._landed(permit)
        self._answered(now, limits)
        self._proven = True
        is_first = self._begins_pause(permit)
        if is_first:
            self._window.throttled(limits, permit.sent_at, now, is_probe=permit.is_probe)
        if not limits.tells_when:
            self._adaptive_rate.throttled(now, is_probe=permit.is_probe, is_first=is_first)

    def record_unavailable(self, permit: Permit, now: float, limits: RateLimitHeaders) -> bool:
        """Note a 503, and tell whether it counts like a 429, as a rate limit's, or else as a fault."""
        is_limit = self._throttle_detector.is_throttling(now, limits.retry_after)
        if self._breaker.is_open or not is_limit:
            self._failed(permit, now)
            if self._breaker.is_open or self._throttle_detector.is_ill:
                self._forget_503s()
            return False
        self._landed(permit)
        self._breaker.record_limit(permit.sent_at)
        is_first = self._begins_pause(permit)
        if is_first and not permit.is_probe and not self._throttle_detector.record_pause():
            self._forget_503s()
        else:
            self.limit_answers_503 = True
            at_least = limits.retry_after or 0.0
            self._adaptive_rate.throttled(now, is_probe=permit.is_probe, is_first=is_first, at_least=at_least)
        return True

    def _forget_503s(self) -> None:
        """Take back what 503s have taught of the rate."""
        if self.limit_answers_503:
            self.limit_answers_503, self._adaptive_rate = False, AdaptiveRate(self._headroom)

    def _begins_pause(self, permit: Permit) -> bool:
        """Whether a refusal is the first since the last pause; if so, it begins one."""
        is_first = permit.generation == self._generation
        self._generation += is_first
        return is_first

    def record_failure(self, permit: Permit, now: float) -> None:
        """Note another 5xx, or a request that brought no reply."""
        self._throttle_detector.record_other_fault()
        self._failed(permit, now)

    def _failed(self, permit: Permit, now: float) -> None:
        self._landed(permit)
        self._breaker.record_failure(permit.sent_at, now, was_probe=permit.is_probe)

    def release(self, permit: Permit) -> None:
        """Note a request that was given up for reasons of our own: it teaches nothing."""
        self._landed(permit)

    def _answered(self, now: float, limits: RateLimitHeaders) -> None:
        self._breaker.record_success(now)
        self._throttle_detector.record_success(now)
        if limits.broken:
            self.broken_header = limits.broken

    def _landed(self, permit: Permit) -> None:
        self.in_flight -= 1
        if permit is self._probe:
            self._probe = None
