"""One run at work: signals, syncing and progress around the engine, and how it ends."""

import asyncio
import sys
from contextlib import AsyncExitStack, ExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING

from anyio import CancelScope, create_task_group, move_on_after

from bulkcancel.cli.alerts import Alerts
from bulkcancel.cli.closing import Closing
from bulkcancel.cli.signals import is_terminal
from bulkcancel.cli.threads import UnjoinedExecutor, in_thread
from bulkcancel.datadog import Target, connect
from bulkcancel.engine import Engine
from bulkcancel.errors import BulkCancelError, CompactionError, ReportGoneError, ReportLostError
from bulkcancel.progress import Watch
from bulkcancel.sandbox import SandboxOptions

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from bulkcancel.cli.run import Request, Totals
    from bulkcancel.cli.signals import Signals
    from bulkcancel.cli.work import Sink
    from bulkcancel.clock import Clock
    from bulkcancel.datadog import DatadogApi
    from bulkcancel.ledger import Ledger
    from bulkcancel.models import ExitCode, Result, StopReason
    from bulkcancel.progress import Messages
    from bulkcancel.tally import Summary, Tally

_SYNC_EVERY = 0.5  # seconds, so that a late wake-up still leaves it below one
_GRACE = 0.2  # seconds that the disk gets when we are to leave at once
_NO_MORE = object()


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
        self._has_run = False
        self._is_over = False
        self._is_closed = False
        self._leaving: CancelScope  # made by the loop
        self._resting: CancelScope | None = None
        self._unsynced: list[int] = []

    async def run(self, signals: "Signals") -> "ExitCode":
        """Run it to its end, whichever end that is.

        Raises:
            BulkCancelError: The input turned out to be unusable, and nothing was sent.
        """
        asyncio.get_running_loop().set_default_executor(UnjoinedExecutor())
        with ExitStack() as hearing:
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
                self._leaving = CancelScope()
                hearing.enter_context(signals.heard_by(partial(self._heed, engine, signals)))
                summary = await self._attend(engine)
            if isinstance(engine.error, BulkCancelError) and not summary.requests:
                raise engine.error
            closing = Closing(self._request, self._messages, words=self._words)
            await self._write_summary(closing, summary)
            closing.say(summary, engine.error)
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

    async def _attend(self, engine: Engine) -> "Summary":
        """Let the engine run, with everything that goes on beside it."""
        summary: Summary | None = None
        is_compact = False
        try:
            with self._leaving:
                async with create_task_group() as aside:
                    aside.start_soon(self._show_progress, engine)
                    summary = await self._run_synced(engine)
                    if summary is not None:
                        self._is_over = True
                        await self._finish(engine)
                        is_compact = True
                    aside.cancel_scope.cancel()
        except Exception as error:  # noqa: BLE001 - said at the end, with what became of the run
            engine.fail(error)
        self._is_closed = True
        if summary is not None and is_compact and not engine.is_report_lost:
            return summary
        await self._sync_again(engine)
        return engine.summary()

    async def _run_synced(self, engine: Engine) -> "Summary | None":
        """Run the engine with regular syncs, the last of which has ended when this returns.

        Compaction puts another file in the report's place, which a sync must not meet halfway.
        """
        summary: Summary | None = None
        async with create_task_group() as beside:
            beside.start_soon(self._keep_synced, engine)
            try:
                summary = await engine.run(self._request.source, self._record, total=self._totals.in_all)
            except Exception as error:  # noqa: BLE001 - said at the end, with what became of the run
                engine.fail(error)
            self._has_run = True
            if self._resting is not None:
                self._resting.cancel()
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

    def _heed(self, engine: Engine, signals: "Signals", reason: "StopReason") -> None:
        if self._signaled:
            signals.leaves_at_once = True
            self._leaving.cancel()
            return
        self._signaled = True
        if self._is_closed:
            return
        engine.stop(reason)
        if self._is_over:
            self._messages.info(
                "The run is over; its report is being cleaned up. Once more to leave at once."
            )
            return
        in_flight = engine.limiter.pacer.in_flight
        self._messages.info(
            f"Stopping: {in_flight} requests in flight may finish. Once more to leave at once."
        )

    async def _keep_synced(self, engine: Engine) -> None:
        while True:
            with CancelScope() as self._resting:
                await self._clock.sleep(_SYNC_EVERY)
            if self._has_run:
                return
            lines, self._unsynced = self._unsynced, []
            try:
                await in_thread(_GRACE, self._report.sync)
            except ReportLostError as error:
                self._unsynced = lines + self._unsynced
                self._lose_sync(engine, error)
                return
            self._alerts.look(engine)

    def _patience(self) -> CancelScope:
        """A scope for a last wait for the disk: a second signal ends it, or has made it short."""
        self._leaving = move_on_after(_GRACE if self._leaving.cancel_called else None)
        return self._leaving

    async def _write_summary(self, closing: Closing, summary: "Summary") -> None:
        if self._request.values["summary"] is None:
            return
        with self._patience():
            await in_thread(_GRACE, closing.write_summary, summary)
            return
        self._messages.warning("The summary was not written: the disk is too slow.")

    async def _sync_again(self, engine: Engine) -> None:
        """Have what was recorded on the disk, as far as we may wait for it."""
        try:
            with self._patience():
                await in_thread(0.0, self._report.sync)
                return
        except ReportLostError as error:
            self._lose_sync(engine, error)
        else:
            self._messages.warning("The disk is slow: after a power cut, the last rows are sent again.")

    def _lose_sync(self, engine: Engine, error: ReportLostError) -> None:
        """Say which rows the report may have lost although it had taken them."""
        engine.lose_report(str(error), recent=self._unsynced, is_gone=isinstance(error, ReportGoneError))

    async def _show_progress(self, engine: Engine) -> None:
        values = self._request.values
        if values["no_progress"] or values["quiet"]:
            return
        watch = Watch(
            self._messages, self._clock, self._tally, lambda: engine.limiter.pacer.hold, self._totals.due
        )  # fmt: skip
        is_live = self._messages.is_plain and is_terminal(sys.stderr)
        with suppress(OSError):  # a terminal that is gone, as after a lost connection: the run goes on
            await (watch.live() if is_live else watch.lines())

    async def _finish(self, engine: Engine) -> None:
        """Leave the report compact, step by step: a second signal leaves it as it was."""
        if engine.is_report_lost:
            return
        steps = self._report.finish()
        try:
            while await in_thread(_GRACE, next, steps, _NO_MORE) is not _NO_MORE:
                pass
        except CompactionError as error:
            self._messages.warning(str(error))
        except ReportLostError as error:
            self._lose_sync(engine, error)
        finally:
            with suppress(ValueError):  # a step goes on, in a thread that was left behind
                steps.close()
