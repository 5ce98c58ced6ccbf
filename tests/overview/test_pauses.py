"""The pauses of a whole."""

import pytest
from support.reports import BEGIN, held, run

from bulkcancel.overview.facts import Pause, RunSummary
from bulkcancel.overview.pauses import longest, pauses_of
from bulkcancel.tally import Held, HeldBy

RUNS = run(-1, 10), run(20, 31)


def gap(begin: float, end: float, *, is_between: bool = False) -> Pause:
    """One of which the rows alone tell."""
    return Pause(BEGIN + begin, BEGIN + end, is_between_runs=is_between)


def told(one: Held) -> Pause:
    """One that a summary tells of."""
    return Pause(one.begin, one.end, one)


QUOTA, OUTAGE = held(2, 4), held(5, 9, HeldBy.OUTAGE)


@pytest.mark.parametrize(
    ("gaps", "runs", "want"),
    [
        ([gap(2, 4)], (), [gap(2, 4)]),
        ([gap(2.1, 3.9)], [run(pauses=(QUOTA,))], [told(QUOTA)]),
        ([gap(2.1, 6)], [run(pauses=(QUOTA,))], [told(QUOTA), gap(2.1, 6)]),
        ([gap(2, 9)], [run(pauses=(QUOTA, OUTAGE))], [told(QUOTA), told(OUTAGE)]),
        ([gap(6, 8)], [run(pauses=(OUTAGE,)), run(pauses=(QUOTA,))], [told(QUOTA), told(OUTAGE)]),
        ([], [run(pauses=(held(-3, 1), held(29, 40)))], [Pause(BEGIN, BEGIN + 1, held(-3, 1)), Pause(BEGIN + 29, BEGIN + 30, held(29, 40))]),
        ([], [run(pauses=(held(-9, -3), held(30, 40)))], []),
        ([gap(9.9, 20.3)], RUNS, [gap(9.9, 20.3, is_between=True)]),
        ([gap(9.9, 20.3)], RUNS[:1], [gap(9.9, 20.3)]),
        ([gap(9.9, 20.3)], [*RUNS, run(12, 18)], [gap(9.9, 20.3)]),
        ([gap(22, 24)], RUNS, [gap(22, 24)]),
        ([gap(9.9, 20.3)], [run(started_at=None), run(ended_at=None)], [gap(9.9, 20.3)]),
    ],
)  # fmt: skip
def test_a_gap_that_a_summary_explains_is_told_by_it(
    gaps: list[Pause], runs: list[RunSummary], want: list[Pause]
) -> None:
    """Others stay, and are between two runs where one was over and the next had not begun."""
    assert list(pauses_of(gaps, runs, BEGIN, BEGIN + 30)) == want


def test_the_longest_stand_in_the_order_they_happened_in() -> None:
    """For there may be very many."""
    pauses = [gap(0, 1), gap(2, 9), gap(10, 12), gap(13, 18)]
    assert longest(pauses, 2) == [pauses[1], pauses[3]]
