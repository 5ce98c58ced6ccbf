"""What may go where replies count nothing down."""

import pytest

from bulkcancel.pacing.uncounted_quota import UncountedQuota


def quota(accepted: int = 0, *, exhausted_after: int = 0, limit: int | None = None) -> UncountedQuota:
    """One that has seen a window run out, and that many accepted since; or no window yet."""
    one = UncountedQuota()
    if exhausted_after:
        one.record_exhausted(exhausted_after, limit)
        one.record_refusal()
    for _ in range(accepted):
        one.record_accepted()
    return one


@pytest.mark.parametrize(
    ("accepted", "in_flight", "room"), [(0, 0, 8.0), (0, 5, 3.0), (80, 0, 10.0), (80, 10, 0.0)]
)
def test_until_a_window_has_run_out_few_are_in_flight(accepted: int, in_flight: int, room: float) -> None:
    """Eight, and one more for each forty accepted."""
    assert quota(accepted).room(0, in_flight, 0.0, knows_turn=False) == room


@pytest.mark.parametrize(
    ("own", "in_flight", "headroom", "room"),
    [
        (0, 0, 0.0, 13.0),  # eight and one more for each forty expected
        (0, 3, 0.0, 10.0),
        (190, 0, 0.0, 10.0),  # the last ten
        (190, 4, 0.0, 6.0),
        (199, 0, 0.0, 1.0),
        (150, 0, 0.2, 10.0),
        (159, 0, 0.2, 1.0),
        (160, 0, 0.2, 0.0),
    ],
)
def test_what_a_window_took_is_let_go_in_the_next(
    own: int, in_flight: int, headroom: float, room: float
) -> None:
    """Less the headroom, and never more than it took."""
    assert quota(exhausted_after=200).room(own, in_flight, headroom, knows_turn=True) == pytest.approx(room)


def test_a_known_limit_bounds_what_is_expected() -> None:
    """More may have been accepted in two windows that looked like one."""
    assert quota(exhausted_after=200, limit=150).expected == 150
    assert quota(exhausted_after=200, limit=300).expected == 200
    assert quota(exhausted_after=200).expected == 200


@pytest.mark.parametrize(
    ("since", "headroom", "knows_turn", "room"),
    [
        (99, 0.0, True, 0.0),
        (100, 0.0, True, 1.0),
        (100, 0.2, True, 0.0),  # others are to have what there may be more
        (0, 0.0, False, 1.0),  # without a turn to wait for, one at a time finds it
        (0, 0.2, False, 1.0),
    ],
)
def test_past_what_is_expected_one_goes_now_and_then(
    since: int,
    headroom: float,
    room: float,
    *,
    knows_turn: bool,
) -> None:
    """A hundred accepted pay for one that may be refused."""
    assert quota(since, exhausted_after=60).room(60, 0, headroom, knows_turn=knows_turn) == room


@pytest.mark.parametrize(
    ("since", "limit", "room"),
    [(5, None, 0.0), (6, None, 1.0), (5, 600, 0.0), (6, 600, 1.0), (99, 3, 0.0), (100, 3, 1.0)],
)
def test_where_others_may_have_had_the_rest_two_windows_are_enough(
    since: int, limit: int | None, room: float
) -> None:
    """At three a window, a hundred take half an hour, and the others may long be gone; not where three are all there is."""
    assert quota(since, exhausted_after=3, limit=limit).room(3, 0, 0.0, knows_turn=True) == room


@pytest.mark.parametrize(
    ("own", "in_flight", "limit", "room"),
    [
        (10, 0, 600, 1.0),
        (10, 0, None, 0.0),
        (479, 0, 600, 1.0),
        (400, 0, 600, 48.75),
        (480, 0, 600, 0.0),
        (470, 10, 600, 0.0),
    ],
)
def test_headroom_is_of_the_limit_where_that_is_known(
    own: int, in_flight: int, limit: int | None, room: float
) -> None:
    """Of it, not of the little that others had left us once: what they no longer take is ours, up to their share."""
    one = quota(100, exhausted_after=10, limit=limit)
    assert max(0.0, one.room(own, in_flight, 0.2, knows_turn=True)) == room


@pytest.mark.parametrize(
    ("own", "in_flight", "room"), [(10, 1, 0.0), (18, 0, 1.0), (26, 0, 2.0), (50, 2, 3.0)]
)
def test_what_goes_past_it_lets_more_go(own: int, in_flight: int, room: float) -> None:
    """One more for each eight: the limit has grown."""
    assert quota(100, exhausted_after=10).room(own, in_flight, 0.0, knows_turn=True) == room
