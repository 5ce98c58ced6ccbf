"""The words everything else is made of: rows, replies, results and outcomes.

Nothing here does anything but decode a body, and nothing here imports the rest of the package. What is
made for every row is a named tuple where it can be: as frozen as a frozen dataclass, and made in a third
of the time.
"""

import json
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Outcome(StrEnum):
    """What became of one input row. The set is closed, and the counts add up to the input rows."""

    CANCELED = "canceled"
    ALREADY_FINISHED = "already_finished"
    NOT_FOUND = "not_found"
    REJECTED = "rejected"
    INVALID = "invalid"
    DUPLICATE = "duplicate"
    FORBIDDEN = "forbidden"
    THROTTLED = "throttled"
    FAILED = "failed"
    UNCONFIRMED = "unconfirmed"
    NOT_ATTEMPTED = "not_attempted"

    # Outcomes are counted by the million, and an enum's own hash is a function written in Python.
    __hash__ = str.__hash__

    @property
    def is_done(self) -> bool:
        """Whether a resumed run leaves the row alone."""
        return self not in RETRYABLE


#: The outcomes that `--resume` tries again.
RETRYABLE = frozenset(
    {
        Outcome.FORBIDDEN,
        Outcome.THROTTLED,
        Outcome.FAILED,
        Outcome.UNCONFIRMED,
        Outcome.NOT_ATTEMPTED,
    }
)

#: The outcomes that leave the exit code at 0.
CLEAN = frozenset({Outcome.CANCELED, Outcome.ALREADY_FINISHED, Outcome.DUPLICATE})

#: The outcomes that count against `--max-failures`.
COUNTS_AS_FAILURE = frozenset({Outcome.FAILED, Outcome.THROTTLED, Outcome.REJECTED, Outcome.FORBIDDEN})


class StateName(StrEnum):
    """What is known of one row whose instance was to be read. The set is closed."""

    RUNNING = "running"
    CANCELED = "canceled"
    ENDED = "ended"
    NOT_FOUND = "not_found"
    UNREADABLE = "unreadable"
    INVALID = "invalid"
    DUPLICATE = "duplicate"

    __hash__ = str.__hash__  # as above

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to be done about the row."""
        return self not in _UNSETTLED


_UNSETTLED = frozenset({StateName.RUNNING, StateName.UNREADABLE, StateName.INVALID})


class ExitCode(IntEnum):
    """The process's exit status."""

    OK = 0
    INCOMPLETE = 1
    USAGE = 2
    STOPPED = 3
    REPORT_LOST = 4
    INTERRUPTED = 130
    TERMINATED = 143


class StopReason(StrEnum):
    """Why a run ended before its input did."""

    INTERRUPTED = "interrupted"
    TERMINATED = "terminated"
    REFUSED = "credentials_refused"
    MISROUTED = "misrouted"
    UNTRUSTED = "untrusted"
    PROXY_REFUSED = "proxy_refused"
    UNREACHABLE = "unreachable"
    NO_FILES = "too_many_open_files"
    MAX_FAILURES = "max_failures"
    MAX_DURATION = "max_duration"
    REPORT_LOST = "report_lost"
    INPUT_LOST = "input_lost"
    OWN_FAULT = "own_fault"

    @property
    def exit_code(self) -> ExitCode:
        """The exit status of a process that ended for it."""
        return _STOP_CODES.get(self, ExitCode.STOPPED)


_STOP_CODES = {
    StopReason.INTERRUPTED: ExitCode.INTERRUPTED,
    StopReason.TERMINATED: ExitCode.TERMINATED,
    StopReason.REPORT_LOST: ExitCode.REPORT_LOST,
}


class FailureKind(StrEnum):
    """Why an attempt brought no reply; those with `http` are words of the vendor's own sync tools.

    `STALE` is a connection that had been used before and was closed while the request was on its way: the
    same request goes again on a new one. `NO_FILES` is a request that was never sent.
    """

    TIMEOUT = "http_timeout"
    CONNECTION = "http_connection"
    STALE = "stale_connection"
    NO_FILES = "too_many_open_files"
    UNTRUSTED = "tls_untrusted"
    PROXY_REFUSED = "proxy_refused"
    UNKNOWN = "unknown"


class InstanceRef(NamedTuple):
    """One instance to cancel.

    Attributes:
        workflow_id: The workflow's id.
        instance_id: The id of the workflow's execution.
        line: The line of the input it was read from, starting at 1.
    """

    workflow_id: str
    instance_id: str
    line: int


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """An input row that can't be sent.

    Attributes:
        workflow_id: What stood in the row's place for it, made printable; may be empty.
        instance_id: What stood in the row's place for it, made printable; may be empty.
        line: The line of the input, starting at 1.
        code: A short stable word for programs, such as ``invalid_id``.
        reason: A sentence for people.
    """

    workflow_id: str
    instance_id: str
    line: int
    code: str
    reason: str


#: What a source yields for each input row.
Row = InstanceRef | RejectedRow


class _NotJson:
    """What stands in the place of a document where a body holds none."""


_NOT_DECODED = _NotJson()
_NOT_JSON = _NotJson()


@dataclass(slots=True)
class Reply:
    """What the API answered to one request: status, headers (matched without regard to case), body."""

    status: int
    headers: "Mapping[str, str]"
    body: bytes
    _document: object = field(default=_NOT_DECODED, init=False, repr=False, compare=False)

    @property
    def document(self) -> object:
        """What the body says in JSON, or None where it is none; it is decoded once, when it is asked for."""
        return self._document if self.is_json else None

    @property
    def is_json(self) -> bool:
        """Whether the body is JSON."""
        if self._document is _NOT_DECODED:
            try:
                self._document = json.loads(self.body)
            except (ValueError, RecursionError):
                self._document = _NOT_JSON
        return self._document is not _NOT_JSON


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one request brought no usable reply."""

    kind: FailureKind
    detail: str


class Result(NamedTuple):
    """What became of one input row; its fields are the report's columns, in order.

    Attributes:
        line: The line of the input, starting at 1.
        workflow_id: The workflow's id.
        instance_id: The instance's id.
        outcome: What became of the row.
        http_status: The status of the last reply, or None when there was none.
        error_code: The API's own code where it gave one, else a class such as ``http_5xx``; may be empty.
        error_detail: A printable sentence, or empty.
        attempts: Requests sent to cancel this instance.
        throttled: How many of them were answered 429, or 503 by a rate limit.
        started_at: When the first request was sent, in seconds since the epoch, or None.
        finished_at: When the outcome was known, in seconds since the epoch.
        duration_ms: From the first request to the outcome, in milliseconds.
        site: The target: a site, the host of a test server or gateway, or `sandbox`; empty where unknown.
    """

    line: int
    workflow_id: str
    instance_id: str
    outcome: Outcome
    http_status: int | None = None
    error_code: str = ""
    error_detail: str = ""
    attempts: int = 0
    throttled: int = 0
    started_at: float | None = None
    finished_at: float | None = None
    duration_ms: int = 0
    site: str = ""


class Recorded(NamedTuple):
    """What of a recorded result decides whether its row is sent again."""

    workflow_id: str
    instance_id: str
    outcome: Outcome
    error_code: str
    line: int
    site: str = ""


class InstanceStatus(NamedTuple):
    """The state of one row's instance; its fields are the columns of `bulkcancel status`, in order.

    Attributes:
        line: The line of the input, starting at 1; of a report's row, the line that stands in it.
        workflow_id: The workflow's id.
        instance_id: The instance's id.
        state: What is known of it.
        kind: The API's own word, such as `IN_PROGRESS` or `SUCCEEDED`; may be empty.
        started_at: When it started, in seconds since the epoch, or None where that is not told.
        ended_at: When it ended, or None where it has not, or that is not told.
        age_s: Seconds from its start to its end, or to the server's own time; None where they are not known.
        http_status: The status of the reply that told, or None when there was none.
        error_code: Why it can't be told, as a word: the API's own code where it gave one; may be empty.
        error_detail: The same as a printable sentence, or empty.
        site: The target: a site, the host of a test server or gateway, or `sandbox`; empty where unknown.
    """

    line: int
    workflow_id: str
    instance_id: str
    state: StateName
    kind: str = ""
    started_at: float | None = None
    ended_at: float | None = None
    age_s: float | None = None
    http_status: int | None = None
    error_code: str = ""
    error_detail: str = ""
    site: str = ""
