"""A journaled run: each result is kept as it comes, and whatever ends the run, another can go on."""

from dataclasses import replace
from typing import TYPE_CHECKING

from anyio import CancelScope, create_task_group, move_on_after

from bulkcancel.engine.held_times import HeldTimes
from bulkcancel.engine.run import Run
from bulkcancel.engine.stop_signal import is_failure
from bulkcancel.errors import CompactionError, ReportGoneError, ReportLostError
from bulkcancel.events import Concern, Concerned, Ended
from bulkcancel.operations.threads import in_thread

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

    from bulkcancel.engine.dispatcher import Dispatcher
    from bulkcancel.engine.intake import RowSource
    from bulkcancel.engine.run import ResultHandler
    from bulkcancel.engine.totals import Totals
    from bulkcancel.ledger import Ledger
    from bulkcancel.models import Result, StopReason
    from bulkcancel.operations.report_target import ReportWriter
    from bulkcancel.settings import Settings
    from bulkcancel.tally import Summary, Tally

#: Seconds that the disk gets when we are to leave at once.
GRACE = 0.2
_SYNC_EVERY = 0.5  # seconds, so that a late wake-up still leaves it below one
_NO_MORE = object()


class CancelRun:
    """Cancels the rows of a source, and keeps what becomes of each in a report.

    Attributes:
        is_over: Whether the last row has its outcome, so that only the report is left to be completed.
        is_closed: Whether everything is done that was to be done.
    """

    def __init__(  # noqa: PLR0913 - what it works with
        self,
        dispatcher: "Dispatcher",
        settings: "Settings",
        source: "RowSource",
        report: "ReportWriter | None",
        *,
        site: str,
        ledger: "Ledger",
        tally: "Tally",
        totals: "Totals",
        on_result: "ResultHandler | None" = None,
        anew: bool = False,
        conclude: "Callable[[Summary], Summary] | None" = None,
    ) -> None:
        self._run = Run(dispatcher, settings, site=site, ledger=ledger, tally=tally, anew=anew)
        self._site = site
        self._conclude = conclude
        self._clock = dispatcher.clock
        self._observers = dispatcher.observers
        self._source = source
        self._report = report
        self._totals = totals
        self._on_result = on_result
        self._leaving = CancelScope()
        self._has_left = False
        self._resting: CancelScope | None = None
        self._unsynced: list[int] = []
        self._has_run = False
        self.is_over = False
        self.is_closed = False

    @property
    def error(self) -> BaseException | None:
        """What failed first, be it the source of rows, or None."""
        return self._run.error

    @property
    def in_flight(self) -> int:
        """Requests to cancel that are on the wire."""
        return self._run.in_flight

    def stop(self, reason: "StopReason") -> None:
        """End the run early: no new requests, those on the wire finish, every row is accounted for."""
        self._run.stop(reason)

    def leave(self) -> None:
        """End it at once, without waiting for requests, nor for the disk longer than a moment."""
        self._has_left = True
        self._leaving.cancel()

    def patience(self) -> CancelScope:
        """A scope for a last wait, one of several: `leave` ends it, or has made them all short."""
        self._leaving = move_on_after(GRACE if self._has_left else None)
        return self._leaving

    async def run(self) -> "Summary":
        """Run to the end, whichever end that is; what failed is in `error`, and never raised."""
        began, held = self._clock.wall(), HeldTimes(self._clock)
        self._observers.add_for_holds(held)
        try:
            summary = await self._complete()
            self.is_closed = True
            if summary is None or self._run.is_report_lost:
                await self._sync_again()
                summary = self._run.summary()
        finally:
            self._observers.remove(held)
        summary = replace(
            summary,
            site=self._site,
            started_at=began,
            ended_at=self._clock.wall(),
            pauses=held.all(),
            pauses_left_out=held.left_out,
        )
        if self._conclude is not None:
            summary = self._conclude(summary)
        if self._observers:
            self._observers.tell(
                Ended(summary.exit_code, summary.stop, summary.outcomes, summary.requests, summary.duration)
            )
        return summary

    async def _complete(self) -> "Summary | None":
        """Run, and complete the report; None where either did not come to its end."""
        try:
            with self._leaving:
                summary = await self._run_synced()
                if summary is not None:
                    self.is_over = True
                    await self._finish_report()
                    return summary
        except BaseException as error:
            if not is_failure(error):
                raise
            self._run.fail(error)
        return None

    async def _run_synced(self) -> "Summary | None":
        """Run with regular syncs, the last of which has ended when this returns.

        Compaction puts another file in the report's place, which a sync must not meet halfway.
        """
        summary: Summary | None = None
        async with create_task_group() as beside:
            if self._report is not None:
                beside.start_soon(self._keep_synced, self._report)
            try:
                summary = await self._run.run(self._source, self._record, self._totals)
            except BaseException as error:
                if not is_failure(error):
                    raise
                self._run.fail(error)
            self._has_run = True
            if self._resting is not None:
                self._resting.cancel()
        return summary

    def _record(self, result: "Result") -> "Awaitable[None] | None":
        waiting = None
        if self._report is not None:
            waiting = self._report.take(result)
            if result.attempts:
                self._unsynced.append(result.line)
        return waiting if self._on_result is None else self._hand_over(waiting, result, self._on_result)

    async def _hand_over(
        self, waiting: "Awaitable[None] | None", result: "Result", on_result: "ResultHandler"
    ) -> None:
        """Give a result to the caller, once it is on record; where that fails, the report is kept on."""
        if waiting is not None:
            await waiting
        try:
            handled = on_result(result)
            if handled is not None:
                await handled
        except BaseException as error:
            if not is_failure(error):
                raise
            self._on_result = None
            self._run.fail(error)

    async def _keep_synced(self, report: "ReportWriter") -> None:
        while True:
            with CancelScope() as self._resting:
                await self._clock.sleep(_SYNC_EVERY)
            if self._has_run:
                return
            lines, self._unsynced = self._unsynced, []
            try:
                await in_thread(GRACE, report.sync)
            except ReportLostError as error:
                self._unsynced = lines + self._unsynced
                self._lose_report(error)
                return

    async def _sync_again(self) -> None:
        """Have what was recorded on the disk, as far as we may wait for it."""
        if self._report is None:
            return
        try:
            with self.patience():
                await in_thread(0.0, self._report.sync)
                return
        except ReportLostError as error:
            self._lose_report(error)
        else:
            self._tell(Concern.SLOW_DISK)

    def _lose_report(self, error: ReportLostError) -> None:
        """Note which rows the report may have lost although it had taken them."""
        is_gone = isinstance(error, ReportGoneError)
        self._run.lose_report(str(error), recent=self._unsynced, is_gone=is_gone)

    async def _finish_report(self) -> None:
        """Leave the report complete, step by step: `leave` leaves it as it was."""
        if self._report is None or self._run.is_report_lost:
            return
        steps = self._report.finish()
        try:
            while await in_thread(GRACE, next, steps, _NO_MORE) is not _NO_MORE:
                pass
        except CompactionError as error:
            self._tell(Concern.NOT_COMPACTED, str(error))
        except ReportLostError as error:
            self._lose_report(error)
        finally:
            _close(steps)

    def _tell(self, concern: Concern, detail: str = "") -> None:
        if self._observers:
            self._observers.tell(Concerned(concern, detail))


def _close(steps: "Generator[None]") -> None:
    try:
        steps.close()
    except ValueError:  # a step goes on, in a thread that was left behind
        return
