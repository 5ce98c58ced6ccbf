"""The options for who watches from afar: metrics, events, and a command at the end."""

import os
import shlex
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import click

from bulkcancel.cli.sections import Section, in_section
from bulkcancel.errors import ConfigurationError
from bulkcancel.metrics.address import AgentAddress

if TYPE_CHECKING:
    from collections.abc import Mapping

# As a variable, it has to say yes somehow.
_DEFAULT_AGENT = frozenset({"", "1", "true", "yes", "on"})
_NO_AGENT = frozenset({"0", "false", "no", "off"})

statsd_option = in_section(
    Section.MONITORING,
    click.option(
        "--statsd",
        is_flag=False,
        flag_value="",
        metavar="[AGENT]",
        help="Send metrics to a local agent, HOST:PORT or unix:///PATH; without a value, to the one that "
        "DD_DOGSTATSD_URL or DD_AGENT_HOST names, else localhost:8125.",
    ),
)

watching_options = in_section(
    Section.MONITORING,
    statsd_option,
    click.option(
        "--event", is_flag=True, help="Put an event into the event stream at the start and the end."
    ),
    click.option(
        "--notify-command",
        metavar="CMD",
        help="Run it at the end, whatever the end, with the summary on standard input; not by a shell.",
    ),
)


@dataclass(frozen=True, slots=True)
class WatchingOptions:
    """Who is told, beside whoever reads standard error.

    Attributes:
        statsd: The agent that gets metrics, or None.
        event: Whether the event stream gets an event at the start and at the end.
        notify_command: The command that gets the summary, as words; none where there is none.
    """

    statsd: AgentAddress | None
    event: bool
    notify_command: tuple[str, ...]

    @classmethod
    def of(cls, values: "Mapping[str, Any]") -> Self:
        """The options that click read, by their names.

        Raises:
            ConfigurationError: One of them can't be used.
        """
        return cls(
            statsd=agent_address(values["statsd"]),
            event=values["event"],
            notify_command=_words(values["notify_command"]),
        )


def agent_address(text: str | None) -> AgentAddress | None:
    """The agent that an option names, or None where it is not given.

    Raises:
        ConfigurationError: It is no address.
    """
    if text is None or text.lower() in _NO_AGENT:
        return None
    if text.lower() not in _DEFAULT_AGENT:
        return AgentAddress.of(text)
    return AgentAddress.of_environment(
        *(os.environ.get(name, "") for name in ("DD_DOGSTATSD_URL", "DD_AGENT_HOST", "DD_DOGSTATSD_PORT"))
    )


def _words(command: str | None) -> tuple[str, ...]:
    """The words of a command that can be run."""
    if command is None:
        return ()
    try:
        words = tuple(shlex.split(command))
    except ValueError as error:
        raise ConfigurationError(f"--notify-command can't be read: {error}. Nothing was sent.") from None
    if not words:
        raise ConfigurationError("--notify-command is empty. Nothing was sent.")
    if shutil.which(words[0]) is None:
        raise ConfigurationError(
            f"--notify-command can't be run: there is no program {words[0]!r}. No shell reads it: for pipes "
            "and variables, write a script. Nothing was sent."
        )
    return words
