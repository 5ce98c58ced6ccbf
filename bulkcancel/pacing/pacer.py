"""The one answer to "may I send now?", from everything the replies have taught."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from bulkcancel.pacing.breaker import Breaker
from bulkcancel.pacing.evidence import Evidence
from bulkcancel.pacing.headers import RateLimitHeaders
from bulkcancel.pacing.seeker import Seeker
from bulkcancel.pacing.spacing import Spacing
from bulkcancel.pacing.window import Window
from bulkcancel.settings import Rate

_SLOW_START = 8  # requests in flight at first; the number may double with each round trip


class HoldReason(StrEnum):
    """Why requests are held back, in words a person reads."""

    QUOTA = "the quota is used up"
    REFUSED = "a rate limit refuses requests and does not say until when"
    OUTAGE = "the API does not answer"
    RATE = "--rate"
    PACE = "what the rate limit lets through"


@dataclass(frozen=True, slots=True)
class Hold:
    """A wait that concerns every worker.

    Attributes:
        until: When it ends, on the clock that gives `now`.
        reason: Why.
        rate: Requests per second that are kept to, or None where nothing is sent meanwhile.
        since: When an outage began, or None for another reason.
    """

    until: float
    reason: HoldReason
    rate: float | None = None
    since: float | None = None


class Permit(NamedTuple):
    """Leave to send one request; to be handed back with what came of it.

    Attributes:
        sent_at: When it was given.
        wave: Which pause it came after: a 429 is news only to the newest wave.
        is_probe: Whether it goes alone, to find out for all.
        left: Requests that the quota window was known to have left, or infinite.
    """

    sent_at: float
    wave: int
    is_probe: bool
    left: float = math.inf


class Pacer:
    """Decides when requests may go. It never waits itself, and every method takes `now`.

    Until a first request has proved keys and route it lets one go at a time. Then all workers may
    send while the quota window has room for what is in flight; when it is used up they wait for
    its turn, one probe goes first, and the rest follow the probe's success.

    Attributes:
        in_flight: Requests on the wire.
        hold: What the last `ask` said that holds everybody back, or None.
        broken_header: The name of a header that can't be true, or empty.
        limit_answers_503: Whether a rate limit answers 503 in place of 429, as far as is known.
    """

    def __init__(self, *, concurrency: int, rate: Rate | None = None, headroom: float = 0.0) -> None:
        self._concurrency = concurrency
        self._spacing = Spacing(rate) if rate is not None else None
        self._headroom = headroom
        self._window = Window()
        self._seeker = Seeker()
        self._breaker = Breaker(concurrency)
        self._evidence = Evidence()
        self._probe: Permit | None = None
        self._goes_alone = True
        self._proven = False
        self._wave = 0
        self._accepted = 0
        self.in_flight = 0
        self.hold: Hold | None = None
        self.broken_header = ""
        self.limit_answers_503 = False

    @property
    def quota_used(self) -> float | None:
        """The largest share of one quota window that our requests took, 0.0 to 1.0, or None."""
        return self._window.peak_share

    @property
    def is_down(self) -> bool:
        """Whether the API counts as down, so that requests go one at a time, as probes."""
        return self._breaker.is_open

    def down_for(self, now: float) -> float:
        """Seconds since the first request was sent that failed with no sound answer after it; else 0.0."""
        return self._breaker.down_for(now)

    def ask(self, now: float, waiting: int = 1) -> float:
        """Seconds until a request may go: 0.0 for now, infinite for "when the next answer is in".

        Args:
            now: The time, in seconds.
            waiting: Requests that wait for leave.
        """
        self.hold = None
        self._goes_alone = True
        if self.in_flight >= self._concurrency or self._probe is not None:
            return math.inf
        if self._breaker.is_open:
            return self._held(now, self._breaker.wait(now), HoldReason.OUTAGE)
        if self._spacing is not None and (wait := self._spacing.wait(now)) > 0.0:
            return self._held(now, wait, HoldReason.RATE, self._spacing.rate)
        if not self._proven:
            return math.inf if self.in_flight else 0.0
        if (wait := self._seeker.wait(now)) > 0.0:
            if self._seeker.is_pausing:
                return self._held(now, wait, HoldReason.REFUSED)
            return self._held(now, wait, HoldReason.PACE, self._seeker.rate)
        return self._quota_wait(now, waiting)

    def sent(self, now: float) -> Permit:
        """Take the leave that `ask` just gave: the request counts as in flight from here."""
        self.in_flight += 1
        permit = Permit(now, self._wave, self._goes_alone, self._window.remaining)
        if permit.is_probe:
            self._probe = permit
        if self._spacing is not None:
            self._spacing.sent(now)
        self._seeker.sent(now, self._headroom)
        return permit

    def accepted(self, permit: Permit, now: float, limits: RateLimitHeaders, *, proves: bool = True) -> None:
        """Note a sound reply other than a 429; `proves` unless it refused the credentials."""
        probes_turn = permit.is_probe and self._window.room(0, self._headroom) < 1.0
        self._landed(permit)
        self._answered(now, limits)
        self._accepted += 1
        self._proven = self._proven or proves
        self._seeker.accepted(permit.sent_at, now, is_probe=permit.is_probe, headroom=self._headroom)
        self._window.accepted(limits, permit.sent_at, now, left=permit.left, is_probe=probes_turn)
        if self._window.disbelieves:
            self.broken_header = "X-RateLimit-Remaining"

    def throttled(self, permit: Permit, now: float, limits: RateLimitHeaders) -> None:
        """Note a 429. Those sent before the pause that an earlier one began say nothing new."""
        self._landed(permit)
        self._answered(now, limits)
        self._proven = True
        is_first = self._begins_pause(permit)
        if is_first:
            self._window.throttled(limits, permit.sent_at, now, is_probe=permit.is_probe)
        if not limits.tells_when:
            self._seeker.throttled(now, is_probe=permit.is_probe, is_first=is_first)

    def unavailable(self, permit: Permit, now: float, limits: RateLimitHeaders) -> bool:
        """Note a 503, and tell whether it counts like a 429, as a rate limit's, or else as a fault."""
        is_limit = self._evidence.is_limit(now, limits.retry_after)
        if self._breaker.is_open or not is_limit:
            self.lost(permit, now)
            if self._breaker.is_open:
                self._forget_503s()
            return False
        self._landed(permit)
        self._breaker.refused(permit.sent_at)
        is_first = self._begins_pause(permit)
        if is_first and not permit.is_probe and not self._evidence.paused():
            self._forget_503s()
        else:
            self.limit_answers_503 = True
            at_least = limits.retry_after or 0.0
            self._seeker.throttled(now, is_probe=permit.is_probe, is_first=is_first, at_least=at_least)
        return True

    def _forget_503s(self) -> None:
        """Take back what 503s have taught of the rate."""
        if self.limit_answers_503:
            self.limit_answers_503, self._seeker = False, Seeker()

    def _begins_pause(self, permit: Permit) -> bool:
        """Whether a refusal is the first since the last pause; if so, it begins one."""
        is_first = permit.wave == self._wave
        self._wave += is_first
        return is_first

    def lost(self, permit: Permit, now: float) -> None:
        """Note a 5xx, or a request that brought no reply."""
        self._landed(permit)
        self._breaker.fault(permit.sent_at, now, was_probe=permit.is_probe)

    def dropped(self, permit: Permit) -> None:
        """Note a request that was given up for reasons of our own: it teaches nothing."""
        self._landed(permit)

    def _quota_wait(self, now: float, waiting: int) -> float:
        self._goes_alone = self._seeker.is_pausing
        if self.in_flight >= _SLOW_START + self._accepted:
            return math.inf
        window = self._window
        if self._seeker.rate is not None and window.is_silent:
            return 0.0
        if window.room(self.in_flight, self._headroom) >= 1.0:
            wait = window.held_back(now, self.in_flight, waiting, self._headroom)
            return self._held(now, wait, HoldReason.QUOTA) if wait else 0.0
        self._goes_alone = True
        if window.resumes == math.inf:
            return math.inf
        wait = max(0.0, window.resumes - now)
        return wait if self.in_flight else self._held(now, wait, HoldReason.QUOTA)

    def _held(self, now: float, wait: float, reason: HoldReason, rate: float | None = None) -> float:
        if 0.0 < wait < math.inf:
            since = now - self._breaker.down_for(now) if reason is HoldReason.OUTAGE else None
            self.hold = Hold(now + wait, reason, rate, since)
        return wait

    def _answered(self, now: float, limits: RateLimitHeaders) -> None:
        self._breaker.sound(now)
        self._evidence.sound(now)
        if limits.broken:
            self.broken_header = limits.broken

    def _landed(self, permit: Permit) -> None:
        self.in_flight -= 1
        if permit is self._probe:
            self._probe = None
