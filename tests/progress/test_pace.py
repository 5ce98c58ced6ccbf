"""Rate and time left, from numbers."""

import pytest

from bulkcancel.events import Endpoint, QuotaSeen
from bulkcancel.progress.pace import Pace


def quota(
    *, share: float = 500.0, left: float = 500.0, ends: float = 10.0, period: float | None = 10.0
) -> QuotaSeen:
    """A window of cancels."""
    return QuotaSeen(Endpoint.CANCEL, share, left, ends, period)


def sent(pace: Pace, requests: int) -> None:
    """That many requests go."""
    pace.sent += requests


@pytest.mark.parametrize(
    ("now", "done", "rate", "eta"),
    [
        (0.0, 0, None, None),
        (0.4, 40, None, None),
        (2.0, 0, 0.0, None),
        (2.0, 200, 100.0, 8.0),
        (2.0, 1_000, 500.0, 0.0),
        (2.0, 1_200, 600.0, 0.0),
        (-5.0, 10, None, None),
    ],
)
def test_without_a_quota_the_time_left_follows_the_rate(
    now: float, done: int, rate: float | None, eta: float | None
) -> None:
    """Of a thousand rows; where nothing was done yet, or for too short a time, nothing is told."""
    pace = Pace(0.0)
    assert pace.rate(now, done) == rate
    assert pace.eta(now, done, 1_000) == eta
    assert pace.eta(now, done, None) is None
    assert pace.elapsed(now) == max(0.0, now)


def test_rows_of_an_earlier_run_are_not_this_ones_speed() -> None:
    """They were done before it began."""
    pace = Pace(100.0, 900)
    assert pace.rate(102.0, 910) == 5.0
    assert pace.eta(102.0, 910, 1_000) == 18.0


def test_only_what_was_lately_counts() -> None:
    """A minute, in few samples: what was before does not hold up what is said now."""
    pace = Pace(0.0)
    for second in range(1, 601):
        done = 10 * second if second <= 300 else 3_000 + (second - 300)
        pace.sample(float(second), done)
    assert pace.rate(600.0, 3_300) == pytest.approx(1.0)
    assert pace.eta(600.0, 3_300, 3_360) == pytest.approx(60.0)
    assert len(pace._samples) <= 62


def test_an_outage_is_no_measure_of_the_time_left() -> None:
    """The rate falls while nothing moves; the time left is that of the next question, and of rows as before."""
    pace = Pace(0.0)
    pace.sample(10.0, 1_000)
    pace.hold(10.0, 14.0, is_outage=True)
    assert pace.rate(12.0, 1_000) == pytest.approx(1_000 / 12)
    assert pace.eta(12.0, 1_000, 2_000) == pytest.approx(10.0 + 2.0)
    pace.hold(14.0, 22.0, is_outage=True)
    assert pace.eta(110.0, 1_000, 2_000) == pytest.approx(10.0)
    for second in range(15, 900):
        pace.sample(float(second), 1_000)
    assert pace.eta(900.0, 1_000, 2_000) == pytest.approx(10.0)
    pace.go_on(900.0)
    assert pace.eta(910.0, 2_000, 3_000) == pytest.approx(10.0)


def test_pauses_that_come_again_are_part_of_the_pace() -> None:
    """Where no window is known, as with bare 429s: 100 rows, then nothing for as long."""
    pace = Pace(0.0)
    for turn in range(5):
        pace.hold(2.0 * turn + 1.0, 2.0 * turn + 2.0, is_outage=False)
        pace.go_on(2.0 * turn + 2.0)
    assert pace.eta(10.0, 500, 1_000) == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("total", "eta"),
    [
        # At second 2 the first 300 of a window of 500 are done, at 300/s while any are sent.
        (500, 200 / 300),
        (501, 8.0 + 1 / 300),
        (1_000, 8.0 + 500 / 300),
        (1_001, 8.0 + 10.0 + 1 / 300),
        (10_300, 8.0 + 190.0 + 300 / 300),
    ],
)
def test_the_time_left_knows_the_windows(total: int, eta: float) -> None:
    """Between two of them nothing moves, so the last one's begin decides."""
    pace = Pace(0.0)
    pace.quota(quota())
    sent(pace, 300)
    pace.hold(1.0, 2.0, is_outage=False)
    pace.go_on(2.0)
    assert pace.eta(2.0, 300, total) == pytest.approx(eta)


def test_while_the_quota_is_used_up_the_time_left_counts_down() -> None:
    """Second by second; a window that is late is taken as begun."""
    pace = Pace(0.0)
    pace.quota(quota())
    sent(pace, 500)
    pace.hold(1.0, 10.0, is_outage=False)
    assert pace.eta(2.0, 500, 1_500) == pytest.approx(8.0 + 10.0 + 1.0)
    assert pace.eta(6.0, 500, 1_500) == pytest.approx(4.0 + 10.0 + 1.0)
    assert pace.eta(12.0, 500, 1_500) == pytest.approx(8.0 + 1.0)


@pytest.mark.parametrize(
    ("requests", "eta"),
    [
        (200, 10.0 - 2.0 + 10.0 + 50 / 100),  # two for each row: 250 rows in a window
        (50, 1.0 + 5.0),  # half of the rows need none
        (0, 6.0),  # none does: no quota is spent
    ],
)
def test_rows_may_take_more_or_less_than_a_request(requests: int, eta: float) -> None:
    """By what they took so far: of 700 rows, 100 are done in a second."""
    pace = Pace(0.0)
    pace.quota(quota())
    sent(pace, requests)
    pace.hold(1.0, 2.0, is_outage=False)
    pace.go_on(2.0)
    total = 100 + 150 + 250 + 50 if requests == 200 else 700
    assert pace.eta(2.0, 100, total) == pytest.approx(eta if requests else 12.0)


@pytest.mark.parametrize("seen", [quota(period=None), quota(share=0.0)])
def test_a_quota_that_tells_too_little_is_left_out(seen: QuotaSeen) -> None:
    """Then the time left follows the rate."""
    pace = Pace(0.0)
    pace.quota(seen)
    sent(pace, 100)
    assert pace.eta(2.0, 100, 1_000) == pytest.approx(18.0)


def test_a_slow_run_takes_as_long_as_it_takes() -> None:
    """However much quota there is."""
    pace = Pace(0.0)
    pace.quota(quota())
    sent(pace, 10)
    assert pace.eta(2.0, 10, 1_010) == pytest.approx(200.0)
