"""`bulkcancel run`: its words."""

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
@options.report_options
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="A canary: stop after N rows that can be sent."
)
@options.pace_options
@options.end_options
@options.lookup_options
@click.option("--verify", is_flag=True, help="Watch each instance until it has ended.")
@click.option(
    "--verify-timeout",
    type=params.seconds,
    metavar="TIME",
    default="60s",
    show_default=True,
    help="For one instance.",
)
@click.option(
    "--shard", type=params.shard, metavar="I/N", help="Take only this part of the rows, 1/4 of four."
)
@options.account_options
@options.column_options
@options.target_options
@options.message_options
def command(**values: Any) -> "ExitCode":  # noqa: ANN401 - one value per option
    """Run it."""
    # Most of the program: slow to import, and not needed for `--help`.
    from bulkcancel.cli.prepare import prepare_and_run  # noqa: PLC0415 - see above

    clock, typed = SystemClock(), RunOptions.of(values)
    return prepare_and_run(typed, current(), options.messages(typed.messages, clock), clock)
