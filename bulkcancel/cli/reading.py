"""A reading of states at work: each row written as it is known, and said at its end what it came to."""

import asyncio
import shutil
from contextlib import AsyncExitStack, aclosing, closing
from typing import TYPE_CHECKING

import anyio

from bulkcancel.cli.connection import find_connection, with_keys
from bulkcancel.cli.data_output import ReaderGoneError, form_of
from bulkcancel.cli.execute import open_api
from bulkcancel.cli.file_limit import fit_concurrency
from bulkcancel.cli.leaving import hearing
from bulkcancel.cli.open_rows import input_options, open_input
from bulkcancel.cli.status_options import StatusFormat
from bulkcancel.cli.status_output import open_output
from bulkcancel.cli.status_words import StatusWords
from bulkcancel.cli.watching import Metrics
from bulkcancel.engine.observers import Observers
from bulkcancel.events import Concern
from bulkcancel.models import ExitCode, StopReason
from bulkcancel.operations.session import Session
from bulkcancel.operations.threads import UnjoinedExecutor, in_thread
from bulkcancel.progress.display import showing
from bulkcancel.progress.log import message_observers
from bulkcancel.progress.log_events import LogEvent
from bulkcancel.progress.status_progress import StatusProgress
from bulkcancel.progress.words import entry_of, lacks_target_words
from bulkcancel.sources import TargetCheck

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from bulkcancel.cli.connection import Connection
    from bulkcancel.cli.invocation import Invocation
    from bulkcancel.cli.status_options import StatusOptions
    from bulkcancel.cli.status_output import StatusOutput
    from bulkcancel.clock import Clock
    from bulkcancel.operations.status import StatusReading
    from bulkcancel.progress.messages import Messages
    from bulkcancel.settings import Settings
    from bulkcancel.sources import Source

_COUNTED = 8 * 1024 * 1024  # bytes of an input that is read twice, so that progress has a total
_MOMENT, _MOST_MOMENTS = 0.01, 50  # seconds
_IN_OWN_WORDS = frozenset({Concern.MAY_NOT_READ})


def read_and_show(
    options: "StatusOptions", invocation: "Invocation", messages: "Messages", clock: "Clock"
) -> ExitCode:
    """Do what was asked, up to the last word.

    Raises:
        BulkCancelError: It can't be done; nothing was asked.
        click.UsageError: There is no INPUT.
    """
    connection = find_connection(options.target)
    check = TargetCheck(connection.label)
    with closing(
        open_input(options.input, input_options(options.columns, connection.target.site, check))
    ) as source:
        connection = with_keys(connection, options.target.keys_file, may_lack=False)
        settings = fit_concurrency(
            options.settings, messages, is_sandbox=connection.scenario is not None, has_report=False
        )
        total = _look_ahead(source)
        if connection.doubt:
            messages.warning(LogEvent.SITE_DOUBTFUL, connection.doubt)
        if check.lacks_target:
            messages.warning(LogEvent.TARGET_UNKNOWN, lacks_target_words(source.name, connection.label))
        form = form_of(StatusFormat, options.form, options.output)
        width = shutil.get_terminal_size().columns
        with open_output(options.output, form, waits=options.wait, width=width) as output:
            metrics = Metrics(options.statsd, "status", connection.label, messages)
            work = Reading(options, source, total, connection, output, messages, metrics)
            invocation.signals.start()
            return anyio.run(work.run, settings, clock, invocation)


def _look_ahead(source: "Source") -> int | None:
    """See that an input can be used, if it can be read twice; gives how many rows it has unless it is long.

    Raises:
        InputError: It can't be used.
    """
    if not source.is_replayable:
        return None
    if source.size <= _COUNTED:
        return sum(1 for _ in source.scan())
    with closing(source.scan()) as rows:
        next(rows, None)
    return None


class Reading:
    """Reads, writes, and says what it came to."""

    def __init__(
        self,
        options: "StatusOptions",
        source: "Source",
        total: int | None,
        connection: "Connection",
        output: "StatusOutput",
        messages: "Messages",
        metrics: Metrics,
    ) -> None:
        self._options = options
        self._source = source
        self._total = total
        self._connection = connection
        self._output = output
        self._messages = messages
        self._metrics = metrics
        self._is_read = True

    async def run(self, settings: "Settings", clock: "Clock", invocation: "Invocation") -> ExitCode:
        """Read them all. A second signal leaves at once, whoever does not read the output."""
        asyncio.get_running_loop().set_default_executor(UnjoinedExecutor())
        options = self._options
        observers = Observers(message_observers(self._messages, clock, _IN_OWN_WORDS))
        progress = StatusProgress(clock, self._total, waits=options.wait)
        if self._shows_progress:
            observers.add(progress)
        began = clock.now()
        async with AsyncExitStack() as stack:
            self._metrics.begin(observers)
            stack.callback(self._metrics.leave)
            api = await open_api(stack, self._connection, settings, clock)
            session = Session(api, settings, site=self._connection.label, observers=observers, clock=clock)
            reading = session.new_reading(self._source, wait=options.wait, timeout=options.wait_timeout)
            leaving = stack.enter_context(hearing(session, invocation.signals))
            with leaving.scope:
                shown = showing(progress, self._messages, clock, is_wanted=self._shows_progress)
                await self._write(reading, shown, clock)
            stop = leaving.reason or reading.stop
            said = StatusWords(reading, stop, invocation.words, options, self._source, is_read=self._is_read)
            await self._metrics.end(said.exit_code, clock.now() - began)
            return self._say(reading, stop, said)

    @property
    def _shows_progress(self) -> bool:
        options = self._options.messages
        is_wanted = not (options.no_progress or options.quiet)
        return is_wanted and (self._output.is_aside or not self._messages.output.isatty())

    async def _write(
        self, reading: "StatusReading", shown: "AbstractAsyncContextManager[None]", clock: "Clock"
    ) -> None:
        """Write each batch as it comes, in a thread: whoever reads a pipe may keep us waiting."""
        try:
            async with shown, aclosing(reading.batches()) as batches:
                async for batch in batches:
                    await in_thread(0.0, self._output.rows, batch)
            if self._output.holds:
                await self._let_progress_end(clock)
            await in_thread(0.0, self._output.end)
        except ReaderGoneError:
            self._is_read = False

    async def _let_progress_end(self, clock: "Clock") -> None:
        """Wait a moment for the last picture, which another thread draws: a table belongs below it."""
        for _ in range(_MOST_MOMENTS):
            if not self._messages.output.is_behind:
                return
            await clock.sleep(_MOMENT)

    def _say(self, reading: "StatusReading", stop: StopReason | None, said: StatusWords) -> ExitCode:
        """Say why it ended early and, last, what it came to."""
        if stop is StopReason.REFUSED:
            self._messages.error(LogEvent.KEYS_REFUSED, self._connection.refusal(None, "workflows_read"))
        if more := entry_of(stop):
            self._messages.info(LogEvent.RESULT, more)
        if said.before():
            self._messages.info(LogEvent.RESULT, said.before())
        ending = self._options.ok_exit.ending(said.exit_code, stop)
        counts = dict(reading.counts)
        self._messages.last(LogEvent.ENDED, ending.said(said.last()), counts=counts, **ending.as_dict())
        return ending.process_code
