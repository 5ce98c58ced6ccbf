"""What is left of a quota window: learned from less and less."""

import math

import pytest

from bulkcancel.pacing import RateLimitHeaders
from bulkcancel.pacing.headers import LONGEST_PAUSE
from bulkcancel.pacing.window import Window

SILENT = RateLimitHeaders()


def told(remaining: int, reset: float, *, limit: int = 500, period: float = 5.0) -> RateLimitHeaders:
    """What a reply with all headers says."""
    return RateLimitHeaders(limit, period, remaining, reset)


def accept(
    window: Window,
    limits: RateLimitHeaders,
    sent_at: float,
    *,
    left: float | None = None,
    is_probe: bool = False,
) -> None:
    """A reply a tenth of a second after its request."""
    before = window.remaining if left is None else left
    window.accepted(limits, sent_at, sent_at + 0.1, left=before, is_probe=is_probe)


def refuse(window: Window, limits: RateLimitHeaders, sent_at: float, *, is_probe: bool = False) -> None:
    """A 429 a tenth of a second after its request."""
    window.throttled(limits, sent_at, sent_at + 0.1, is_probe=is_probe)


def others_of(window: Window, in_flight: int) -> float:
    """Requests of others for each of ours, with that many of ours in flight."""
    return window.others.lately(window.remaining, window.own, in_flight, window._heard)


def test_with_no_headers_few_go_at_first() -> None:
    """Each would come back as a 429 if the quota ran out; more are let go as more are accepted."""
    window = Window()
    assert window.room(0) == 8.0
    for number in range(400):
        accept(window, SILENT, number / 100)
    assert window.room(3) == 15.0
    assert window.is_silent
    assert window.resumes == math.inf


def test_what_a_window_took_is_expected_of_the_next() -> None:
    """With `Retry-After` alone; then only one at a time goes to see if there is more."""
    window = Window()
    for number in range(200):
        accept(window, SILENT, 10 + number / 1000)
    refuse(window, RateLimitHeaders(retry_after=3.0), 10.3)
    assert window.uncounted.expected == 200
    assert window.room(0) == 0.0
    assert window.resumes == pytest.approx(13.4)
    accept(window, SILENT, 13.4, is_probe=True)
    assert window.room(0) == 8 + 200 / 40
    for number in range(199):
        accept(window, SILENT, 13.5 + number / 1000)
    assert window.room(0) == 1.0
    assert window.room(1) == 0.0
    for number in range(80):
        accept(window, SILENT, 14 + number / 1000)
    assert window.room(0) == 10.0


def test_a_limit_told_on_429s_bounds_what_is_expected() -> None:
    """More may have been accepted in two windows that looked like one."""
    window = Window()
    for number in range(700):
        accept(window, SILENT, number / 100)
    refuse(window, told(0, 3), 7.0)
    assert window.uncounted.expected == 500


def test_where_the_turn_is_known_a_small_window_is_not_overdrawn() -> None:
    """Nor one of which a share is left to others."""
    for headroom, count in ((0.0, 10), (0.2, 8)):
        window = Window(headroom)
        for number in range(10):
            accept(window, SILENT, number / 100)
        refuse(window, told(0, 3, limit=10), 0.5)
        accept(window, SILENT, 3.6, is_probe=True)
        for number in range(count - 1):
            assert window.room(0) >= 1.0
            accept(window, SILENT, 3.7 + number / 100)
        assert window.room(0) == 0.0
        assert window.resumes == pytest.approx(8.6, abs=0.2)


def test_a_silent_window_turns_with_the_clock() -> None:
    """What is sent after its end belongs to the next."""
    window = Window()
    accept(window, SILENT, 0.0)
    refuse(window, told(0, 3), 0.5)
    accept(window, SILENT, 3.6, is_probe=True)
    assert window.own == 1
    accept(window, SILENT, 8.7)
    assert window.own == 1


def test_a_straggler_of_the_last_window_is_ignored() -> None:
    """Its numbers are older than what is known."""
    window = Window()
    accept(window, told(5, 5), 10.0)
    accept(window, told(0, 1), 8.0)
    assert window.remaining == 5
    refuse(window, told(0, 1), 8.0)
    assert not window.is_spent


def test_a_reply_from_the_next_window_begins_it() -> None:
    """Either its end lies later, or more is left than when its request was sent."""
    window = Window()
    accept(window, told(5, 2), 0.0)
    accept(window, told(499, 5), 2.2)
    assert window.remaining == 499
    window = Window()
    accept(window, told(50, 1, period=1.0), 0.0)
    accept(window, told(90, 1, period=1.0), 0.9, left=50)
    assert window.remaining == 90
    accept(window, told(95, 1, period=1.0), 0.91, left=98)
    assert window.remaining == 90


def test_a_reply_without_headers_still_counts() -> None:
    """As one less."""
    window = Window()
    accept(window, told(5, 2), 0.0)
    accept(window, SILENT, 0.1)
    assert window.remaining == 4


def test_remaining_without_an_end_is_no_window() -> None:
    """When to come back would not be known."""
    window = Window()
    accept(window, RateLimitHeaders(remaining=0), 0.0)
    assert window.room(0) == 8.0 + 1 / 40


def test_a_count_that_is_always_zero_is_not_believed_for_ever() -> None:
    """Others do not leave exactly one request in window after window; a 429 makes it true again."""
    window = Window()
    for number in range(4):
        assert window.room(0) >= 1.0 or number
        accept(window, told(0, 5), 5.0 * number, is_probe=number > 0)
        assert (window.remaining == 0) is (number < 3)
    assert window.room(0) > 8.0
    refuse(window, told(0, 4), 16.0)
    accept(window, told(0, 5), 20.2, is_probe=True)
    assert window.remaining == 0


def test_what_others_took_is_expected_of_them_again() -> None:
    """Through the next window, until we have had a quarter more than before."""
    window = Window()
    for number in range(100):
        accept(window, told(499 - 4 * number, 5), 10 + number / 1000)
    refuse(window, told(0, 4), 10.5)
    accept(window, told(499, 5), 15.2, is_probe=True)
    assert others_of(window, 0) == pytest.approx(3.0, abs=0.1)
    for number in range(120):
        accept(window, told(498 - number, 5), 15.3 + number / 1000)
    assert others_of(window, 0) == pytest.approx(3.0, abs=0.1)
    for number in range(30):
        accept(window, told(374 - number, 5), 15.5 + number / 1000)
    assert others_of(window, 0) < 0.5


def test_others_may_learn_of_a_turn_a_little_later_than_we_do() -> None:
    """So for a tenth of a second they are not taken to have ended, however much we have had by then."""
    window = Window()
    for number in range(40):
        accept(window, told(499 - number, 5), 10.0 + number / 1000)
    assert others_of(window, 0) == 1.0
    accept(window, told(459, 5), 10.11)
    assert others_of(window, 0) < 0.3


def test_a_window_that_others_emptied_makes_us_come_earlier() -> None:
    """It had turned before the probe."""
    window = Window()
    accept(window, told(0, 5), 10.0)
    assert window.resumes == pytest.approx(15.1)
    refuse(window, told(0, 5), 15.1, is_probe=True)
    assert window.reset.earliest < window.resumes < window.reset.latest


def test_a_probe_too_early_waits_a_little_longer() -> None:
    """And longer each time; what is told is not believed for ever."""
    window = Window()
    accept(window, told(0, 2), 10.0)
    waits = []
    for _ in range(12):
        sent_at = window.resumes
        refuse(window, RateLimitHeaders(retry_after=0.0), sent_at, is_probe=True)
        waits.append(window.resumes - sent_at)
    assert waits[0] > 0.1
    assert waits[-1] == pytest.approx(10.1)


def test_no_header_holds_a_run_for_hours() -> None:
    """After five minutes it is asked again, whatever was told."""
    window = Window()
    refuse(window, RateLimitHeaders(100, 86_400.0, 0, 50_000.0), 10.0)
    assert window.resumes == pytest.approx(10.1 + LONGEST_PAUSE)
    assert window.peak_share is None


def test_a_probe_in_the_old_window_does_not_make_the_next_go_at_once() -> None:
    """Where the turn was looked for early, and its bounds have passed by the time of the reply."""
    window = Window()
    window.accepted(told(2, 1), 0.0, 0.1, left=math.inf, is_probe=False)
    window.reset.record_contention()
    window.accepted(told(1, 0), 1.0, 1.3, left=2.0, is_probe=True)
    assert window.reset.aim < 1.3
    assert window.resumes == pytest.approx(1.4)


def test_a_429_of_the_next_window_begins_it() -> None:
    """What was ours of the one before says nothing of it."""
    window = Window()
    for number in range(5):
        accept(window, told(99 - number, 2, limit=100), 0.01 * number)
    refuse(window, told(0, 5, limit=100), 2.3)
    assert (window.own, window.uncounted.expected, window.remaining) == (0, None, math.inf)
    assert window.is_spent
    assert window.peak_share == 0.05


def test_a_refused_probe_tells_that_the_turn_is_later() -> None:
    """Later than it was sent."""
    window = Window()
    accept(window, told(0, 2), 10.0)
    refuse(window, RateLimitHeaders(retry_after=0.0), 12.1, is_probe=True)
    assert (window.reset.earliest, window.reset.latest) == pytest.approx((12.1, 13.2))


def test_a_429_begins_the_count_to_the_next_try_of_more_anew() -> None:
    """A hundred accepted requests pay for one that may be too many."""
    window = Window()
    for number in range(10):
        accept(window, SILENT, number / 100)
    refuse(window, told(0, 3, limit=10), 0.5)
    for turn in range(10):
        assert window.room(0) == 0.0 or turn
        for number in range(10):
            accept(window, SILENT, 3.7 + 5.0 * turn + number / 100, is_probe=number == 0 and turn == 0)
        assert window.room(0) == (0.0 if turn < 9 else 1.0)
    refuse(window, told(0, 4, limit=10), 49.0)
    assert window.room(0) == 0.0
    for number in range(10):
        accept(window, SILENT, 53.8 + number / 100, is_probe=number == 0)
    assert window.room(0) == 0.0


def test_others_may_be_late_in_each_window() -> None:
    """Counted from its own beginning."""
    window = Window()
    for number in range(10):
        accept(window, told(499 - 4 * number, 5), 10 + number / 1000)
    refuse(window, told(0, 4), 10.5)
    accept(window, told(499, 5), 15.2, is_probe=True)
    for number in range(60):
        accept(window, told(498 - number, 5), 15.2 + number / 1000)
    assert others_of(window, 0) > 2.5
    accept(window, told(438, 5), 15.31)
    assert others_of(window, 0) < 1.0


@pytest.mark.parametrize(
    ("remaining", "in_flight", "waiting", "wait"),
    [
        (10, 0, 99, 0.7),  # five requests of ours, and as many of others
        (11, 0, 99, 0.0),  # not yet the last ones
        (12, 1, 99, math.inf),  # the one on its way tells first
        (13, 1, 99, 0.0),
        (10, 0, 10, 0.0),  # nobody will come with more than is left
        (10, 0, 11, 0.7),
        (12, 1, 9, 0.0),
        (12, 1, 10, math.inf),
    ],
)
def test_the_last_requests_wait_for_the_seconds_to_change(
    remaining: int, in_flight: int, waiting: int, wait: float
) -> None:
    """Where others make one for each of ours: until half of what is unknown lies before it."""
    window = Window()
    accept(window, told(remaining, 3), 10.0)
    assert window.reset.width == pytest.approx(1.1)
    window.reset.earliest, window.reset.latest = 12.7, 13.7
    assert window.held_back(10.5, in_flight, waiting) == pytest.approx(wait)


@pytest.mark.parametrize(("now", "wait"), [(11.5, 0.7), (12.19, 0.01), (12.22, 0.0), (13.0, 0.0)])
def test_what_is_held_back_is_spent_a_second_before_the_window_may_end(now: float, wait: float) -> None:
    """After that the rest goes at once."""
    window = Window()
    accept(window, told(10, 3), 10.0)
    window.reset.earliest, window.reset.latest = 12.7, 13.7
    assert window.held_back(now, 0, 99) == pytest.approx(wait)


def test_a_request_sent_as_the_window_ends_belongs_to_the_next() -> None:
    """As a probe is that goes when the window must have turned."""
    window = Window()
    accept(window, SILENT, 0.0)
    refuse(window, told(0, 3), 0.5)
    accept(window, SILENT, window.reset.latest)
    assert (window.own, window.is_spent) == (1, False)


def test_a_probe_that_meets_the_old_window_does_not_say_that_others_were_faster() -> None:
    """It says that the turn is later."""
    window = Window(0.2)
    accept(window, told(2, 1, limit=10), 0.0)
    accept(window, told(1, 0, limit=10), 1.05, is_probe=True)
    assert window.reset.earliest == 1.05
    assert window.reset.aim == window.reset.latest


@pytest.mark.parametrize("limits", [RateLimitHeaders(retry_after=0.0), RateLimitHeaders(reset=0.0)])
def test_a_429_that_says_at_once_is_taken_at_its_word_but_for_a_tenth_of_a_second(
    limits: RateLimitHeaders,
) -> None:
    """Else it would be asked again and again."""
    window = Window()
    refuse(window, limits, 10.0)
    assert window.reset.latest == pytest.approx(10.1)
    assert window.resumes == pytest.approx(10.2)


def test_of_two_times_a_429_tells_the_later_counts() -> None:
    """Both are asked of us."""
    for limits in (
        RateLimitHeaders(retry_after=3.0, reset=1.0),
        RateLimitHeaders(retry_after=1.0, reset=3.0),
    ):
        window = Window()
        refuse(window, limits, 10.0)
        assert window.resumes == pytest.approx(13.1)


def test_a_window_that_is_counted_by_nobody_any_more_is_spent_one_by_one() -> None:
    """Down to the last."""
    window = Window()
    accept(window, told(1, 5), 0.0)
    accept(window, SILENT, 0.1)
    assert window.remaining == 0
    accept(window, SILENT, 0.2)
    assert window.remaining == 0
    assert window.room(0) == 0.0


@pytest.mark.parametrize(
    ("limit", "firsts", "is_believed"),
    [
        (500, [0, 0], True),
        (500, [0, 0, 0], False),
        (500, [0, 0, 7, 0, 0], True),  # in a row
        (500, [0, 0, 7, 0, 0, 0], False),
        (500, [5, 5, 5, 5], True),
        (1, [0, 0, 0, 0, 0], True),  # a window of one request is empty after it
        (2, [0, 0, 0], False),
    ],
)
def test_windows_that_are_always_empty_are_not_believed(
    limit: int,
    firsts: list[int],
    is_believed: bool,  # noqa: FBT001 - a table's column
) -> None:
    """Three in a row, by what the first accepted request says is left."""
    window = Window()
    for number, first in enumerate(firsts):
        accept(window, told(first, 5, limit=limit), 5.0 * number, is_probe=number > 0)
    assert window.disbelieves is not is_believed


def test_a_429_makes_an_empty_window_believable_and_three_more_are_needed() -> None:
    """It says that nothing is left, as the header did."""
    window = Window()
    for number in range(3):
        accept(window, told(0, 5), 5.0 * number, is_probe=number > 0)
    refuse(window, told(0, 4), 11.0)
    for number in range(3):
        assert not window.disbelieves
        accept(window, told(0, 5), 15.2 + 5.0 * number, is_probe=True)
    assert window.disbelieves


def test_a_reply_that_does_not_say_the_limit_leaves_it() -> None:
    """What is known stays known."""
    window = Window()
    accept(window, told(499, 5), 0.0)
    accept(window, RateLimitHeaders(remaining=498, reset=5.0), 0.1)
    assert window.limit == 500


def test_the_largest_share_is_kept_when_the_limit_changes() -> None:
    """It was a share of the limit of its time."""
    window = Window()
    for number in range(5):
        accept(window, told(9 - number, 5, limit=10), 0.01 * number)
    accept(window, told(94, 5, limit=100), 0.1)
    assert window.peak_share == 0.5


@pytest.mark.parametrize(("remaining", "is_next"), [(50, False), (55, False), (56, True)])
def test_counters_of_one_server_may_differ_by_a_hundredth(
    remaining: int,
    is_next: bool,  # noqa: FBT001 - a table's column
) -> None:
    """More than that is the next window, where this one may have ended."""
    window = Window()
    accept(window, told(50, 2), 0.0)
    accept(window, told(remaining, 1), 1.2, left=50.0)
    assert (window.remaining == remaining and window.own == 1) is is_next


def test_before_a_window_can_have_ended_more_left_says_nothing() -> None:
    """A counter of the server's is behind."""
    window = Window()
    accept(window, told(50, 4), 0.0)
    accept(window, told(90, 4), 0.5, left=50.0)
    assert (window.remaining, window.own) == (50, 2)


def test_a_reply_that_says_the_end_alone_is_of_this_window() -> None:
    """Nothing is left more than before."""
    window = Window()
    accept(window, told(50, 2), 0.0)
    accept(window, RateLimitHeaders(reset=1.0), 1.2)
    assert (window.remaining, window.own) == (49, 2)


def test_without_a_limit_the_headroom_is_a_share_of_the_most_that_was_left() -> None:
    """That is what the window has, as far as anybody knows."""
    window = Window(0.2)
    accept(window, RateLimitHeaders(None, 5.0, 99, 4.0), 0.0)
    accept(window, RateLimitHeaders(None, 5.0, 49, 3.0), 1.0)
    assert window.room(0) == 49 - 20


def test_where_the_turn_is_not_known_one_goes_past_what_is_expected() -> None:
    """Nothing else would show that there is a new window; the headroom is left until then."""
    window = Window(0.2)
    for number in range(10):
        accept(window, SILENT, number / 100)
    refuse(window, RateLimitHeaders(retry_after=1.0), 0.5)
    accept(window, SILENT, 1.7, is_probe=True)
    for number in range(7):
        assert window.room(0) > 0.0
        accept(window, SILENT, 1.8 + number / 100)
    assert window.own == 8
    assert window.room(0) == 1.0


def expected(window: Window) -> tuple[float, float, float, float | None]:
    """What it expects, to the tenth; zeros where that is nothing."""
    share, left, ends, period = window.outlook or (0.0, 0.0, 0.0, None)
    return round(share, 1), round(left, 1), round(ends, 1), period


def test_what_may_be_expected_leaves_out_the_headroom_and_what_others_took() -> None:
    """Others are reckoned with when a window has shown them: the care that is taken before is no news."""
    window = Window(0.2)
    assert window.outlook is None
    accept(window, told(499, 4.0), 10.0)
    assert expected(window) == (400.0, 399.0, 14.1, 5.0)
    for number in range(1, 101):
        accept(window, told(499 - 2 * number, 4.0), 10.0 + number / 1000)
    accept(window, told(499, 5.0), 15.0)
    assert expected(window)[:2] == (201.0, 200.5)
    refuse(window, told(0, 4.0), 15.5)
    assert expected(window)[:2] == (201.0, 0.0)


def test_without_a_limit_the_most_that_was_left_is_expected() -> None:
    """And where nothing tells what is left, or when it ends, nothing is."""
    window, endless, refused = Window(), Window(), Window()
    accept(window, RateLimitHeaders(remaining=9, reset=3.0), 10.0)
    assert expected(window) == (10.0, 9.0, 13.1, None)
    accept(endless, RateLimitHeaders(limit=10), 10.0)
    assert endless.outlook is None
    refuse(refused, RateLimitHeaders(limit=10, retry_after=3.0), 10.0)
    assert expected(refused) == (10.0, 0.0, 13.1, None)
    accept(refused, SILENT, 13.2, is_probe=True)
    assert expected(refused)[:2] == (0.0, 0.0)
