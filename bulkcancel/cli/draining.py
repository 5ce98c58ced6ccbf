"""From what was asked of `drain` to a plan, an answer, and passes until nothing runs."""

from contextlib import AsyncExitStack, closing, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import anyio

from bulkcancel.cli.ask import ask, check_askable, refuse_if_read_only
from bulkcancel.cli.closing import Closing
from bulkcancel.cli.connection import find_connection, with_keys
from bulkcancel.cli.drain_words import end_words_of, plan_lines, question_of
from bulkcancel.cli.execute import Execution, open_api
from bulkcancel.cli.file_limit import fit_concurrency
from bulkcancel.cli.given_files import check_given_files
from bulkcancel.cli.named_workflows import named_workflows
from bulkcancel.cli.options import say_if_unasked
from bulkcancel.cli.prepare import report_target
from bulkcancel.cli.prepared_run import PreparedRun
from bulkcancel.cli.resume_command import resuming
from bulkcancel.cli.typed_command import command_line
from bulkcancel.cli.watching import Watching
from bulkcancel.engine.observers import Observers
from bulkcancel.engine.stop_signal import StoppedError
from bulkcancel.engine.totals import Totals
from bulkcancel.ledger import Ledger
from bulkcancel.models import ExitCode, StopReason
from bulkcancel.operations.drain import DrainOptions
from bulkcancel.operations.recorded_rows import sendable
from bulkcancel.operations.report_target import STDIO
from bulkcancel.operations.session import Session
from bulkcancel.progress.drain_progress import DrainProgress
from bulkcancel.progress.log import message_observers
from bulkcancel.progress.log_events import LogEvent
from bulkcancel.progress.words import end_words
from bulkcancel.tally import Tally

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    from bulkcancel.cli.drain_options import DrainChoices
    from bulkcancel.cli.invocation import Invocation
    from bulkcancel.clock import Clock
    from bulkcancel.models import Recorded, Row
    from bulkcancel.operations.cancel import CancelRun
    from bulkcancel.operations.drain import Drain, DrainPlan
    from bulkcancel.operations.report_target import ReportTarget
    from bulkcancel.progress.messages import Messages
    from bulkcancel.progress.view import ProgressSource
    from bulkcancel.tally import Summary


@dataclass(slots=True)
class _ByName:
    """What stands for the rows before there are any: they are found later."""

    name: str
    is_replayable: bool = True

    async def batches(self) -> "AsyncIterator[Iterator[Row]]":
        """Give none."""
        nothing: Iterator[Row] = iter(())
        yield nothing

    def stop_waiting(self) -> None:
        """Do nothing."""


def prepare_and_drain(
    choices: "DrainChoices", invocation: "Invocation", messages: "Messages", clock: "Clock"
) -> ExitCode:
    """Do what was asked, up to the last word.

    Raises:
        BulkCancelError: It can't be done, or was declined; nothing was sent.
        click.UsageError: No workflow was named.
    """
    run = choices.run
    connection = find_connection(run.target)
    if not run.dry_run and connection.scenario is None:
        refuse_if_read_only()
    lists = choices.all_workflows or choices.name is not None
    ids = named_workflows(choices.workflows, lists=lists, any_id=choices.any_id, site=connection.target.site)
    target = report_target(run)
    run = check_given_files(replace(run, input=STDIO if STDIO in choices.workflows else None), target)
    with closing(target):
        connection = with_keys(connection, run.target.keys_file, may_lack=False)
        if not (run.yes or run.dry_run):
            check_askable(reads_rows=STDIO in choices.workflows)
        if connection.doubt:
            messages.warning(LogEvent.SITE_DOUBTFUL, connection.doubt)
        settings = fit_concurrency(
            run.settings, messages, is_sandbox=connection.scenario is not None, has_report=target.resumes
        )
        options = DrainOptions(
            workflow_ids=ids,
            name=choices.name or "",
            selection=choices.selection,
            settle=choices.settle,
            unpublish=choices.unpublish,
            republish=choices.republish,
            max_instances=choices.max_instances,
        )
        ledger, tally, records = Ledger(), Tally(), _Records(target, any_id=choices.any_id)
        target.load(ledger, tally, site=connection.label, to_write=not run.dry_run, check=records.keep)
        source = _ByName(name=" ".join(choices.workflows) or choices.name or "all workflows")
        watching = Watching("drain", run, connection, target.name, messages)
        prepared = PreparedRun(run, settings, connection, target, source, ledger, tally, Totals(), watching)
        look_first = _LookFirst(prepared, options, messages, clock)
        code = anyio.run(look_first.run, invocation)
        say_if_unasked(messages)
        if code is not None or run.dry_run:
            return look_first.end() if code is None else code
        if look_first.asks:
            where, rate = connection.name_and_key_in_short, settings.rate
            ask(invocation.stderr, question_of(options, look_first.plan, where=where, rate=rate))
        return _drain(prepared, options, look_first.plan, records, invocation, messages, clock)


class _Records:
    """What a report to be continued holds, kept until a drain can learn of it."""

    def __init__(self, target: "ReportTarget", *, any_id: bool) -> None:
        self._target = target
        self._any_id = any_id
        self.kept: list[Recorded] = []

    def keep(self, records: "Iterable[Recorded]") -> "Iterator[Recorded]":
        """Hand records through."""
        for record in sendable(records, self._target.existing, any_id=self._any_id):
            self.kept.append(record)
            yield record


class _LookFirst:
    """Sees what runs before anything is changed, and shows it."""

    def __init__(
        self, prepared: PreparedRun, options: DrainOptions, messages: "Messages", clock: "Clock"
    ) -> None:
        self._prepared = prepared
        self._options = options
        self._messages = messages
        self._clock = clock
        self.plan: DrainPlan

    @property
    def asks(self) -> bool:
        """Whether a question follows."""
        return not self._prepared.options.yes and bool(self.plan.found or self._options.unpublish)

    async def run(self, invocation: "Invocation") -> ExitCode | None:
        """Look; gives the exit status where it ends here."""
        prepared = self._prepared
        observers = Observers(message_observers(self._messages, self._clock))
        async with AsyncExitStack() as stack:
            api = await open_api(stack, prepared.connection, prepared.settings, self._clock)
            session = Session(
                api, prepared.settings, site=prepared.connection.label, observers=observers, clock=self._clock
            )
            stack.enter_context(invocation.signals.heard_by(session.stop, is_run=False))
            self.plan = await session.new_drain(self._options, Ledger()).plan()
        if self.plan.stop is not None:
            stop = self.plan.stop
            return self._end(f"{end_words(stop)}. Nothing was changed.", stop.exit_code, stop)
        asks = self.asks and not prepared.options.dry_run
        say = self._messages.last if asks else self._messages.info
        lines = plan_lines(
            self.plan,
            self._options,
            where=prepared.connection.name_and_key,
            rate=None if asks else prepared.settings.rate,  # else the question says how long it takes
            reason=prepared.options.reason,
        )
        say(LogEvent.PLAN, *lines, to_send=self.plan.found, workflows=len(self.plan.counts))
        for gap in self.plan.gaps:
            self._messages.warning(LogEvent.PLAN_GAP, gap)
        return None

    def end(self) -> ExitCode:
        """The last word of a dry run."""
        if self.plan.gaps:
            text = "Dry run: not everything could be listed; nothing was sent."
            return self._end(text, ExitCode.INCOMPLETE)
        return self._end("Dry run: nothing was sent. Run it without --dry-run.", ExitCode.OK)

    def _end(self, text: str, code: ExitCode, stop: StopReason | None = None) -> ExitCode:
        ending = self._prepared.options.ok_exit.ending(code, stop)
        self._messages.last(LogEvent.ENDED, ending.said(text), **ending.as_dict())
        return ending.process_code


def _drain(
    prepared: PreparedRun,
    options: DrainOptions,
    plan: "DrainPlan",
    records: _Records,
    invocation: "Invocation",
    messages: "Messages",
    clock: "Clock",
) -> ExitCode:
    try:
        execution = DrainExecution(prepared, prepared.target.open(), messages, clock, words=invocation.words)
        execution.take(options, plan, records.kept)
        invocation.signals.start()
        return anyio.run(execution.run, invocation.signals)
    except BaseException:
        prepared.target.discard_if_empty()
        raise


class DrainExecution(Execution):
    """Drains what was looked at, and says how it ends."""

    def take(self, options: DrainOptions, plan: "DrainPlan", records: "list[Recorded]") -> None:
        """Take what a drain needs beside what any run does."""
        self._options = options
        self._plan = plan
        self._records = records
        self._drain: Drain

    def progress(self) -> "ProgressSource":
        """How far it is."""
        return DrainProgress(self._clock)

    def workflow_ids(self) -> tuple[str, ...]:
        """Those that were named, or in which something runs."""
        named = self._options.workflow_ids
        return tuple(self._plan.counts if named is None else named)

    def new_run(self, session: Session) -> "CancelRun":
        """The run that takes its rows from the drain."""
        prepared = self._prepared
        prepared.target.require_compaction(prepared.ledger)  # an instance may be met in several passes
        self._drain = session.new_drain(self._options, prepared.ledger, resumes=prepared.target.resumes)
        for _ in self._drain.rows.check(self._records):
            pass
        self._records.clear()
        if prepared.target.path is not None:
            self._drain.rows.announce = self._report.take
        return session.new_run(
            self._drain.rows,
            self._report,
            prepared.ledger,
            prepared.tally,
            prepared.settings,
            totals=prepared.totals,
            on_result=self._drain.rows.note,
            anew=True,
            conclude=self._drain.conclude,
        )

    async def perform(self, run: "CancelRun") -> "Summary":
        """Unpublish where that was asked for, drain, and publish again where that was asked for."""
        options = self._options
        try:
            if options.unpublish:
                ids = options.workflow_ids
                with suppress(StoppedError):  # the run that follows ends at once, and says why
                    await self._drain.unpublish(list(self._plan.counts) if ids is None else ids)
            return await run.run()
        finally:
            if options.republish:
                await self._drain.republish()

    def closing(self) -> Closing:
        """What says how it ended."""
        return DrainClosing(self._prepared, self._messages, self._drain, words=self._words)


class DrainClosing(Closing):
    """Says what a drain came to."""

    def __init__(
        self, prepared: PreparedRun, messages: "Messages", drain: "Drain", *, words: list[str]
    ) -> None:
        super().__init__(prepared, messages, words=words)
        self._drain = drain

    def last_words(self, summary: "Summary", last: str) -> str:
        """The last line: whether nothing runs, and what is left to do."""
        return end_words_of(
            summary,
            self._drain,
            last=last,
            where=self._prepared.target.name,
            go_on=self.resume_command(summary),
            site=self._prepared.connection.target.site,
        )

    def resume_command(self, summary: "Summary") -> str:  # noqa: ARG002 - as for any run
        """The command that goes on, or empty where the report is no file."""
        target, options = self._prepared.target, self._prepared.options
        if target.path is None:
            return ""
        command = command_line(resuming(self._words, str(target.path), options))
        return f"<the same workflows> | {command}" if options.input == STDIO else command
