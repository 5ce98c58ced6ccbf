"""The options that commands share, in groups."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bulkcancel.cli import completion, params
from bulkcancel.cli.invocation import current
from bulkcancel.progress.messages import LogFormat, Messages
from bulkcancel.sandbox import Scenario
from bulkcancel.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from bulkcancel.cli.typed_options import MessageOptions
    from bulkcancel.clock import Clock

_Function = TypeVar("_Function", bound="Callable[..., Any]")

DEFAULTS = Settings()
_MOST_CONCURRENT = 1024


def together(*options: "Callable[[Any], Any]") -> "Callable[[_Function], _Function]":
    """Several options as one decorator, shown in this order."""

    def decorate(function: _Function) -> _Function:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


column_options = together(
    click.option("--workflow-column", metavar="NAME", help="The column that holds workflow ids."),
    click.option("--instance-column", metavar="NAME", help="The column that holds instance ids."),
    click.option("--workflow-id", metavar="ID", help="The workflow of a list of bare instance ids."),
    click.option("--any-id", is_flag=True, help="Accept ids that are not UUIDs."),
)

target_options = together(
    click.option(
        "--site",
        metavar="SITE",
        envvar="DD_SITE",
        shell_complete=completion.sites,
        help="The Datadog site, datadoghq.eu or eu for short [DD_SITE].",
    ),
    click.option("--base-url", metavar="URL", help="A test server or gateway instead of a site."),
    click.option(
        "--keys-file",
        type=click.Path(path_type=Path),
        help="A private file with DD_API_KEY=… and DD_APP_KEY=… lines, instead of the environment.",
    ),
    click.option(
        "--ca-bundle", type=click.Path(path_type=Path), help="Certificates to trust instead of the usual."
    ),
    click.option("--sandbox", is_flag=True, help="Rehearse against a look-alike API on this machine."),
    click.option(
        "--scenario",
        type=params.Choice([scenario.value for scenario in Scenario]),
        help="What the rehearsal meets (with --sandbox).",
    ),
)

pace_options = together(
    click.option(
        "-c",
        "--concurrency",
        type=click.IntRange(1, _MOST_CONCURRENT),
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
        default=DEFAULTS.max_attempts,
        show_default=True,
        help="Attempts per row that may fail with 5xx or a network fault.",
    ),
    click.option(
        "--timeout",
        type=params.seconds,
        metavar="TIME",
        default="30s",
        show_default=True,
        help="For one request, to the last byte.",
    ),
)

log_format_option = click.option(
    "--log-format",
    type=params.Choice([form.value for form in LogFormat]),
    default=LogFormat.TEXT.value,
    help="How messages are written to standard error.",
)

message_options = together(
    log_format_option,
    click.option("-q", "--quiet", is_flag=True, help="Say only how it ended."),
    click.option("-v", "--verbose", is_flag=True, help="Say what became of each row."),
    click.option("--no-progress", is_flag=True, help="No progress display."),
)


def messages(options: "MessageOptions", clock: "Clock") -> Messages:
    """Make sense of the message options."""
    return Messages(
        current().stderr,
        clock,
        log_format=LogFormat(options.log_format),
        quiet=options.quiet,
        verbose=options.verbose,
    )


def say_if_unasked(said: Messages) -> None:
    """Say that the question is left out because of a variable, which nobody may remember to have set."""
    source = click.get_current_context().get_parameter_source("yes")
    if source is click.core.ParameterSource.ENVIRONMENT:
        said.info("Not asking: BULKCANCEL_YES is set in the environment.")
