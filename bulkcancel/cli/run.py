"""`bulkcancel run`: from the options to a plan, an answer and a run."""

import os
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import click

from bulkcancel.cli import completion, options, params
from bulkcancel.cli.ask import ask, check_askable, refuse_if_read_only
from bulkcancel.cli.check_paths import check_paths
from bulkcancel.cli.connection import find_connection, with_keys
from bulkcancel.cli.invocation import current
from bulkcancel.cli.open_files import fit_concurrency
from bulkcancel.cli.plan import Plan, Planner
from bulkcancel.cli.prepared_run import PreparedRun
from bulkcancel.cli.run_options import RunOptions
from bulkcancel.cli.streams import is_terminal
from bulkcancel.clock import SystemClock
from bulkcancel.engine.totals import Totals
from bulkcancel.errors import ConfigurationError
from bulkcancel.ledger import Ledger
from bulkcancel.models import ExitCode
from bulkcancel.operations.recorded_rows import RecordedRows
from bulkcancel.operations.report_target import STDIO, ReportTarget
from bulkcancel.progress.words import number_of
from bulkcancel.sources import InputOptions, Source, open_source
from bulkcancel.tally import Tally

if TYPE_CHECKING:
    from bulkcancel.cli.invocation import Invocation
    from bulkcancel.progress.messages import Messages

_SCANNED_FOR_THE_BAR = 8 * 1024 * 1024  # bytes that are read twice for the sake of a total


# Not the function's docstring, which PYTHONOPTIMIZE=2 takes away.
_HELP = """Cancel every instance in INPUT, and write one report row per input row.

INPUT is a file, or - for standard input: CSV with workflow_id and instance_id columns, JSON
lines, or pasted links; gzipped or not. With --resume it may be left out: then the report's own
unfinished rows are tried again.
"""


@click.command("run", help=_HELP, context_settings={"auto_envvar_prefix": "BULKCANCEL"})
@click.argument("input", required=False, metavar="[INPUT]", shell_complete=completion.files)
@click.option(
    "-o",
    "--report",
    metavar="PATH",
    shell_complete=completion.files,
    help="The report, .csv or .jsonl, or - for standard output. [default: bulkcancel-<UTC time>.csv]",
)
@click.option("--resume", is_flag=True, help="Continue the report at -o; what is done is not sent again.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Check the input, show the plan, send nothing.")
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="A canary: stop after N rows that can be sent."
)
@options.pace_options
@click.option("--max-duration", type=params.seconds, metavar="TIME", help="Stop after that long: 50m.")
@click.option(
    "--max-failures",
    type=params.failure_limit,
    metavar="N|N%",
    help="Stop after that many failed rows, or percent.",
)
@click.option("--ignore-not-found", is_flag=True, help="Rows answered 404 leave the exit code at 0.")
@click.option(
    "--no-lookup",
    "lookup",
    flag_value=False,
    default=True,
    is_flag=True,
    help="Do not read a row answered 400 or 404 to see whether the instance had simply ended.",
)
@click.option("--verify", is_flag=True, help="Watch each instance until it has ended.")
@click.option(
    "--verify-timeout",
    type=params.seconds,
    metavar="TIME",
    default="60s",
    show_default=True,
    help="For one instance.",
)
@click.option("--reason", metavar="TEXT", help="Why, for the plan and the summary.")
@click.option(
    "--shard", type=params.shard, metavar="I/N", help="Take only this part of the rows, 1/4 of four."
)
@click.option(
    "--summary", type=click.Path(path_type=Path), metavar="PATH", help="Write the summary there, as JSON."
)
@options.column_options
@options.target_options
@options.message_options
def command(**values: Any) -> ExitCode:  # noqa: ANN401 - one value per option
    """Run it."""
    clock = SystemClock()
    asked = RunOptions.of(values)
    return _run(asked, current(), options.messages(asked.messages, clock), clock)


def _run(asked: RunOptions, invocation: "Invocation", messages: "Messages", clock: SystemClock) -> ExitCode:
    connection = find_connection(asked.target)
    if not asked.dry_run and connection.scenario is None:
        refuse_if_read_only()
    target = _target(asked)
    asked = check_paths(asked, target)
    ledger, tally = Ledger(), Tally()
    rows = options.input_options(asked.columns, connection.target.site)
    with closing(_source(asked, target, ledger, rows)) as source, closing(target):
        connection = with_keys(connection, asked.target.keys_file, may_lack=asked.dry_run)
        if not (asked.yes or asked.dry_run):
            check_askable(reads_rows=asked.input == STDIO)
        check = source.check if isinstance(source, RecordedRows) else iter
        site = connection.label
        target.load(ledger, tally, site=site, to_write=not asked.dry_run, check=check)
        if target.lacks_site:
            messages.warning(
                f"The report {target.name} has rows that do not say which site they belong to, as an earlier "
                f"version wrote them. They are taken to be of {site}."
            )
        plan = _plan(asked, source, ledger)
        asks = not (asked.yes or asked.dry_run or (plan is not None and not plan.to_send))
        totals = _totals(plan, source, tally)
        prepared = PreparedRun(asked, asked.settings, connection, target, source, ledger, tally, totals)
        _show(plan, prepared, messages, asks=asks)
        options.say_if_unasked(messages)
        if asked.dry_run:
            return _end_dry_run(plan, prepared, messages)
        is_sandbox = connection.scenario is not None
        settings = fit_concurrency(asked.settings, messages, is_sandbox=is_sandbox, has_report=target.resumes)
        prepared = replace(prepared, settings=settings)
        if asks:
            ask(invocation.stderr)
        # The network half: slow to import, and not needed until here.
        from bulkcancel.cli.execute import Execution  # noqa: PLC0415 - see above

        try:
            execution = Execution(prepared, target.open(), messages, clock, words=invocation.words)
            invocation.signals.start()
            return anyio.run(execution.run, invocation.signals)
        except BaseException:
            target.discard_if_empty()
            raise


def _target(asked: RunOptions) -> ReportTarget:
    name = asked.report
    if asked.resume and name in {None, STDIO}:
        raise ConfigurationError("--resume needs the report's name: give it with -o.")
    return ReportTarget(name or f"bulkcancel-{datetime.now(UTC):%Y%m%dT%H%M%S}Z.csv", resume=asked.resume)


def _source(
    asked: RunOptions, target: ReportTarget, ledger: Ledger, rows: InputOptions
) -> Source | RecordedRows:
    if asked.input is None and asked.resume:
        return RecordedRows(target.existing, ledger, any_id=rows.any_id)
    if asked.input is None and is_terminal(sys.stdin):
        raise click.UsageError("Name an INPUT file, or pipe rows to standard input.")
    return open_source(asked.input or STDIO, rows)


def _plan(asked: RunOptions, source: Source | RecordedRows, ledger: Ledger) -> Plan | None:
    """Read ahead what can be read, when someone is to see it; None where it can't or need not be."""
    size = 0
    if source.is_replayable:
        is_named = asked.input is not None and asked.input != STDIO
        size = os.stat(asked.input).st_size if is_named and asked.input is not None else 0  # noqa: PTH116 - a name
        if asked.yes and not asked.dry_run and (size > _SCANNED_FOR_THE_BAR or not is_named):
            return None
    elif not asked.dry_run:
        return None
    planner = Planner(ledger, asked.settings)
    if source.is_replayable:
        rows = source.scan()
        if not all(map(planner.take, rows)):
            planner.leave(rows if size <= _SCANNED_FOR_THE_BAR else None)
    else:
        anyio.run(_take_all, source, planner)
    ledger.begin_pass()
    return planner.plan


def _totals(plan: Plan | None, source: Source | RecordedRows, tally: Tally) -> Totals:
    """How many rows the report will have, as far as that is known beforehand."""
    if isinstance(source, RecordedRows):
        return Totals(tally.rows, tally.rows)
    if plan is None:
        return Totals()
    due = tally.rows + plan.added
    return Totals(due, None if plan.beyond is None else due + plan.beyond)


async def _take_all(source: Source | RecordedRows, planner: Planner) -> None:
    async for batch in source.batches():
        if not all(map(planner.take, batch)):
            break


def _show(plan: Plan | None, prepared: PreparedRun, messages: "Messages", *, asks: bool) -> None:
    say = messages.last if asks else messages.info
    connection, reason = prepared.connection, prepared.options.reason
    suffix = connection.suffix
    if connection.doubt:
        messages.warning(connection.doubt)
    if plan is None:
        key = f", with the application key ending in {suffix}" if suffix else ""
        say(f"Plan: cancel every instance in {prepared.source.name} at {connection.name}{key}")
        if reason:
            say(f"Reason: {reason}")
        return
    for line in plan.lines(target=connection.name, suffix=suffix, reason=reason):
        say(line)
    if prepared.options.dry_run:
        for line in plan.unusable_lines():
            say(line)
    if plan.looks_swapped:
        flows = number_of(len(plan.workflows), "workflow")
        messages.warning(f"{flows} with one instance each: are the columns swapped?")


def _end_dry_run(plan: Plan | None, prepared: PreparedRun, messages: "Messages") -> ExitCode:
    if prepared.connection.credentials is None:
        messages.info("No keys are set. The run itself needs DD_API_KEY and DD_APP_KEY.")
    if plan is not None and plan.unusable_count:
        rows = number_of(plan.unusable_count, "row")
        messages.last(f"Dry run: {rows} can't be used; nothing was sent.")
        return ExitCode.INCOMPLETE
    if plan is not None and not plan.rows:
        messages.last(f"Dry run: there are no rows to cancel in {prepared.source.name}; nothing was sent.")
    elif plan is not None and not plan.to_send:
        messages.last("Dry run: nothing is left to cancel; nothing was sent.")
    else:
        messages.last("Dry run: every row can be used; nothing was sent. Run it without --dry-run.")
    return ExitCode.OK
