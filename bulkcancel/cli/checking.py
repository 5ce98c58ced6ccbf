"""A check at work: each finding shown as it is made, and said at its end what they come to."""

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import anyio

from bulkcancel.cli.connection import find_connection, reachable, with_keys
from bulkcancel.cli.findings_output import show_document, show_finding
from bulkcancel.errors import ConfigurationError
from bulkcancel.models import ExitCode, StopReason
from bulkcancel.operations.check import check
from bulkcancel.operations.findings import CheckStatus
from bulkcancel.operations.threads import UnjoinedExecutor
from bulkcancel.progress.log_events import LogEvent
from bulkcancel.progress.messages import Messages
from bulkcancel.progress.words import number_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bulkcancel.cli.check_options import CheckOptions
    from bulkcancel.cli.connection import Connection
    from bulkcancel.cli.invocation import Invocation
    from bulkcancel.cli.signals import Signals
    from bulkcancel.clock import Clock
    from bulkcancel.datadog import Credentials
    from bulkcancel.operations.findings import Finding

    Findings = tuple[Finding, ...]


def check_all(options: "CheckOptions", invocation: "Invocation", clock: "Clock") -> ExitCode:
    """Do what was asked, up to the last word.

    Raises:
        BulkCancelError: It can't be done; nothing was asked.
    """
    messages = Messages(invocation.stderr, clock, run_id=invocation.run_id, log_format=options.log_format)
    connection, problem = find_connection(options.target), None
    try:
        connection = with_keys(connection, options.target.keys_file, may_lack=False)
    except ConfigurationError as error:  # the way to the API can be looked at all the same
        problem = error
    if connection.doubt:
        messages.warning(LogEvent.SITE_DOUBTFUL, connection.doubt)
    invocation.signals.start()
    look = partial(
        _check,
        connection,
        connection.credentials or problem,
        step_seconds=options.timeout,
        on_finding=None if options.as_json else show_finding,
    )
    findings = anyio.run(_until_signaled, look, invocation.signals, clock)
    if isinstance(findings, StopReason):
        code = findings.exit_code
        text = f"{findings.value.capitalize()}; nothing was changed."
        messages.last(LogEvent.ENDED, text, exit_code=int(code))
        return code
    if options.as_json:
        show_document(findings, site=connection.label, is_ok=not _failures(findings))
    return _end(connection, findings, messages)


async def _until_signaled(
    look: "Callable[[Clock], Awaitable[Findings]]", signals: "Signals", clock: "Clock"
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
    clock: "Clock",
    *,
    step_seconds: float,
    on_finding: "Callable[[Finding], None] | None",
) -> "Findings":
    asyncio.get_running_loop().set_default_executor(UnjoinedExecutor())
    async with reachable(connection, clock) as target:
        return await check(
            credentials=credentials,
            target=target,
            ca_bundle=connection.ca_bundle,
            step_seconds=step_seconds,
            on_finding=on_finding,
        )


def _failures(findings: "Findings") -> "list[Finding]":
    return [finding for finding in findings if finding.status is CheckStatus.FAILED]


def _end(connection: "Connection", findings: "Findings", messages: Messages) -> ExitCode:
    failures = _failures(findings)
    if failures:
        first = failures[0]
        messages.last(
            LogEvent.ENDED,
            f"{len(failures)} of {number_of(len(findings), 'check')} failed at {connection.name_and_key}; "
            f"begin with the first: {first.name.label}. Nothing was changed.",
            exit_code=int(ExitCode.USAGE),
        )
        return ExitCode.USAGE
    open_ones = [finding.name.label for finding in findings if finding.status is CheckStatus.UNKNOWN]
    rest = f", as far as it can be told (open: {', '.join(open_ones)})" if open_ones else ""
    text = f"Ready to cancel at {connection.name_and_key}{rest}. Nothing was changed."
    messages.last(LogEvent.ENDED, text, exit_code=int(ExitCode.OK))
    return ExitCode.OK
