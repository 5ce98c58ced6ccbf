"""Why nothing is sent and until when."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bulkcancel.events import Endpoint, OutageBegan, Paused
from bulkcancel.pacing import WaitReason
from bulkcancel.progress.held import REQUESTS, held_words, until_words

NOW, WALL = 100.0, 1_800_000_000.0
ERRORS = OutageBegan(Endpoint.CANCEL, NOW - 12.0, "Service Unavailable", 503)
SILENCE = OutageBegan(Endpoint.CANCEL, NOW - 75.0, "no connection within 10 s")


def paused(reason: WaitReason | str, seconds: float = 1.2, rate: float | None = None) -> Paused:
    """A pause of cancels that goes on for so long."""
    return Paused(Endpoint.CANCEL, reason, NOW + seconds, rate)


@pytest.mark.parametrize(
    ("pause", "outage", "words"),
    [
        (paused(WaitReason.QUOTA), None, "quota used up, next window in 2 s"),
        (paused(WaitReason.QUOTA, -0.1), None, "quota used up, next window now"),
        (paused(WaitReason.REFUSED), None, "rate limit reached, asking again in 2 s"),
        (paused(WaitReason.OUTAGE, 4.0), ERRORS, "API errors for 12 s (503), asking again in 4 s"),
        (paused(WaitReason.OUTAGE, 4.0), SILENCE, "no answer from the API for 1:15, asking again in 4 s"),
        (None, ERRORS, "API errors for 12 s (503), asking again now"),
        (None, replace(ERRORS, since=NOW - 0.9), "API errors (503), asking again now"),
        (None, replace(SILENCE, since=NOW - 1.0), "no answer from the API for 1 s, asking again now"),
        (None, replace(SILENCE, since=NOW + 1.0), "no answer from the API, asking again now"),
        (paused(WaitReason.RATE, rate=5.0), None, "5/s by --rate"),
        (paused(WaitReason.PACE, rate=97.26), None, "97/s as the rate limit allows"),
        (paused("what nobody knew", rate=0.5), None, "30/min what nobody knew"),
        (paused("what nobody knew"), None, "what nobody knew, going on in 2 s"),
        (None, None, ""),
    ],
)
def test_what_holds_requests_back_is_said(
    pause: Paused | None, outage: OutageBegan | None, words: str
) -> None:
    """Why, and when it goes on; in an outage how long it has lasted."""
    assert held_words(pause, outage, now=NOW, wall=WALL) == words


def test_every_request_has_a_name() -> None:
    """For a person."""
    assert set(REQUESTS) == set(Endpoint)


def test_a_long_wait_is_said_by_the_clock_on_the_wall_as_well() -> None:
    """A person looks up once; what no calendar has is just later."""
    at = datetime.fromtimestamp(WALL + 259.5, UTC).astimezone()
    assert until_words(259.5, WALL) == f"in 4:20 ({at:%H:%M:%S})"
    assert until_words(59.0, WALL) == "in 59 s"
    assert until_words(1e12, WALL) == until_words(float("inf"), WALL) == "later"
