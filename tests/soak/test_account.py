"""What a soak counts: every way to lose a row, to ask in vain or to grow is seen."""

from collections import Counter
from typing import Any

import pytest
from soak.account import Account, Growth, counted_by_span, growth_of
from soak.processes import Sample
from support.recording import Answer
from support.reports import row

from bulkcancel.models import Outcome, Result

WANTED = ["a", "b", "c"]


def answers(*statuses: tuple[float, str, str]) -> list[Answer]:
    """The server's record: when, which instance, what was answered."""
    return [Answer(at, "w", instance, status) for at, instance, status in statuses]


def found(line: int, instance: str, outcome: Outcome = Outcome.CANCELED) -> Result:
    """A row of the report."""
    return row(line, outcome, instance_id=instance)


ALL = [found(2, "a"), found(3, "b"), found(4, "c")]


@pytest.mark.parametrize(
    ("rows", "lost"),
    [
        (ALL, 0),
        (ALL[:2], 1),
        ([*ALL, found(3, "b")], 1),
        ([*ALL, found(9, "z")], 1),
        ([ALL[0], found(3, "c"), ALL[2]], 1),
        ([*ALL[:2], found(4, "c", Outcome.FAILED)], 1),
        ([], 3),
    ],
)
def test_a_lost_row_is_seen(rows: list[Result], lost: int) -> None:
    """Missing, there twice, nobody's, another's, or not canceled."""
    account = Account()
    account.count_lost(WANTED, rows, answers((1.0, "a", "200"), (2.0, "b", "200"), (3.0, "c", "200")))
    assert account.lost == lost


@pytest.mark.parametrize("status", ["0", "500", "page", "429"])
def test_a_row_without_a_sound_answer_is_lost(status: str) -> None:
    """Whatever the report says of it."""
    account = Account()
    account.count_lost(WANTED, ALL, answers((1.0, "a", "200"), (2.0, "b", "200"), (3.0, "c", status)))
    assert account.lost == 1


def test_requests_in_vain_are_told_apart() -> None:
    """429s, faults, and what was sent again after a sound answer, near a disturbance or without need."""
    account = Account()
    record = answers(
        (1.0, "a", "429"), (2.0, "a", "500"), (3.0, "a", "200"),
        (5.0, "b", "200"), (6.0, "b", "200"),
        (10.0, "c", "200"), (11.0, "c", "page"),
    )  # fmt: skip
    account.count_requests(record, [(9.5, 10.5)])
    assert account == Account(requests=7, limited=1, faults=2, excused=1, needless=1)


def growth(**columns: Any) -> Growth:
    """What a run held that stays within its bounds, but for these."""
    usual: dict[str, Any] = {
        "least_before": 10, "least_after": 10, "most": 26, "memory_before": 45.0, "memory_after": 50.0, "pairs": 1000,
    }  # fmt: skip
    return Growth(**{**usual, **columns})


@pytest.mark.parametrize(
    ("columns", "word"),
    [
        ({"least_after": 12}, "descriptors grew"),
        ({"most": 28}, "28 descriptors"),
        ({"memory_after": 53.2}, "memory grew"),
        ({"pairs": 100_000, "memory_after": 61.7}, "memory grew"),
    ],
)
def test_what_grows_falls_short(columns: dict[str, Any], word: str) -> None:
    """Descriptors at rest, descriptors at most, and memory beyond 90 bytes a pair."""
    (said,) = growth(**columns).falls_short(connections=16)
    assert word in said


@pytest.mark.parametrize(
    "columns",
    [{}, {"least_after": 11}, {"most": 27}, {"memory_after": 53.0}, {"pairs": 100_000, "memory_after": 61.5}],
)
def test_what_stays_within_its_bounds_does_not(columns: dict[str, Any]) -> None:
    """One descriptor may come and go, and 8 MiB."""
    assert growth(**columns).falls_short(connections=16) == []


def test_growth_is_seen_from_when_a_run_is_warm() -> None:
    """A tenth of the time in; of descriptors the least of a quarter counts, of memory the last."""
    held = [(3, 20.0), (12, 45.0), (10, 46.0), (30, 46.0), (11, 47.0), (14, 48.0), (13, 49.0)]
    samples = [Sample(10.0 * number, *one) for number, one in enumerate(held)]
    assert growth_of(samples, [5.0, 10.0, 11.0, 60.0]) == Growth(12, 13, 30, 45.0, 49.0, 2)


def test_answers_are_counted_by_span() -> None:
    """By the server's clock, from when the runs began."""
    record = answers((100.0, "a", "200"), (109.9, "b", "429"), (110.0, "b", "200"))
    assert counted_by_span(record, began=100.0, span=10.0) == {
        0: Counter({"200": 1, "429": 1}),
        1: Counter({"200": 1}),
    }
