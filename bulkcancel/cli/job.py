"""One run at work: signals, syncing and progress around the engine, and how it ends."""

import asyncio
import signal
import sys
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING

from anyio import CancelScope, create_task_group, to_thread
from anyio.lowlevel import checkpoint

from bulkcancel.cli.alerts import Alerts
from bulkcancel.cli.closing import Closing
from bulkcancel.cli.signals import SIGNALS, Signaled, heeded, ignore_from_here, is_terminal
from bulkcancel.datadog import Target, connect
from bulkcancel.engine import Engine
from bulkcancel.errors import BulkCancelError, CompactionError, ReportGoneError, ReportLostError
from bulkcancel.progress import Watch
from bulkcancel.sandbox import SandboxOptions

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from bulkcancel.cli.run import Request, Totals
    from bulkcancel.cli.work import Sink
    from bulkcancel.clock import Clock
    from bulkcancel.datadog import DatadogApi
    from bulkcancel.ledger import Ledger
    from bulkcancel.models import ExitCode, Result
    from bulkcancel.progress import Messages
    from bulkcancel.tally import Summary, Tally

_SYNC_EVERY = 0.5  # seconds, so that a late wake-up still leaves it below one


class Job:
    """Runs what was asked for."""

    def __init__(  # noqa: PLR0913 - the rooms it wires
        self,
        request: "Request",
        report: "Sink",
        ledger: "Ledger",
        tally: "Tally",
        messages: "Messages",
        clock: "Clock",
        *,
        totals: "Totals",
        words: list[str],
    ) -> None:
        self._request = request
        self._report = report
        self._ledger = ledger
        self._tally = tally
        self._messages = messages
        self._alerts = Alerts(messages, clock)
        self._clock = clock
        self._totals = totals
        self._words = words
        self._signaled = False
        self._is_over = False
        self._is_closed = False
        self._unsynced: list[int] = []

    async def run(self, signaled: Signaled) -> "ExitCode":
        """Run it to its end, whichever end that is.

        Raises:
            BulkCancelError: The input turned out to be unusable, and nothing was sent.
        """
        async with AsyncExitStack() as stack:
            api = await self._connect(stack)
            engine = Engine(
                api,
                self._request.settings,
                site=self._request.destination.label,
                clock=self._clock,
                ledger=self._ledger,
                tally=self._tally,
            )
            summary = await self._attend(engine, signaled)
        if isinstance(engine.error, BulkCancelError) and not summary.requests:
            raise engine.error
        closing = Closing(self._request, self._messages, words=self._words)
        closing.write_summary(summary)
        closing.say(summary, engine.error)
        ignore_from_here(asyncio.get_running_loop())
        return summary.exit_code

    async def _connect(self, stack: AsyncExitStack) -> "DatadogApi":
        destination = self._request.destination
        target = destination.target
        if destination.scenario is not None:
            from bulkcancel.sandbox.server import Sandbox, serve  # noqa: PLC0415 - rehearsals only

            sandbox = Sandbox(SandboxOptions(scenario=destination.scenario), self._clock)
            target = Target.of_url(await stack.enter_async_context(serve(sandbox)))
        settings, credentials = self._request.settings, destination.credentials
        assert credentials is not None  # noqa: S101 - only a dry run goes without
        return await stack.enter_async_context(
            connect(target, credentials, settings=settings, ca_bundle=destination.ca_bundle)
        )

    async def _attend(self, engine: Engine, signaled: Signaled) -> "Summary":
        """Let the engine run, with everything that goes on beside it."""
        summary: Summary | None = None
        is_tidy = False
        try:
            with CancelScope() as leaving:
                async with create_task_group() as aside:
                    self._heed_signals(engine, leaving)
                    signaled.has_begun = True
                    if signaled.reason is not None:  # it may be heard here as well: it does not count as one
                        engine.stop(signaled.reason)
                    aside.start_soon(self._show_progress, engine)
                    summary = await self._run_synced(engine)
                    if summary is not None:
                        self._is_over = True
                        await self._finish(engine)
                        is_tidy = True
                    aside.cancel_scope.cancel()
        except Exception as error:  # noqa: BLE001 - said at the end, with what became of the run
            engine.fail(error)
        self._is_closed = True
        if summary is not None and is_tidy and not engine.is_report_lost:
            return summary
        try:
            self._report.sync()
        except ReportLostError as error:
            self._lose_sync(engine, error)
        return engine.summary()

    async def _run_synced(self, engine: Engine) -> "Summary | None":
        """Run the engine with regular syncs, the last of which has ended when this returns.

        Tidying puts another file in the report's place, which a sync must not meet halfway.
        """
        summary: Summary | None = None
        async with create_task_group() as beside:
            beside.start_soon(self._keep_synced, engine)
            try:
                summary = await engine.run(self._request.source, self._record, total=self._totals.in_all)
            except Exception as error:  # noqa: BLE001 - said at the end, with what became of the run
                engine.fail(error)
            beside.cancel_scope.cancel()
        return summary

    def _record(self, result: "Result") -> "Awaitable[None] | None":
        waiting = self._report.take(result)
        if result.attempts:
            self._unsynced.append(result.line)
        if self._messages.is_verbose:
            words = [f"line {result.line}: {result.outcome.value}", result.error_code, result.error_detail]
            self._messages.detail(
                " · ".join(filter(None, words)),
                line=result.line,
                workflow_id=result.workflow_id,
                instance_id=result.instance_id,
                outcome=result.outcome.value,
                attempts=result.attempts,
            )
        return waiting

    def _heed_signals(self, engine: Engine, leaving: CancelScope) -> None:
        """Have signals heard by the loop from here to its end; whoever runs us in a thread minds them."""
        loop = asyncio.get_running_loop()
        with suppress(RuntimeError):
            for number in heeded():
                loop.add_signal_handler(number, self._heed, number, engine, leaving)

    def _heed(self, number: int, engine: Engine, leaving: CancelScope) -> None:
        if self._is_closed:
            return
        if engine.stopping is not None and self._signaled:
            leaving.cancel()
            return
        self._signaled = True
        engine.stop(SIGNALS[signal.Signals(number)])
        if self._is_over:
            self._messages.info("The run is over; its report is being tidied. Once more to leave at once.")
            return
        in_flight = engine.gate.pacer.in_flight
        self._messages.info(
            f"Stopping: {in_flight} requests in flight may finish. Once more to leave at once."
        )

    async def _keep_synced(self, engine: Engine) -> None:
        while True:
            await self._clock.sleep(_SYNC_EVERY)
            lines, self._unsynced = self._unsynced, []
            try:
                await to_thread.run_sync(self._report.sync)
            except ReportLostError as error:
                self._unsynced = lines + self._unsynced
                self._lose_sync(engine, error)
                return
            self._alerts.look(engine)

    def _lose_sync(self, engine: Engine, error: ReportLostError) -> None:
        """Say which rows the report may have lost although it had taken them."""
        engine.lose_report(str(error), recent=self._unsynced, is_gone=isinstance(error, ReportGoneError))

    async def _show_progress(self, engine: Engine) -> None:
        values = self._request.values
        if values["no_progress"] or values["quiet"]:
            return
        watch = Watch(
            self._messages, self._clock, self._tally, lambda: engine.gate.pacer.hold, self._totals.due
        )  # fmt: skip
        is_live = self._messages.is_plain and is_terminal(sys.stderr)
        with suppress(OSError):  # a terminal that is gone, as after a lost connection: the run goes on
            await (watch.live() if is_live else watch.lines())

    async def _finish(self, engine: Engine) -> None:
        """Leave the report tidy; between steps a signal gets its turn."""
        if engine.is_report_lost:
            return
        try:
            for _ in self._report.finish():
                await checkpoint()
        except CompactionError as error:
            self._messages.warning(str(error))
        except ReportLostError as error:
            self._lose_sync(engine, error)
