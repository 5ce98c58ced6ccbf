"""An overview in words."""

from dataclasses import replace

import pytest
from support.reports import Rows, overview, row, uuid

from bulkcancel.models import Outcome, Result
from bulkcancel.overview import words
from bulkcancel.overview.facts import ReportFile


@pytest.mark.parametrize(
    ("rows", "verdict", "sentences"),
    [
        ([], "No rows", ["No row was written yet."]),
        (
            [row(2), row(3, at=1)],
            "Done",
            [
                "Of 2 rows at datadoghq.eu, all 2 were canceled.",
                "It took 1.0 s, from 2027-01-15 08:00:00 to 08:00:01 UTC: 2 rows a second, with 1 pause (1.0 s).",
                "No row is to be tried again.",
            ],
        ),
        (
            [row(2), row(3, Outcome.DUPLICATE), row(4, Outcome.ALREADY_FINISHED), row(5, Outcome.NOT_FOUND)],
            "Done, with rows to look at",
            [
                "Of 4 rows at datadoghq.eu, 1 was canceled and 1 had ended already; 1 not found, 1 duplicate.",
                "It took 0.0 s, from 2027-01-15 08:00:00 to 08:00:00 UTC: 150 rows a second.",
                "No row is to be tried again; 1 needs a look, where trying again would not help.",
            ],
        ),
        (
            [row(2, Outcome.NOT_ATTEMPTED), row(3, Outcome.INVALID), row(4, Outcome.INVALID)],
            "Not done",
            [
                "Of 3 rows at datadoghq.eu, none was canceled; 2 invalid, 1 not attempted.",
                "1 row is to be tried again; 2 need a look, where trying again would not help.",
            ],
        ),
    ],
    ids=["none", "all", "some", "stopped"],
)
def test_what_happened_is_a_sentence_or_three(rows: list[Result], verdict: str, sentences: list[str]) -> None:
    """What, when, and what is left."""
    found = overview(Rows(*rows))
    assert words.verdict(found) == verdict
    assert words.sentences(found) == sentences


def test_the_date_stands_twice_where_there_are_two() -> None:
    """A run over midnight, or two runs."""
    found = overview(Rows(row(2), row(3, at=86_400)))
    assert words.span_words(found) == "from 2027-01-15 08:00:00 to 2027-01-16 08:00:00 UTC"
    assert words.span_words(overview(Rows())) == ""


def test_what_one_must_know_is_noted() -> None:
    """A run that goes on, a torn line, rows left out, rows without a site."""
    found = overview(Rows(row(2, site="")), Rows(row(2, at=2), name="b"))
    files = (ReportFile("a", 1, is_torn=True), ReportFile("b", 1, is_being_written=True))
    assert words.notes(replace(found, files=files)) == [
        "b is being written by a run: this is how far it is.",
        "a ends in the middle of a line, as after a crash; that line is left out.",
        "1 row is left out: another row of the same pair got further or is later.",
        "Some rows do not say which site they belong to: an earlier version wrote them.",
    ]
    assert words.notes(overview(Rows(row(2)))) == []


@pytest.mark.parametrize(
    ("part", "whole", "want"),
    [
        (0, 0, "0 %"), (0, 5, "0 %"), (5, 5, "100 %"), (1, 3, "33.3 %"), (1, 10**6, "0.1 %"), (10**6 - 1, 10**6, "99.9 %"),
    ],
)  # fmt: skip
def test_a_share_is_never_rounded_to_all_or_nothing(part: int, whole: int, want: str) -> None:
    """One failure in a million is not none."""
    assert words.share(part, whole) == want


@pytest.mark.parametrize(
    ("count", "want"), [(0, "0 ms"), (999, "999 ms"), (1000, "1.0 s"), (61_000, "1 min 01 s")]
)
def test_a_duration_is_as_people_say_it(count: int, want: str) -> None:
    """In milliseconds, seconds or minutes."""
    assert words.milliseconds(count) == want


@pytest.mark.parametrize(("rate", "want"), [(0.034, "0.034"), (9.8, "9.8"), (10.4, "10"), (1234.0, "1,234")])
def test_a_rate_has_the_digits_that_mean_something(rate: float, want: str) -> None:
    """Two of them."""
    assert words.number(rate) == want


def test_the_worst_workflows_come_first() -> None:
    """By the median, and by rows that were not canceled; three of each."""
    slow = [row(n, workflow_id=uuid(100 + n), duration_ms=n) for n in range(1, 6)]
    bad = [
        row(10 * n + m, Outcome.FAILED, workflow_id=uuid(200 + n), duration_ms=0)
        for n in (1, 2)
        for m in range(n)
    ]
    found = overview(Rows(*slow, *bad, row(90, Outcome.INVALID, workflow_id="")))
    assert [one.workflow_id for one in words.slowest(found.workflows)] == [uuid(105), uuid(104), uuid(103)]
    assert words.most_failing(found.workflows)[0].workflow_id == uuid(202)
    assert [one.failures for one in words.most_failing(found.workflows)] == [2, 1, 1]
