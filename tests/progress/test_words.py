"""Counts and ends of runs in words."""

import pytest

from bulkcancel.models import Outcome, StopReason
from bulkcancel.progress.words import (
    counts_of,
    duration,
    end_words,
    lines_of,
    named_counts,
    number_of,
    rate_words,
    refused_words,
    span,
)
from bulkcancel.tally import LineSet


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.04, "0.0 s"), (59.94, "59.9 s"), (61, "1 min 01 s"), (7500, "2 h 05 min")]
)
def test_durations_are_words(seconds: float, words: str) -> None:
    """As people say them."""
    assert duration(seconds) == words


def test_every_reason_to_stop_has_words() -> None:
    """Of its own, so that a person knows what to mend."""
    assert len({end_words(reason) for reason in StopReason}) == len(StopReason)


def test_counts_are_words() -> None:
    """Those that occur, in a fixed order."""
    assert counts_of({Outcome.FAILED: 1200, Outcome.NOT_FOUND: 1}) == "1 not found, 1,200 failed"
    assert (number_of(1, "row"), number_of(0, "row")) == ("1 row", "0 rows")


@pytest.mark.parametrize(
    ("seconds", "short", "clock"),
    [
        (-5.0, "0 s", "0:00"),
        (12.9, "12 s", "0:12"),
        (59.99, "59 s", "0:59"),
        (60.0, "1:00", "1:00"),
        (3_599.0, "59:59", "59:59"),
        (3_725.0, "1:02:05", "1:02:05"),
        (86_399.0, "23:59:59", "23:59:59"),
        (3 * 86_400 + 4 * 3_600.0, "3 d 04 h", "3 d 04 h"),
        (1e300, "9,999 d 00 h", "9,999 d 00 h"),
        (float("inf"), "9,999 d 00 h", "9,999 d 00 h"),
        (float("nan"), "9,999 d 00 h", "9,999 d 00 h"),
    ],
)
def test_spans_are_short(seconds: float, short: str, clock: str) -> None:
    """From what is over to what nobody lives to see."""
    assert (span(seconds), span(seconds, as_clock=True)) == (short, clock)


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (97.26, "97/s"),
        (1_234.5, "1,234/s"),
        (9.96, "10/s"),
        (4.25, "4.2/s"),
        (1.0, "1/s"),
        (0.5, "30/min"),
        (1 / 900, "4/h"),
        (1 / 7_200, "0.5/h"),
        (0.0, "0/s"),
        (-1.0, "0/s"),
    ],
)
def test_rates_are_words(rate: float, words: str) -> None:
    """In a unit that makes a number one can picture."""
    assert rate_words(rate) == words


def test_numbers_have_names() -> None:
    """Those that are not zero, in the order given."""
    assert named_counts({"not_found": 4, "failed": 0, "canceled": 12_396}) == [
        "4 not found",
        "12,396 canceled",
    ]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([5], "input lines 5"),
        ([3, 1, 2, 9, 64, 63, 65], "input lines 1-3, 9, 63-65"),
        (range(1, 200, 2), f"input lines {', '.join(map(str, range(1, 101, 2)))} and 50 more"),
    ],
)
def test_input_lines_are_named_by_spans(lines: list[int], words: str) -> None:
    """At most fifty of them."""
    assert lines_of(LineSet(lines)) == words


@pytest.mark.parametrize(
    ("status", "key", "told"),
    [
        (403, "bbbb", " (403, application key …bbbb)"),
        (None, "bbbb", " (application key …bbbb)"),
        (401, "", " (401)"),
        (None, "", ""),
    ],
)
def test_who_refuses_the_keys_is_said_with_what_to_look_at(status: int | None, key: str, told: str) -> None:
    """As far as it is known."""
    assert refused_words("datadoghq.eu", status, key, "workflows_run") == (
        f"datadoghq.eu refused the keys{told}. Check: 1. DD_SITE 2. expired or revoked 3. permission "
        "workflows_run 4. enabled for the Actions API"
    )
