"""When windows turn: what each piece of evidence says of it."""

import math

import pytest

from bulkcancel.pacing.reset_estimate import ResetEstimate, WindowMatch


def known(after: float, by: float, period: float | None = 5.0) -> ResetEstimate:
    """A window that ends within these bounds."""
    estimate = ResetEstimate()
    estimate.period, estimate.earliest, estimate.latest = period, after, by
    return estimate


def test_a_reply_tells_the_end_to_a_second_and_a_round_trip() -> None:
    """The server rounds up, at some moment between sending and reply."""
    estimate = ResetEstimate()
    estimate.observe(sent_at=10.0, now=10.1, left=4.0)
    assert (estimate.earliest, estimate.latest, estimate.aim) == pytest.approx((13.0, 14.1, 14.1))


def test_further_replies_narrow_it() -> None:
    """Just before and just after the seconds change, they meet."""
    estimate = ResetEstimate()
    estimate.observe(10.45, 10.5, 4.0)
    estimate.observe(10.50, 10.55, 3.0)
    assert (estimate.earliest, estimate.latest) == pytest.approx((13.45, 13.55))
    assert estimate.width == pytest.approx(0.1)


def test_evidence_that_contradicts_counts_alone() -> None:
    """A clock may have been set."""
    estimate = known(13.0, 13.1)
    estimate.observe(10.0, 10.1, 5.0)
    assert (estimate.earliest, estimate.latest) == pytest.approx((14.0, 15.1))


@pytest.mark.parametrize(
    ("sent_at", "now", "left", "place"),
    [
        (10.0, 10.1, 4.0, WindowMatch.SAME),
        (12.9, 14.1, 5.0, WindowMatch.LATER),
        (9.0, 9.1, 3.0, WindowMatch.EARLIER),
        (13.0, 13.1, 1.0, WindowMatch.SAME),
    ],
)
def test_a_reply_has_its_place(sent_at: float, now: float, left: float, place: WindowMatch) -> None:
    """In the window that is known, before it, or after."""
    assert known(13.4, 13.6).match(sent_at, now, left) is place


def test_windows_follow_each_other_by_the_period() -> None:
    """What one has shown holds for the next, but for a little drift."""
    estimate = known(13.0, 13.5)
    estimate.roll(13.2)
    assert (estimate.earliest, estimate.latest) == pytest.approx((18.0, 18.2), abs=0.001)
    estimate.roll(47.0)
    assert (estimate.earliest, estimate.latest) == pytest.approx((48.0, 48.2), abs=0.01)


def test_without_a_period_the_next_end_is_unknown() -> None:
    """Until a reply tells it."""
    estimate = known(13.0, 13.5, None)
    estimate.roll(13.2)
    assert (estimate.earliest, estimate.latest) == (-math.inf, math.inf)


def test_the_period_is_learned_from_ends_in_a_row() -> None:
    """It is a whole number of seconds, and soon only one fits."""
    estimate = ResetEstimate()
    turn = 3.3
    for _ in range(6):
        estimate.observe(turn - 1.6, turn - 1.6, 2.0)
        estimate.roll(turn + 0.2)
        turn += 7.0
        if estimate.period is not None:
            break
    assert estimate.period == 7.0
    estimate.period = None
    estimate._spans = (20.0, 21.0)
    estimate.observe(turn - 1.6, turn - 1.6, 2.0)
    estimate.roll(turn)
    estimate.observe(turn + 5.9, turn + 5.9, 2.0)
    assert estimate.period in {None, 7.0}


def test_a_probe_that_came_too_soon_moves_the_end() -> None:
    """Past the told end, what is told must be rounded down: from then on a second is added."""
    estimate = known(13.0, 13.5)
    estimate.outlived(13.2, 13.3)
    assert (estimate.earliest, estimate.latest) == (13.2, 13.5)
    estimate.outlived(13.6, 13.7)
    assert (estimate.earliest, estimate.latest) == (13.6, 14.7)
    estimate.observe(13.8, 13.9, 0.0)
    assert estimate.latest == pytest.approx(14.7)


def test_where_others_race_the_turn_is_searched_for() -> None:
    """The next probe goes earlier, until the turn is known sharply."""
    estimate = known(13.0, 13.5)
    estimate.record_contention()
    assert estimate.aim == 13.25
    estimate.earliest = 13.45
    estimate.roll(13.5)
    assert estimate.aim == estimate.latest
    unknown = ResetEstimate()
    unknown.record_contention()
    assert unknown.aim == math.inf


@pytest.mark.parametrize(
    ("now", "after", "by"),
    [
        (13.2, 18.0 - 5e-4, 18.2 + 5e-4),
        (13.5, 18.0 - 5e-4, 18.5 + 5e-4),
        (18.4, 18.0 - 5e-4, 18.5 + 5e-4),
        (18.5, 23.0 - 1e-3, 23.5 + 1e-3),
        (113.6, 118.0 - 1.05e-2, 118.5 + 1.05e-2),
    ],
)
def test_the_next_end_is_whole_periods_later(now: float, after: float, by: float) -> None:
    """As many as have passed, with a ten thousandth of them for clocks that run apart."""
    estimate = known(13.0, 13.5)
    estimate.roll(now)
    assert (estimate.earliest, estimate.latest) == pytest.approx((after, by), abs=1e-9)


@pytest.mark.parametrize(
    ("sent_at", "now", "left", "place"),
    [
        (10.0, 10.1, 3.1, WindowMatch.SAME),
        (10.0, 10.1, 3.0, WindowMatch.EARLIER),
        (10.0, 10.1, 4.85, WindowMatch.SAME),
        (10.0, 10.1, 4.9, WindowMatch.LATER),
    ],
)
def test_a_quarter_of_a_second_is_the_same_window(
    sent_at: float, now: float, left: float, place: WindowMatch
) -> None:
    """Two views of one end may differ by as much."""
    assert known(13.4, 13.6).match(sent_at, now, left) is place


def test_a_search_ends_once_the_turn_is_known_to_an_eighth_of_a_second() -> None:
    """And not before."""
    for width, still in ((0.13, True), (0.12, False)):
        estimate = known(13.0, 13.0 + width)
        estimate.record_contention()
        estimate.roll(13.0 + width)
        assert (estimate.aim < estimate.latest) is still


def see(estimate: ResetEstimate, after: float, by: float) -> None:
    """Have replies tell that the window ends between these."""
    estimate.observe(after, by - 1.0, 1.0)


def test_the_period_follows_from_what_all_ends_leave_possible() -> None:
    """Two pairs of ends, neither of which is enough alone."""
    estimate = ResetEstimate()
    see(estimate, 10.0, 10.8)
    estimate.roll(10.8)
    see(estimate, 16.6, 17.5)
    assert estimate.period is None  # 6 or 7 seconds
    estimate.roll(17.5)
    see(estimate, 23.7, 25.1)  # 7 or 8
    assert estimate.period == 7.0


def test_ends_that_contradict_the_earlier_ones_count_alone() -> None:
    """The limit may have been given another period."""
    estimate = ResetEstimate()
    see(estimate, 10.0, 10.8)
    estimate.roll(10.8)
    see(estimate, 16.6, 17.5)
    estimate.roll(17.5)
    see(estimate, 26.9, 27.3)
    assert estimate.period == 10.0


def test_a_period_of_a_second_is_learned_too() -> None:
    """It is the shortest there is."""
    estimate = ResetEstimate()
    see(estimate, 10.0, 10.1)
    estimate.roll(10.1)
    see(estimate, 11.0, 11.1)
    assert estimate.period == 1.0


def test_where_ends_are_told_too_early_a_reply_is_of_the_window_for_a_second_longer() -> None:
    """What is told is rounded down there."""
    estimate = known(13.0, 13.5)
    estimate.outlived(13.6, 13.7)
    assert estimate.match(12.0, 12.1, 0.3) is WindowMatch.SAME
    assert estimate.match(12.0, 12.1, 0.2) is WindowMatch.EARLIER


def test_an_end_that_was_not_known_tells_nothing_of_the_period() -> None:
    """The first of the two ends is missing."""
    reset = ResetEstimate()
    reset.roll(3.0)
    see(reset, 10.0, 10.1)
    assert reset.period is None
    reset.roll(10.1)
    see(reset, 17.0, 17.1)
    assert reset.period == 7.0
