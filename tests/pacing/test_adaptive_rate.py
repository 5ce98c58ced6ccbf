"""A rate that nobody tells: what bare 429s teach."""

import pytest

from bulkcancel.pacing.adaptive_rate import AdaptiveRate


def dry(adaptive: AdaptiveRate, now: float) -> None:
    """A first 429."""
    adaptive.throttled(now, is_probe=False, is_first=True)


def accepted(adaptive: AdaptiveRate, count: int, start: float, rate: float) -> float:
    """That many accepted at a rate; gives the time of the last."""
    now = start
    for _ in range(count):
        now += 1.0 / rate
        adaptive.sent(now)
        adaptive.accepted(now, now, is_probe=False)
    return now


def rate_of(adaptive: AdaptiveRate) -> float:
    """The rate that is kept to; there is one."""
    assert adaptive.rate is not None
    return adaptive.rate


def recovered(adaptive: AdaptiveRate, now: float) -> None:
    """A probe is accepted."""
    adaptive.sent(now)
    adaptive.accepted(now, now, is_probe=True)


def test_nothing_is_held_back_before_the_first_429() -> None:
    """And no rate is kept to."""
    adaptive = AdaptiveRate()
    accepted(adaptive, 100, 0.0, 1000.0)
    assert (adaptive.wait(0.1), adaptive.rate, adaptive.is_pausing) == (0.0, None, False)


def test_a_429_pauses_and_refused_probes_lengthen_the_pause() -> None:
    """To ten seconds at most."""
    adaptive = AdaptiveRate()
    dry(adaptive, 1.0)
    assert adaptive.is_pausing
    pauses = [adaptive.wait(1.0)]
    for _ in range(20):
        adaptive.throttled(1.0, is_probe=True, is_first=True)
        pauses.append(adaptive.wait(1.0))
    assert pauses[0] == pytest.approx(0.02)
    assert pauses[1] == pytest.approx(0.032)
    assert pauses[-1] == 10.0
    adaptive.throttled(1.0, is_probe=False, is_first=False)
    assert adaptive.wait(1.0) == 10.0


def test_what_was_given_until_the_first_turn_is_the_first_estimate() -> None:
    """Spread over the time it took."""
    adaptive = AdaptiveRate()
    now = accepted(adaptive, 100, 0.0, 400.0)
    dry(adaptive, now)
    adaptive.accepted(now, now, is_probe=False)
    paused = adaptive.is_pausing
    recovered(adaptive, 1.0)
    assert (paused, adaptive.is_pausing) == (True, False)
    assert rate_of(adaptive) == pytest.approx(102.0, rel=0.01)
    assert adaptive.wait(1.0) == pytest.approx(1 / 102.0, rel=0.01)


def test_from_one_429_to_the_next_a_bucket_tells_its_rate() -> None:
    """Also where the first estimate was three times as much."""
    adaptive = AdaptiveRate()
    now = accepted(adaptive, 60, 0.0, 200.0)
    dry(adaptive, now)
    recovered(adaptive, now + 0.02)
    now = accepted(adaptive, 100, now + 0.02, 100.0)
    dry(adaptive, now)
    recovered(adaptive, now + 0.01)
    assert rate_of(adaptive) == pytest.approx(97.0, rel=0.03)


def test_the_rate_grows_slowly_and_then_faster_until_the_next_429() -> None:
    """A little below what was too much it goes on; after many accepted it has doubled."""
    adaptive = AdaptiveRate()
    now = accepted(adaptive, 100, 0.0, 100.0)
    dry(adaptive, now)
    recovered(adaptive, now + 0.02)
    before = rate_of(adaptive)
    now = accepted(adaptive, 100, now, before)
    assert before * 1.05 < rate_of(adaptive) < before * 1.08
    now = accepted(adaptive, 300, now, 2 * before)
    assert rate_of(adaptive) == pytest.approx(2 * before, rel=0.01)
    dry(adaptive, now)
    assert before * 1.5 < rate_of(adaptive) < before * 2.0


def test_many_429s_at_once_make_it_grow_more_slowly() -> None:
    """Each time it runs dry costs that many."""
    rates = []
    for wave in (1, 30):
        adaptive = AdaptiveRate()
        now = 0.0
        for _ in range(3):
            now = accepted(adaptive, 100, now, 100.0)
            dry(adaptive, now)
            for _ in range(wave - 1):
                adaptive.throttled(now, is_probe=False, is_first=False)
            recovered(adaptive, now + 0.01)
        start = rate_of(adaptive)
        accepted(adaptive, 200, now, 100.0)
        rates.append(rate_of(adaptive) / start)
    assert rates[0] > 1.03 > rates[1] > 1.0


def test_a_share_is_left_once_the_rate_is_known() -> None:
    """Then it does not grow into it."""
    adaptive = AdaptiveRate(headroom=0.2)
    now = 0.0
    for _ in range(3):
        now = accepted(adaptive, 100, now, 100.0)
        dry(adaptive, now)
        recovered(adaptive, now + 0.01)
    start = rate_of(adaptive)
    now = accepted(adaptive, 2000, now, 80.0)
    assert rate_of(adaptive) == start
    first = adaptive.wait(now)
    adaptive.sent(now + first)
    assert adaptive.wait(now + first) == pytest.approx(1.0 / (0.8 * start))


def settled(*, wave: int = 1) -> tuple[AdaptiveRate, float]:
    """One that has run dry three times, each time with so many 429s; and the time."""
    adaptive, now = AdaptiveRate(), 0.0
    for _ in range(3):
        now = accepted(adaptive, 100, now, 100.0)
        dry(adaptive, now)
        for _ in range(wave - 1):
            adaptive.throttled(now, is_probe=False, is_first=False)
        now += 0.01
        recovered(adaptive, now)
    return adaptive, now


def growth(adaptive: AdaptiveRate, count: int, now: float) -> float:
    """How many times the rate is what it was, after so many more were accepted."""
    before = adaptive._base
    accepted(adaptive, count, now, 100.0)
    return rate_of(adaptive) / before


@pytest.mark.parametrize(
    ("count", "times"),
    [(99, 1 + (100 / 400) ** 2), (398, 1 + (399 / 400) ** 2), (399, 2.0), (400, 2 * (1 + 1 / 400**2))],
)
def test_the_first_estimate_doubles_in_four_hundred(count: int, times: float) -> None:
    """And from there again; the probe was one of them."""
    adaptive = AdaptiveRate()
    now = accepted(adaptive, 100, 0.0, 100.0)
    dry(adaptive, now)
    recovered(adaptive, now + 0.02)
    assert growth(adaptive, count, now + 0.02) == pytest.approx(times, abs=1e-9)


@pytest.mark.parametrize(("wave", "calm"), [(1, 1000), (3, 1000), (4, 1200), (10, 3000)])
def test_once_settled_it_doubles_in_a_thousand_or_in_three_hundred_for_each_429_of_a_wave(
    wave: int, calm: int
) -> None:
    """Each time it runs dry costs that many."""
    adaptive, now = settled(wave=wave)
    assert growth(adaptive, 499, now) == pytest.approx(1 + (500 / calm) ** 2, abs=1e-9)


def test_the_rate_goes_on_three_percent_below_what_was_too_much() -> None:
    """Or below what was given, where that was clearly less: a pause counts half, for what was given in it is unknown."""
    adaptive, now = settled()
    before = rate_of(adaptive)
    now = accepted(adaptive, 200, now, before)
    too_much = rate_of(adaptive)
    dry(adaptive, now)
    assert rate_of(adaptive) == pytest.approx(0.97 * too_much)
    now += 2.0
    recovered(adaptive, now)
    now = accepted(adaptive, 49, now, 50.0)
    dry(adaptive, now)
    assert rate_of(adaptive) == pytest.approx(0.97 * 50 / (2.0 + 0.98 - 1.0))


def test_a_pause_that_was_told_is_no_part_of_the_rate() -> None:
    """Nothing was given in it."""
    adaptive, now = settled()
    now = accepted(adaptive, 100, now, 100.0)
    adaptive.throttled(now, is_probe=False, is_first=True, at_least=3.0)
    assert adaptive.wait(now) == pytest.approx(3.0)
    adaptive.throttled(now + 3.0, is_probe=True, is_first=True, at_least=1.0)
    assert adaptive.wait(now + 3.0) == pytest.approx(1.0)
    recovered(adaptive, now + 4.0)
    later = accepted(adaptive, 49, now + 4.0, 50.0)
    dry(adaptive, later)
    assert rate_of(adaptive) == pytest.approx(0.97 * 50 / 0.98)


def test_the_rate_never_falls_below_one_in_a_hundred_seconds() -> None:
    """However long nothing was given."""
    adaptive = AdaptiveRate()
    adaptive.accepted(0.0, 0.0, is_probe=False)
    dry(adaptive, 0.0)
    recovered(adaptive, 5000.0)
    dry(adaptive, 90_000.0)
    assert rate_of(adaptive) == 0.01
    assert adaptive.wait(90_000.0) == 10.0


def test_before_anything_was_accepted_it_asks_once_a_second() -> None:
    """After a first pause as short as any."""
    adaptive = AdaptiveRate()
    dry(adaptive, 7.0)
    assert rate_of(adaptive) == 1.0
    assert adaptive.wait(7.0) == pytest.approx(0.02)


@pytest.mark.parametrize(("waited", "pause"), [(0.02, 0.02), (0.4, 0.1), (8.0, 2.0), (100.0, 10.0)])
def test_a_pause_begins_with_a_quarter_of_the_last(waited: float, pause: float) -> None:
    """With one request's spacing at least, and ten seconds at most."""
    adaptive, now = settled()
    dry(adaptive, now)
    recovered(adaptive, now + waited)
    adaptive._base = adaptive._rate = 1000.0
    now = accepted(adaptive, 2000, now + waited, 1000.0)
    dry(adaptive, now)
    assert adaptive.wait(now) == pytest.approx(pause)
    assert adaptive.is_pausing
    adaptive.throttled(now, is_probe=False, is_first=True)
    assert adaptive.is_pausing


@pytest.mark.parametrize(("rate", "at_once"), [(1000.0, 6), (100.0, 2), (10.0, 1)])
def test_lateness_is_made_good_by_one_requests_spacing(rate: float, at_once: int) -> None:
    """By five thousandths of a second at least, by five hundredths at most."""
    adaptive, now = settled()
    adaptive._rate = rate
    now += 60.0
    sent = 0
    while adaptive.wait(now) < 1e-9:
        adaptive.sent(now)
        sent += 1
    assert sent == at_once
    assert adaptive.wait(now) == pytest.approx(min(1.0 / rate, 0.05) if rate == 10.0 else 1.0 / rate)


def test_nothing_is_spaced_while_it_pauses() -> None:
    """The probe after it begins the new spacing."""
    adaptive, now = settled()
    dry(adaptive, now)
    wait = adaptive.wait(now)
    adaptive.sent(now + wait)
    assert adaptive.wait(now + wait) == 0.0
    adaptive.accepted(now + wait, now + 1.0, is_probe=True)
    assert adaptive.wait(now + wait) == pytest.approx(1.0 / adaptive._base)


def test_a_share_is_left_from_the_third_time_on() -> None:
    """Before, the rate is not known well enough."""
    for times, share in ((2, 1.0), (3, 0.5)):
        adaptive, now = AdaptiveRate(headroom=0.5), 0.0
        for _ in range(times):
            now = accepted(adaptive, 100, now, 100.0)
            dry(adaptive, now)
            now += 0.01
            recovered(adaptive, now)
        now += 1.0
        adaptive._rate = 10.0
        adaptive.sent(now)
        assert adaptive.wait(now) == pytest.approx(0.1 / share - 0.05)


def test_the_first_estimate_does_not_depend_on_when_the_run_began() -> None:
    """Only on the time since the first accepted request."""
    adaptive = AdaptiveRate()
    now = accepted(adaptive, 100, 1000.0, 400.0)
    dry(adaptive, now)
    recovered(adaptive, 1001.0)
    assert rate_of(adaptive) == pytest.approx(101.0, rel=0.01)


def test_a_pause_is_never_shorter_than_one_requests_spacing() -> None:
    """A bucket that fills once in two seconds is not asked sooner."""
    adaptive = AdaptiveRate()
    now = accepted(adaptive, 20, 0.0, 0.5)
    dry(adaptive, now)
    recovered(adaptive, now + 2.0)
    now = accepted(adaptive, 20, now + 2.0, 0.5)
    dry(adaptive, now)
    assert adaptive.wait(now) == pytest.approx(1.0 / adaptive._base)
    assert 1.9 < adaptive.wait(now) < 2.2


@pytest.mark.parametrize("told", [0.5, 1.0, 3.0])
def test_a_pause_of_any_length_that_was_told_is_no_part_of_the_rate(told: float) -> None:
    """Else half of it would count as time in which something was given."""
    adaptive, now = settled()
    now = accepted(adaptive, 100, now, 100.0)
    adaptive.throttled(now, is_probe=False, is_first=True, at_least=told)
    recovered(adaptive, now + told)
    later = accepted(adaptive, 49, now + told, 50.0)
    dry(adaptive, later)
    assert rate_of(adaptive) == pytest.approx(0.97 * 50 / 0.98)


def test_a_429_to_a_run_of_one_at_a_time_begins_a_pause_too() -> None:
    """A probe of something else was refused: what it went to find out does not matter."""
    adaptive = AdaptiveRate()
    adaptive.throttled(7.0, is_probe=True, is_first=True)
    assert adaptive.is_pausing
    assert rate_of(adaptive) == 1.0
    assert adaptive.wait(7.0) == pytest.approx(0.02)
