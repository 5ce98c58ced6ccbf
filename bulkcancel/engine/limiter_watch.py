"""Tells observers what holds requests back at one limiter, each change once."""

from typing import TYPE_CHECKING

from bulkcancel.answers import classify
from bulkcancel.events import Concern, Concerned, OutageBegan, OutageEnded, Paused, QuotaSeen, Resumed
from bulkcancel.models import Reply

if TYPE_CHECKING:
    from bulkcancel.clock import Clock
    from bulkcancel.engine.observers import Observers
    from bulkcancel.events import Endpoint
    from bulkcancel.models import Failure
    from bulkcancel.pacing import Pacer, Wait

_LATER = 0.05  # seconds by which a pause must grow to be told again
_SERVER_ERROR = 500
_FASTER = 0.05  # of a rate: how much it must change to be told again


class LimiterWatch:
    """Compares what is with what was told last. Where nobody listens, it does nothing.

    Attributes:
        told: What was last told to hold requests back, or None.
    """

    def __init__(self, endpoint: "Endpoint", pacer: "Pacer", observers: "Observers", clock: "Clock") -> None:
        self._endpoint = endpoint
        self._pacer = pacer
        self._observers = observers
        self._clock = clock
        self.told: Wait | None = None
        self._down_since: float | None = None
        self._concerns: set[Concern] = set()
        self._known: tuple[int, int | None, float | None] | None = None

    @property
    def is_paused(self) -> bool:
        """Whether a pause was told in which nothing is sent, and not yet its end."""
        return self.told is not None and self.told.rate is None

    def held(self, wait: "Wait") -> None:
        """Note what holds everybody back now."""
        if self._observers.hear_of_holds and wait.reason is not None and _is_news(wait, self.told):
            self.told = wait
            self._observers.tell_hold(Paused(self._endpoint, wait.reason.value, wait.until, wait.rate))

    def resumed(self) -> None:
        """Note that what was told is over."""
        self.told = None
        self._observers.tell_hold(Resumed(self._endpoint))

    def answered(self, answer: "Reply | Failure") -> None:
        """Note what a request brought, after the pacer has."""
        if not self._observers.hear_of_holds:
            return
        if self._pacer.is_down and self._down_since is None:
            now = self._clock.now()
            self._down_since = now - self._pacer.down_for(now)
            meaning = classify(answer)
            detail = meaning.detail or meaning.code
            self._observers.tell_hold(OutageBegan(self._endpoint, self._down_since, detail, meaning.status))
        elif self._down_since is not None and not self._pacer.is_down:
            self._observers.tell_hold(OutageEnded(self._endpoint, self._clock.now() - self._down_since))
            self._down_since = None
        if not self._observers:
            return
        known = self._pacer.quota_state
        if known != self._known and (outlook := self._pacer.outlook) is not None:
            self._known = known
            self._observers.tell(QuotaSeen(self._endpoint, *outlook))
        if self._pacer.broken_header:
            self._tell_once(Concern.BROKEN_HEADER, self._pacer.broken_header)
        # What answers again after a pause was a limit. Until then it may as well be an outage that begins.
        if self._pacer.limit_answers_503 and isinstance(answer, Reply) and answer.status < _SERVER_ERROR:
            self._tell_once(Concern.RATE_LIMIT_503)

    def _tell_once(self, concern: Concern, detail: str = "") -> None:
        if concern not in self._concerns:
            self._concerns.add(concern)
            self._observers.tell(Concerned(concern, detail))


def _is_news(wait: "Wait", told: "Wait | None") -> bool:
    """Whether a person would see a difference."""
    if told is None or wait.reason is not told.reason or (wait.rate is None) is not (told.rate is None):
        return True
    if wait.rate is not None and told.rate is not None:
        return abs(wait.rate - told.rate) > _FASTER * told.rate
    return abs(wait.until - told.until) > _LATER
