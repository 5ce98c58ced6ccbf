"""`bulkcancel run`: from the options to a plan, an answer and a job."""

import os
import sys
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import click

from bulkcancel.cli import completion, options, params
from bulkcancel.cli.ask import ask, check_askable, refuse_if_read_only
from bulkcancel.cli.descriptors import fit
from bulkcancel.cli.destination import find_destination, with_keys
from bulkcancel.cli.invocation import current
from bulkcancel.cli.paths import check_paths
from bulkcancel.cli.plan import Plan, Planner
from bulkcancel.cli.signals import is_terminal
from bulkcancel.cli.work import STDIO, Input, Place, RecordedRows
from bulkcancel.clock import SystemClock
from bulkcancel.errors import ConfigurationError
from bulkcancel.ledger import Ledger
from bulkcancel.models import ExitCode
from bulkcancel.progress import number_of
from bulkcancel.settings import Settings
from bulkcancel.sources import InputOptions, open_source
from bulkcancel.tally import Tally

if TYPE_CHECKING:
    from bulkcancel.cli.destination import Destination
    from bulkcancel.cli.invocation import Invocation
    from bulkcancel.progress import Messages

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
@options.input_options
@options.target_options
@options.message_options
def command(**values: Any) -> ExitCode:  # noqa: ANN401 - one value per option
    """Run it."""
    clock = SystemClock()
    return _run(values, current(), options.messages(values, clock), clock)


def _run(
    values: dict[str, Any], invocation: "Invocation", messages: "Messages", clock: SystemClock
) -> ExitCode:
    destination = find_destination(values)
    if not values["dry_run"] and destination.scenario is None:
        refuse_if_read_only()
    place = Place(values["report"], resume=values["resume"])
    values = check_paths(values, place)
    ledger, tally = Ledger(), Tally()
    input_format = options.input_format(values, destination.target.site)
    with closing(_input(values, place, ledger, input_format)) as source, closing(place):
        request = Request(values, _settings(values), with_keys(destination, values), place, source)
        if not (values["yes"] or values["dry_run"]):
            check_askable(reads_rows=values["input"] == STDIO)
        check = source.check if isinstance(source, RecordedRows) else iter
        site = destination.label
        place.load(ledger, tally, site=site, to_write=not values["dry_run"], check=check)
        if place.lacks_site:
            messages.warning(
                f"The report {place.name} has rows that do not say which site they belong to, as an earlier "
                f"version wrote them. They are taken to be of {site}."
            )
        plan = _plan(request, ledger)
        asks = not (values["yes"] or values["dry_run"] or (plan is not None and not plan.to_send))
        _show(plan, request, messages, asks=asks)
        options.say_if_unasked(messages)
        if values["dry_run"]:
            return _end_dry_run(plan, request, messages)
        is_sandbox = destination.scenario is not None
        settings = fit(request.settings, messages, is_sandbox=is_sandbox, has_report=place.resumes)
        request = replace(request, settings=settings)
        if asks:
            ask(invocation.stderr)
        # The network half: slow to import, and not needed until here.
        from bulkcancel.cli.job import Job  # noqa: PLC0415 - see above

        totals = _totals(plan, source, tally)
        try:
            words, signals = invocation.words, invocation.signals
            job = Job(request, place.open(), ledger, tally, messages, clock, totals=totals, words=words)
            signals.start()
            return anyio.run(job.run, signals)
        except BaseException:
            place.discard_if_empty()
            raise


@dataclass(frozen=True, slots=True)
class Totals:
    """How many rows a report is to have; None where that is not known beforehand.

    Attributes:
        due: When this run ends.
        in_all: When all of the input is in it: `--limit` leaves some of it for later.
    """

    due: int | None
    in_all: int | None


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for, understood.

    Attributes:
        values: The options as given.
        settings: How the run behaves.
        destination: Where requests go, and as whom.
        place: Where the report goes.
        source: Where rows come from.
    """

    values: dict[str, Any]
    settings: Settings
    destination: "Destination"
    place: Place
    source: Input


def _settings(values: dict[str, Any]) -> Settings:
    names = (
        "concurrency", "rate", "headroom", "max_attempts", "timeout", "max_duration", "max_failures",
        "ignore_not_found", "verify", "verify_timeout", "limit", "shard",
    )  # fmt: skip
    return Settings(**{name: values[name] for name in names})


def _input(values: dict[str, Any], place: Place, ledger: Ledger, input_options: InputOptions) -> Input:
    name: str | None = values["input"]
    if name is None and values["resume"]:
        if not place.resumes or place.path is None:
            raise ConfigurationError(f"There is no report {place.name} to resume, and no INPUT.")
        return RecordedRows(place.path, ledger, any_id=input_options.any_id)
    if name is None:
        if is_terminal(sys.stdin):
            raise click.UsageError("Name an INPUT file, or pipe rows to standard input.")
        name = STDIO
    return open_source(name, input_options)


def _plan(request: Request, ledger: Ledger) -> Plan | None:
    """Read ahead what can be read, when someone is to see it; None where it can't or need not be."""
    values, source = request.values, request.source
    size = 0
    if source.is_replayable:
        named = values["input"] not in {None, STDIO}
        size = os.stat(values["input"]).st_size if named else 0  # noqa: PTH116 - a name or nothing
        if values["yes"] and not values["dry_run"] and (size > _SCANNED_FOR_THE_BAR or not named):
            return None
    elif not values["dry_run"]:
        return None
    planner = Planner(ledger, request.settings)
    if source.is_replayable:
        rows = source.scan()
        if not all(map(planner.take, rows)):
            planner.leave(rows if size <= _SCANNED_FOR_THE_BAR else None)
    else:
        anyio.run(_take_all, source, planner)
    ledger.begin_pass()
    return planner.plan


def _totals(plan: Plan | None, source: Input, tally: Tally) -> Totals:
    """How many rows the report will have, as far as that is known beforehand."""
    if isinstance(source, RecordedRows):
        return Totals(tally.rows, tally.rows)
    if plan is None:
        return Totals(None, None)
    due = tally.rows + plan.added
    return Totals(due, None if plan.beyond is None else due + plan.beyond)


async def _take_all(source: Input, planner: Planner) -> None:
    async for batch in source.batches():
        if not all(map(planner.take, batch)):
            break


def _show(plan: Plan | None, request: Request, messages: "Messages", *, asks: bool) -> None:
    say = messages.last if asks else messages.info
    destination, reason = request.destination, request.values["reason"]
    suffix = destination.suffix
    if destination.doubt:
        messages.warning(destination.doubt)
    if plan is None:
        key = f", with the application key ending in {suffix}" if suffix else ""
        say(f"Plan: cancel every instance in {request.source.name} at {destination.name}{key}")
        if reason:
            say(f"Reason: {reason}")
        return
    for line in plan.lines(target=destination.name, suffix=suffix, reason=reason):
        say(line)
    if request.values["dry_run"]:
        for line in plan.unusable_lines():
            say(line)
    if plan.looks_swapped:
        flows = number_of(len(plan.workflows), "workflow")
        messages.warning(f"{flows} with one instance each: are the columns swapped?")


def _end_dry_run(plan: Plan | None, request: Request, messages: "Messages") -> ExitCode:
    if request.destination.credentials is None:
        messages.info("No keys are set. The run itself needs DD_API_KEY and DD_APP_KEY.")
    if plan is not None and plan.unusable_count:
        rows = number_of(plan.unusable_count, "row")
        messages.last(f"Dry run: {rows} can't be used; nothing was sent.")
        return ExitCode.INCOMPLETE
    if plan is not None and not plan.rows:
        messages.last(f"Dry run: there are no rows to cancel in {request.source.name}; nothing was sent.")
    elif plan is not None and not plan.to_send:
        messages.last("Dry run: nothing is left to cancel; nothing was sent.")
    else:
        messages.last("Dry run: every row can be used; nothing was sent. Run it without --dry-run.")
    return ExitCode.OK
