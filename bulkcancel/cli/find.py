"""`bulkcancel find`: its words."""

from typing import TYPE_CHECKING, Any

import click

from bulkcancel.cli import completion, options, params
from bulkcancel.cli.find_options import FindOptions, FoundFormat
from bulkcancel.cli.invocation import current
from bulkcancel.clock import SystemClock

if TYPE_CHECKING:
    from bulkcancel.models import ExitCode

# Not the function's docstring, which PYTHONOPTIMIZE=2 takes away.
_HELP = """List instances of each WORKFLOW, as an input for `run`.

WORKFLOW is an id or a pasted link; - reads them from standard input, one a line. Each instance stands
once, as soon as its page is in, although new ones shift the pages.

\b
Examples:
  bulkcancel find 6e1d8a52-3c4b-4f0e-9a57-0b6a2c1d9e10 --older-than 2h
  bulkcancel find --all-workflows --count
  bulkcancel find 6e1d8a52-3c4b-4f0e-9a57-0b6a2c1d9e10 | bulkcancel run - --yes
"""


@click.command("find", help=_HELP, context_settings={"auto_envvar_prefix": "BULKCANCEL"})
@options.workflow_options
@click.option(
    "--status",
    "statuses",
    multiple=True,
    metavar="running|ended|all|KIND",
    help="What they must be, a KIND as the API spells it; may be repeated. [default: running]",
)
@options.age_options
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Stop after N instances.")
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
    type=params.Choice([form.value for form in FoundFormat]),
    help="How they are written. [default: table on a terminal, else csv]",
)
@click.option("--count", is_flag=True, help="Only how many there are in each workflow.")
@click.option("--any-id", is_flag=True, help="Accept ids that are not UUIDs.")
@options.pace_options
@options.target_options
@options.message_options
def command(**values: Any) -> "ExitCode":  # noqa: ANN401 - one value per option
    """Run it."""
    # Most of the program: slow to import, and not needed for `--help`.
    from bulkcancel.cli.search import search  # noqa: PLC0415 - see above

    clock, typed = SystemClock(), FindOptions.of(values)
    return search(typed, current(), options.messages(typed.messages, clock), clock)
