"""What answers mean, as tables of (answer, meaning)."""

import pytest

from bulkcancel import answers
from bulkcancel.answers import State, Verdict
from bulkcancel.models import Failure, FailureKind, Outcome, Reply

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
    classification = answers.classify(answer)
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
    assert answers.outcome_of(verdict) is outcome


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
    assert answers.read_state(answer)[0] is state


@pytest.mark.parametrize("attributes", [None, [], {"instanceStatus": "CANCELED"}, {"instanceStatus": [1]}])
def test_what_is_no_instance_has_no_state(attributes: object) -> None:
    """And no kind."""
    assert answers.state_of(attributes) == (State.UNREADABLE, "")


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
    assert answers.errors_of(body) == (code, detail)


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
    classification = answers.classify(answer)
    assert (classification.status, classification.detail) == (status, detail)


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (Failure(FailureKind.CONNECTION, "refused"), "http_connection: refused"),
        (reply(404), "not found"),
        (reply(404, HTML), "the read answered 404 <html><body>Bad Gateway</body></html>"),
        (reply(403, b'{"errors":["Forbidden"]}'), "the read answered 403 Forbidden"),
        (reply(500), "the read answered 500"),
        (reply(200, b"[]"), "the API's answer was not an instance"),
        (reply(200, b'{"data":{"attributes":{"instanceStatus":{"detailsKind":"CANCELED"}}}}'), ""),
        (reply(200, b'{"data":{"attributes":{"instanceStatus":{"detailsKind":"NEW\\u001b"}}}}'), "NEW\\x1b"),
        (reply(200, b'{"data":{"attributes":{}}}'), ""),
    ],
)
def test_a_read_says_what_it_saw(answer: Reply | Failure, detail: str) -> None:
    """In words for a person."""
    assert answers.read_state(answer)[1] == detail


def test_an_excerpt_is_the_first_words_on_one_line() -> None:
    """What is not text is replaced, and it is cut where a row would become too long."""
    assert answers.excerpt(b" two \n words\t\xff ") == "two words \ufffd"
    assert answers.excerpt(b"x" * 301) == "x" * 299 + "…"
    assert answers.excerpt(b"x " * 150) == ("x " * 150).strip()
    assert answers.excerpt(b" " * 1199 + b"xy") == "x"
    assert answers.errors_of(b'{"errors":["' + b"x" * 301 + b'"]}') == ("", "x" * 299 + "…")
    assert answers.errors_of(b'{"errors":[{"code":"' + b"x" * 301 + b'"}]}') == ("x" * 299 + "…", "")
    assert answers.errors_of(b'{"errors":[{"code":"A"},{"code":"B"}]}')[0] == "A"
