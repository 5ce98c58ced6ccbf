"""What others use of the quota: how much for each request of ours."""

import math

import pytest

from bulkcancel.pacing.others_use import OthersUse


def used(first: float, remaining: float, own: int, *, own_at_first: int = 0, now: float = 5.0) -> OthersUse:
    """One that has seen a window end with that much left and that many requests of ours."""
    others = OthersUse()
    others.record_reply(0.0)
    others.record_first_count(first, own_at_first)
    others.begin_window(remaining, own, now)
    return others


@pytest.mark.parametrize(
    ("first", "remaining", "own", "own_at_first", "before"),
    [
        (100, 90, 10, 0, 0.0),  # all were ours
        (100, 80, 10, 0, 1.0),  # as many were not
        (100, 60, 10, 0, 3.0),
        (100, 60, 30, 20, 3.0),  # only ours since the first count can be compared
        (100, 99, 10, 0, 0.0),  # a server that counts late: never below none
        (500, 0, 10, 0, 8.0),  # never above eight
    ],
)
def test_a_window_tells_what_others_made_for_each_of_ours(
    first: float, remaining: float, own: int, own_at_first: int, before: float
) -> None:
    """What was used of it in all, less what was ours."""
    assert used(first, remaining, own, own_at_first=own_at_first).before == before


def test_a_window_that_counted_nothing_tells_nothing() -> None:
    """What is known of the others stays."""
    others = used(100, 60, 10)
    others.begin_window(math.inf, 50, 10.0)
    assert others.before == 3.0
    assert OthersUse().before == 1.0


@pytest.mark.parametrize(
    ("remaining", "own", "in_flight", "lately"),
    [
        (99, 1, 0, 0.0),
        (90, 2, 0, 8 / 18),  # eight of the ten used were not ours
        (90, 2, 8, 4 / 18),  # but half of ours in flight may be counted already
        (90, 2, 40, 0.0),
        (20, 16, 0, 64 / 32),
    ],
)
def test_the_fall_of_the_count_tells_what_others_make_lately(
    remaining: float, own: int, in_flight: int, lately: float
) -> None:
    """Weighed against what the last window told, which counts as sixteen replies."""
    others = used(100, 90, 10)  # nothing
    others.record_first_count(100.0, 0)
    assert others.lately(remaining, own, in_flight, 6.0) == pytest.approx(lately)


def test_what_was_ours_before_the_first_count_is_left_out() -> None:
    """It is not in the count."""
    others = used(100, 60, 10)  # three
    others.record_first_count(100.0, 50)
    assert others.lately(60.0, 70, 0, 6.0) == pytest.approx((20 + 16 * 3) / (20 + 16))


@pytest.mark.parametrize(
    ("own", "age", "lately"),
    [
        (9, 1.0, 3.0),  # not yet a quarter more than in the last window: they may be late
        (10, 1.0, 16 * 3 / (10 + 16)),
        (10, 0.09, 3.0),  # for a tenth of a second, whatever was ours
        (10, 0.1, 16 * 3 / (10 + 16)),
    ],
)
def test_others_are_expected_again_until_the_window_tells_otherwise(
    own: int, age: float, lately: float
) -> None:
    """They may begin later than we do."""
    others = used(100, 68, 8, now=0.0)
    others.record_first_count(100.0, 0)
    others.record_reply(0.5)
    assert others.lately(100.0 - own, own, 0, age) == pytest.approx(lately)


def test_more_of_others_is_believed_at_once() -> None:
    """It is what the server says."""
    others = used(100, 60, 10)
    others.record_first_count(100.0, 0)
    assert others.lately(20.0, 4, 0, 5.0) == pytest.approx((76 + 48) / 20)


def test_a_first_window_begins_with_its_first_reply() -> None:
    """For a tenth of a second nobody is taken to be alone."""
    others = OthersUse()
    others.record_reply(10.0)
    others.record_reply(10.05)
    others.record_first_count(100.0, 0)
    assert others.lately(60.0, 40, 0, 10.09) == 1.0
    assert others.lately(60.0, 40, 0, 10.11) == pytest.approx(16 / 56)
    assert others.lately(99.0, 1, 0, 10.11) == pytest.approx(16 / 17)
