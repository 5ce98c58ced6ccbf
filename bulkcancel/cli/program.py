"""The program: its commands, and what becomes of whatever they raise."""

import os
import resource
import sys
from contextlib import suppress
from difflib import get_close_matches
from importlib import import_module
from io import StringIO
from typing import Any
from uuid import uuid4

import click

from bulkcancel._version import __version__
from bulkcancel.cli import exit_codes
from bulkcancel.cli.command import Example, WithSections
from bulkcancel.cli.invocation import Invocation
from bulkcancel.cli.own_faults import apology, fit_to_show
from bulkcancel.cli.refusals import (
    VARIABLE_PREFIX,
    refuse_keys_as_options,
    refuse_misspelled_variables,
    refuse_unwritable_key_log,
)
from bulkcancel.cli.sections import Section, in_section
from bulkcancel.cli.signals import Signals
from bulkcancel.clock import SystemClock
from bulkcancel.errors import BulkCancelError
from bulkcancel.models import ExitCode, StopReason
from bulkcancel.progress.log_events import LogEvent
from bulkcancel.progress.messages import LogFormat, Messages
from bulkcancel.progress.writer import BackgroundWriter

_PATIENCE = 0.5  # seconds without a reader after which the last words are given up
_LONGEST_WAIT = 10.0  # seconds for a reader who is slow

#: The commands. Each one's module is imported when it is used: `--help` and completion stay quick.
COMMANDS = {
    "check": ("bulkcancel.cli.check", "Prove site, network, keys and permissions, before an incident does."),
    "find": ("bulkcancel.cli.find", "List instances, as an input for run."),
    "run": ("bulkcancel.cli.run", "Cancel every instance in an input, and report on each."),
    "status": (
        "bulkcancel.cli.status",
        "Read the state of every instance in an input, once or until all have ended.",
    ),
    "drain": ("bulkcancel.cli.drain", "Cancel what runs, again and again, until nothing does, and prove it."),
    "report": (
        "bulkcancel.cli.report",
        "Tell what happened, from reports: as text, JSON, Markdown or a page.",
    ),
    "sandbox": ("bulkcancel.cli.sandbox", "Serve a look-alike of the API on loopback, for rehearsals."),
}
# Not a docstring, which PYTHONOPTIMIZE=2 takes away.
_HELP = """Cancel many Datadog workflow executions at once, within the rate limit.

Every option of a command can also be set in the environment, as BULKCANCEL_<OPTION>.
More of a command: bulkcancel COMMAND --help.
"""
_EXAMPLES = (
    Example("Rehearse it all, without keys.", "bulkcancel run incident.csv --sandbox"),
    Example("See that keys and permissions are as they should be.", "bulkcancel check"),
    Example("Cancel what a file lists, after a question.", "bulkcancel run incident.csv -o report.csv"),
)


class _Commands(click.Group, WithSections):
    """The commands by name, imported when needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - the same
        if cmd_name not in COMMANDS:
            return None
        refuse_unwritable_key_log(os.environ)
        command = import_module(COMMANDS[cmd_name][0]).command
        assert isinstance(command, click.Command)  # noqa: S101 - for the type checker
        return command

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.format_commands(ctx, formatter)
        WithSections.format_options(self, ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - the same
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's signature
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:  # click would begin a line for it, and wait for whoever reads
            raise click.Abort from None
        except EOFError as error:  # a fault, such as half a module: click would take it for a person's answer
            raise ExceptionGroup("A fault of our own", [error]) from None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            close = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean {close[0]}?" if close else f" The commands are: {', '.join(COMMANDS)}."
            ctx.fail(f"No such command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Commands,
    help=_HELP,
    examples=_EXAMPLES,
    exit_codes=exit_codes.RUN,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@in_section(Section.HELP, click.version_option(__version__, prog_name="bulkcancel"))
def group() -> None:
    """Hold the commands together."""


def main(args: list[str] | None = None, *, signals: Signals | None = None) -> int:
    """Run the command line; returns the process's exit status.

    Args:
        args: The words after the program's name; by default those of this process.
        signals: Where whoever calls us handles signals already; else we do, until this returns.
    """
    words = sys.argv[1:] if args is None else list(args)
    stderr = BackgroundWriter(sys.stderr)
    run_id = str(uuid4())
    clock = SystemClock()
    messages = Messages(stderr, clock, run_id=run_id, log_format=_log_format(words))
    taken = signals or Signals()
    if signals is None:
        taken.take_over()
    try:
        return _run(Invocation(words, stderr, taken, run_id, clock.wall()), messages)
    finally:
        taken.let_pass()
        stderr.close(_PATIENCE, _PATIENCE if taken.leaves_at_once else _LONGEST_WAIT)
        if signals is None:
            taken.give_back()


def _run(invocation: Invocation, messages: Messages) -> int:
    words, signals = invocation.words, invocation.signals
    try:
        _leave_no_core_dump()
        refuse_keys_as_options(words)
        if variables := [name for name in os.environ if name.startswith(VARIABLE_PREFIX)]:
            refuse_misspelled_variables(variables, _option_names())
        code = group.main(words, prog_name="bulkcancel", standalone_mode=False, obj=invocation)
    except click.ClickException as error:
        messages.error(
            LogEvent.FAILED, fit_to_show(_words_of(error, messages)), exit_code=int(error.exit_code)
        )
        return error.exit_code
    except BulkCancelError as error:
        messages.error(LogEvent.FAILED, fit_to_show(str(error)), exit_code=int(error.exit_code))
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        signals.let_pass()
        reason = signals.reason or StopReason.INTERRUPTED
        if not signals.has_begun:
            text = f"{reason.value.capitalize()}; nothing was sent."
            messages.last(LogEvent.ENDED, text, exit_code=int(reason.exit_code))
        return reason.exit_code
    except SystemExit as error:  # click's, after completion, or where nobody reads the help
        return int(error.code or 0)
    except Exception as error:  # noqa: BLE001 - nobody is to meet a traceback, with whatever it holds
        *lines, last = apology(error, verbose=not {"-v", "--verbose"}.isdisjoint(words))
        if messages.is_plain:
            last = "\n".join((*lines, last))
        else:
            messages.info(LogEvent.TRACE, *map(fit_to_show, lines))
        messages.error(LogEvent.FAILED, fit_to_show(last), exit_code=int(ExitCode.STOPPED))
        return ExitCode.STOPPED
    return int(code or 0)


def _log_format(words: list[str]) -> LogFormat:
    """How messages are to be written, as far as it can be told of words that may be wrong."""
    chosen = os.environ.get(f"{VARIABLE_PREFIX}LOG_FORMAT", "")
    for word, following in zip(words, [*words[1:], ""], strict=False):
        name, equals, value = word.partition("=")
        if name == "--log-format":
            chosen = value if equals else following
    return LogFormat.JSON if chosen == LogFormat.JSON.value else LogFormat.TEXT


def _words_of(error: click.ClickException, messages: Messages) -> str:
    """What click says of a mistake: with the usage, or where a program reads it, the sentence alone."""
    if not messages.is_plain:
        return error.format_message()
    shown = StringIO()
    error.show(shown)
    return shown.getvalue().rstrip("\n")


def _option_names() -> set[str]:
    """The names of all commands' options, as click has them."""
    context = click.Context(group)
    commands = filter(None, (group.get_command(context, name) for name in COMMANDS))
    return {param.name for command in commands for param in command.params if param.name}


def _leave_no_core_dump() -> None:
    """Keep a crash from writing this process's memory, keys and all, to a file."""
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
