"""A reading of states at work: each row written as it is known, and said at its end what it came to."""

import shutil
from contextlib import aclosing, closing
from typing import TYPE_CHECKING

import anyio

from bulkcancel.cli.connection import find_connection, with_keys
from bulkcancel.cli.data_command import DataCommand
from bulkcancel.cli.data_output import form_of
from bulkcancel.cli.file_limit import fit_concurrency
from bulkcancel.cli.open_rows import input_options, open_input
from bulkcancel.cli.status_options import StatusFormat
from bulkcancel.cli.status_output import open_output
from bulkcancel.cli.status_words import StatusWords
from bulkcancel.events import Concern
from bulkcancel.operations.threads import in_thread
from bulkcancel.progress.log_events import LogEvent
from bulkcancel.progress.status_progress import StatusProgress
from bulkcancel.progress.words import lacks_target_words
from bulkcancel.sources import TargetCheck

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from bulkcancel.cli.connection import Connection
    from bulkcancel.cli.invocation import Invocation
    from bulkcancel.cli.status_options import StatusOptions
    from bulkcancel.cli.status_output import StatusOutput
    from bulkcancel.clock import Clock
    from bulkcancel.models import ExitCode, StopReason
    from bulkcancel.operations.session import Session
    from bulkcancel.operations.status import StatusReading
    from bulkcancel.progress.messages import Messages
    from bulkcancel.sources import Source

_COUNTED = 8 * 1024 * 1024  # bytes of an input that is read twice, so that progress has a total
_MOMENT, _MOST_MOMENTS = 0.01, 50  # seconds


def read_and_show(
    options: "StatusOptions", invocation: "Invocation", messages: "Messages", clock: "Clock"
) -> "ExitCode":
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
            work = Reading(options, source, connection, output, messages, invocation, clock, total=total)
            invocation.signals.start()
            return anyio.run(work.run, settings)


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


class Reading(DataCommand["StatusReading"]):
    """Reads, writes, and says what it came to."""

    operation = "status"
    unsaid = frozenset({Concern.MAY_NOT_READ})

    def __init__(  # noqa: PLR0913 - what it reads, and what every command works with
        self,
        options: "StatusOptions",
        source: "Source",
        connection: "Connection",
        output: "StatusOutput",
        messages: "Messages",
        invocation: "Invocation",
        clock: "Clock",
        *,
        total: int | None,
    ) -> None:
        super().__init__(options, connection, output, messages, invocation, clock)
        self._options = options
        self._source = source
        self._total = total
        self._output = output

    def progress(self) -> StatusProgress:
        """How far it is."""
        return StatusProgress(self._clock, self._total, waits=self._options.wait)

    def begin(self, session: "Session") -> "StatusReading":
        """The reading."""
        options = self._options
        return session.new_reading(self._source, wait=options.wait, timeout=options.wait_timeout)

    async def write(self, work: "StatusReading", shown: "AbstractAsyncContextManager[None]") -> None:
        """Write each batch as it comes, in a thread: whoever reads a pipe may keep us waiting."""
        async with shown, aclosing(work.batches()) as batches:
            async for batch in batches:
                await in_thread(0.0, self._output.rows, batch)
        if self._output.holds:
            await self._let_progress_end()
        await in_thread(0.0, self._output.end)

    async def _let_progress_end(self) -> None:
        """Wait a moment for the last picture, which another thread draws: a table belongs below it."""
        for _ in range(_MOST_MOMENTS):
            if not self._messages.output.is_behind:
                return
            await self._clock.sleep(_MOMENT)

    def words(self, work: "StatusReading", stop: "StopReason | None", *, is_read: bool) -> StatusWords:
        """What it came to."""
        typed = self._invocation.words
        return StatusWords(work, stop, typed, self._options, self._source, is_read=is_read)
