"""What replies say of the keys, of a permission, and of a quota."""

from collections.abc import Callable

import pytest

from bulkcancel.models import Failure, FailureKind, Reply
from bulkcancel.operations.findings import CheckName, CheckStatus, Finding
from bulkcancel.operations.key_findings import (
    of_api_key,
    of_both_keys,
    of_missing_keys,
    of_no_reply,
    of_quota,
    of_workflows_read,
    of_workflows_run,
)

OK, UNKNOWN, FAILED = CheckStatus
FORBIDDEN = b'{"errors":["Forbidden"]}'
LACKING = b'{"errors":["Missing required permission: \'workflows_read\'"]}'
PAGE = b"<html>Log in</html>"
NOON = 1_200_000_000.0
QUOTA = {
    "X-RateLimit-Limit": "60",
    "X-RateLimit-Period": "10",
    "X-RateLimit-Remaining": "59",
    "X-RateLimit-Reset": "7",
    "X-RateLimit-Name": "list",
}

Judge = Callable[[Reply | Failure], Finding]


def at_site(answer: Reply | Failure) -> Finding:
    """What is found of an API key at a site."""
    return of_api_key(answer, "datadoghq.eu")


EACH = pytest.mark.parametrize("judge", [at_site, of_both_keys, of_workflows_read])


@EACH
@pytest.mark.parametrize(
    ("answer", "status", "words", "remedy"),
    [
        (Reply(200, {}, b'{"valid":true}'), OK, "", ""),
        (Reply(200, {}, b""), OK, "", ""),
        (Reply(204, {}, b""), OK, "", ""),
        (Reply(200, {}, PAGE), FAILED, "a page instead", "log-in page"),
        (Reply(302, {"Location": "x"}, b""), FAILED, "redirect (302)", "--site or --base-url"),
        (Reply(404, {}, b"{}"), UNKNOWN, "does not serve it", "--base-url"),
        (Reply(429, {}, PAGE), UNKNOWN, "used up", "in a minute"),
        (Reply(400, {}, FORBIDDEN), FAILED, "answered 400 Forbidden", "status page"),
        (Reply(503, {}, b'{"errors":["Down"]}'), FAILED, "answered 503 Down", "status page"),
        (Reply(502, {}, PAGE), FAILED, "a page instead of the API's answer (502)", ""),
        (Failure(FailureKind.TIMEOUT, "no whole reply within 4 s"), FAILED, "no whole reply within 4 s", "in a minute"),
    ],
)  # fmt: skip
def test_what_any_answer_means(
    judge: Judge, answer: Reply | Failure, status: CheckStatus, words: str, remedy: str
) -> None:
    """A failure has a remedy, a success needs none."""
    found = judge(answer)
    assert found.status is status
    assert words in found.detail
    assert remedy in found.remedy
    assert bool(found.remedy) is (status is not OK)


@EACH
@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_is_told_with_its_words(judge: Judge, status: int) -> None:
    """In any of its shapes."""
    for body, words in (
        (FORBIDDEN, "Forbidden"),
        (b'{"errors":[{"title":"Forbidden"}]}', "Forbidden"),
        (b"", ""),
    ):
        found = judge(Reply(status, {}, body))
        assert found.status is FAILED
        assert f"refused: {status} {words}".strip() in found.detail


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (at_site(Reply(403, {}, FORBIDDEN)), "at datadoghq.eu, as the browser's address bar has it"),
        (of_api_key(Reply(403, {}, FORBIDDEN), ""), "behind this address? Keys of other sites"),
        (at_site(Reply(200, {}, b'{"valid":false}')), "API Keys"),
        (of_both_keys(Reply(403, {}, FORBIDDEN)), "Application Keys"),
        (of_workflows_read(Reply(403, {}, LACKING)), "enable it for the Actions API"),
        (of_missing_keys(ValueError("DD_APP_KEY not set")), "both keys"),
        (of_no_reply("reset"), "status page"),
    ],
)
def test_each_refusal_has_a_remedy_of_its_own(found: Finding, words: str) -> None:
    """The likeliest reason first."""
    assert found.status is FAILED
    assert words in found.remedy


def test_the_permission_that_is_missing_is_named() -> None:
    """As the API names it."""
    assert (
        of_workflows_read(Reply(403, {}, LACKING)).detail
        == "refused: 403 Missing required permission: 'workflows_read'"
    )


def test_the_permission_to_cancel_cannot_be_proven() -> None:
    """And a canary shows it."""
    found = of_workflows_run()
    assert (found.name, found.status) == (CheckName.WORKFLOWS_RUN, UNKNOWN)
    assert "--limit 1" in found.remedy


@pytest.mark.parametrize(
    ("headers", "status", "words"),
    [
        (QUOTA, OK, "lists: 59 of 60 requests left in this window of 10 s"),
        ({"X-RateLimit-Remaining": "5"}, OK, "5 requests left; that of cancels"),
        ({}, UNKNOWN, "no reply told of one"),
        ({"X-RateLimit-Remaining": "many"}, UNKNOWN, "no reply told of one"),
        ({"Retry-After": "3"}, UNKNOWN, "no reply told of one"),
    ],
)
def test_a_quota_is_told_as_far_as_a_reply_did(
    headers: dict[str, str], status: CheckStatus, words: str
) -> None:
    """The first reply that has one."""
    broken = Failure(FailureKind.CONNECTION, "reset")
    found = of_quota({"a": broken, "b": Reply(200, {}, b""), "lists": Reply(200, headers, b"")}, NOON)
    assert found.status is status
    assert words in found.detail


def test_a_reply_that_never_came_says_why_if_it_can() -> None:
    """Or that it took too long."""
    assert of_no_reply("reset by peer").detail == "no reply: reset by peer"
    assert of_no_reply("").detail == "no reply in time"
