"""What an answer means: pure functions of (status, headers, body).

Nothing here waits, sends or knows the time. Facts about the API's answers come from
https://docs.datadoghq.com/api/latest/workflow-automation/ and from recorded traffic; where
the two differ, the recording decides.
"""

import json
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, assert_never

from bulkcancel.models import Failure, Outcome, Reply
from bulkcancel.text import printable

#: The code of a page that stands where an API's answer should.
NOT_JSON = "not_json"
DETAIL_LIMIT = 300  # characters of a server's text that are kept


class Verdict(Enum):
    """What one answer to a cancel request means for its row."""

    ACCEPTED = auto()
    NOT_FOUND = auto()
    REJECTED = auto()
    UNAUTHORIZED = auto()
    FORBIDDEN = auto()
    THROTTLED = auto()
    FAULT = auto()
    MISROUTED = auto()


@dataclass(frozen=True, slots=True)
class Classification:
    """A verdict and the words for the report."""

    verdict: Verdict
    status: int | None = None
    code: str = ""
    detail: str = ""

    @property
    def is_final(self) -> bool:
        """Whether the row is decided: neither a 429 nor a fault."""
        return self.verdict is not Verdict.THROTTLED and self.verdict is not Verdict.FAULT


_ACCEPTED = Classification(Verdict.ACCEPTED, 200)
_PLAIN_BODIES = (b"{}\n", b"{}", b"")
_OK, _MULTIPLE_CHOICES, _BAD_REQUEST, _NOT_FOUND, _SERVER_ERROR = 200, 300, 400, 404, 500
_BY_STATUS = {
    401: Verdict.UNAUTHORIZED,
    403: Verdict.FORBIDDEN,
    408: Verdict.FAULT,
    429: Verdict.THROTTLED,
}


def classify(answer: Reply | Failure) -> Classification:
    """Tell what an answer to a cancel request means.

    Acceptance is the status, whatever the JSON behind it says: the documentation promises a
    `data.id`, the recorded answer is `{}`. A body that is neither empty nor JSON was written by
    something between us and the API, so it decides nothing and the row is tried again.
    """
    if isinstance(answer, Failure):
        return Classification(Verdict.FAULT, None, answer.kind.value, answer.detail)
    status = answer.status
    if status == _OK and answer.body in _PLAIN_BODIES:
        return _ACCEPTED
    verdict = _BY_STATUS.get(status)
    if verdict is not None:
        return _classification(verdict, answer)
    if status >= _SERVER_ERROR or status < _OK:
        return _classification(Verdict.FAULT, answer)
    if _MULTIPLE_CHOICES <= status < _BAD_REQUEST:
        location = printable(answer.headers.get("Location", ""), DETAIL_LIMIT // 2)
        detail = f"answered with a redirect to {location!r}; redirects are never followed"
        return Classification(Verdict.MISROUTED, status, f"http_{status}", detail)
    if not is_json_or_empty(answer):
        detail = f"a page instead of an API answer, from something in between: {excerpt(answer.body)}"
        return Classification(Verdict.FAULT, status, NOT_JSON, detail)
    if status < _MULTIPLE_CHOICES:
        return Classification(Verdict.ACCEPTED, status)
    return _classification(Verdict.NOT_FOUND if status == _NOT_FOUND else Verdict.REJECTED, answer)


def outcome_of(verdict: Verdict) -> Outcome:
    """The outcome of a row whose last answer was this one and that is not tried again."""
    match verdict:
        case Verdict.ACCEPTED:
            return Outcome.CANCELED
        case Verdict.NOT_FOUND:
            return Outcome.NOT_FOUND
        case Verdict.REJECTED:
            return Outcome.REJECTED
        case Verdict.UNAUTHORIZED | Verdict.FORBIDDEN:
            return Outcome.FORBIDDEN
        case Verdict.THROTTLED:
            return Outcome.THROTTLED
        case Verdict.FAULT | Verdict.MISROUTED:
            return Outcome.FAILED
        case _:
            assert_never(verdict)


class State(Enum):
    """What a read says about an instance."""

    RUNNING = auto()
    CANCELED = auto()
    ENDED = auto()
    UNKNOWN = auto()
    UNREADABLE = auto()


def read_state(answer: Reply | Failure) -> tuple[State, str]:
    """Tell an instance's state from the answer to a read, with a detail for people.

    An instance has ended when it has an `endTimestamp`, or a kind other than `IN_PROGRESS` or
    empty: only some of the kinds are known.
    """
    if isinstance(answer, Failure):
        return State.UNREADABLE, f"{answer.kind.value}: {answer.detail}"
    if answer.status == _NOT_FOUND and is_json_or_empty(answer):
        return State.UNKNOWN, "not found"
    if answer.status != _OK:
        return State.UNREADABLE, f"the read answered {answer.status} {errors_of(answer.body)[1]}".strip()
    return _state_in(answer.document)


def _state_in(document: Any) -> tuple[State, str]:  # noqa: ANN401 - whatever the server sent
    try:
        attributes = document["data"]["attributes"]
    except (LookupError, TypeError):
        attributes = None
    state, kind = state_of(attributes)
    if state is State.UNREADABLE:
        return state, "the API's answer was not an instance"
    return state, printable(kind, DETAIL_LIMIT) if state is State.ENDED else ""


def state_of(attributes: object) -> tuple[State, str]:
    """An instance's state and the API's own word for it, from its attributes in a reply."""
    if not isinstance(attributes, dict):
        return State.UNREADABLE, ""
    status = attributes.get("instanceStatus") or {}
    if not isinstance(status, dict):
        return State.UNREADABLE, ""
    kind = str(status.get("detailsKind") or "")
    if kind == "CANCELED":
        return State.CANCELED, kind
    if attributes.get("endTimestamp") or kind not in {"", "IN_PROGRESS"}:
        return State.ENDED, kind
    return State.RUNNING, kind


def is_json_or_empty(reply: Reply) -> bool:
    """Whether a body can be the API's own: empty, or JSON."""
    return not reply.body.strip() or reply.is_json


def errors_of(body: bytes) -> tuple[str, str]:
    """The (code, detail) of an error body in any of its recorded shapes; empty where there is none."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return "", excerpt(body)
    errors = document.get("errors") if isinstance(document, dict) else None
    if not isinstance(errors, list):
        return "", excerpt(body)
    code = ""
    details = []
    for error in errors:
        if isinstance(error, dict):
            code = code or str(error.get("code") or "")
            details.append(str(error.get("detail") or error.get("title") or ""))
        else:
            details.append(str(error))
    return printable(code, DETAIL_LIMIT), printable("; ".join(filter(None, details)), DETAIL_LIMIT)


def excerpt(body: bytes) -> str:
    """The first words of a body that is not an API answer."""
    words = body[: 4 * DETAIL_LIMIT].decode(errors="replace").split()
    return printable(" ".join(words), DETAIL_LIMIT)


def _classification(verdict: Verdict, reply: Reply) -> Classification:
    code, detail = errors_of(reply.body)
    if not code:
        code = "http_5xx" if reply.status >= _SERVER_ERROR else f"http_4xx_{reply.status}"
    return Classification(verdict, reply.status, code, detail)
