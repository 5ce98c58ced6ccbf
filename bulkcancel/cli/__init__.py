"""The command line: words become `Settings`, rooms are wired, an exit code is returned."""

import os
import resource
import sys
from contextlib import suppress
from difflib import get_close_matches
from importlib import import_module
from io import StringIO

import click

from bulkcancel._version import __version__
from bulkcancel.cli.mishaps import (
    VARIABLE_PREFIX,
    apology,
    fit_to_show,
    refuse_keys_as_options,
    refuse_misspelled_variables,
    refuse_unwritable_key_log,
)
from bulkcancel.errors import BulkCancelError
from bulkcancel.models import ExitCode

# Each command's module is imported when it is used: `--help` and completion stay quick.
_COMMANDS = {
    "run": ("bulkcancel.cli.run", "Cancel every instance in an input, and report on each."),
    "sandbox": ("bulkcancel.cli.sandbox", "Serve a look-alike of the API on loopback, for rehearsals."),
}
# Not a docstring, which PYTHONOPTIMIZE=2 takes away.
_HELP = """Cancel many Datadog workflow executions at once, within the rate limit.

Every option of a command can also be set in the environment, as BULKCANCEL_<OPTION>.
"""
_EXIT_CODES = """\b
Exit codes:
  0    every row is canceled, already finished, or a duplicate of one that is
  1    finished, and at least one row is not
  2    usage, configuration or declined: nothing was sent
  3    stopped early on purpose: refused credentials, --max-failures, --max-duration
  4    the report could no longer be written; sending stopped at once
  130  interrupted (143: terminated); drained, reported, resumable
"""


class _Commands(click.Group):
    """The commands by name, imported when needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - the same
        if cmd_name not in _COMMANDS:
            return None
        refuse_unwritable_key_log(os.environ)
        command = import_module(_COMMANDS[cmd_name][0]).command
        assert isinstance(command, click.Command)  # noqa: S101 - for the type checker
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - the same
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in _COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            close = get_close_matches(args[0], _COMMANDS, n=1)
            hint = f" Did you mean {close[0]}?" if close else f" The commands are: {', '.join(_COMMANDS)}."
            ctx.fail(f"No such command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Commands,
    help=_HELP,
    epilog=_EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="bulkcancel")
def _bulkcancel() -> None:
    """Hold the commands together."""


def main(args: list[str] | None = None) -> int:
    """Run the command line; returns the process's exit status."""
    words = sys.argv[1:] if args is None else args
    try:
        _leave_no_core_dump()
        refuse_keys_as_options(words)
        if variables := [name for name in os.environ if name.startswith(VARIABLE_PREFIX)]:
            refuse_misspelled_variables(variables, _option_names())
        code = _bulkcancel.main(words, prog_name="bulkcancel", standalone_mode=False, obj=list(words))
    except click.ClickException as error:
        shown = StringIO()
        error.show(shown)
        _say(shown.getvalue().rstrip("\n"))
        return error.exit_code
    except BulkCancelError as error:
        _say(str(error))
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        _say("Interrupted; nothing was sent.")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        _abandon_output()
        return ExitCode.USAGE
    except Exception as error:  # noqa: BLE001 - nobody is to meet a traceback, with whatever it holds
        for line in apology(error, verbose=not {"-v", "--verbose"}.isdisjoint(words)):
            _say(line)
        return ExitCode.STOPPED
    return int(code or 0)


def _option_names() -> set[str]:
    """The names of all commands' options, as click has them."""
    context = click.Context(_bulkcancel)
    commands = filter(None, (_bulkcancel.get_command(context, name) for name in _COMMANDS))
    return {param.name for command in commands for param in command.params if param.name}


def _leave_no_core_dump() -> None:
    """Keep a crash from writing this process's memory, keys and all, to a file."""
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _say(text: str) -> None:
    with suppress(OSError, ValueError):
        click.echo(fit_to_show(text), err=True)


def _abandon_output() -> None:
    """Keep the interpreter from complaining about a closed pipe when it flushes at its end."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.close()
