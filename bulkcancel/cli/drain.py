"""`bulkcancel drain`: its words."""

from typing import TYPE_CHECKING, Any

import click

from bulkcancel.cli import exit_codes, options, params
from bulkcancel.cli.command import Command, Example
from bulkcancel.cli.drain_options import DrainChoices
from bulkcancel.cli.invocation import current
from bulkcancel.cli.sections import Section, in_section
from bulkcancel.cli.watching_options import watching_options
from bulkcancel.clock import SystemClock

if TYPE_CHECKING:
    from bulkcancel.models import ExitCode

# Not the function's docstring, which PYTHONOPTIMIZE=2 takes away.
_HELP = """Cancel what runs of each WORKFLOW, again and again, until nothing does, and prove it.

WORKFLOW is an id or a pasted link; - reads them from standard input, one a line. Each pass lists what
runs, cancels it and watches it end. It ends well when two passes in a row have found nothing.

A workflow that is published keeps starting instances. With --unpublish its automatic triggers stop first.
"""
_WORKFLOW = "6e1d8a52-3c4b-4f0e-9a57-0b6a2c1d9e10"
_EXAMPLES = (
    Example("What a drain would cancel; nothing is sent.", f"bulkcancel drain {_WORKFLOW} --dry-run"),
    Example(
        "Stop the triggers of a workflow that runs away, and drain it.",
        f"bulkcancel drain {_WORKFLOW} --unpublish -o drain.csv",
    ),
    Example(
        "In a job: what is old, without a question, and never more than 500.",
        "bulkcancel drain --name nightly --older-than 2h --max-instances 500 --yes",
    ),
)


@click.command("drain", cls=Command, help=_HELP, examples=_EXAMPLES, exit_codes=exit_codes.DRAIN)
@options.workflow_options
@options.age_options
@in_section(
    Section.TRIGGERS,
    click.option(
        "--unpublish",
        is_flag=True,
        help="First stop the workflows' automatic triggers: published is set to false.",
    ),
    click.option("--republish", is_flag=True, help="At the end, whatever the end, publish them again."),
)
@in_section(
    Section.QUESTION,
    options.question_options,
    click.option("--max-instances", type=params.count, metavar="N", help="If more are found, send nothing."),
)
@options.report_options
@options.pace_options
@options.end_options
@in_section(
    Section.DONE,
    click.option(
        "--settle",
        type=params.seconds,
        metavar="TIME",
        default="10s",
        show_default=True,
        help="Between the two passes that must find nothing. Buffered instances may start minutes late.",
    ),
    click.option(
        "--verify-timeout",
        type=params.seconds,
        metavar="TIME",
        default="10s",
        show_default=True,
        help="How long to watch one instance before its cancel is sent again.",
    ),
    options.lookup_options,
)
@options.account_options
@options.job_options
@watching_options
@options.target_options
@options.message_options
def command(**values: Any) -> "ExitCode":  # noqa: ANN401 - one value per option
    """Run it."""
    # Most of the program: slow to import, and not needed for `--help`.
    from bulkcancel.cli.draining import prepare_and_drain  # noqa: PLC0415 - see above
    from bulkcancel.cli.named_lock import run_alone  # noqa: PLC0415 - see above

    clock, typed = SystemClock(), DrainChoices.of(values)
    invocation, messages = current(), options.messages(typed.run.messages, clock)
    return run_alone(
        typed.run, invocation, messages, lambda: prepare_and_drain(typed, invocation, messages, clock)
    )
