"""A rate that nobody tells: what bare 429s teach."""

import pytest

from bulkcancel.pacing.seeker import Seeker


def dry(seeker: Seeker, now: float) -> None:
    """A first 429."""
    seeker.throttled(now, is_probe=False, is_first=True)


def accepted(seeker: Seeker, count: int, start: float, rate: float, *, headroom: float = 0.0) -> float:
    """That many accepted at a rate; gives the time of the last."""
    now = start
    for _ in range(count):
        now += 1.0 / rate
        seeker.sent(now, headroom)
        seeker.accepted(now, now, is_probe=False, headroom=headroom)
    return now


def rate_of(seeker: Seeker) -> float:
    """The rate that is kept to; there is one."""
    assert seeker.rate is not None
    return seeker.rate


def recovered(seeker: Seeker, now: float, *, headroom: float = 0.0) -> None:
    """A probe is accepted."""
    seeker.sent(now, headroom)
    seeker.accepted(now, now, is_probe=True, headroom=headroom)


def test_nothing_is_held_back_before_the_first_429() -> None:
    """And no rate is kept to."""
    seeker = Seeker()
    accepted(seeker, 100, 0.0, 1000.0)
    assert (seeker.wait(0.1), seeker.rate, seeker.is_pausing) == (0.0, None, False)


def test_a_429_pauses_and_refused_probes_lengthen_the_pause() -> None:
    """To ten seconds at most."""
    seeker = Seeker()
    dry(seeker, 1.0)
    assert seeker.is_pausing
    pauses = [seeker.wait(1.0)]
    for _ in range(20):
        seeker.throttled(1.0, is_probe=True, is_first=True)
        pauses.append(seeker.wait(1.0))
    assert pauses[0] == pytest.approx(0.02)
    assert pauses[1] == pytest.approx(0.032)
    assert pauses[-1] == 10.0
    seeker.throttled(1.0, is_probe=False, is_first=False)
    assert seeker.wait(1.0) == 10.0


def test_what_was_given_until_the_first_turn_is_the_first_estimate() -> None:
    """Spread over the time it took."""
    seeker = Seeker()
    now = accepted(seeker, 100, 0.0, 400.0)
    dry(seeker, now)
    seeker.accepted(now, now, is_probe=False, headroom=0.0)
    paused = seeker.is_pausing
    recovered(seeker, 1.0)
    assert (paused, seeker.is_pausing) == (True, False)
    assert rate_of(seeker) == pytest.approx(102.0, rel=0.01)
    assert seeker.wait(1.0) == pytest.approx(1 / 102.0, rel=0.01)


def test_from_one_429_to_the_next_a_bucket_tells_its_rate() -> None:
    """Also where the first estimate was three times as much."""
    seeker = Seeker()
    now = accepted(seeker, 60, 0.0, 200.0)
    dry(seeker, now)
    recovered(seeker, now + 0.02)
    now = accepted(seeker, 100, now + 0.02, 100.0)
    dry(seeker, now)
    recovered(seeker, now + 0.01)
    assert rate_of(seeker) == pytest.approx(97.0, rel=0.03)


def test_the_rate_grows_slowly_and_then_faster_until_the_next_429() -> None:
    """A little below what was too much it goes on; after many accepted it has doubled."""
    seeker = Seeker()
    now = accepted(seeker, 100, 0.0, 100.0)
    dry(seeker, now)
    recovered(seeker, now + 0.02)
    before = rate_of(seeker)
    now = accepted(seeker, 100, now, before)
    assert before * 1.05 < rate_of(seeker) < before * 1.08
    now = accepted(seeker, 300, now, 2 * before)
    assert rate_of(seeker) == pytest.approx(2 * before, rel=0.01)
    dry(seeker, now)
    assert before * 1.5 < rate_of(seeker) < before * 2.0


def test_many_429s_at_once_make_it_grow_more_slowly() -> None:
    """Each time it runs dry costs that many."""
    rates = []
    for wave in (1, 30):
        seeker = Seeker()
        now = 0.0
        for _ in range(3):
            now = accepted(seeker, 100, now, 100.0)
            dry(seeker, now)
            for _ in range(wave - 1):
                seeker.throttled(now, is_probe=False, is_first=False)
            recovered(seeker, now + 0.01)
        start = rate_of(seeker)
        accepted(seeker, 200, now, 100.0)
        rates.append(rate_of(seeker) / start)
    assert rates[0] > 1.03 > rates[1] > 1.0


def test_a_share_is_left_once_the_rate_is_known() -> None:
    """Then it does not grow into it."""
    seeker = Seeker()
    now = 0.0
    for _ in range(3):
        now = accepted(seeker, 100, now, 100.0, headroom=0.2)
        dry(seeker, now)
        recovered(seeker, now + 0.01, headroom=0.2)
    start = rate_of(seeker)
    now = accepted(seeker, 2000, now, 80.0, headroom=0.2)
    assert rate_of(seeker) == start
    first = seeker.wait(now)
    seeker.sent(now + first, 0.2)
    assert seeker.wait(now + first) == pytest.approx(1.0 / (0.8 * start))
