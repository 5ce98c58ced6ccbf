"""Progress, latency and pauses."""

from collections.abc import Sequence

import pytest
from support.reports import BEGIN, row

from bulkcancel.models import Outcome
from bulkcancel.overview.facts import Latency
from bulkcancel.overview.moments import Moments, duration_of


def pauses(*starts: float, usual: float = 0.02, took: float = 0.02) -> list[tuple[float, float]]:
    """Begin and end of the pauses between rows sent at these times, in tenths of a second."""
    moments = Moments(BEGIN, BEGIN + starts[-1] + took)
    for line, start in enumerate(starts):
        moments.add(row(line, at=start, finished_at=BEGIN + start + took))
    return [(round(one.begin - BEGIN, 1), round(one.end - BEGIN, 1)) for one in moments.pauses(usual)]


@pytest.mark.parametrize(
    ("starts", "want"),
    [
        ((0.0, 0.1, 0.2), []),
        ((0.0, 0.4, 0.8), []),
        ((0.0, 2.0, 2.1), [(0.0, 2.0)]),
        ((0.0, 2.0, 5.0), [(0.0, 2.0), (2.0, 5.0)]),
    ],
)
def test_a_time_in_which_nothing_happened_is_a_pause(
    starts: tuple[float, ...], want: list[tuple[float, float]]
) -> None:
    """Half a second and more."""
    assert pauses(*starts) == want


def test_a_slow_reply_alone_is_no_pause() -> None:
    """With `-c 1`, nothing begins before it is there."""
    assert pauses(0.0, 2.0, 4.0, usual=2.0, took=1.9) == []
    assert pauses(0.0, 2.0, 9.5, usual=2.0, took=1.9) == []
    assert pauses(0.0, 2.0, 12.0, usual=2.0, took=1.9) == [(4.0, 12.0)]


def test_progress_adds_up() -> None:
    """In three groups, and each row falls into the step in which it ended."""
    moments = Moments(BEGIN, BEGIN + 240)
    for line, outcome in enumerate(
        [Outcome.CANCELED, Outcome.ALREADY_FINISHED, Outcome.NOT_FOUND, Outcome.FAILED, Outcome.FAILED]
    ):
        moments.add(row(line, outcome, at=line * 10))
    steps = moments.timeline()
    assert (steps.begin, steps.step) == (BEGIN, 1.0)
    assert (steps.done[-1], steps.refused[-1], steps.open[-1]) == (2, 1, 2)
    assert steps.done[:12] == [1] * 10 + [2] * 2
    assert steps.median[:2] == [20, None]


def test_each_step_has_the_latencies_of_its_rows() -> None:
    """The median, what 95 of 100 took at most, and the longest."""
    moments = Moments(BEGIN, BEGIN + 240)
    for duration in range(1, 41):
        moments.add(row(duration, at=0.5, duration_ms=duration))
    steps = moments.timeline()
    assert (steps.median[0], steps.p95[0], steps.longest[0]) == (21, 39, 40)


def test_rows_outside_the_span_do_no_harm() -> None:
    """A report may be altered: each row counts, at the edge."""
    moments = Moments(BEGIN, BEGIN + 1)
    for at in (-1e9, 1e9):
        moments.add(row(2, at=at))
    moments.add(row(3, started_at=None))
    assert moments.timeline().done[-1] == 2


def test_a_single_moment_is_a_span() -> None:
    """One row, that took no time."""
    moments = Moments(BEGIN, BEGIN)
    moments.add(row(2, finished_at=BEGIN, duration_ms=0))
    assert moments.timeline().done[-1] == 1
    assert moments.latency() == Latency(0, 0, 0, 0)


@pytest.mark.parametrize(
    ("durations", "want"),
    [
        ([7], Latency(7, 7, 7, 7)),
        (range(1, 101), Latency(51, 91, 100, 100)),
        (range(1, 1001), Latency(501, 901, 991, 1000)),
    ],
)
def test_latencies_are_in_order(durations: Sequence[int], want: Latency) -> None:
    """Of a hundred rows, the worst is one of a hundred."""
    assert Latency.of(list(durations)) == want


@pytest.mark.parametrize(("said", "counted"), [(20, 20), (-5, 0), (1 << 40, (1 << 32) - 1)])
def test_a_duration_that_cannot_be_is_bounded(said: int, counted: int) -> None:
    """A report may be altered."""
    assert duration_of(row(2, duration_ms=said)) == counted
