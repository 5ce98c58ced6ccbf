"""What `check` finds about the keys and the quota: pure functions of replies."""

from typing import TYPE_CHECKING

from bulkcancel.answers import errors_of, is_json_or_empty
from bulkcancel.models import Failure
from bulkcancel.operations.findings import CheckName, Finding, failed, fine, unknown
from bulkcancel.pacing import read_rate_limit_headers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bulkcancel.models import Reply

_OK, _MULTIPLE_CHOICES, _BAD_REQUEST, _NOT_FOUND, _TOO_MANY = 200, 300, 400, 404, 429
_LATER = "Try again in a minute; if it stays so, look at the vendor's status page."
_REFUSED = frozenset({401, 403})


def of_api_key(answer: "Reply | Failure", site: str) -> Finding:
    """What `GET /api/v1/validate` says of the API key; the site is empty for a test server or gateway."""
    where = f"at {site}, as the browser's address bar has it" if site else "behind this address"
    remedy = (
        f"Is its organization {where}? Keys of other sites are refused. Else it was revoked or copied in "
        "part: see Organization Settings, API Keys."
    )
    return _of_keys(CheckName.API_KEY, "DD_API_KEY", answer, remedy)


def of_missing_keys(error: Exception) -> Finding:
    """Why there are no keys that could be tried; the error's words hold none."""
    return failed(CheckName.API_KEY, str(error), "Nothing can be asked without both keys.")


def of_both_keys(answer: "Reply | Failure") -> Finding:
    """What `GET /api/v2/validate_keys` says of both keys."""
    remedy = (
        "Is it of the same organization as DD_API_KEY? It may be revoked, or so new that it is not known "
        "yet: try again in a minute. See Organization Settings, Application Keys."
    )
    return _of_keys(CheckName.BOTH_KEYS, "DD_APP_KEY", answer, remedy)


def of_workflows_read(answer: "Reply | Failure") -> Finding:
    """What listing one workflow says of the permission to read."""
    name = CheckName.WORKFLOWS_READ
    if not isinstance(answer, Failure) and answer.status in _REFUSED:
        return failed(
            name,
            f"refused: {_said(answer)}",
            "Give workflows_read to the key's owner, and to the key where it has scopes of its own; enable "
            "it for the Actions API. `run` works without it, but what reads does not: --verify, for one.",
        )
    return _of_answer(name, answer, "the workflows can be listed")


def of_workflows_run() -> Finding:
    """What can be said of the permission to cancel, without canceling."""
    return unknown(
        CheckName.WORKFLOWS_RUN,
        "can't be proven without canceling something",
        "Cancel one first: `bulkcancel run INPUT --limit 1`. A key without it is refused there, at once.",
    )


def of_no_reply(detail: str) -> Finding:
    """What is said of the keys where nothing replies to anything."""
    words = f"no reply: {detail}" if detail else "no reply in time"
    return failed(CheckName.API_KEY, words, _LATER)


def of_quota(replies: "Mapping[str, Reply | Failure]", wall: float) -> Finding:
    """What the replies told of a rate limit; they stand under what was asked for.

    The name that a header gives the limit is not repeated: whoever answers may have put a key there.
    """
    for asked, reply in replies.items():
        if isinstance(reply, Failure):
            continue
        told = read_rate_limit_headers(reply.headers, wall)
        if told.remaining is None:
            continue
        of = f" of {told.limit:,}" if told.limit is not None else ""
        window = f" in this window of {told.period:g} s" if told.period else ""
        detail = f"{asked}: {told.remaining:,}{of} requests left{window}"
        return fine(CheckName.QUOTA, f"{detail}; that of cancels shows with the first")
    return unknown(CheckName.QUOTA, "no reply told of one; that of cancels shows with the first")


def _of_keys(name: CheckName, variable: str, answer: "Reply | Failure", remedy: str) -> Finding:
    if not isinstance(answer, Failure):
        if answer.status in _REFUSED:
            return failed(name, f"{variable} is refused: {_said(answer)}", remedy)
        if answer.status == _OK and _says_invalid(answer.document):
            return failed(name, f"{variable} is not valid", remedy)
    return _of_answer(name, answer, "valid")


def _of_answer(name: CheckName, answer: "Reply | Failure", words: str) -> Finding:
    """What any other answer means for what was asked."""
    if isinstance(answer, Failure):
        return failed(name, f"no reply: {answer.detail}", _LATER)
    status = answer.status
    if status == _TOO_MANY:
        return unknown(name, "the quota of this request is used up (429)", "Try again in a minute.")
    if status == _NOT_FOUND:
        return unknown(name, "what is behind this address does not serve it (404)", "Check --base-url.")
    if _MULTIPLE_CHOICES <= status < _BAD_REQUEST:
        remedy = "Check --site or --base-url: redirects are never followed."
        return failed(name, f"answered with a redirect ({status})", remedy)
    if not is_json_or_empty(answer):
        remedy = "Check --site or --base-url; a proxy, gateway or log-in page may stand in between."
        return failed(name, f"a page instead of the API's answer ({status})", remedy)
    if _OK <= status < _MULTIPLE_CHOICES:
        return fine(name, words)
    return failed(name, f"the API answered {_said(answer)}", _LATER)


def _said(reply: "Reply") -> str:
    return f"{reply.status} {errors_of(reply.body)[1]}".strip()


def _says_invalid(document: object) -> bool:
    return isinstance(document, dict) and document.get("valid") is False
