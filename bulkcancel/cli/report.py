"""`bulkcancel report`: its words."""

from typing import TYPE_CHECKING, Any

import click

from bulkcancel.cli import completion, exit_codes, options, params
from bulkcancel.cli.command import Command, Example
from bulkcancel.cli.file_names import FILLED_IN
from bulkcancel.cli.invocation import current
from bulkcancel.cli.report_options import ReportOptions
from bulkcancel.cli.sections import Section, in_section
from bulkcancel.clock import SystemClock

if TYPE_CHECKING:
    from bulkcancel.models import ExitCode

# Not the function's docstring, which PYTHONOPTIMIZE=2 takes away.
_HELP = """Tell what happened, from the reports that `run` wrote.

FILE is a report, CSV or JSON lines, gzipped or not; - is one on standard input. Several, of shards or of
later tries, are merged by pair: the row that got further counts, and among equals the later one. No keys
are needed and nothing is sent; a report that is being written is read as far as it is.
"""
_EXAMPLES = (
    Example(
        "What happened, as text; the run's summary says why it paused, and how it ended.",
        "bulkcancel report incident-report.csv --summary summary.json",
    ),
    Example(
        "One page of all shards, to show the team.",
        "bulkcancel report part-1.csv part-2.csv --html incident.html",
    ),
    Example(
        "What is left to do after two tries, as an input for run.",
        "bulkcancel report first.csv second.csv --failed again.csv",
    ),
)


@click.command("report", cls=Command, help=_HELP, examples=_EXAMPLES, exit_codes=exit_codes.REPORT)
@click.argument(
    "files",
    type=params.given_file_text,
    nargs=-1,
    required=True,
    metavar="FILE...",
    shell_complete=completion.files,
)
@in_section(
    Section.INPUT,
    click.option(
        "--summary",
        multiple=True,
        type=click.Path(),
        metavar="PATH",
        shell_complete=completion.files,
        help="What run --summary PATH wrote: adds its reason, end, quota and pauses; may be repeated.",
    ),
)
@in_section(
    Section.OUTPUT,
    click.option(
        "--json",
        is_flag=True,
        help="Write one JSON document instead of text.",
    ),
    click.option(
        "--markdown",
        is_flag=True,
        help="Write Markdown instead, for a ticket or a post-mortem.",
    ),
    click.option(
        "--html",
        type=params.file_name_text,
        metavar="OUT",
        shell_complete=completion.files,
        help=f"Also write one page that opens without a network; - instead of text. {FILLED_IN}",
    ),
    click.option(
        "--failed",
        type=params.file_name_text,
        metavar="OUT",
        shell_complete=completion.files,
        help="Also write the rows to be tried again to a new file, as INPUT for run; - instead of text. "
        f"{FILLED_IN}",
    ),
)
@options.log_format_option
@in_section(Section.MESSAGES, click.option("-q", "--quiet", is_flag=True, help="Say only how it ended."))
def command(**values: Any) -> "ExitCode":  # noqa: ANN401 - one value per option
    """Tell it."""
    # What does the work is slow to import, and not needed for `--help`.
    from bulkcancel.cli.reporting import report  # noqa: PLC0415 - see above

    return report(ReportOptions.of(values), current(), SystemClock())
