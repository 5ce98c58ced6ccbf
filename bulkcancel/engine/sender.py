"""One row's attempts, driven by tenacity: what to try again, when, and when to give up."""

from dataclasses import replace
from typing import TYPE_CHECKING

from tenacity import AsyncRetrying, RetryCallState, retry_if_result

from bulkcancel.answers import Classification, Verdict, classify
from bulkcancel.events import Concern, Concerned, Endpoint
from bulkcancel.models import Failure, FailureKind, Reply, StopReason
from bulkcancel.pacing import read_rate_limit_headers
from bulkcancel.policy import backoff, is_out_of_reach

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bulkcancel.clock import Clock
    from bulkcancel.engine.credential_check import CredentialCheck
    from bulkcancel.engine.limiter import Limiter
    from bulkcancel.engine.observers import Observers
    from bulkcancel.engine.stop_signal import StopSignal
    from bulkcancel.engine.work_item import WorkItem
    from bulkcancel.models import InstanceRef
    from bulkcancel.settings import Settings

    Call = Callable[[InstanceRef], Awaitable[Reply | Failure]]
    CheckKeys = Callable[[], Awaitable[Reply | Failure]]

LONGEST_RETRY_AFTER = 60.0
# What trying again will not mend, where nothing was ever answered.
HOPELESS = {
    FailureKind.UNTRUSTED: StopReason.UNTRUSTED,
    FailureKind.PROXY_REFUSED: StopReason.PROXY_REFUSED,
}
# A row that goes ahead as a probe while the API is down does not pay for it, for about a minute: the
# breaker's pauses are 1, 2, 4, 8, 10, 10, … s. A row that itself brings the faults pays after that.
FREE_PROBES = 9
# Where nothing was ever answered there are two minutes: a first row that brings the faults itself must be
# given up well before they are over, so that the next one shows that the API is there.
FREE_PROBES_AT_FIRST = 5
# Seconds between tries to open a connection where no more files may be opened, and in all.
UNTIL_FILES_ARE_FREE = 1.0
LONGEST_STARVED = 120.0


class HeldBackError(Exception):
    """The row's workflow was just refused, and it is not yet known whether all others will be."""


class Sender:
    """Sends requests for work items through the limiter until each is decided or given up.

    Attributes:
        starved_since: Since when requests wait because no more files may be opened, or None.
    """

    def __init__(  # noqa: PLR0913 - the calls it makes, and what it works with
        self,
        call: "Call",
        check_keys: "CheckKeys",
        limiter: "Limiter",
        settings: "Settings",
        *,
        clock: "Clock",
        stop_signal: "StopSignal",
        credential_check: "CredentialCheck",
        observers: "Observers",
        jitter: "Callable[[], float]",
    ) -> None:
        self._call = call
        self._check_keys = check_keys
        self._observers = observers
        self._limiter = limiter
        self._settings = settings
        self._clock = clock
        self._stop_signal = stop_signal
        self._credential_check = credential_check
        self._jitter = jitter
        self._has_answered = False
        self._has_told_of_files = False
        self.starved_since: float | None = None

    def retrying(self) -> AsyncRetrying:
        """A tenacity loop for `attempt`; it holds state, so each worker takes its own."""
        return AsyncRetrying(
            retry=retry_if_result(_is_undecided),
            stop=self._gives_up,
            wait=self._wait,
            sleep=self._sleep,
            retry_error_callback=_last_judgement,
        )

    async def decide(self, item: "WorkItem", retrying: AsyncRetrying) -> Classification:
        """Send requests for an item until it is decided or given up.

        tenacity is asked from the second attempt on: nearly every row is decided by its first, and the
        machinery of a retry costs half as much as the request.

        Raises:
            StoppedError: The run stops.
            HeldBackError: Its workflow was refused meanwhile, and nothing was sent.
        """
        classification = await self.attempt(item)
        if classification.is_final:
            return classification
        first = [classification]

        async def attempt(item: "WorkItem") -> Classification:
            return first.pop() if first else await self.attempt(item)

        return await retrying(attempt, item)

    async def attempt(self, item: "WorkItem") -> Classification:
        """Send one request for an item, and learn from its answer.

        Raises:
            StoppedError: The run stops, and nothing was sent.
            HeldBackError: Its workflow was refused meanwhile, and nothing was sent.
        """
        permit = await self._limiter.acquire()
        free_probes = FREE_PROBES if self._has_answered else FREE_PROBES_AT_FIRST
        is_free = permit.is_probe and self._limiter.pacer.is_down and item.probes < free_probes
        try:
            if self._credential_check.holds_back(item.ref.workflow_id):
                raise HeldBackError  # noqa: TRY301 - the permit goes back on this way out as on any other
            if not item.attempts:
                item.started_at, item.started = self._clock.wall(), self._clock.now()
            item.attempts += 1
            answer = await self._call(item.ref)
            classification = classify(answer)
            if self._observers:
                self._observers.tell_attempt(
                    Endpoint.CANCEL, item.ref, answer, self._clock.now() - permit.sent_at
                )
            if self._is_lost_here(item, answer, classification):
                self._limiter.abandon(permit)
                return classification
            if classification.verdict is Verdict.FORBIDDEN or classification.verdict is Verdict.UNAUTHORIZED:
                await self._weigh_refusal(classification.verdict, item.ref.workflow_id)
            elif classification.verdict is not Verdict.FAULT:
                self._note_answer(item, classification.verdict)
        except BaseException:
            self._limiter.abandon(permit)
            raise
        verdict = self._limiter.complete(permit, answer, classification.verdict)
        if verdict is Verdict.FAULT:
            self._note_fault(item, answer, is_free=is_free)
        elif verdict is not classification.verdict:
            classification = item.classification = replace(classification, verdict=verdict)
            item.throttled += 1
        return classification

    def _is_lost_here(
        self, item: "WorkItem", answer: Reply | Failure, classification: Classification
    ) -> bool:
        """Whether a request was lost by what is ours, which says nothing of the API or the row.

        A connection of ours went stale: the request goes again at once, on a new one, and what is lost a
        second time in a row counts. Or there was no descriptor for a new one: then nothing was sent.
        """
        kind = answer.kind if isinstance(answer, Failure) else None
        item.is_again = kind is FailureKind.STALE and not item.is_again
        item.is_starved = kind is FailureKind.NO_FILES
        if not item.is_starved:
            item.classification = classification
            self.starved_since = None
            return item.is_again
        item.attempts -= 1
        if not item.attempts:
            item.started_at = None
        now = self._clock.now()
        if self.starved_since is None:
            self.starved_since = now
            if self._observers and not self._has_told_of_files:
                self._has_told_of_files = True
                self._observers.tell(Concerned(Concern.FEW_FILES))
        if now - self.starved_since >= LONGEST_STARVED:
            self._stop_signal.request(StopReason.NO_FILES)
        return True

    def _note_answer(self, item: "WorkItem", verdict: Verdict) -> None:
        self._has_answered = True
        if verdict is Verdict.THROTTLED:
            item.throttled += 1
        elif verdict is Verdict.MISROUTED:
            self._stop_signal.request(StopReason.MISROUTED)
        else:
            self._credential_check.passed()

    def _note_fault(self, item: "WorkItem", answer: Reply | Failure, *, is_free: bool) -> None:
        item.faults += not is_free
        item.probes += is_free
        if isinstance(answer, Reply):
            told = read_rate_limit_headers(answer.headers, self._clock.wall()).retry_after
            item.retry_after = min(told or 0.0, LONGEST_RETRY_AFTER)
        elif answer.kind in HOPELESS and not self._has_answered:
            self._stop_signal.request(HOPELESS[answer.kind])
        down_for = self._limiter.pacer.down_for(self._clock.now())
        if is_out_of_reach(down_for, has_answered=self._has_answered):
            self._stop_signal.request(StopReason.UNREACHABLE)

    async def _weigh_refusal(self, verdict: Verdict, workflow_id: str) -> None:
        self._has_answered = True
        keys_pass = True
        if self._credential_check.refused(verdict, workflow_id):
            keys_pass = await self._keys_pass()
        if self._credential_check.ends_the_run(verdict, keys_pass=keys_pass):
            self._stop_signal.request(StopReason.REFUSED)

    async def _keys_pass(self) -> bool:
        answer = await self._check_keys()
        if isinstance(answer, Failure) and answer.kind is FailureKind.STALE:
            answer = await self._check_keys()
        verdict = classify(answer).verdict
        return verdict not in {Verdict.FORBIDDEN, Verdict.UNAUTHORIZED}

    def _gives_up(self, state: RetryCallState) -> bool:
        item: WorkItem = state.args[0]
        return item.faults >= self._settings.max_attempts or item.throttled >= self._settings.max_throttled

    def _wait(self, state: RetryCallState) -> float:
        item: WorkItem = state.args[0]
        if item.is_starved:
            return UNTIL_FILES_ARE_FREE
        if item.is_again:
            return 0.0
        if item.classification is not None and item.classification.verdict is Verdict.THROTTLED:
            return 0.0  # the limiter knows how long, and waits for all workers at once
        return max(backoff(item.faults, self._jitter()), item.retry_after)

    async def _sleep(self, seconds: float) -> None:
        if seconds > 0.0:
            with self._stop_signal.interrupts():
                await self._clock.sleep(seconds)


def _is_undecided(classification: Classification) -> bool:
    return not classification.is_final


def _last_judgement(state: RetryCallState) -> Classification | None:
    item: WorkItem = state.args[0]
    return item.classification
