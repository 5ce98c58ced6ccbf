"""`bulkcancel find`: its words."""

from typing import TYPE_CHECKING, Any

import click

from bulkcancel.cli import exit_codes, options, params
from bulkcancel.cli.command import Command, Example
from bulkcancel.cli.find_options import FindOptions, FoundFormat
from bulkcancel.cli.invocation import current
from bulkcancel.cli.sections import Section, in_section
from bulkcancel.cli.watching_options import statsd_option
from bulkcancel.clock import SystemClock

if TYPE_CHECKING:
    from bulkcancel.models import ExitCode

# Not the function's docstring, which PYTHONOPTIMIZE=2 takes away.
_HELP = """List instances of each WORKFLOW, as an input for `run`.

WORKFLOW is an id or a pasted link; - reads them from standard input, one a line. Each instance stands
once, as soon as its page is in, although new ones shift the pages.
"""
_WORKFLOW = "6e1d8a52-3c4b-4f0e-9a57-0b6a2c1d9e10"
_EXAMPLES = (
    Example(
        "What has been running for two hours, as an input for run.",
        f"bulkcancel find {_WORKFLOW} --older-than 2h -o incident.csv",
    ),
    Example("How many run in each workflow.", "bulkcancel find --all-workflows --count"),
    Example(
        "Find and cancel in one go, without a question.",
        "bulkcancel find --name nightly | bulkcancel run - --yes",
    ),
)


@click.command("find", cls=Command, help=_HELP, examples=_EXAMPLES, exit_codes=exit_codes.FIND)
@options.workflow_options
@in_section(
    Section.INSTANCES,
    click.option(
        "--status",
        "statuses",
        multiple=True,
        metavar="KIND",
        help="Their state: running, ended, all, or as the API spells it; may be repeated. [default: running]",
    ),
    options.age_options,
    click.option("--limit", type=params.count, metavar="N", help="Stop after N instances."),
)
@options.output_options(
    FoundFormat,
    click.option("--count", is_flag=True, help="Only how many there are in each workflow."),
)
@options.pace_options
@statsd_option
@options.target_options
@options.ok_exit_option
@options.message_options
def command(**values: Any) -> "ExitCode":  # noqa: ANN401 - one value per option
    """Run it."""
    # Most of the program: slow to import, and not needed for `--help`.
    from bulkcancel.cli.search import search  # noqa: PLC0415 - see above

    clock, typed = SystemClock(), FindOptions.of(values)
    return search(typed, current(), options.messages(typed.messages, clock), clock)
