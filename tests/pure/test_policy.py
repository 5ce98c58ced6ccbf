"""What answers mean, as tables of (answer, meaning)."""

import pytest

from bulkcancel import policy
from bulkcancel.models import Failure, FailureKind, Outcome, Reply, StopReason
from bulkcancel.policy import CredentialCheck, State, Verdict

HTML = b"<html><body>Bad Gateway</body></html>"


def reply(status: int, body: bytes = b"", **headers: str) -> Reply:
    """A reply with these headers."""
    return Reply(status, headers, body)


@pytest.mark.parametrize(
    ("answer", "verdict", "code"),
    [
        (reply(200, b"{}\n"), Verdict.ACCEPTED, ""),
        (reply(200, b'{"data":{"id":"x"}}'), Verdict.ACCEPTED, ""),
        (reply(200), Verdict.ACCEPTED, ""),
        (reply(200, b" \n"), Verdict.ACCEPTED, ""),
        (reply(202, b'"queued"'), Verdict.ACCEPTED, ""),
        (reply(200, HTML), Verdict.FAULT, "not_json"),
        (reply(404, HTML), Verdict.FAULT, "not_json"),
        (reply(404, b'{"errors":[{"code":"INSTANCE_NOT_FOUND"}]}'), Verdict.NOT_FOUND, "INSTANCE_NOT_FOUND"),
        (reply(404), Verdict.NOT_FOUND, "http_4xx_404"),
        (reply(400, b'{"errors":["Bad Request"]}'), Verdict.REJECTED, "http_4xx_400"),
        (reply(418), Verdict.REJECTED, "http_4xx_418"),
        (reply(401, b'{"errors":["Unauthorized"]}'), Verdict.UNAUTHORIZED, "http_4xx_401"),
        (reply(403, HTML), Verdict.FORBIDDEN, "http_4xx_403"),
        (reply(408), Verdict.FAULT, "http_4xx_408"),
        (reply(429, HTML), Verdict.THROTTLED, "http_4xx_429"),
        (reply(500, b'{"errors":"odd"}'), Verdict.FAULT, "http_5xx"),
        (reply(503, b"[1]"), Verdict.FAULT, "http_5xx"),
        (reply(100), Verdict.FAULT, "http_4xx_100"),
        (reply(199), Verdict.FAULT, "http_4xx_199"),
        (reply(201), Verdict.ACCEPTED, ""),
        (reply(299, b"[]"), Verdict.ACCEPTED, ""),
        (reply(202, HTML), Verdict.FAULT, "not_json"),
        (reply(300), Verdict.MISROUTED, "http_300"),
        (reply(399, HTML), Verdict.MISROUTED, "http_399"),
        (reply(400, HTML), Verdict.FAULT, "not_json"),
        (reply(499), Verdict.REJECTED, "http_4xx_499"),
        (reply(500), Verdict.FAULT, "http_5xx"),
        (reply(599, HTML), Verdict.FAULT, "http_5xx"),
        (reply(503, b'{"errors":[{"code":"BUSY"}]}'), Verdict.FAULT, "BUSY"),
        (reply(401, HTML), Verdict.UNAUTHORIZED, "http_4xx_401"),
        (reply(302, Location="https://login.example"), Verdict.MISROUTED, "http_302"),
        (Failure(FailureKind.TIMEOUT, "slow"), Verdict.FAULT, "http_timeout"),
    ],
)
def test_an_answer_means_what_the_table_says(answer: Reply | Failure, verdict: Verdict, code: str) -> None:
    """Acceptance is the status; a page in place of JSON decides nothing."""
    classification = policy.classify(answer)
    assert (classification.verdict, classification.code) == (verdict, code)
    assert classification.is_final == (verdict not in {Verdict.THROTTLED, Verdict.FAULT})


@pytest.mark.parametrize(
    ("verdict", "outcome"),
    [
        (Verdict.ACCEPTED, Outcome.CANCELED),
        (Verdict.NOT_FOUND, Outcome.NOT_FOUND),
        (Verdict.REJECTED, Outcome.REJECTED),
        (Verdict.UNAUTHORIZED, Outcome.FORBIDDEN),
        (Verdict.FORBIDDEN, Outcome.FORBIDDEN),
        (Verdict.THROTTLED, Outcome.THROTTLED),
        (Verdict.FAULT, Outcome.FAILED),
        (Verdict.MISROUTED, Outcome.FAILED),
    ],
)
def test_every_verdict_has_an_outcome(verdict: Verdict, outcome: Outcome) -> None:
    """A row that is not tried again ends as its last answer says."""
    assert policy.outcome_of(verdict) is outcome


@pytest.mark.parametrize(
    ("failures", "jitter", "seconds"),
    [(1, 1.0, 1.0), (2, 1.0, 2.0), (3, 0.5, 2.0), (9, 1.0, 20.0), (10_000, 1.0, 20.0), (4, 0.0, 0.0)],
)
def test_backoff_doubles_to_its_cap(failures: int, jitter: float, seconds: float) -> None:
    """Exponential, with full jitter, and capped."""
    assert policy.backoff(failures, jitter) == seconds


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (
            reply(200, b'{"data":{"attributes":{"instanceStatus":{"detailsKind":"IN_PROGRESS"}}}}'),
            State.RUNNING,
        ),
        (reply(200, b'{"data":{"attributes":{}}}'), State.RUNNING),
        (
            reply(200, b'{"data":{"attributes":{"instanceStatus":{"detailsKind":"CANCELED"}}}}'),
            State.CANCELED,
        ),
        (reply(200, b'{"data":{"attributes":{"instanceStatus":{"detailsKind":"NEW"}}}}'), State.ENDED),
        (reply(200, b'{"data":{"attributes":{"endTimestamp":"2026"}}}'), State.ENDED),
        (reply(200, b"[]"), State.UNREADABLE),
        (reply(200, HTML), State.UNREADABLE),
        (reply(404, b"{}"), State.UNKNOWN),
        (reply(404, HTML), State.UNREADABLE),
        (reply(403, b'{"errors":["Forbidden"]}'), State.UNREADABLE),
        (Failure(FailureKind.CONNECTION, "refused"), State.UNREADABLE),
    ],
)
def test_a_read_tells_the_state(answer: Reply | Failure, state: State) -> None:
    """An instance has ended when it has an end, or a kind other than running."""
    assert policy.read_state(answer)[0] is state


@pytest.mark.parametrize(
    ("body", "code", "detail"),
    [
        (b'{"errors":[{"code":"A","detail":"b"},{"title":"c"},"d",{}]}', "A", "b; c; d"),
        (b'{"errors":[{"title":"Forbidden"}]}', "", "Forbidden"),
        (b"plain \x1b[31m words", "", "plain \\x1b[31m words"),
        (b"[" * 100_000, "", "[" * 299 + "…"),
        (b'{"other":1}', "", '{"other":1}'),
    ],
)
def test_error_bodies_of_every_shape_are_read(body: bytes, code: str, detail: str) -> None:
    """Recorded error bodies vary; none of them can steer a terminal."""
    assert policy.errors_of(body) == (code, detail)


@pytest.mark.parametrize(
    ("answer", "status", "detail"),
    [
        (reply(200), 200, ""),
        (reply(202, b"{}"), 202, ""),
        (reply(404, b'{"errors":["Not Found"]}'), 404, "Not Found"),
        (reply(502, HTML), 502, "<html><body>Bad Gateway</body></html>"),
        (
            reply(200, HTML),
            200,
            "a page instead of an API answer, from something in between: <html><body>Bad Gateway</body></html>",
        ),
        (
            reply(302, Location="https://login.example"),
            302,
            "answered with a redirect to 'https://login.example'; redirects are never followed",
        ),
        (reply(302), 302, "answered with a redirect to ''; redirects are never followed"),
        (
            reply(302, Location="x" * 500),
            302,
            f"answered with a redirect to '{'x' * 149}…'; redirects are never followed",
        ),
        (Failure(FailureKind.TIMEOUT, "slow"), None, "slow"),
    ],
)
def test_a_judgement_has_the_status_and_words(
    answer: Reply | Failure, status: int | None, detail: str
) -> None:
    """The server's own where it has any, cut to a length that fits a row."""
    classification = policy.classify(answer)
    assert (classification.status, classification.detail) == (status, detail)


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (Failure(FailureKind.CONNECTION, "refused"), "http_connection: refused"),
        (reply(404), "not found"),
        (reply(404, HTML), "the read answered 404 <html><body>Bad Gateway</body></html>"),
        (reply(403, b'{"errors":["Forbidden"]}'), "the read answered 403 Forbidden"),
        (reply(500), "the read answered 500"),
        (reply(200, b"[]"), "the read's answer was not an instance"),
        (reply(200, b'{"data":{"attributes":{"instanceStatus":{"detailsKind":"CANCELED"}}}}'), ""),
        (reply(200, b'{"data":{"attributes":{"instanceStatus":{"detailsKind":"NEW\\u001b"}}}}'), "NEW\\x1b"),
        (reply(200, b'{"data":{"attributes":{}}}'), ""),
    ],
)
def test_a_read_says_what_it_saw(answer: Reply | Failure, detail: str) -> None:
    """In words for a person."""
    assert policy.read_state(answer)[1] == detail


def test_an_excerpt_is_the_first_words_on_one_line() -> None:
    """What is not text is replaced, and it is cut where a row would become too long."""
    assert policy.excerpt(b" two \n words\t\xff ") == "two words \ufffd"
    assert policy.excerpt(b"x" * 301) == "x" * 299 + "…"
    assert policy.excerpt(b"x " * 150) == ("x " * 150).strip()
    assert policy.excerpt(b" " * 1199 + b"xy") == "x"
    assert policy.errors_of(b'{"errors":["' + b"x" * 301 + b'"]}') == ("", "x" * 299 + "…")
    assert policy.errors_of(b'{"errors":[{"code":"' + b"x" * 301 + b'"}]}') == ("x" * 299 + "…", "")
    assert policy.errors_of(b'{"errors":[{"code":"A"},{"code":"B"}]}')[0] == "A"


def test_a_refusal_of_a_known_workflow_still_needs_explaining_only_until_one_passed() -> None:
    """Before, its rows are held back; after, none is, whatever was refused."""
    credential_check = CredentialCheck()
    assert not credential_check.holds_back("a")
    assert not credential_check.is_unproven
    credential_check.refused(Verdict.FORBIDDEN, "a")
    credential_check.passed()
    assert not credential_check.holds_back("a")
    credential_check.refused(Verdict.FORBIDDEN, "b")
    assert not credential_check.holds_back("b")


def test_a_workflow_refused_twice_is_no_second_one() -> None:
    """Three different ones end the run; the keys are checked at the first refusal alone."""
    credential_check = CredentialCheck()
    assert [credential_check.refused(Verdict.FORBIDDEN, "a") for _ in range(3)] == [True, False, False]
    assert not credential_check.ends_the_run(Verdict.FORBIDDEN, keys_pass=True)
    credential_check.refused(Verdict.FORBIDDEN, "b")
    assert not credential_check.ends_the_run(Verdict.FORBIDDEN, keys_pass=True)


def test_proven_keys_are_checked_after_25_refusals_in_a_row() -> None:
    """One that passes begins the row anew; unproven ones at the first and at every 25th."""
    credential_check = CredentialCheck()
    credential_check.passed()
    for _ in range(24):
        assert not credential_check.refused(Verdict.FORBIDDEN, "a")
    credential_check.passed()
    assert [credential_check.refused(Verdict.FORBIDDEN, "a") for _ in range(50)] == (
        [False] * 24 + [True]
    ) * 2
    credential_check = CredentialCheck()
    assert [credential_check.refused(Verdict.FORBIDDEN, "a") for _ in range(25)] == [True] + [False] * 23 + [
        True
    ]


def test_refusals_are_explained_before_more_rows_are_spent() -> None:
    """The key check comes first; where it passes, two more workflows are tried."""
    credential_check = CredentialCheck()
    assert credential_check.refused(Verdict.FORBIDDEN, "a")
    assert credential_check.ends_the_run(Verdict.FORBIDDEN, keys_pass=False)
    assert not credential_check.ends_the_run(Verdict.FORBIDDEN, keys_pass=True)
    assert credential_check.is_unproven
    assert credential_check.holds_back("a")
    assert not credential_check.holds_back("b")
    credential_check.refused(Verdict.FORBIDDEN, "b")
    credential_check.refused(Verdict.FORBIDDEN, "c")
    assert credential_check.ends_the_run(Verdict.FORBIDDEN, keys_pass=True)


def test_a_401_ends_the_run_without_a_check() -> None:
    """Keys that are not accepted at all need no second question."""
    credential_check = CredentialCheck()
    assert not credential_check.refused(Verdict.UNAUTHORIZED, "a")
    assert credential_check.ends_the_run(Verdict.UNAUTHORIZED, keys_pass=True)


def test_after_a_success_refusals_concern_their_workflow_alone() -> None:
    """Proven keys are checked again only after 25 credential_check in a row."""
    credential_check = CredentialCheck()
    credential_check.passed()
    assert [credential_check.refused(Verdict.FORBIDDEN, str(n)) for n in range(25)] == [False] * 24 + [True]
    assert not credential_check.ends_the_run(Verdict.FORBIDDEN, keys_pass=True)
    assert not credential_check.holds_back("1")
    assert not credential_check.is_unproven


@pytest.mark.parametrize(
    ("failed", "finished", "value", "is_percent", "want"),
    [
        (2, 2, 3.0, False, False),
        (3, 3, 3.0, False, True),
        (19, 19, 10.0, True, False),
        (2, 20, 10.0, True, True),
        (1, 20, 10.0, True, False),
        (7, 100, 10.0, True, False),
        (9, 100, 10.0, True, False),
        (10, 100, 10.0, True, True),
        (10, 101, 10.0, True, False),
        (5, 1000, 0.5, True, True),
        (4, 1000, 0.5, True, False),
    ],
)
def test_max_failures_is_judged(
    failed: int, finished: int, value: float, *, is_percent: bool, want: bool
) -> None:
    """A share is judged from 20 rows on."""
    assert policy.too_many_failures(failed, finished, value, is_percent=is_percent) is want


def test_an_outage_is_waited_out_for_minutes() -> None:
    """Longer where the API has answered before."""
    assert not policy.is_out_of_reach(299, has_answered=True)
    assert policy.is_out_of_reach(300, has_answered=True)
    assert policy.is_out_of_reach(120, has_answered=False)
    assert not policy.is_out_of_reach(119.9, has_answered=False)
    assert not policy.is_out_of_reach(120, has_answered=True)


def test_a_row_cut_short_says_so() -> None:
    """Without an answer it was not attempted; else its last answer counts."""
    words = "the run stopped first (interrupted)"
    assert policy.cut_short(None, StopReason.INTERRUPTED) == (Outcome.NOT_ATTEMPTED, words)
    slow = policy.classify(Failure(FailureKind.TIMEOUT, "slow"))
    assert policy.cut_short(slow, StopReason.INTERRUPTED)[1] == "slow (the run stopped: interrupted)"
    outcome, detail = policy.cut_short(policy.classify(reply(500)), StopReason.MAX_DURATION)
    assert (outcome, detail) == (Outcome.FAILED, "(the run stopped: max_duration)")
