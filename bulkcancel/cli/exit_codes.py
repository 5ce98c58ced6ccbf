"""What each exit code means for each command, in the words of its help.

docs/reference/exit-codes.md and the README say the same of `run`; a test holds them to it.
"""

from typing import TYPE_CHECKING

from bulkcancel.models import ExitCode

if TYPE_CHECKING:
    from collections.abc import Mapping

_SIGNALED = "interrupted or terminated; drained, reported, resumable"
_READ_SIGNALED = "interrupted or terminated; what was read is written"

RUN = {
    ExitCode.OK: "every row is canceled, already finished, or a duplicate of one that is",
    ExitCode.INCOMPLETE: "finished, and at least one row is not",
    ExitCode.USAGE: "usage, configuration or declined: nothing was sent",
    ExitCode.STOPPED: (
        "stopped early: refused credentials, --max-failures, --max-duration, or an API out of reach"
    ),
    ExitCode.REPORT_LOST: "the report could no longer be written; sending stopped at once",
    ExitCode.INTERRUPTED: _SIGNALED,
    ExitCode.TERMINATED: _SIGNALED,
}
DRAIN = {
    **RUN,
    ExitCode.OK: "proven empty, and every row is done",
    ExitCode.INCOMPLETE: "not proven empty, or at least one row is not done",
}
FIND = {
    ExitCode.OK: "all that was asked for is listed, also where that is nothing",
    ExitCode.INCOMPLETE: "at least one workflow could not be listed",
    ExitCode.USAGE: "usage or configuration, or the output can't be written",
    ExitCode.STOPPED: "stopped early: refused credentials, or an API out of reach",
    ExitCode.INTERRUPTED: _READ_SIGNALED,
    ExitCode.TERMINATED: _READ_SIGNALED,
}
STATUS = {
    **FIND,
    ExitCode.OK: "none runs, and every row could be read",
    ExitCode.INCOMPLETE: "at least one runs, could not be read, or is no usable row",
}
CHECK = {
    ExitCode.OK: "nothing failed",
    ExitCode.USAGE: "something failed; also usage or configuration",
}
REPORT = {
    ExitCode.OK: "it was told, whatever happened",
    ExitCode.USAGE: "usage, or a FILE or a summary can't be read",
}
SANDBOX = {
    ExitCode.OK: "ended by Ctrl-C",
    ExitCode.USAGE: "usage, or the port is taken",
    ExitCode.TERMINATED: "terminated",
}


def rows_of(exit_codes: "Mapping[ExitCode, str]") -> list[tuple[str, str]]:
    """Codes and meanings as a table; codes that mean the same stand in one row."""
    meanings: dict[str, list[str]] = {}
    for code, meaning in exit_codes.items():
        meanings.setdefault(meaning, []).append(str(int(code)))
    return [(", ".join(codes), meaning) for meaning, codes in meanings.items()]
