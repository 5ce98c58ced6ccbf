"""From what was typed to a plan, an answer and a run at work."""

import os
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import anyio

from bulkcancel.cli.ask import ask, check_askable, refuse_if_read_only
from bulkcancel.cli.connection import find_connection, with_keys
from bulkcancel.cli.file_limit import fit_concurrency
from bulkcancel.cli.file_names import NEW_EACH_TIME
from bulkcancel.cli.given_files import check_given_files
from bulkcancel.cli.open_rows import open_rows
from bulkcancel.cli.options import say_if_unasked
from bulkcancel.cli.plan import Plan, Planner
from bulkcancel.cli.prepared_run import PreparedRun
from bulkcancel.cli.watching import Watching
from bulkcancel.engine.totals import Totals
from bulkcancel.errors import ConfigurationError
from bulkcancel.ledger import Ledger
from bulkcancel.models import ExitCode
from bulkcancel.operations.recorded_rows import RecordedRows
from bulkcancel.operations.report_target import STDIO, ReportTarget
from bulkcancel.progress.log_events import LogEvent
from bulkcancel.progress.words import lacks_target_words, number_of
from bulkcancel.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable

    from bulkcancel.cli.execute import Execution
    from bulkcancel.cli.invocation import Invocation
    from bulkcancel.cli.run_options import RunOptions
    from bulkcancel.cli.signals import Signals
    from bulkcancel.clock import Clock
    from bulkcancel.operations.report_target import ReportWriter
    from bulkcancel.progress.messages import Messages
    from bulkcancel.sources import Source

_SCANNED_FOR_THE_BAR = 8 * 1024 * 1024  # bytes that are read twice for the sake of a total


def prepare_and_run(
    options: "RunOptions", invocation: "Invocation", messages: "Messages", clock: "Clock"
) -> ExitCode:
    """Do what was asked, up to the last word.

    Raises:
        BulkCancelError: It can't be done, or was declined; nothing was sent.
        click.UsageError: There is no INPUT.
    """
    connection = find_connection(options.target)
    if not options.dry_run and connection.scenario is None:
        refuse_if_read_only()
    target = report_target(options)
    options = check_given_files(options, target)
    ledger, tally = Ledger(), Tally()
    with closing(open_rows(options, target, ledger, connection.target.site)) as source, closing(target):
        connection = with_keys(connection, options.target.keys_file, may_lack=options.dry_run)
        if not (options.yes or options.dry_run):
            check_askable(reads_rows=options.input == STDIO)
        check = source.check if isinstance(source, RecordedRows) else iter
        target.load(ledger, tally, site=connection.label, to_write=not options.dry_run, check=check)
        watching = Watching("run", options, connection, target.name, messages)
        if target.lacks_site:
            messages.warning(
                LogEvent.TARGET_UNKNOWN, lacks_target_words(f"The report {target.name}", connection.label)
            )
        plan = _plan(options, source, ledger)
        asks = not (options.yes or options.dry_run or (plan is not None and not plan.to_send))
        totals = _totals(plan, source, tally)
        workflow_ids = () if plan is None else tuple(plan.shown)
        prepared = PreparedRun(
            options,
            options.settings,
            connection,
            target,
            source,
            ledger,
            tally,
            totals,
            watching,
            workflow_ids,
        )
        names: dict[str, str] = {}
        if asks and plan is not None:
            from bulkcancel.cli.workflow_names import names_of  # noqa: PLC0415 - the network half, slow to import

            names = names_of(plan.shown, connection, options.settings, clock, invocation.signals)
        _show(plan, prepared, messages, asks=asks, names=names)
        say_if_unasked(messages)
        if options.dry_run:
            return _end_dry_run(plan, prepared, messages)
        settings = fit_concurrency(
            options.settings,
            messages,
            is_sandbox=connection.scenario is not None,
            has_report=target.resumes,
        )
        prepared = replace(prepared, settings=settings)
        if asks:
            ask(invocation.stderr, _question(plan, prepared))
        # The network half: slow to import, and not needed until here.
        from bulkcancel.cli.run_execution import RunExecution  # noqa: PLC0415 - see above

        return execute(
            prepared,
            lambda report: RunExecution(source, prepared, report, messages, clock, words=invocation.words),
            invocation.signals,
        )


def execute(
    prepared: PreparedRun, execution_of: "Callable[[ReportWriter], Execution]", signals: "Signals"
) -> ExitCode:
    """Open the report, and run; where the run can't begin, no report is left behind.

    Args:
        prepared: What was prepared.
        execution_of: Gives the run at work, from its open report.
        signals: What signals do.
    """
    try:
        execution = execution_of(prepared.target.open())
        signals.start()
        return anyio.run(execution.run, signals)
    except BaseException:
        prepared.target.discard_if_empty()
        raise


def report_target(options: "RunOptions") -> ReportTarget:
    """Where the report goes: as named, or by a name of our own."""
    name = options.report
    if options.resume and name in {None, STDIO}:
        raise ConfigurationError("--resume needs the report's name: give it with -o.")
    if options.resume and (new := sorted(options.report_filled & NEW_EACH_TIME)):
        raise ConfigurationError(
            f"--resume goes on with a report that is there, and {{{new[0]}}} is another one each time: name "
            "the file itself with -o. {date} may stay: it is today's."
        )
    return ReportTarget(name or f"bulkcancel-{datetime.now(UTC):%Y%m%dT%H%M%S}Z.csv", resume=options.resume)


def _plan(options: "RunOptions", source: "Source | RecordedRows", ledger: Ledger) -> Plan | None:
    """Read ahead what can be read, when someone is to see it; None where it can't or need not be."""
    size = 0
    if source.is_replayable:
        is_named = options.input is not None and options.input != STDIO
        size = os.stat(options.input).st_size if is_named and options.input is not None else 0  # noqa: PTH116 - a name
        if options.yes and not options.dry_run and (size > _SCANNED_FOR_THE_BAR or not is_named):
            return None
    elif not options.dry_run:
        return None
    planner = Planner(ledger, options.settings)
    if source.is_replayable:
        rows = source.scan()
        if not all(map(planner.take, rows)):
            planner.leave(rows if size <= _SCANNED_FOR_THE_BAR else None)
    else:
        anyio.run(_take_all, source, planner)
    ledger.begin_pass()
    return planner.plan


def _totals(plan: Plan | None, source: "Source | RecordedRows", tally: Tally) -> Totals:
    """How many rows the report will have, as far as that is known beforehand."""
    if isinstance(source, RecordedRows):
        return Totals(tally.rows, tally.rows)
    if plan is None:
        return Totals()
    due = tally.rows + plan.added
    return Totals(due, None if plan.beyond is None else due + plan.beyond)


async def _take_all(source: "Source | RecordedRows", planner: Planner) -> None:
    async for batch in source.batches():
        if not all(map(planner.take, batch)):
            break


def _show(
    plan: Plan | None, prepared: PreparedRun, messages: "Messages", *, asks: bool, names: dict[str, str]
) -> None:
    """Show the plan; where a question follows, also to whoever wants to hear nothing else."""
    say = messages.last if asks else messages.info
    connection, reason = prepared.connection, prepared.options.reason
    if connection.doubt:
        messages.warning(LogEvent.SITE_DOUBTFUL, connection.doubt)
    if plan is None:
        lines = [f"Plan: cancel every instance in {prepared.source.name} at {connection.name_and_key}"]
        lines += [f"Reason: {reason}"] if reason else []
        say(LogEvent.PLAN, *lines, to_send=None, workflows=None)
        return
    rate = None if asks else prepared.settings.rate  # else the question says how long it takes
    lines = plan.lines(where=connection.name_and_key, reason=reason, names=names, rate=rate)
    say(LogEvent.PLAN, *lines, to_send=plan.to_send, workflows=len(plan.workflows))
    if prepared.options.dry_run and plan.unusable_count:
        say(LogEvent.ROW_UNUSABLE, *plan.unusable_lines(), count=plan.unusable_count)
    if plan.looks_swapped:
        flows = number_of(len(plan.workflows), "workflow")
        text = (
            f"{flows} with one instance each: are the columns swapped? If so, name them with "
            "--workflow-column and --instance-column."
        )
        messages.warning(LogEvent.COLUMNS_SWAPPED, text)


def _question(plan: Plan | None, prepared: PreparedRun) -> str:
    where = prepared.connection.name_and_key_in_short
    if plan is None:
        return f"Cancel every instance in {prepared.source.name} at {where}?"
    return plan.question(where, prepared.settings.rate)


def _end_dry_run(plan: Plan | None, prepared: PreparedRun, messages: "Messages") -> ExitCode:
    if prepared.connection.credentials is None:
        messages.info(
            LogEvent.KEYS_MISSING, "No keys are set. The run itself needs DD_API_KEY and DD_APP_KEY."
        )
    text, code = "Dry run: every row can be used; nothing was sent. Run it without --dry-run.", ExitCode.OK
    if plan is not None and plan.unusable_count:
        rows = number_of(plan.unusable_count, "row")
        text, code = f"Dry run: {rows} can't be used; nothing was sent.", ExitCode.INCOMPLETE
    elif plan is not None and not plan.rows:
        text = f"Dry run: there are no rows to cancel in {prepared.source.name}; nothing was sent."
    elif plan is not None and not plan.to_send:
        text = "Dry run: nothing is left to cancel; nothing was sent."
    ending = prepared.options.ok_exit.ending(code)
    messages.last(LogEvent.ENDED, ending.said(text), **ending.as_dict())
    return ending.process_code
