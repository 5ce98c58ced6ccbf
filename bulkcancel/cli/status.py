"""`bulkcancel status`: its words."""

from typing import TYPE_CHECKING, Any

import click

from bulkcancel.cli import completion, exit_codes, options, params
from bulkcancel.cli.command import Command, Example
from bulkcancel.cli.file_names import with_real_name
from bulkcancel.cli.invocation import current
from bulkcancel.cli.sections import Section, in_section
from bulkcancel.cli.status_options import StatusFormat, StatusOptions
from bulkcancel.cli.watching_options import statsd_option
from bulkcancel.clock import SystemClock

if TYPE_CHECKING:
    from bulkcancel.models import ExitCode

# Not the function's docstring, which PYTHONOPTIMIZE=2 takes away.
_HELP = """Read the state of every instance in INPUT: the proof that what was canceled has ended.

INPUT is a file, or - for standard input, in any form that `run` takes. A report is one too: it is read at
the target it belongs to, and no other. Every input row has one row, as soon as its state is known.
"""
_EXAMPLES = (
    Example("Whether what a run has canceled has ended.", "bulkcancel status report.csv"),
    Example(
        "Wait until all have ended, and keep the states.",
        "bulkcancel status report.csv --wait --timeout 30m -o status.csv",
    ),
    Example(
        "The states of whatever one workflow has started.",
        "bulkcancel find 6e1d8a52-3c4b-4f0e-9a57-0b6a2c1d9e10 --status all | bulkcancel status -",
    ),
)


@click.command("status", cls=Command, help=_HELP, examples=_EXAMPLES, exit_codes=exit_codes.STATUS)
@click.argument(
    "input", type=params.given_file, required=False, metavar="[INPUT]", shell_complete=completion.files
)
@in_section(
    Section.WAITING,
    click.option("--wait", is_flag=True, help="Read those that run again and again, until all have ended."),
    click.option(
        "--timeout",
        "wait_timeout",
        type=params.seconds,
        metavar="TIME",
        default="10m",
        show_default=True,
        show_envvar=True,
        help="With --wait: how long at most, once all rows are read.",
    ),
)
@options.output_options(StatusFormat)
@options.request_options
@in_section(
    Section.PACE,
    click.option(
        "--request-timeout",
        "timeout",
        type=params.seconds,
        metavar="TIME",
        default="30s",
        show_default=True,
        show_envvar=True,
        help="For one request, to the last byte.",
    ),
)
@options.column_options
@statsd_option
@options.target_options
@options.ok_exit_option
@options.message_options
def command(**values: Any) -> "ExitCode":  # noqa: ANN401 - one value per option
    """Run it."""
    # Most of the program: slow to import, and not needed for `--help`.
    from bulkcancel.cli.reading import read_and_show  # noqa: PLC0415 - see above

    clock, typed = SystemClock(), StatusOptions.of(values)
    invocation = with_real_name(current(), values["input"])
    return read_and_show(typed, invocation, options.messages(typed.messages, clock), clock)
