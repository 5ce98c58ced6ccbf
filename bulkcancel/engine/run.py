"""One pass over rows, from the first of them to its summary."""

from contextlib import contextmanager
from typing import TYPE_CHECKING

from anyio import create_task_group

from bulkcancel import policy
from bulkcancel.answers import outcome_of
from bulkcancel.engine.account import RunAccount
from bulkcancel.engine.intake import Intake
from bulkcancel.engine.refusal_lookup import RefusalLookup
from bulkcancel.engine.sender import HeldBackError
from bulkcancel.engine.stop_signal import StoppedError, is_failure
from bulkcancel.engine.totals import Totals
from bulkcancel.engine.watch import Watch
from bulkcancel.errors import BulkCancelError, ReportGoneError, ReportLostError
from bulkcancel.events import Finished, Started, Stopping
from bulkcancel.ledger import Ledger
from bulkcancel.models import Outcome, Result, StopReason

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator

    from anyio.abc import TaskGroup
    from tenacity import AsyncRetrying

    from bulkcancel.engine.dispatcher import Dispatcher
    from bulkcancel.engine.intake import RowSource
    from bulkcancel.engine.work_item import WorkItem
    from bulkcancel.models import Row
    from bulkcancel.settings import Settings
    from bulkcancel.tally import Summary, Tally

    ResultHandler = Callable[[Result], Awaitable[None] | None]


class Run:
    """One pass over the rows of a source. `run` it once; `stop` ends it early from any task of the loop.

    Attributes:
        tally: The counts so far.
    """

    def __init__(
        self,
        dispatcher: "Dispatcher",
        settings: "Settings",
        *,
        site: str = "",
        ledger: Ledger | None = None,
        tally: "Tally | None" = None,
        anew: bool = False,
    ) -> None:
        self._dispatcher = dispatcher
        self._settings = settings
        self._site = site
        self._ledger = ledger or Ledger()
        self._anew = anew
        self._account = RunAccount(tally)
        self.tally = self._account.tally
        self._clock = dispatcher.clock
        self._stop_signal = dispatcher.stop_signal
        self._observers = dispatcher.observers
        self._sender = dispatcher.sender
        self._lookup = RefusalLookup(dispatcher.states, self._clock, self._stop_signal)
        self._watch = Watch(
            dispatcher.states,
            lambda item, outcome, detail: self._finish(item, outcome, detail=detail),
            timeout=settings.verify_timeout,
            clock=self._clock,
            stop_signal=self._stop_signal,
            is_idle=lambda: not self._sending,
        )
        self._sending = 0
        self._intake: Intake | None = None
        self._started = self._clock.now()
        self._error: BaseException | None = None

    @property
    def error(self) -> BaseException | None:
        """What failed first, be it the source of rows, or None."""
        return self._error or (self._intake.error if self._intake is not None else None)

    @property
    def is_report_lost(self) -> bool:
        """Whether the report can't be kept any more."""
        return self._account.loss is not None

    @property
    def in_flight(self) -> int:
        """Requests to cancel that are on the wire."""
        return self._dispatcher.cancels.pacer.in_flight

    def stop(self, reason: StopReason) -> None:
        """End it early: no new requests, those on the wire finish, every row is accounted for."""
        self._stop_signal.request(reason)

    def lose_report(self, words: str, *, recent: "Iterable[int]" = (), is_gone: bool = False) -> None:
        """End the run at once because its report can't be kept any more.

        Args:
            words: What happened to it, as a sentence.
            recent: Lines of rows that it took and that are perhaps not on the disk.
            is_gone: Whether all it held is gone with it.
        """
        self._account.lose(words, recent, is_gone=is_gone)
        self._stop_signal.request(StopReason.REPORT_LOST)

    def fail(self, error: BaseException) -> None:
        """End the run because of a failure: what is on the wire is still heard and recorded."""
        self._error = self._error or error
        self._stop_signal.request(StopReason.OWN_FAULT)

    async def run(
        self, source: "RowSource", handle: "ResultHandler", totals: "Totals | None" = None
    ) -> "Summary":
        """Send a cancel for every row and hand each result to `handle` as it comes.

        Args:
            source: The rows. They are read no further ahead than there are workers.
            handle: Takes each result, and gives what to await where that needs waiting for; meanwhile the
                worker that brought it waits too.
            totals: How many rows the report is to have.

        Raises:
            BaseException: Whatever `source` or `handle` raises, be it a cancellation, but for a
                `ReportLostError` from the latter, which stops the run and shows in the summary. Requests on
                the wire finish first, and `summary` still tells what became of the run.
        """
        totals = totals or Totals()
        self._started = self._clock.now()
        self._handle_result = handle
        self._account.begin(totals.in_all, self._dispatcher.cancels)
        intake = self._intake = Intake(
            source, self._ledger, self._settings, self._stop_signal, self._settle, anew=self._anew
        )
        self._stop_signal.on_request(source.stop_waiting)
        self._stop_signal.on_request(self._tell_stopping)
        if self._observers:
            self._observers.tell(Started(totals.due, dict(+self.tally.outcomes)))
        try:
            await self._run_to_end(intake)
        finally:
            self._stop_signal.forget(source.stop_waiting)
            self._stop_signal.forget(self._tell_stopping)
        if self.error is not None:
            raise self.error
        return self.summary()

    async def _run_to_end(self, intake: Intake) -> None:
        async with create_task_group() as timers:
            if self._settings.max_duration is not None:
                timers.start_soon(self._stop_after, self._settings.max_duration)
            async with create_task_group() as watching:
                if self._settings.verify:
                    watching.start_soon(self._watch.run)
                async with create_task_group() as work:
                    for _ in range(self._settings.concurrency):
                        work.start_soon(self._work, intake, work)
                self._watch.close()
            timers.cancel_scope.cancel()
        if self._dispatcher.credential_check.is_unproven:
            self._stop_signal.request(StopReason.REFUSED)
        if self._stop_signal.reason is not None:
            await self._account_for(intake)

    def _tell_stopping(self) -> None:
        if self._observers and self._stop_signal.reason is not None:
            self._observers.tell(Stopping(self._stop_signal.reason, self.in_flight))

    def summary(self) -> "Summary":
        """What the run has come to, also where it was left before its end; true at any moment."""
        return self._account.summary(
            self._intake,
            self._dispatcher.cancels,
            duration=self._clock.now() - self._started,
            stop=self._reason(),
            ignore_not_found=self._settings.ignore_not_found,
        )

    def _reason(self) -> StopReason | None:
        """Why the run ended early: what can't be mended by going on counts before what was asked for."""
        if self._account.loss is not None:
            return StopReason.REPORT_LOST
        if self.error is not None:
            return StopReason.INPUT_LOST if isinstance(self.error, BulkCancelError) else StopReason.OWN_FAULT
        return self._stop_signal.reason

    async def _stop_after(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self._stop_signal.request(StopReason.MAX_DURATION)

    async def _work(self, intake: Intake, tasks: "TaskGroup") -> None:
        retrying = self._sender.retrying()
        with self._keeping_failures():
            while (item := await intake.next_item()) is not None:
                self._account.take(item)
                await self._handle(item, retrying, tasks)

    async def _account_for(self, intake: Intake) -> None:
        """Mark what was not reached."""
        with self._keeping_failures():
            async for item in intake.rest():
                if self._account.is_closed:
                    return
                await self._leave(item)

    @contextmanager
    def _keeping_failures(self) -> "Iterator[None]":
        """Have what fails inside end the run, and be raised when the others have recorded what they sent."""
        try:
            yield
        except BaseException as error:
            if not is_failure(error):
                raise
            self.fail(error)

    async def _handle(self, item: "WorkItem", retrying: "AsyncRetrying", tasks: "TaskGroup") -> None:
        self._sending += 1
        try:
            if self._settings.verify and not self._dispatcher.states.has_asked:
                await self._dispatcher.states.ask_first(item.ref)
            classification = await self._sender.decide(item, retrying)
        except StoppedError:
            await self._leave(item)
            return
        except HeldBackError:
            detail = "not sent: its workflow was refused just before, and no other was accepted yet"
            await self._finish(item, Outcome.NOT_ATTEMPTED, detail=detail)
            return
        finally:
            self._sending -= 1
        outcome = outcome_of(classification.verdict)
        if self._settings.verify and outcome is Outcome.CANCELED:
            await self._watch.add(item)
            return
        if self._settings.lookup and self._lookup.can_tell(outcome, item.ref):
            if self._settings.max_failures is not None:  # no more is to be sent than that allows
                await self._finish(item, *await self._lookup.outcome_of(item, outcome))
                return
            await self._lookup.room.acquire()
            tasks.start_soon(self._look_up_aside, item, outcome)
            return
        await self._finish(item, outcome, classification.code, classification.detail)

    async def _look_up_aside(self, item: "WorkItem", outcome: Outcome) -> None:
        """See whether an instance whose cancel was refused had simply ended, while its worker goes on."""
        try:
            with self._keeping_failures():
                await self._finish(item, *await self._lookup.outcome_of(item, outcome))
        finally:
            self._lookup.room.release()

    async def _leave(self, item: "WorkItem") -> None:
        """Record a row that the end of the run overtook, unless the report says as much already."""
        if self._stop_signal.reason is None or (item.previous is not None and not item.attempts):
            self._account.leave(item)
            return
        outcome, detail = policy.cut_short(item.classification, self._stop_signal.reason)
        await self._finish(item, outcome, item.classification.code if item.classification else "", detail)

    def _finish(
        self, item: "WorkItem", outcome: Outcome, code: str = "", detail: str = ""
    ) -> "Awaitable[None]":
        return self._emit(item.result(outcome, self._clock, code=code, detail=detail, site=self._site), item)

    async def _settle(self, row: "Row", outcome: Outcome, code: str, detail: str) -> None:
        """Record a row that needs no request."""
        finished_at = self._clock.wall()
        ids = row.workflow_id, row.instance_id
        await self._emit(
            Result(row.line, *ids, outcome, None, code, detail, finished_at=finished_at, site=self._site)
        )

    async def _emit(self, result: Result, item: "WorkItem | None" = None) -> None:
        if self._account.is_closed:
            return
        try:
            waiting = self._handle_result(result)
            if waiting is not None:
                await waiting
        except ReportLostError as error:
            self.lose_report(str(error), is_gone=isinstance(error, ReportGoneError))
            return
        except BaseException as error:
            if not is_failure(error):
                raise
            self._account.is_closed = True
            self.fail(error)
            return
        self._account.record(result, item)
        if self._observers:
            self._observers.tell(Finished(result, None if item is None else item.previous))
        limit = self._settings.max_failures
        if limit is not None and policy.too_many_failures(
            self.tally.failed, self.tally.finished, limit.value, is_percent=limit.is_percent
        ):
            self._stop_signal.request(StopReason.MAX_FAILURES)
