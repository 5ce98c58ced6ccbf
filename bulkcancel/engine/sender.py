"""One row's attempts, driven by tenacity: what to try again, when, and when to give up."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from tenacity import AsyncRetrying, RetryCallState, retry_if_result

from bulkcancel.models import Failure, FailureKind, InstanceRef, Outcome, Reply, Result, StopReason
from bulkcancel.pacing import read_notice
from bulkcancel.policy import Judgement, Refusals, Verdict, backoff, is_out_of_reach, judge

if TYPE_CHECKING:
    from collections.abc import Callable

    from bulkcancel.clock import Clock
    from bulkcancel.engine.brake import Brake
    from bulkcancel.engine.gate import Gate
    from bulkcancel.settings import Settings

_LONGEST_RETRY_AFTER = 60.0
# What trying again will not mend, where nothing was ever answered.
_HOPELESS = {
    FailureKind.UNTRUSTED: StopReason.UNTRUSTED,
    FailureKind.PROXY_REFUSED: StopReason.PROXY_REFUSED,
}
# A row that goes ahead as a probe while the API is down does not pay for it, for about a minute: the
# breaker's pauses are 1, 2, 4, 8, 10, 10, … s. A row that itself brings the faults pays after that.
_FREE_PROBES = 9
# Where nothing was ever answered there are two minutes: a first row that brings the faults itself must be
# given up well before they are over, so that the next one shows that the API is there.
_FREE_PROBES_AT_FIRST = 5
# Seconds between tries to open a connection where no more files may be opened, and in all.
_UNTIL_FILES_ARE_FREE = 1.0
_LONGEST_STARVED = 120.0


class CancelApi(Protocol):
    """What the engine needs of the API."""

    async def cancel(self, ref: InstanceRef) -> Reply | Failure:
        """Ask for one instance to be canceled."""
        ...

    async def get_instance(self, ref: InstanceRef) -> Reply | Failure:
        """Read one instance."""
        ...

    async def check_keys(self) -> Reply | Failure:
        """Ask whether both keys are good."""
        ...


class HeldBackError(Exception):
    """The row's workflow was just refused, and it is not yet known whether all others will be."""


@dataclass(slots=True, eq=False)
class Job:
    """One row on its way: what was sent for it and what came back.

    Attributes:
        ref: The instance.
        previous: The outcome an earlier run recorded for it, which this one replaces, or None.
        attempts: Requests sent.
        throttled: How many were answered 429, or 503 by a rate limit.
        faults: How many brought a fault that counts against its attempts.
        probes: How many brought a fault while the API was down, which does not.
        is_again: Whether the last was lost with a stale connection, so that the next takes its place.
        is_starved: Whether the last was not sent at all, because no more files may be opened.
        started_at: When the first was sent, in seconds since the epoch, or None.
        started: The same on the monotonic clock.
        judgement: What the last answer meant, or None.
        retry_after: Seconds the last fault's reply asked us to wait.
    """

    ref: InstanceRef
    previous: Outcome | None = None
    attempts: int = 0
    throttled: int = 0
    faults: int = 0
    probes: int = 0
    is_again: bool = False
    is_starved: bool = False
    started_at: float | None = None
    started: float = 0.0
    judgement: Judgement | None = None
    retry_after: float = 0.0

    def result(
        self, outcome: Outcome, clock: "Clock", *, code: str = "", detail: str = "", site: str = ""
    ) -> Result:
        """Close the job."""
        duration = clock.now() - self.started if self.attempts else 0.0
        finished_at = clock.wall()
        if self.started_at is not None and finished_at < self.started_at:
            finished_at = self.started_at + duration  # the clock was set back meanwhile
        ref, judgement = self.ref, self.judgement
        return Result(
            ref.line,
            ref.workflow_id,
            ref.instance_id,
            outcome,
            judgement.status if judgement is not None else None,
            code,
            detail,
            self.attempts,
            self.throttled,
            self.started_at,
            finished_at,
            round(duration * 1000),
            site,
        )


class Sender:
    """Sends cancel requests through the gate until each is decided or given up."""

    def __init__(
        self,
        api: CancelApi,
        gate: "Gate",
        settings: "Settings",
        *,
        clock: "Clock",
        brake: "Brake",
        refusals: Refusals,
        jitter: "Callable[[], float]",
    ) -> None:
        self._api = api
        self._gate = gate
        self._settings = settings
        self._clock = clock
        self._brake = brake
        self._refusals = refusals
        self._jitter = jitter
        self._has_answered = False
        self.starved_since: float | None = None
        self.last_fault = ""

    def retrying(self) -> AsyncRetrying:
        """A tenacity loop for `attempt`; it holds state, so each worker takes its own."""
        return AsyncRetrying(
            retry=retry_if_result(_is_undecided),
            stop=self._gives_up,
            wait=self._wait,
            sleep=self._sleep,
            retry_error_callback=_last_judgement,
        )

    async def decide(self, job: Job, retrying: AsyncRetrying) -> Judgement:
        """Send requests for a job until it is decided or given up.

        tenacity is asked from the second attempt on: nearly every row is decided by its first, and the
        machinery of a retry costs half as much as the request.

        Raises:
            StoppedError: The run stops.
            HeldBackError: Its workflow was refused meanwhile, and nothing was sent.
        """
        judgement = await self.attempt(job)
        if judgement.is_final:
            return judgement
        first = [judgement]

        async def attempt(job: Job) -> Judgement:
            return first.pop() if first else await self.attempt(job)

        return await retrying(attempt, job)

    async def attempt(self, job: Job) -> Judgement:
        """Send one request for a job, and learn from its answer.

        Raises:
            StoppedError: The run stops, and nothing was sent.
            HeldBackError: Its workflow was refused meanwhile, and nothing was sent.
        """
        ticket = await self._gate.enter()
        free_probes = _FREE_PROBES if self._has_answered else _FREE_PROBES_AT_FIRST
        is_free = ticket.is_probe and self._gate.pacer.is_down and job.probes < free_probes
        try:
            if self._refusals.holds_back(job.ref.workflow_id):
                raise HeldBackError  # noqa: TRY301 - the ticket goes back on this way out as on any other
            if not job.attempts:
                job.started_at, job.started = self._clock.wall(), self._clock.now()
            job.attempts += 1
            answer = await self._api.cancel(job.ref)
            judgement = judge(answer)
            if self._is_lost_here(job, answer, judgement):
                self._gate.drop(ticket)
                return judgement
            if judgement.verdict is Verdict.FORBIDDEN or judgement.verdict is Verdict.UNAUTHORIZED:
                await self._weigh_refusal(judgement.verdict, job.ref.workflow_id)
            elif judgement.verdict is not Verdict.FAULT:
                self._note_answer(job, judgement.verdict)
        except BaseException:
            self._gate.drop(ticket)
            raise
        verdict = self._gate.settle(ticket, answer, judgement.verdict)
        if verdict is Verdict.FAULT:
            self._note_fault(job, answer, judgement, is_free=is_free)
        elif verdict is not judgement.verdict:
            judgement = job.judgement = replace(judgement, verdict=verdict)
            job.throttled += 1
        return judgement

    def _is_lost_here(self, job: Job, answer: Reply | Failure, judgement: Judgement) -> bool:
        """Whether a request was lost by what is ours, which says nothing of the API or the row.

        A connection of ours went stale: the request goes again at once, on a new one, and what is lost a
        second time in a row counts. Or there was no descriptor for a new one: then nothing was sent.
        """
        kind = answer.kind if isinstance(answer, Failure) else None
        job.is_again = kind is FailureKind.STALE and not job.is_again
        job.is_starved = kind is FailureKind.NO_FILES
        if not job.is_starved:
            job.judgement = judgement
            self.starved_since = None
            return job.is_again
        job.attempts -= 1
        if not job.attempts:
            job.started_at = None
        now = self._clock.now()
        if self.starved_since is None:
            self.starved_since = now
        if now - self.starved_since >= _LONGEST_STARVED:
            self._brake.pull(StopReason.NO_FILES)
        return True

    def _note_answer(self, job: Job, verdict: Verdict) -> None:
        self._has_answered = True
        if verdict is Verdict.THROTTLED:
            job.throttled += 1
        elif verdict is Verdict.MISROUTED:
            self._brake.pull(StopReason.MISROUTED)
        else:
            self._refusals.passed()

    def _note_fault(self, job: Job, answer: Reply | Failure, judgement: Judgement, *, is_free: bool) -> None:
        job.faults += not is_free
        job.probes += is_free
        self.last_fault = judgement.detail or judgement.code
        if isinstance(answer, Reply):
            told = read_notice(answer.headers, self._clock.wall()).retry_after
            job.retry_after = min(told or 0.0, _LONGEST_RETRY_AFTER)
        elif answer.kind in _HOPELESS and not self._has_answered:
            self._brake.pull(_HOPELESS[answer.kind])
        down_for = self._gate.pacer.down_for(self._clock.now())
        if is_out_of_reach(down_for, has_answered=self._has_answered):
            self._brake.pull(StopReason.UNREACHABLE)

    async def _weigh_refusal(self, verdict: Verdict, workflow_id: str) -> None:
        self._has_answered = True
        keys_pass = True
        if self._refusals.refused(verdict, workflow_id):
            keys_pass = await self._keys_pass()
        if self._refusals.ends_the_run(verdict, keys_pass=keys_pass):
            self._brake.pull(StopReason.REFUSED)

    async def _keys_pass(self) -> bool:
        answer = await self._api.check_keys()
        if isinstance(answer, Failure) and answer.kind is FailureKind.STALE:
            answer = await self._api.check_keys()
        verdict = judge(answer).verdict
        return verdict not in {Verdict.FORBIDDEN, Verdict.UNAUTHORIZED}

    def _gives_up(self, state: RetryCallState) -> bool:
        job: Job = state.args[0]
        return job.faults >= self._settings.max_attempts or job.throttled >= self._settings.max_throttled

    def _wait(self, state: RetryCallState) -> float:
        job: Job = state.args[0]
        if job.is_starved:
            return _UNTIL_FILES_ARE_FREE
        if job.is_again:
            return 0.0
        if job.judgement is not None and job.judgement.verdict is Verdict.THROTTLED:
            return 0.0  # the gate knows how long, and waits for all workers at once
        return max(backoff(job.faults, self._jitter()), job.retry_after)

    async def _sleep(self, seconds: float) -> None:
        if seconds > 0.0:
            with self._brake.interrupts():
                await self._clock.sleep(seconds)


def _is_undecided(judgement: Judgement) -> bool:
    return not judgement.is_final


def _last_judgement(state: RetryCallState) -> Judgement | None:
    job: Job = state.args[0]
    return job.judgement
