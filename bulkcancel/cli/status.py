"""`bulkcancel status`: its words."""

from typing import TYPE_CHECKING, Any

import click

from bulkcancel.cli import completion, options, params
from bulkcancel.cli.invocation import current
from bulkcancel.cli.status_options import StatusFormat, StatusOptions
from bulkcancel.clock import SystemClock

if TYPE_CHECKING:
    from bulkcancel.models import ExitCode

# Not the function's docstring, which PYTHONOPTIMIZE=2 takes away.
_HELP = """Read the state of every instance in INPUT: the proof that what was canceled has ended.

INPUT is a file, or - for standard input, in any form that `run` takes. A report is one too: it is read at
the target it belongs to, and no other. Every input row has one row, as soon as its state is known.

\b
Examples:
  bulkcancel status report.csv
  bulkcancel status report.csv --wait --timeout 30m -o status.csv
  bulkcancel find 6e1d8a52-3c4b-4f0e-9a57-0b6a2c1d9e10 --status all | bulkcancel status -
"""


@click.command("status", help=_HELP, context_settings={"auto_envvar_prefix": "BULKCANCEL"})
@click.argument("input", required=False, metavar="[INPUT]", shell_complete=completion.files)
@click.option("--wait", is_flag=True, help="Read those that run again and again, until all have ended.")
@click.option(
    "--timeout",
    "wait_timeout",
    type=params.seconds,
    metavar="TIME",
    default="10m",
    show_default=True,
    help="With --wait: how long at most, once all rows are read [BULKCANCEL_WAIT_TIMEOUT].",
)
@click.option(
    "-o",
    "--output",
    metavar="PATH",
    shell_complete=completion.files,
    help="A new file instead of standard output.",
)
@click.option(
    "--format",
    "form",
    type=params.Choice([form.value for form in StatusFormat]),
    help="How they are written. [default: table on a terminal, else csv]",
)
@options.request_options
@click.option(
    "--request-timeout",
    "timeout",
    type=params.seconds,
    metavar="TIME",
    default="30s",
    show_default=True,
    help="For one request, to the last byte [BULKCANCEL_TIMEOUT].",
)
@options.column_options
@options.target_options
@options.message_options
def command(**values: Any) -> "ExitCode":  # noqa: ANN401 - one value per option
    """Run it."""
    # Most of the program: slow to import, and not needed for `--help`.
    from bulkcancel.cli.reading import read_and_show  # noqa: PLC0415 - see above

    clock, typed = SystemClock(), StatusOptions.of(values)
    return read_and_show(typed, current(), options.messages(typed.messages, clock), clock)
