"""`bulkcancel run`: its words."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bulkcancel.cli import completion, options, params
from bulkcancel.cli.invocation import current
from bulkcancel.cli.run_options import RunOptions
from bulkcancel.clock import SystemClock

if TYPE_CHECKING:
    from bulkcancel.models import ExitCode

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
def command(**values: Any) -> "ExitCode":  # noqa: ANN401 - one value per option
    """Run it."""
    # Most of the program: slow to import, and not needed for `--help`.
    from bulkcancel.cli.prepare import prepare_and_run  # noqa: PLC0415 - see above

    clock, typed = SystemClock(), RunOptions.of(values)
    return prepare_and_run(typed, current(), options.messages(typed.messages, clock), clock)
