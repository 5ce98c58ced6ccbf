"""From what was asked of `drain` to a plan, an answer, and passes until nothing runs."""

from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import anyio

from bulkcancel.cli.ask import ask, check_askable, refuse_if_read_only
from bulkcancel.cli.connection import find_connection, with_keys
from bulkcancel.cli.drain_execution import DrainExecution, PlannedDrain
from bulkcancel.cli.drain_preview import DrainPreview
from bulkcancel.cli.drain_words import question_of
from bulkcancel.cli.file_limit import fit_concurrency
from bulkcancel.cli.given_files import check_given_files
from bulkcancel.cli.named_workflows import named_workflows
from bulkcancel.cli.options import say_if_unasked
from bulkcancel.cli.prepare import execute, report_target
from bulkcancel.cli.prepared_run import PreparedRun
from bulkcancel.cli.watching import Watching
from bulkcancel.engine.totals import Totals
from bulkcancel.ledger import Ledger
from bulkcancel.models import ExitCode
from bulkcancel.operations.drain import DrainOptions
from bulkcancel.operations.recorded_rows import sendable
from bulkcancel.operations.report_target import STDIO
from bulkcancel.progress.log_events import LogEvent
from bulkcancel.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bulkcancel.cli.drain_options import DrainChoices
    from bulkcancel.cli.invocation import Invocation
    from bulkcancel.clock import Clock
    from bulkcancel.models import Recorded
    from bulkcancel.operations.report_target import ReportTarget
    from bulkcancel.progress.messages import Messages


@dataclass(frozen=True, slots=True)
class _Workflows:
    """What a drain is about, by the names it was given."""

    name: str
    is_replayable: bool = True


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
        source = _Workflows(" ".join(choices.workflows) or choices.name or "all workflows")
        watching = Watching("drain", run, connection, target.name, messages)
        prepared = PreparedRun(run, settings, connection, target, source, ledger, tally, Totals(), watching)
        preview = DrainPreview(prepared, options, messages, clock)
        code = anyio.run(preview.run, invocation)
        say_if_unasked(messages)
        if code is not None or run.dry_run:
            return preview.end() if code is None else code
        if preview.asks:
            where, rate = connection.name_and_key_in_short, settings.rate
            ask(invocation.stderr, question_of(options, preview.plan, where=where, rate=rate))
        planned = PlannedDrain(options, preview.plan, records.kept)
        return execute(
            prepared,
            lambda report: DrainExecution(planned, prepared, report, messages, clock, words=invocation.words),
            invocation.signals,
        )


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
