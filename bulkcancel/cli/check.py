"""`bulkcancel check`: one line for each thing that a cancel needs."""

import asyncio
import json
import shutil
import sys
import textwrap
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import click

from bulkcancel.cli import options, params
from bulkcancel.cli.connection import find_connection, reachable, with_keys
from bulkcancel.cli.invocation import current
from bulkcancel.cli.streams import is_terminal
from bulkcancel.cli.typed_options import TargetOptions, pick
from bulkcancel.clock import SystemClock
from bulkcancel.errors import ConfigurationError, words_of
from bulkcancel.models import ExitCode, StopReason
from bulkcancel.progress.messages import LogFormat, Messages
from bulkcancel.progress.words import number_of
from bulkcancel.text import printable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bulkcancel.cli.connection import Connection
    from bulkcancel.cli.signals import Signals
    from bulkcancel.datadog import Credentials
    from bulkcancel.operations.findings import Finding

    Findings = tuple[Finding, ...]

_SCHEMA_VERSION = 1
_LABEL_WIDTH = 15
_LONGEST = 2_000  # characters of a line
_NARROWEST = 40

# Not the function's docstring, which PYTHONOPTIMIZE=2 takes away; \b keeps what follows it in its lines.
_HELP = """Prove site, network, keys and permissions, before an incident does.

It looks, in this order, at name resolution, proxy, TLS, the clock, the API key, both keys, the
permissions workflows_read and workflows_run, and the quota, and writes one line for each. It reads
only: nothing is canceled or changed.

\b
Each line begins with:
  ok    it is as it should be
  ?     it can't be told, or was not checked because something before it failed
  FAIL  it is not; the line below says what to do

The exit code is 0, or 2 where something failed.
"""


@click.command("check", help=_HELP, context_settings={"auto_envvar_prefix": "BULKCANCEL"})
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document instead of lines.")
@options.target_options
@click.option(
    "--timeout",
    type=params.seconds,
    metavar="TIME",
    default="4s",
    show_default=True,
    help="For each step: a name, a first contact, and what is asked with the keys.",
)
@options.log_format_option
def command(**values: Any) -> ExitCode:  # noqa: ANN401 - one value per option
    """Check it."""
    clock, invocation = SystemClock(), current()
    messages = Messages(invocation.stderr, clock, log_format=LogFormat(values["log_format"]))
    target = pick(TargetOptions, values)
    connection, problem = find_connection(target), None
    try:
        connection = with_keys(connection, target.keys_file, may_lack=False)
    except ConfigurationError as error:  # the way to the API can be looked at all the same
        problem = error
    if connection.doubt:
        messages.warning(connection.doubt)
    invocation.signals.start()
    look = partial(
        _check,
        connection,
        connection.credentials or problem,
        step_seconds=values["timeout"],
        on_finding=None if values["as_json"] else _show,
    )
    findings = anyio.run(_until_signaled, look, invocation.signals, clock)
    if isinstance(findings, StopReason):
        messages.last(f"{findings.value.capitalize()}; nothing was changed.")
        return findings.exit_code
    if values["as_json"]:
        _write(json.dumps(_document(connection, findings), indent=2))
    return _end(connection, findings, messages)


async def _until_signaled(
    look: "Callable[[SystemClock], Awaitable[Findings]]", signals: "Signals", clock: SystemClock
) -> "Findings | StopReason":
    reasons: list[StopReason] = []
    with anyio.CancelScope() as scope:

        def leave(reason: StopReason) -> None:
            reasons.append(reason)
            scope.cancel()

        with signals.heard_by(leave):
            return await look(clock)
    return reasons[0]


async def _check(
    connection: "Connection",
    credentials: "Credentials | ConfigurationError | None",
    clock: SystemClock,
    *,
    step_seconds: float,
    on_finding: "Callable[[Finding], None] | None",
) -> "Findings":
    # The network half: slow to import, and not needed for `--help`.
    from bulkcancel.operations.check import check  # noqa: PLC0415 - see above
    from bulkcancel.operations.threads import UnjoinedExecutor  # noqa: PLC0415 - the same

    asyncio.get_running_loop().set_default_executor(UnjoinedExecutor())
    async with reachable(connection, clock) as target:
        return await check(
            credentials=credentials,
            target=target,
            ca_bundle=connection.ca_bundle,
            step_seconds=step_seconds,
            on_finding=on_finding,
        )


def _show(finding: "Finding") -> None:
    """Write one thing's line, and below it what to do; wrapped where a person reads it."""
    width = max(_NARROWEST, shutil.get_terminal_size().columns) if is_terminal(sys.stdout) else _LONGEST
    label = f"{finding.status.value:<5} {finding.name.label:<{_LABEL_WIDTH}} "
    indent = " " * len(label)
    _write(_wrapped(finding.detail, width, label, indent))
    if finding.remedy:
        _write(_wrapped(finding.remedy, width, f"{indent}-> ", f"{indent}   "))


def _wrapped(text: str, width: int, first: str, other: str) -> str:
    return textwrap.fill(
        printable(text, _LONGEST),
        width,
        initial_indent=first,
        subsequent_indent=other,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _write(text: str) -> None:
    """Write a data line. Whoever closes the pipe has read enough.

    Raises:
        ConfigurationError: It can't be written.
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        click.echo(text.encode(encoding, "backslashreplace").decode(encoding))
    except BrokenPipeError:
        pass
    except OSError as error:
        raise ConfigurationError(f"Standard output can't be written: {words_of(error)}.") from None


def _document(connection: "Connection", findings: "Findings") -> dict[str, Any]:
    return {
        "schema_version": _SCHEMA_VERSION,
        "site": connection.label,
        "ok": not _failures(findings),
        "findings": [
            {
                "name": finding.name.value,
                "status": finding.status.value,
                "detail": finding.detail,
                "remedy": finding.remedy,
            }
            for finding in findings
        ],
    }


def _failures(findings: "Findings") -> "list[Finding]":
    return [finding for finding in findings if finding.status.value == "FAIL"]


def _end(connection: "Connection", findings: "Findings", messages: Messages) -> ExitCode:
    failures = _failures(findings)
    if failures:
        first = failures[0]
        messages.last(
            f"{len(failures)} of {number_of(len(findings), 'check')} failed at {connection.name_and_key}; "
            f"begin with the first: {first.name.label}. Nothing was changed."
        )
        return ExitCode.USAGE
    open_ones = [finding.name.label for finding in findings if finding.status.value == "?"]
    rest = f", as far as it can be told (open: {', '.join(open_ones)})" if open_ones else ""
    messages.last(f"Ready to cancel at {connection.name_and_key}{rest}. Nothing was changed.")
    return ExitCode.OK
