"""One run at work: signals, syncing and progress around the engine, and how it ends."""

import json
import shlex
import signal
import sys
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anyio
from anyio import CancelScope, create_task_group, to_thread

from bulkcancel._version import __version__
from bulkcancel.cli.work import STDIO
from bulkcancel.datadog import Target, connect
from bulkcancel.engine import Engine
from bulkcancel.errors import ReportLostError
from bulkcancel.models import ExitCode, StopReason
from bulkcancel.progress import Watch, closing_lines
from bulkcancel.report import write_private
from bulkcancel.sandbox import SandboxOptions
from bulkcancel.tally import Summary, Tally, summarize
from bulkcancel.text import printable

if TYPE_CHECKING:
    from pathlib import Path

    from anyio.abc import TaskGroup

    from bulkcancel.cli.run import Request
    from bulkcancel.cli.work import Sink
    from bulkcancel.clock import Clock
    from bulkcancel.datadog import DatadogApi
    from bulkcancel.ledger import Ledger
    from bulkcancel.models import Result
    from bulkcancel.progress import Messages

_SYNC_EVERY = 1.0
_LONGEST_NAME = 4096
_SIGNALS = {
    signal.SIGINT: StopReason.INTERRUPTED,
    signal.SIGTERM: StopReason.TERMINATED,
    signal.SIGHUP: StopReason.TERMINATED,
}


class Job:
    """Runs what was asked for."""

    def __init__(  # noqa: PLR0913 - the rooms it wires
        self,
        request: "Request",
        report: "Sink",
        ledger: "Ledger",
        tally: Tally,
        messages: "Messages",
        clock: "Clock",
        *,
        total: int | None,
        words: list[str],
    ) -> None:
        self._request = request
        self._report = report
        self._ledger = ledger
        self._tally = tally
        self._messages = messages
        self._clock = clock
        self._total = total
        self._words = words
        self._warned = False
        self._error: Exception | None = None

    async def run(self) -> ExitCode:
        """Run it to its end, whichever end that is.

        Raises:
            BulkCancelError: The input turned out to be unusable.
        """
        async with AsyncExitStack() as stack:
            api = await self._connect(stack)
            engine = Engine(
                api, self._request.settings, clock=self._clock, ledger=self._ledger, tally=self._tally
            )
            summary = await self._attend(engine)
        summary, report_error = self._finish(summary, engine)
        self._write_summary(summary)
        self._close(summary, report_error)
        return summary.exit_code

    async def _connect(self, stack: AsyncExitStack) -> "DatadogApi":
        destination = self._request.destination
        target = destination.target
        if destination.scenario is not None:
            from bulkcancel.sandbox.server import Sandbox, serve  # noqa: PLC0415 - rehearsals only

            sandbox = Sandbox(SandboxOptions(scenario=destination.scenario), self._clock)
            target = Target.of_url(await stack.enter_async_context(serve(sandbox)))
        settings = self._request.settings
        return await stack.enter_async_context(
            connect(target, destination.credentials, settings=settings, ca_bundle=destination.ca_bundle)
        )

    async def _attend(self, engine: Engine) -> Summary:
        """Let the engine run, with everything that goes on beside it."""
        started = self._clock.now()
        summary: Summary | None = None
        with CancelScope() as leaving:
            async with create_task_group() as aside:
                aside.start_soon(self._heed_signals, engine, leaving)
                aside.start_soon(self._keep_synced, engine)
                self._show_progress(engine, aside)
                try:
                    summary = await engine.run(self._request.source, self._record)
                except Exception as error:  # noqa: BLE001 - raised below, outside the group
                    self._error = error
                aside.cancel_scope.cancel()
        if self._error is not None:
            raise self._error
        return summary or summarize(
            self._tally,
            duration=self._clock.now() - started,
            paused=engine.gate.paused,
            stop=engine.stopping,
        )

    async def _record(self, result: "Result") -> None:
        self._report.append(result)
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

    async def _heed_signals(self, engine: Engine, leaving: CancelScope) -> None:
        with anyio.open_signal_receiver(*_SIGNALS) as signals:
            async for number in signals:
                if engine.stopping is not None:
                    leaving.cancel()
                    return
                engine.stop(_SIGNALS[number])
                in_flight = engine.gate.pacer.in_flight
                self._messages.info(
                    f"Stopping: {in_flight} requests in flight may finish. Once more to leave at once."
                )

    async def _keep_synced(self, engine: Engine) -> None:
        while True:
            await self._clock.sleep(_SYNC_EVERY)
            try:
                await to_thread.run_sync(self._report.sync)
            except ReportLostError as error:
                engine.lose_report(str(error))
                return
            broken = engine.gate.pacer.broken_header
            if broken and not self._warned:
                self._warned = True
                self._messages.warning(f"The API's {broken} header can't be true; going by the rest.")

    def _show_progress(self, engine: Engine, aside: "TaskGroup") -> None:
        values = self._request.values
        if values["no_progress"] or values["quiet"]:
            return
        watch = Watch(
            self._messages, self._clock, self._tally, lambda: engine.gate.pacer.hold, self._total
        )  # fmt: skip
        is_live = self._messages.is_plain and sys.stderr.isatty()
        aside.start_soon(watch.live if is_live else watch.lines)

    def _finish(self, summary: Summary, engine: Engine) -> tuple[Summary, str]:
        report_error = engine.report_error
        if summary.stop is not StopReason.REPORT_LOST:
            try:
                self._report.finish()
            except ReportLostError as error:
                report_error = str(error)
                summary = replace(summary, stop=StopReason.REPORT_LOST, exit_code=ExitCode.REPORT_LOST)
        return summary, report_error

    def _write_summary(self, summary: Summary) -> None:
        path: Path | None = self._request.values["summary"]
        if path is None:
            return
        reason: str | None = self._request.values["reason"]
        document = {
            "bulkcancel": __version__,
            "target": self._request.destination.name,
            # A file's name need not be text: what is not is escaped, so that any reader takes the document.
            "input": printable(self._request.source.name, _LONGEST_NAME),
            "report": printable(self._request.place.name, _LONGEST_NAME),
            "reason": reason and printable(reason, _LONGEST_NAME),
            **summary.as_dict(),
        }
        try:
            write_private(path, f"{json.dumps(document, indent=2)}\n".encode())
        except (OSError, ValueError) as error:
            words = getattr(error, "strerror", None) or error
            self._messages.warning(f"The summary {path} can't be written: {words}.")

    def _close(self, summary: Summary, report_error: str) -> None:
        *lines, last = closing_lines(
            summary,
            where=self._request.place.name,
            resume=self._resume_command(),
            report_error=report_error,
            limit=self._request.settings.limit,
        )
        for line in lines:
            self._messages.info(line)
        self._messages.last(last, **summary.as_dict())

    def _resume_command(self) -> str:
        """The command that goes on where this run ends, or empty where its report is no file."""
        place = self._request.place
        if place.path is None:
            return ""
        return resume_command(self._words, str(place.path), self._request.values)


def resume_command(words: list[str], report: str, values: dict[str, Any]) -> str:
    """The same command, continued: without `--limit`; a stream has to be sent again from its start."""
    kept: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word == "--limit":
            skip = True
        elif not word.startswith("--limit="):
            kept.append(word)
    streams = values["input"] == STDIO or (values["input"] is None and not values["resume"])
    if streams and STDIO not in kept:
        kept.insert(kept.index("run") + 1, STDIO)
    if values["report"] is None:
        kept += ["-o", report]
    if not values["resume"]:
        kept.append("--resume")
    command = f"bulkcancel {shlex.join(kept)}"
    return f"<the same rows> | {command}" if streams else command
