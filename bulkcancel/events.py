"""What an operation tells whoever watches it: a closed set of frozen types, and the `Observer` protocol.

An operation tells each thing once, when it happens. Progress, warnings and logs are observers; a program that
uses the library can be one too. Times are seconds on the clock of the operation (`Clock.now`), unless a name
says otherwise.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bulkcancel.models import ExitCode, FailureKind, InstanceRef, Outcome, Result, StateName, StopReason


class Endpoint(StrEnum):
    """What a request is for. Each has a rate limit of its own, and so a limiter of its own."""

    CANCEL = "cancel"
    READ = "read"
    LIST = "list"
    LIST_WORKFLOWS = "list_workflows"
    READ_WORKFLOW = "read_workflow"
    PUBLISH = "publish"

    # Limiters are kept by endpoint, and an enum's own hash is a function written in Python.
    __hash__ = str.__hash__


class Concern(StrEnum):
    """What a person should know at once, although the operation goes on."""

    BROKEN_HEADER = "broken_header"
    RATE_LIMIT_503 = "rate_limit_503"
    FEW_FILES = "few_files"
    MAY_NOT_READ = "may_not_read"
    NOT_COMPACTED = "not_compacted"
    KEEPS_STARTING = "keeps_starting"
    SLOW_DISK = "slow_disk"


@dataclass(frozen=True, slots=True)
class Started:
    """An operation begins.

    Attributes:
        total: Rows that its report is to have at its end, or None where that is not known beforehand.
        recorded: Rows that are on record from earlier runs, by outcome.
    """

    total: int | None
    recorded: "Mapping[Outcome, int]"


class Attempted(NamedTuple):
    """One request has ended.

    Attributes:
        endpoint: What it was for.
        ref: The instance it was about; where it was about a workflow, without an instance id, and of line 0.
        status: The reply's status, or None where there was none.
        failure: Why there was no reply, or None.
        seconds: From its sending to its end.
    """

    endpoint: Endpoint
    ref: "InstanceRef"
    status: int | None
    failure: "FailureKind | None"
    seconds: float


class Finished(NamedTuple):
    """One row has its outcome, and it is on record.

    Attributes:
        result: What became of it.
        previous: The outcome an earlier run recorded for it, which this one replaces, or None.
    """

    result: "Result"
    previous: "Outcome | None"


@dataclass(frozen=True, slots=True)
class PageRead:
    """One page of a workflow's instances has been read.

    Attributes:
        workflow_id: The workflow.
        read: Instances of it that were read so far.
        matching: How many of them were asked for.
        total: How many its list says there are, or None where it does not tell.
    """

    workflow_id: str
    read: int
    matching: int
    total: int | None


@dataclass(frozen=True, slots=True)
class Listed:
    """One workflow's instances have been listed, or can't be.

    Attributes:
        workflow_id: The workflow.
        read: Instances that were read.
        matching: How many of them were asked for.
        problem: Why the list could not be read to its end, or empty.
    """

    workflow_id: str
    read: int
    matching: int
    problem: str


class StateSeen(NamedTuple):
    """What is known of a row whose instance is to be read, or what is known now.

    Attributes:
        ref: The row: what stands there for its ids, and its line.
        state: What is known of it.
        previous: What was known before, where it is read again, or None.
    """

    ref: "InstanceRef"
    state: "StateName"
    previous: "StateName | None"


@dataclass(frozen=True, slots=True)
class PassEnded:
    """A drain has listed what runs, and everything it found has its outcome.

    Attributes:
        number: Which pass, from 1.
        running: Instances that were found running.
        new: How many of them no pass before had found.
        seconds: Since the pass before began, or this one where it is the first.
        is_whole: Whether every list was read to its end, and no filter hid a running instance.
    """

    number: int
    running: int
    new: int
    seconds: float
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Paused:
    """Requests are held back, all of them or all but a certain rate.

    Attributes:
        endpoint: Which requests.
        reason: Why, in words a person reads.
        until: When they may go on.
        rate: Requests per second that are kept to, or None where nothing is sent meanwhile.
    """

    endpoint: Endpoint
    reason: str
    until: float
    rate: float | None = None


@dataclass(frozen=True, slots=True)
class Resumed:
    """What held requests back is over."""

    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class OutageBegan:
    """The API counts as down: rows wait, and one request at a time asks whether it is back.

    Attributes:
        endpoint: Which requests met it.
        since: When the first request was sent that failed.
        detail: What the last failure said.
        status: The status it came with, or None where there was no reply.
    """

    endpoint: Endpoint
    since: float
    detail: str
    status: int | None = None


@dataclass(frozen=True, slots=True)
class OutageEnded:
    """The API answers again.

    Attributes:
        endpoint: Which requests.
        seconds: How long it did not.
    """

    endpoint: Endpoint
    seconds: float


@dataclass(frozen=True, slots=True)
class QuotaSeen:
    """A quota window has begun, or more is known of it: told about once in each window.

    Attributes:
        endpoint: Whose quota it is.
        share: Requests in a whole window that are likely ours: without the headroom, and without what others
            spent in the last window.
        left: How many of these this window has left.
        ends: When it ends.
        period: Seconds from one window to the next, or None where that is not known yet.
    """

    endpoint: Endpoint
    share: float
    left: float
    ends: float
    period: float | None


@dataclass(frozen=True, slots=True)
class Concerned:
    """Something a person should know at once; each is told once.

    Attributes:
        concern: What.
        detail: The header's name, or a sentence; may be empty.
    """

    concern: Concern
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Stopping:
    """The operation ends early: nothing new is sent, and requests in flight may finish.

    Attributes:
        reason: Why.
        in_flight: Requests that are on the wire.
    """

    reason: "StopReason"
    in_flight: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The operation is over, and what is to be on record is.

    Attributes:
        exit_code: What the process's exit status would be.
        stop: Why it ended early, or None.
        outcomes: Rows on record, by outcome.
        requests: Requests it sent to cancel instances.
        seconds: How long it took.
    """

    exit_code: "ExitCode"
    stop: "StopReason | None"
    outcomes: "Mapping[Outcome, int]"
    requests: int
    seconds: float


#: Everything an observer can be told. The set is closed: a `match` over it can be checked for completeness.
Event = (
    Started
    | Attempted
    | Finished
    | PageRead
    | Listed
    | StateSeen
    | PassEnded
    | Paused
    | Resumed
    | OutageBegan
    | OutageEnded
    | QuotaSeen
    | Concerned
    | Stopping
    | Ended
)


class Observer(Protocol):
    """Watches an operation."""

    def observe(self, event: Event, /) -> None:
        """Take note of what happened. It is called within the event loop, so it must not wait."""
        ...
