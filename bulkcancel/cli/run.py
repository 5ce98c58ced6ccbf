"""`bulkcancel run`: its words."""

from typing import TYPE_CHECKING, Any

import click

from bulkcancel.cli import completion, exit_codes, options, params
from bulkcancel.cli.command import Command, Example
from bulkcancel.cli.file_names import with_real_name
from bulkcancel.cli.invocation import current
from bulkcancel.cli.run_options import RunOptions
from bulkcancel.cli.sections import Section, in_section
from bulkcancel.cli.watching_options import watching_options
from bulkcancel.clock import SystemClock

if TYPE_CHECKING:
    from bulkcancel.models import ExitCode

# Not the function's docstring, which PYTHONOPTIMIZE=2 takes away.
_HELP = """Cancel every instance in INPUT, and write one report row per input row.

INPUT is a file, or - for standard input: CSV with workflow_id and instance_id columns, JSON
lines, or pasted links; gzipped or not. With --resume it may be left out: then the report's own
unfinished rows are tried again.
"""
_EXAMPLES = (
    Example("Show the plan, and send nothing.", "bulkcancel run incident.csv --dry-run"),
    Example(
        "Cancel five as a canary, and write a report.", "bulkcancel run incident.csv --limit 5 -o report.csv"
    ),
    Example(
        "Go on with the rest, and leave others a share of the quota.",
        "bulkcancel run incident.csv -o report.csv --resume --headroom 20%",
    ),
)


@click.command("run", cls=Command, help=_HELP, examples=_EXAMPLES, exit_codes=exit_codes.RUN)
@click.argument(
    "input", type=params.given_file, required=False, metavar="[INPUT]", shell_complete=completion.files
)
@in_section(
    Section.INPUT,
    click.option(
        "--limit",
        type=params.count,
        metavar="N",
        help="A canary: stop after N rows that can be sent.",
    ),
    click.option(
        "--shard",
        type=params.shard,
        metavar="I/N",
        help="Take only this part of the rows, 1/4 of four; auto/4 where a scheduler numbers its processes.",
    ),
)
@options.column_options
@options.question_options
@options.report_options
@options.pace_options
@options.end_options
@in_section(
    Section.DONE,
    click.option("--verify", is_flag=True, help="Watch each instance until it has ended."),
    click.option(
        "--verify-timeout",
        type=params.seconds,
        metavar="TIME",
        default="60s",
        show_default=True,
        help="With --verify: how long to watch one instance.",
    ),
)
@options.lookup_options
@options.account_options
@options.job_options
@watching_options
@options.target_options
@options.message_options
def command(**values: Any) -> "ExitCode":  # noqa: ANN401 - one value per option
    """Run it."""
    # Most of the program: slow to import, and not needed for `--help`.
    from bulkcancel.cli.named_lock import run_alone  # noqa: PLC0415 - see above
    from bulkcancel.cli.prepare import prepare_and_run  # noqa: PLC0415 - see above

    clock, typed = SystemClock(), RunOptions.of(values)
    invocation = with_real_name(current(), values["input"])
    messages = options.messages(typed.messages, clock)
    return run_alone(typed, invocation, messages, lambda: prepare_and_run(typed, invocation, messages, clock))
