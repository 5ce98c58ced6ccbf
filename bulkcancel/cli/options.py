"""The options that commands share, in groups."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bulkcancel.cli import completion, params
from bulkcancel.cli.file_names import FILLED_IN
from bulkcancel.cli.invocation import current
from bulkcancel.cli.run_options import IfLocked
from bulkcancel.cli.sections import Section, in_section
from bulkcancel.progress.log_events import LogEvent
from bulkcancel.progress.messages import LogFormat, Messages
from bulkcancel.sandbox import Scenario
from bulkcancel.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import StrEnum

    from bulkcancel.cli.typed_options import MessageOptions
    from bulkcancel.clock import Clock

DEFAULTS = Settings()
_MOST_CONCURRENT = 1024


_SCENARIOS = ", ".join(scenario.value for scenario in Scenario)
_any_id = click.option("--any-id", is_flag=True, help="Accept ids that are not UUIDs.")

column_options = in_section(
    Section.INPUT,
    click.option("--workflow-column", metavar="NAME", help="The column that holds workflow ids."),
    click.option("--instance-column", metavar="NAME", help="The column that holds instance ids."),
    click.option("--workflow-id", metavar="ID", help="The workflow of a list of bare instance ids."),
    _any_id,
)

workflow_options = in_section(
    Section.WORKFLOWS,
    click.argument("workflows", nargs=-1, metavar="[WORKFLOW]..."),
    click.option("--all-workflows", is_flag=True, help="Look into every workflow that the API lists."),
    click.option("--name", metavar="TEXT", help="Look into the workflows that the API finds for this text."),
    _any_id,
)

age_options = in_section(
    Section.INSTANCES,
    click.option(
        "--older-than", type=params.seconds, metavar="TIME", help="Started at least that long ago: 2h."
    ),
    click.option(
        "--newer-than", type=params.seconds, metavar="TIME", help="Started at most that long ago: 10m."
    ),
    click.option(
        "--started-after",
        type=params.moment,
        metavar="TIME",
        help="Started then or later: 2026-01-31T12:00Z.",
    ),
    click.option("--started-before", type=params.moment, metavar="TIME", help="Started earlier than that."),
    click.option(
        "--source",
        "sources",
        multiple=True,
        metavar="WORD",
        help="Started by that: manual, api, schedule, …; may be repeated.",
    ),
)

report_options = in_section(
    Section.REPORT,
    click.option(
        "-o",
        "--report",
        type=params.file_name,
        metavar="PATH",
        shell_complete=completion.files,
        help=f"The report, .csv or .jsonl, or - for standard output. {FILLED_IN} "
        "[default: bulkcancel-<UTC time>.csv]",
    ),
    click.option("--resume", is_flag=True, help="Continue the report at -o; what is done is not sent again."),
)

question_options = in_section(
    Section.QUESTION,
    click.option("--dry-run", is_flag=True, help="Check the input, show the plan, send nothing."),
    click.option("-y", "--yes", is_flag=True, help="Do not ask."),
)

end_options = in_section(
    Section.STOP,
    click.option("--max-duration", type=params.seconds, metavar="TIME", help="Stop after that long: 50m."),
    click.option(
        "--max-failures",
        type=params.failure_limit,
        metavar="N|N%",
        help="Stop after that many failed rows, or percent.",
    ),
)

lookup_options = in_section(
    Section.DONE,
    click.option("--ignore-not-found", is_flag=True, help="Rows answered 404 leave the exit code at 0."),
    click.option(
        "--no-lookup",
        "lookup",
        flag_value=False,
        default=True,
        is_flag=True,
        help="Do not read a row answered 400 or 404 to see whether the instance had simply ended.",
    ),
)

account_options = in_section(
    Section.REPORT,
    click.option("--reason", metavar="TEXT", help="Why, for the plan and the summary."),
    click.option(
        "--summary",
        type=params.file_path,
        metavar="PATH",
        shell_complete=completion.files,
        help=f"Write the summary there, as JSON. {FILLED_IN}",
    ),
)

ok_exit_option = in_section(
    Section.JOB,
    click.option(
        "--ok-exit",
        type=params.ok_exit,
        multiple=True,
        metavar="CODE[,CODE]",
        help="End with 0 in place of that exit code: 1, or 3 if --max-duration is why; may be repeated.",
    ),
)

job_options = in_section(
    Section.JOB,
    click.option(
        "--lock",
        type=params.lock_name,
        metavar="NAME",
        help="Only one run of that name at a time, by this user on this machine; another is refused at once.",
    ),
    click.option(
        "--if-locked",
        type=params.Choice([choice.value for choice in IfLocked]),
        metavar="|".join(choice.value for choice in IfLocked),
        default=IfLocked.FAIL.value,
        show_default=True,
        help="What another one does meanwhile: fail with exit code 2, or skip with 0.",
    ),
    ok_exit_option,
)

target_options = in_section(
    Section.TARGET,
    click.option(
        "--site",
        metavar="SITE",
        envvar="DD_SITE",
        shell_complete=completion.sites,
        help="The Datadog site, datadoghq.eu or eu for short. [env var: DD_SITE; default: datadoghq.com]",
    ),
    click.option("--base-url", metavar="URL", help="A test server or gateway instead of a site."),
    click.option(
        "--keys-file",
        type=click.Path(path_type=Path),
        metavar="PATH",
        help="A private file with DD_API_KEY=… and DD_APP_KEY=… lines, instead of the environment.",
    ),
    click.option(
        "--ca-bundle",
        type=click.Path(path_type=Path),
        metavar="PATH",
        help="Certificates to trust instead of the usual.",
    ),
    in_section(
        Section.REHEARSAL,
        click.option("--sandbox", is_flag=True, help="Rehearse against a look-alike API on this machine."),
        click.option(
            "--scenario",
            type=params.Choice([scenario.value for scenario in Scenario]),
            metavar="NAME",
            help=f"What the rehearsal meets: {_SCENARIOS}. [default: calm]",
        ),
    ),
)

request_options = in_section(
    Section.PACE,
    click.option(
        "-c",
        "--concurrency",
        type=click.IntRange(1, _MOST_CONCURRENT),
        metavar="N",
        default=DEFAULTS.concurrency,
        show_default=True,
        help="Requests in flight at once.",
    ),
    click.option(
        "--rate", type=params.rate, metavar="N/UNIT", help="At most that many requests: 5/s, 300/m, 1000/h."
    ),
    click.option(
        "--headroom",
        type=params.headroom,
        metavar="SHARE",
        default="0%",
        help="Leave that share of the quota to others, 20%; the default leaves none.",
    ),
    click.option(
        "--max-attempts",
        type=click.IntRange(1, 100),
        metavar="N",
        default=DEFAULTS.max_attempts,
        show_default=True,
        help="Attempts per row that may fail with 5xx or a network fault.",
    ),
)

pace_options = in_section(
    Section.PACE,
    request_options,
    click.option(
        "--timeout",
        type=params.seconds,
        metavar="TIME",
        default="30s",
        show_default=True,
        help="For one request, to the last byte.",
    ),
)

log_format_option = in_section(
    Section.MESSAGES,
    click.option(
        "--log-format",
        type=params.Choice([form.value for form in LogFormat]),
        metavar="|".join(form.value for form in LogFormat),
        default=LogFormat.TEXT.value,
        show_default=True,
        help="How messages are written to standard error.",
    ),
)

message_options = in_section(
    Section.MESSAGES,
    log_format_option,
    click.option("-q", "--quiet", is_flag=True, help="Say only how it ended."),
    click.option("-v", "--verbose", is_flag=True, help="Say what became of each row."),
    click.option("--no-progress", is_flag=True, help="No progress display."),
)


def output_options(
    forms: "type[StrEnum]", *more: "Callable[[Any], Any]"
) -> "Callable[[Callable[..., Any]], Callable[..., Any]]":
    """Where rows go, and in which of those forms; and more of that section."""
    return in_section(
        Section.OUTPUT,
        click.option(
            "-o",
            "--output",
            type=params.file_name_text,
            metavar="PATH",
            shell_complete=completion.files,
            help=f"A new file instead of standard output. {FILLED_IN}",
        ),
        click.option(
            "--format",
            "form",
            type=params.Choice([form.value for form in forms]),
            metavar="FORMAT",
            help=f"How they are written: {', '.join(forms)}. [default: table on a terminal, else csv]",
        ),
        *more,
    )


def messages(options: "MessageOptions", clock: "Clock") -> Messages:
    """Make sense of the message options."""
    return Messages(
        current().stderr,
        clock,
        run_id=current().run_id,
        log_format=LogFormat(options.log_format),
        quiet=options.quiet,
        verbose=options.verbose,
    )


def say_if_unasked(said: Messages) -> None:
    """Say that the question is left out because of a variable, which nobody may remember to have set."""
    source = click.get_current_context().get_parameter_source("yes")
    if source is click.core.ParameterSource.ENVIRONMENT:
        said.info(LogEvent.QUESTION_SKIPPED, "Not asking: BULKCANCEL_YES is set in the environment.")
