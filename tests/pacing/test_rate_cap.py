"""`--rate`: even cap, what may be made good, and the bound that holds in any case."""

import pytest

from bulkcancel.pacing import RateCap
from bulkcancel.settings import Rate


def test_requests_are_spaced_evenly() -> None:
    """The first goes at once."""
    cap = RateCap(Rate(10, 2.0))
    assert cap.rate == 5.0
    assert cap.wait(7.0) == 0.0
    cap.sent(7.0)
    assert cap.wait(7.0) == pytest.approx(0.0)  # the first may be made good too
    cap.sent(7.0)
    assert cap.wait(7.0) == pytest.approx(0.2)
    assert cap.wait(7.15) == pytest.approx(0.05)
    assert cap.wait(9.0) == 0.0


@pytest.mark.parametrize(("late", "at_once"), [(0.0, 1), (0.06, 2), (0.11, 3), (0.2, 3), (5.0, 3)])
def test_lateness_is_made_good_within_a_tenth_of_the_unit(late: float, at_once: int) -> None:
    """Of 20 a second, two: the one that is due and those that should have gone in the last tenth."""
    cap = RateCap(Rate(20, 1.0))
    now = 0.0
    for _ in range(4):
        now += cap.wait(now)
        cap.sent(now)
    now += cap.wait(now) + late
    sent = 0
    while cap.wait(now) < 1e-9:
        cap.sent(now)
        sent += 1
    assert sent == at_once
    assert cap.wait(now) <= 0.05 + 1e-9


@pytest.mark.parametrize(
    ("rate", "window"),
    [(Rate(2, 1.0), 1.02), (Rate(2, 2.0), 2.04), (Rate(2, 60.0), 60.1), (Rate(2, 3600.0), 3600.1)],
)
def test_no_window_of_the_unit_holds_more_and_a_little_is_added_for_the_way(
    rate: Rate, window: float
) -> None:
    """A fiftieth of the unit, a tenth of a second at the most."""
    cap = RateCap(rate)
    cap.sent(0.0)
    cap.sent(rate.per / 2.0)
    assert cap.wait(rate.per / 2.0) == pytest.approx(window - rate.per / 2.0)
    assert cap.wait(window - 0.001) > 0.0
    assert cap.wait(window) == 0.0
