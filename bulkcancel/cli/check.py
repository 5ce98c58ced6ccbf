"""`bulkcancel check`: its words."""

from typing import TYPE_CHECKING, Any

import click

from bulkcancel.cli import exit_codes, options, params
from bulkcancel.cli.check_options import CheckOptions
from bulkcancel.cli.command import Command, Example
from bulkcancel.cli.invocation import current
from bulkcancel.cli.sections import Section, in_section
from bulkcancel.clock import SystemClock

if TYPE_CHECKING:
    from bulkcancel.models import ExitCode

# Not the function's docstring, which PYTHONOPTIMIZE=2 takes away.
_HELP = """Prove site, network, keys and permissions, before an incident does.

It looks, in this order, at name resolution, proxy, TLS, the clock, the API key, both keys, the
permissions workflows_read and workflows_run, and the quota, and writes one line for each. It reads
only: nothing is canceled or changed.
"""
_MARKS = (
    ("ok", "it is as it should be"),
    ("?", "it can't be told, or was not checked because something before it failed"),
    ("FAIL", "it is not; the line below says what to do"),
)
_EXAMPLES = (
    Example("Before the shift: does it all work?", "bulkcancel check"),
    Example(
        "At another site, with keys from a private file.",
        "bulkcancel check --site eu --keys-file ~/.bulkcancel-keys",
    ),
    Example("For a monitor: one JSON document.", "bulkcancel check --json"),
)


@click.command(
    "check",
    cls=Command,
    help=_HELP,
    lists={"Each line begins with": _MARKS},
    examples=_EXAMPLES,
    exit_codes=exit_codes.CHECK,
)
@in_section(
    Section.OUTPUT,
    click.option("--json", "as_json", is_flag=True, help="Write one JSON document instead of lines."),
)
@options.target_options
@in_section(
    Section.PACE,
    click.option(
        "--timeout",
        type=params.seconds,
        metavar="TIME",
        default="4s",
        show_default=True,
        help="For each step: a name, a first contact, and what is asked with the keys.",
    ),
)
@options.log_format_option
def command(**values: Any) -> "ExitCode":  # noqa: ANN401 - one value per option
    """Check it."""
    # Most of the program: slow to import, and not needed for `--help`.
    from bulkcancel.cli.checking import check_all  # noqa: PLC0415 - see above

    return check_all(CheckOptions.of(values), current(), SystemClock())
