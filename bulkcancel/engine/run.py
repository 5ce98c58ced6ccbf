"""A run from its first row to its summary."""

import random
from typing import TYPE_CHECKING, Protocol

from anyio import Semaphore, create_task_group

from bulkcancel import policy
from bulkcancel.clock import SystemClock
from bulkcancel.engine.brake import Brake, StoppedError
from bulkcancel.engine.confirm import Confirmer
from bulkcancel.engine.gate import Gate
from bulkcancel.engine.sender import CancelApi, HeldBackError, Job, Sender
from bulkcancel.engine.shards import belongs_to
from bulkcancel.engine.turnstile import Turnstile
from bulkcancel.errors import ReportLostError
from bulkcancel.ledger import Claim, ClaimKind, Ledger
from bulkcancel.models import InstanceRef, Outcome, RejectedRow, Result, Row, Settings, StopReason
from bulkcancel.pacing import Pacer
from bulkcancel.tally import Summary, Tally, summarize

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from anyio.abc import TaskGroup
    from tenacity import AsyncRetrying

    from bulkcancel.clock import Clock

_MOST_READS = 16
_WATCHED_PER_WORKER = 4


class RowSource(Protocol):
    """Where rows come from."""

    @property
    def is_whole(self) -> bool:
        """Whether all rows are at hand, so that a stopped run can still account for each."""
        ...

    def __aiter__(self) -> "AsyncIterator[Row]":
        """Give the rows, in order."""
        ...

    def stop_waiting(self) -> None:
        """Yield what has been read, then end instead of waiting for more."""
        ...


class Engine:
    """Runs one job. Make one, `run` it once; `stop` ends it early from any task of the loop.

    Attributes:
        tally: The counts so far.
        gate: Where requests wait; its pacer says why.
        report_error: What the sink said when it could take no more results, or empty.
    """

    def __init__(
        self,
        api: CancelApi,
        settings: Settings,
        *,
        clock: "Clock | None" = None,
        jitter: "Callable[[], float]" = random.random,
        ledger: Ledger | None = None,
        tally: Tally | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._brake = Brake()
        self._ledger = ledger or Ledger()
        self.tally = tally or Tally()
        pacer = Pacer(concurrency=settings.concurrency, rate=settings.rate, headroom=settings.headroom)
        self.gate = Gate(pacer, self._clock, self._brake)
        self._refusals = policy.Refusals()
        self._sender = Sender(
            api,
            self.gate,
            settings,
            clock=self._clock,
            brake=self._brake,
            refusals=self._refusals,
            jitter=jitter,
        )
        self._confirmer: Confirmer | None = None
        if settings.verify:
            readers = min(settings.concurrency, _MOST_READS)
            read_pacer = Pacer(concurrency=readers, headroom=settings.headroom)
            self._confirmer = Confirmer(
                api,
                Gate(read_pacer, self._clock, self._brake),
                clock=self._clock,
                brake=self._brake,
                timeout=settings.verify_timeout,
            )
        self._watched = Semaphore(settings.concurrency * _WATCHED_PER_WORKER)
        self._reading = Turnstile()
        self._sendable = 0
        self._at_end = False
        self._unrecorded: list[Result] = []
        self._error: Exception | None = None
        self.report_error = ""

    @property
    def stopping(self) -> StopReason | None:
        """Why the run is ending early, or None."""
        return self._brake.reason

    @property
    def last_fault(self) -> str:
        """What the last fault said, or empty."""
        return self._sender.last_fault

    def stop(self, reason: StopReason) -> None:
        """End the run early: no new requests, those on the wire finish, every row is accounted for."""
        self._brake.pull(reason)

    def lose_report(self, words: str) -> None:
        """End the run at once because its report can't be kept any more."""
        self.report_error = words
        self._brake.pull(StopReason.REPORT_LOST)

    async def run(self, source: RowSource, sink: "Callable[[Result], Awaitable[None]]") -> Summary:
        """Send a cancel for every row and hand each result to `sink` as it comes.

        Args:
            source: The rows. They are read no further ahead than there are workers.
            sink: Takes each result; while it waits, so does the worker that brought it.

        Raises:
            Exception: Whatever `source` or `sink` raises, but for a `ReportLostError` from the sink,
                which stops the run and shows in the summary.
        """
        started = self._clock.now()
        self._sink = sink
        self._rows = aiter(source)
        self._brake.on_pull(source.stop_waiting)
        async with create_task_group() as timers:
            if self._settings.max_duration is not None:
                timers.start_soon(self._stop_after, self._settings.max_duration)
            async with create_task_group() as work:
                for _ in range(self._settings.concurrency):
                    work.start_soon(self._work, work)
            timers.cancel_scope.cancel()
        if self._refusals.is_unproven:
            self._brake.pull(StopReason.REFUSED)
        if self._brake.reason is not None:
            await self._account_for_the_rest()
        if self._error is not None:
            raise self._error
        return summarize(
            self.tally,
            duration=self._clock.now() - started,
            paused=self.gate.paused,
            quota_used=self.gate.pacer.quota_used,
            stop=self._brake.reason,
            ignore_not_found=self._settings.ignore_not_found,
            unrecorded=tuple(self._unrecorded),
        )

    async def _stop_after(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self._brake.pull(StopReason.MAX_DURATION)

    async def _work(self, tasks: "TaskGroup") -> None:
        retrying = self._sender.retrying()
        while (job := await self._next_job()) is not None:
            await self._handle(job, retrying, tasks)

    async def _next_job(self) -> Job | None:
        """The next row that needs sending; read one at a time, in the order of the input."""
        async with self._reading:
            while not self._at_end and self._brake.reason is None:
                row = await self._read()
                if row is None:
                    self._at_end = True
                    return None
                claim = self._claim(row)
                job = None if claim is None else await self._admit(row, claim)
                if job is None:
                    continue
                if self.stopping is not None:
                    await self._leave(job)
                    return None
                self._sendable += 1
                self._at_end = self._sendable == self._settings.limit
                return job
        return None

    async def _read(self) -> Row | None:
        """The next row; an error ends the input, and is raised when what is on its way has finished."""
        try:
            return await anext(self._rows, None)
        except Exception as error:  # noqa: BLE001 - a caller's own rows may raise anything
            self._error = self._error or error
            return None

    def _claim(self, row: Row) -> Claim | None:
        """What a row is to the ledger, or None where it is another shard's or on record already."""
        shard = self._settings.shard
        if shard is not None and not belongs_to(row, shard):
            return None
        claim = self._ledger.claim(row)
        return None if claim.kind is ClaimKind.COVERED else claim

    async def _admit(self, row: Row, claim: Claim) -> Job | None:
        """Settle a row that needs no request; else make it a job."""
        if isinstance(row, RejectedRow):
            await self._emit(self._unsent(row, Outcome.INVALID, row.code, row.reason))
            return None
        if claim.kind is ClaimKind.DUPLICATE:
            await self._emit(self._unsent(row, Outcome.DUPLICATE, "", "the pair stands earlier in the input"))
            return None
        return Job(row, claim.previous)

    async def _handle(self, job: Job, retrying: "AsyncRetrying", tasks: "TaskGroup") -> None:
        try:
            judgement = await self._sender.decide(job, retrying)
        except StoppedError:
            await self._leave(job)
            return
        except HeldBackError:
            detail = "not sent: its workflow was refused just before, and no other was accepted yet"
            await self._finish(job, Outcome.NOT_ATTEMPTED, detail=detail)
            return
        outcome = policy.outcome_of(judgement.verdict)
        if self._confirmer is not None:
            if outcome is Outcome.CANCELED:
                await self._watched.acquire()
                tasks.start_soon(self._confirm, job, self._confirmer)
                return
            if outcome in {Outcome.NOT_FOUND, Outcome.REJECTED} and await self._had_ended(job.ref):
                detail = f"it had ended before its cancel was answered {judgement.status}"
                await self._finish(job, Outcome.ALREADY_FINISHED, detail=detail)
                return
        await self._finish(job, outcome, judgement.code, judgement.detail)

    async def _confirm(self, job: Job, confirmer: Confirmer) -> None:
        try:
            outcome, detail = await confirmer.watch(job.ref)
            await self._finish(job, outcome, detail=detail)
        finally:
            self._watched.release()

    async def _had_ended(self, ref: InstanceRef) -> bool:
        """Whether an instance whose cancel was refused had simply ended before."""
        if self._confirmer is None:
            return False
        try:
            state, _ = await self._confirmer.look(ref)
        except StoppedError:
            return False
        return state in {policy.State.ENDED, policy.State.CANCELED}

    async def _leave(self, job: Job) -> None:
        """Record a row that the end of the run overtook, unless the report says as much already."""
        if self._brake.reason is None or (job.previous is not None and not job.attempts):
            return
        outcome, detail = policy.cut_short(job.judgement, self._brake.reason)
        await self._finish(job, outcome, job.judgement.code if job.judgement else "", detail)

    async def _account_for_the_rest(self) -> None:
        """Mark what was not reached: a file to its end, a stream as far as it has been read."""
        if self._at_end or self._brake.reason is StopReason.REPORT_LOST:
            return
        while self._sendable != self._settings.limit and (row := await self._read()) is not None:
            claim = self._claim(row)
            job = None if claim is None else await self._admit(row, claim)
            if job is not None:
                self._sendable += 1
                await self._leave(job)

    async def _finish(self, job: Job, outcome: Outcome, code: str = "", detail: str = "") -> None:
        await self._emit(job.result(outcome, self._clock, code=code, detail=detail), job.previous)

    def _unsent(self, row: Row, outcome: Outcome, code: str, detail: str) -> Result:
        return Result(
            row.line,
            row.workflow_id,
            row.instance_id,
            outcome,
            error_code=code,
            error_detail=detail,
            finished_at=self._clock.wall(),
        )

    async def _emit(self, result: Result, previous: Outcome | None = None) -> None:
        if self._unrecorded or self._brake.reason is StopReason.REPORT_LOST:
            self._lose(result)
            return
        try:
            await self._sink(result)
        except Exception as error:  # noqa: BLE001 - a caller's own function may raise anything
            self.lose_report(str(error))
            if not isinstance(error, ReportLostError):
                self._error = self._error or error
            self._lose(result)
            return
        self.tally.add(result, previous)
        limit = self._settings.max_failures
        if limit is not None and policy.too_many_failures(
            self.tally.failed, self.tally.finished, limit.value, is_percent=limit.is_percent
        ):
            self._brake.pull(StopReason.MAX_FAILURES)

    def _lose(self, result: Result) -> None:
        """Keep what was sent and could not be recorded, to tell the person."""
        if result.attempts:
            self._unrecorded.append(result)
