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
    window.reset.outlived(0.2, 0.3, later=True)
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
