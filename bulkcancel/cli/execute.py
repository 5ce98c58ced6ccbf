"""A prepared run at work: signals, progress and the last words around it."""

from abc import ABC, abstractmethod
from contextlib import AsyncExitStack, ExitStack
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from bulkcancel.cli.at_work import at_work
from bulkcancel.cli.streams import is_aside
from bulkcancel.errors import BulkCancelError
from bulkcancel.operations.cancel import GRACE
from bulkcancel.operations.threads import in_thread
from bulkcancel.progress.display import showing
from bulkcancel.progress.log_events import LogEvent
from bulkcancel.progress.words import number_of

if TYPE_CHECKING:
    from bulkcancel.cli.closing import Closing
    from bulkcancel.cli.prepared_run import PreparedRun
    from bulkcancel.cli.signals import Signals
    from bulkcancel.clock import Clock
    from bulkcancel.models import ExitCode, StopReason
    from bulkcancel.operations.cancel import CancelRun
    from bulkcancel.operations.report_target import ReportWriter
    from bulkcancel.operations.session import Session
    from bulkcancel.progress.messages import Messages
    from bulkcancel.progress.view import ProgressSource
    from bulkcancel.tally import Summary

_STDOUT = 1


class Execution(ABC):
    """Runs what was prepared, and says how it ends."""

    def __init__(
        self,
        prepared: "PreparedRun",
        report: "ReportWriter",
        messages: "Messages",
        clock: "Clock",
        *,
        words: list[str],
    ) -> None:
        self._prepared = prepared
        self._report = report
        self._messages = messages
        self._clock = clock
        self._words = words
        self._signaled = False

    async def run(self, signals: "Signals") -> "ExitCode":
        """Run it to its end, whichever end that is.

        Raises:
            BulkCancelError: The input turned out to be unusable, and nothing was sent.
        """
        prepared, watching, progress = self._prepared, self._prepared.watching, self.progress()
        watches = progress if self._shows_progress else None
        with ExitStack() as hearing:
            async with AsyncExitStack() as stack:
                where = prepared.connection, prepared.settings, self._messages, self._clock
                working = await stack.enter_async_context(at_work(*where, progress=watches))
                run = self.new_run(working.session)
                stack.callback(watching.leave)
                watching.begin(working.observers, working.api, self.workflow_ids())
                hearing.enter_context(signals.heard_by(partial(self._heed, run, signals)))
                is_wanted = watches is not None
                async with showing(progress, self._messages, self._clock, is_wanted=is_wanted):
                    summary = await self.perform(run)
                unusable = None
                if isinstance(run.error, BulkCancelError) and not summary.requests:
                    unusable = run.error
                    summary = replace(summary, exit_code=unusable.exit_code)
                with run.patience():
                    await watching.end(summary)
            closing = self.closing()
            if unusable is None:
                await self._write_summary(run, closing, summary)
            if not signals.leaves_at_once:
                with run.patience():
                    await watching.notify(closing.document(summary))
            if unusable is not None:
                raise unusable
            closing.say(summary, run.error)
            return closing.ending(summary).process_code

    def workflow_ids(self) -> tuple[str, ...]:
        """The workflows whose instances are to be canceled, as far as they are known beforehand."""
        return self._prepared.workflow_ids

    @abstractmethod
    def progress(self) -> "ProgressSource":
        """How far it is, for people."""

    @abstractmethod
    def new_run(self, session: "Session") -> "CancelRun":
        """The run, about to begin."""

    async def perform(self, run: "CancelRun") -> "Summary":
        """Run it."""
        return await run.run()

    @abstractmethod
    def closing(self) -> "Closing":
        """What says how it ended."""

    def _heed(self, run: "CancelRun", signals: "Signals", reason: "StopReason") -> None:
        if self._signaled:
            signals.leaves_at_once = True
            run.leave()
            return
        self._signaled = True
        if run.is_closed:
            if self._prepared.watching.is_telling:
                self._messages.info(
                    LogEvent.SIGNALED,
                    "The run is over; its monitors are being told. Once more to leave at once.",
                )
            return
        run.stop(reason)
        if run.is_over:
            self._messages.info(
                LogEvent.SIGNALED,
                "The run is over; its report is being cleaned up. Once more to leave at once.",
            )
            return
        first = f"; {number_of(run.in_flight, 'request')} on the way may finish" if run.in_flight else ""
        self._messages.info(LogEvent.SIGNALED, f"Stopping{first}. Once more to leave at once.")

    @property
    def _shows_progress(self) -> bool:
        options = self._prepared.options.messages
        if options.no_progress or options.quiet:
            return False
        is_mixed = self._prepared.target.path is None and not is_aside(_STDOUT)
        return not (is_mixed and self._messages.output.isatty())

    async def _write_summary(self, run: "CancelRun", closing: "Closing", summary: "Summary") -> None:
        if self._prepared.options.summary is None:
            return
        with run.patience():
            await in_thread(GRACE, closing.write_summary, summary)
            return
        self._messages.warning(
            LogEvent.SUMMARY_NOT_WRITTEN, "The summary was not written: the disk is too slow."
        )
