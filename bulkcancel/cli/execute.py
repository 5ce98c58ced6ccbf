"""A prepared run at work: signals, progress and the last words around it."""

import asyncio
from contextlib import AsyncExitStack, ExitStack
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from bulkcancel.cli.closing import Closing
from bulkcancel.cli.connection import reachable
from bulkcancel.cli.streams import is_aside
from bulkcancel.datadog import connect
from bulkcancel.engine.observers import Observers
from bulkcancel.errors import BulkCancelError
from bulkcancel.operations.cancel import GRACE
from bulkcancel.operations.session import Session
from bulkcancel.operations.threads import UnjoinedExecutor, in_thread
from bulkcancel.progress.display import showing
from bulkcancel.progress.log import message_observers
from bulkcancel.progress.log_events import LogEvent
from bulkcancel.progress.run_progress import RunProgress
from bulkcancel.progress.words import number_of

if TYPE_CHECKING:
    from bulkcancel.cli.connection import Connection
    from bulkcancel.cli.prepared_run import PreparedRun
    from bulkcancel.cli.signals import Signals
    from bulkcancel.clock import Clock
    from bulkcancel.datadog import DatadogApi
    from bulkcancel.models import ExitCode, StopReason
    from bulkcancel.operations.cancel import CancelRun
    from bulkcancel.operations.report_target import ReportWriter
    from bulkcancel.progress.messages import Messages
    from bulkcancel.progress.view import ProgressSource
    from bulkcancel.settings import Settings
    from bulkcancel.tally import Summary

_STDOUT = 1


class Execution:
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
        asyncio.get_running_loop().set_default_executor(UnjoinedExecutor())
        prepared, watching, progress = self._prepared, self._prepared.watching, self.progress()
        observers = Observers(message_observers(self._messages, self._clock))
        if self._shows_progress:
            observers.add(progress)
        with ExitStack() as hearing:
            async with AsyncExitStack() as stack:
                api = await open_api(stack, prepared.connection, prepared.settings, self._clock)
                session = Session(
                    api,
                    prepared.settings,
                    site=prepared.connection.label,
                    observers=observers,
                    clock=self._clock,
                )
                run = self.new_run(session)
                stack.callback(watching.leave)
                watching.begin(observers, api, self.workflow_ids())
                hearing.enter_context(signals.heard_by(partial(self._heed, run, signals)))
                shown = showing(progress, self._messages, self._clock, is_wanted=self._shows_progress)
                async with shown:
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

    def progress(self) -> "ProgressSource":
        """How far it is, for people."""
        return RunProgress(self._clock)

    def new_run(self, session: Session) -> "CancelRun":
        """The run, about to begin."""
        prepared = self._prepared
        return session.new_run(
            prepared.source,
            self._report,
            prepared.ledger,
            prepared.tally,
            prepared.settings,
            totals=prepared.totals,
        )

    async def perform(self, run: "CancelRun") -> "Summary":
        """Run it."""
        return await run.run()

    def closing(self) -> Closing:
        """What says how it ended."""
        return Closing(self._prepared, self._messages, words=self._words)

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

    async def _write_summary(self, run: "CancelRun", closing: Closing, summary: "Summary") -> None:
        if self._prepared.options.summary is None:
            return
        with run.patience():
            await in_thread(GRACE, closing.write_summary, summary)
            return
        self._messages.warning(
            LogEvent.SUMMARY_NOT_WRITTEN, "The summary was not written: the disk is too slow."
        )


async def open_api(
    stack: AsyncExitStack, connection: "Connection", settings: "Settings", clock: "Clock"
) -> "DatadogApi":
    """Connect, for as long as the stack is open; a rehearsal has a sandbox of its own."""
    target = await stack.enter_async_context(reachable(connection, clock))
    credentials = connection.credentials
    assert credentials is not None  # noqa: S101 - only a dry run goes without
    return await stack.enter_async_context(
        connect(target, credentials, settings=settings, ca_bundle=connection.ca_bundle)
    )
