"""The breaker: when it opens, how it asks, and how long the API has been down."""

import pytest

from bulkcancel.pacing.circuit_breaker import CircuitBreaker


def sound_breaker(concurrency: int = 1) -> CircuitBreaker:
    """One that has met a sound answer, at time 0."""
    breaker = CircuitBreaker(concurrency)
    breaker.record_success(0.0)
    return breaker


@pytest.mark.parametrize(("concurrency", "faults"), [(1, 3), (3, 3), (4, 4), (10, 10), (11, 10), (256, 10)])
def test_faults_in_a_row_open_it(concurrency: int, faults: int) -> None:
    """As many as requests may be in flight, three at least and ten at most."""
    breaker = sound_breaker(concurrency)
    for number in range(faults):
        assert not breaker.is_open, number
        assert breaker.wait(1.0) == 0.0
        breaker.record_failure(0.5, 1.0, was_probe=False)
    assert breaker.is_open
    assert breaker.wait(1.0) == 1.0
    assert breaker.wait(1.75) == 0.25
    assert breaker.wait(3.0) == 0.0


def test_where_nothing_sound_ever_came_the_first_fault_opens_it() -> None:
    """And what comes next finds out."""
    breaker = CircuitBreaker(32)
    breaker.record_failure(0.0, 10.0, was_probe=True)
    assert breaker.wait(10.0) == 1.0
    assert breaker.down_for(10.0) == 10.0
    breaker.record_success(11.0)
    assert not breaker.is_open
    breaker.record_failure(12.0, 12.0, was_probe=False)
    assert not breaker.is_open


def test_a_sound_answer_closes_it_and_counting_begins_anew() -> None:
    """The pauses as well."""
    breaker = sound_breaker()
    for _ in range(2):
        for _ in range(3):
            breaker.record_failure(1.0, 1.0, was_probe=False)
        assert breaker.wait(1.0) == 1.0
        breaker.record_failure(1.0, 1.0, was_probe=True)
        assert breaker.wait(1.0) == 2.0
        breaker.record_success(1.0)
        assert not breaker.is_open
        assert breaker.wait(1.0) == 0.0
        assert breaker.down_for(5.0) == 0.0


def test_the_pauses_double_to_ten_seconds() -> None:
    """With each probe; a fault of a request that was sent before it opened changes nothing."""
    breaker = CircuitBreaker(1)
    breaker.record_failure(0.0, 0.0, was_probe=True)
    for pause in (1.0, 2.0, 4.0, 8.0, 10.0, 10.0):
        assert breaker.until == pause
        breaker.record_failure(0.0, 0.5, was_probe=False)
        assert breaker.until == pause
        breaker.record_failure(0.0, 0.0, was_probe=True)


@pytest.mark.parametrize(("sound_at", "since"), [(None, 2.0), (1.0, 2.0), (3.0, 3.0)])
def test_an_outage_began_when_the_first_request_went_that_failed(
    sound_at: float | None, since: float
) -> None:
    """Or with the last sound answer, where that came later."""
    for is_limit in (False, True):
        breaker = CircuitBreaker(8)
        if sound_at is not None:
            breaker.record_success(sound_at)
        assert breaker.down_for(4.0) == 0.0
        if is_limit:
            breaker.record_limit(2.0)
            assert not breaker.is_open
        else:
            breaker.record_failure(2.0, 4.0, was_probe=False)
        breaker.record_failure(3.5, 5.0, was_probe=False)
        assert breaker.down_for(10.0) == 10.0 - since


def test_503s_of_a_rate_limit_count_but_do_not_open_it() -> None:
    """The first fault after enough of them does."""
    breaker = sound_breaker()
    for _ in range(9):
        breaker.record_limit(1.0)
        assert not breaker.is_open
    breaker.record_failure(2.0, 2.0, was_probe=False)
    assert breaker.is_open
