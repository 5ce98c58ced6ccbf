"""`bulkcancel drain`: its words."""

from typing import TYPE_CHECKING, Any

import click

from bulkcancel.cli import options, params
from bulkcancel.cli.drain_options import DrainChoices
from bulkcancel.cli.invocation import current
from bulkcancel.clock import SystemClock

if TYPE_CHECKING:
    from bulkcancel.models import ExitCode

# Not the function's docstring, which PYTHONOPTIMIZE=2 takes away.
_HELP = """Cancel what runs of each WORKFLOW, again and again, until nothing does, and prove it.

WORKFLOW is an id or a pasted link; - reads them from standard input, one a line. Each pass lists what
runs, cancels it and watches it end. It ends well when two passes in a row have found nothing.

A workflow that is published keeps starting instances. With --unpublish its automatic triggers stop first.

\b
Examples:
  bulkcancel drain 6e1d8a52-3c4b-4f0e-9a57-0b6a2c1d9e10 --unpublish -o drain.csv
  bulkcancel drain 6e1d8a52-3c4b-4f0e-9a57-0b6a2c1d9e10 --dry-run
  bulkcancel drain --name nightly --older-than 2h --max-instances 500 --yes
"""


@click.command("drain", help=_HELP, context_settings={"auto_envvar_prefix": "BULKCANCEL"})
@options.workflow_options
@options.age_options
@click.option(
    "--unpublish",
    is_flag=True,
    help="First stop the workflows' automatic triggers: published is set to false.",
)
@click.option("--republish", is_flag=True, help="At the end, whatever the end, publish them again.")
@click.option(
    "--settle",
    type=params.seconds,
    metavar="TIME",
    default="10s",
    show_default=True,
    help="Between the two passes that must find nothing. Buffered instances may start minutes late.",
)
@click.option(
    "--max-instances", type=click.IntRange(min=1), metavar="N", help="If more are found, send nothing."
)
@options.report_options
@options.pace_options
@options.end_options
@options.lookup_options
@click.option(
    "--verify-timeout",
    type=params.seconds,
    metavar="TIME",
    default="10s",
    show_default=True,
    help="For one instance, before its cancel is sent again.",
)
@options.account_options
@click.option("--any-id", is_flag=True, help="Accept ids that are not UUIDs.")
@options.target_options
@options.message_options
def command(**values: Any) -> "ExitCode":  # noqa: ANN401 - one value per option
    """Run it."""
    # Most of the program: slow to import, and not needed for `--help`.
    from bulkcancel.cli.draining import prepare_and_drain  # noqa: PLC0415 - see above

    clock, typed = SystemClock(), DrainChoices.of(values)
    return prepare_and_drain(typed, current(), options.messages(typed.run.messages, clock), clock)
