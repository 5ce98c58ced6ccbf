"""Quota headers, also those that lie."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcancel.pacing import RateLimitHeaders, read_rate_limit_headers
from bulkcancel.pacing.headers import LONGEST_PAUSE

WALL = 1_800_000_000.0
L, P, R, S, A, D = (
    "X-RateLimit-Limit", "X-RateLimit-Period", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After", "Date",
)  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "limits"),
    [
        ({}, RateLimitHeaders()),
        ({L: "5", P: "10"}, RateLimitHeaders()),
        ({L: "5", P: "10", R: "3", S: "7"}, RateLimitHeaders(5, 10, 3, 7.0)),
        ({S: "7, 7"}, RateLimitHeaders(reset=7)),
        ({S: "7, 5"}, RateLimitHeaders(reset=5)),
        ({S: str(int(WALL) + 9)}, RateLimitHeaders(reset=9.0)),
        ({S: str(int(WALL) - 9)}, RateLimitHeaders(reset=0.0)),
        ({S: "11", P: "10", R: "1"}, RateLimitHeaders(None, 10, 1, 10.0)),
        ({S: "99", P: "10", R: "1"}, RateLimitHeaders(None, 10, 1, 10.0, broken=S)),
        ({S: "-1", R: "2"}, RateLimitHeaders(remaining=2, broken=S)),
        ({R: "9", L: "5"}, RateLimitHeaders(limit=5, remaining=5, broken=R)),
        ({R: "9", L: "0"}, RateLimitHeaders(remaining=9, broken=L)),
        ({R: "9", P: "0"}, RateLimitHeaders(remaining=9, broken=P)),
        ({R: "nine"}, RateLimitHeaders(broken=R)),
        ({A: "3"}, RateLimitHeaders(retry_after=3)),
        ({A: str(int(WALL) + 9)}, RateLimitHeaders(retry_after=9.0)),
        ({S: "10", P: "10"}, RateLimitHeaders(None, 10, None, 10.0)),
        ({A: "99999"}, RateLimitHeaders(retry_after=LONGEST_PAUSE)),
        ({A: "soon"}, RateLimitHeaders(broken=A)),
        ({A: "Fri, 15 Jan 20555555555555555555555555 08:00 GMT"}, RateLimitHeaders(broken=A)),
        ({A: "Fri, 15 Jan 2027 08:00:05 GMT"}, RateLimitHeaders(retry_after=5.0)),
        ({A: "Fri, 15 Jan 2027 08:00:05 -0000"}, RateLimitHeaders(retry_after=5.0)),
        ({A: "Fri, 15 Jan 2027 09:00:05 +0100"}, RateLimitHeaders(retry_after=5.0)),
        ({A: "Fri, 15 Jan 2027 07:59:55 GMT"}, RateLimitHeaders(retry_after=0.0)),
        (
            {A: "Fri, 15 Jan 2027 09:00:05 GMT", D: "Fri, 15 Jan 2027 09:00:00 GMT"},
            RateLimitHeaders(retry_after=5.0),
        ),
        ({A: "Fri, 15 Jan 2027 08:00:05 GMT", D: "today"}, RateLimitHeaders(retry_after=5.0)),
        ({A: str(int(WALL) + 9), D: "Fri, 15 Jan 2027 08:00:04 GMT"}, RateLimitHeaders(retry_after=5.0)),
        ({S: str(int(WALL) + 9), D: "Fri, 15 Jan 2027 08:00:04 GMT"}, RateLimitHeaders(reset=5.0)),
        ({S: "999999999"}, RateLimitHeaders(reset=LONGEST_PAUSE, broken=S)),
        ({S: "1000000000"}, RateLimitHeaders(reset=0.0)),
        ({S: "300"}, RateLimitHeaders(reset=300.0)),
        ({S: "301"}, RateLimitHeaders(reset=LONGEST_PAUSE)),
        ({S: "302"}, RateLimitHeaders(reset=LONGEST_PAUSE, broken=S)),
        ({S: "12", P: "10"}, RateLimitHeaders(None, 10, None, 10.0, broken=S)),
        ({R: "5", L: "5"}, RateLimitHeaders(limit=5, remaining=5)),
        ({R: "1", L: "1", P: "1", S: "1"}, RateLimitHeaders(1, 1, 1, 1.0)),
        ({R: "1", P: "86400"}, RateLimitHeaders(period=86_400, remaining=1)),
        ({R: "1", P: "86401"}, RateLimitHeaders(remaining=1, broken=P)),
        ({R: "1", P: "ten"}, RateLimitHeaders(remaining=1, broken=P)),
        ({R: "1", L: "ten"}, RateLimitHeaders(remaining=1, broken=L)),
        ({R: "9" * 15}, RateLimitHeaders(remaining=10**15 - 1)),
        ({R: "9" * 16}, RateLimitHeaders(broken=R)),
        ({R: f"7, {'9' * 15}"}, RateLimitHeaders(remaining=7)),
        ({R: f"7, {'9' * 16}"}, RateLimitHeaders(broken=R)),
        ({R: "٣"}, RateLimitHeaders(broken=R)),
        ({R: "7, ٣"}, RateLimitHeaders(broken=R)),
        ({R: "7, 7, 6"}, RateLimitHeaders(remaining=6)),
        ({R: "7 7"}, RateLimitHeaders(broken=R)),
        ({R: "7,"}, RateLimitHeaders(broken=R)),
    ],
)
def test_headers_are_read_as_meant(headers: dict[str, str], limits: RateLimitHeaders) -> None:
    """A header that can't be what it says is named, and does no harm."""
    assert read_rate_limit_headers(headers, WALL) == limits


@pytest.mark.parametrize("name", [L, P, R, S, A])
@pytest.mark.parametrize("text", ["9" * 5000, "7, " + "9" * 5000])
def test_a_number_of_thousands_of_digits_does_no_harm(name: str, text: str) -> None:
    """Python refuses to read one, with an error that nobody would expect of a header."""
    assert read_rate_limit_headers({R: "1", name: text}, WALL) == RateLimitHeaders(
        remaining=None if name == R else 1, broken=name
    )


@given(st.dictionaries(st.sampled_from([L, P, R, S, A]), st.text(max_size=20)))
def test_no_header_makes_a_run_wait_for_hours(headers: dict[str, str]) -> None:
    """Whatever stands in them, times are bounded and never negative."""
    limits = read_rate_limit_headers(headers, WALL)
    assert 0.0 <= (limits.retry_after or 0.0) <= LONGEST_PAUSE
    assert 0.0 <= (limits.reset or 0.0) <= 86_401
