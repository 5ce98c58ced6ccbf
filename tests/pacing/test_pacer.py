"""When a request may go: one sentence a case, time as a number."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.pacing import force, held, peek, take

from bulkcancel.pacing import Pacer, Permit, RateCap, RateLimitHeaders, Wait, WaitReason
from bulkcancel.pacing.circuit_breaker import CircuitBreaker
from bulkcancel.settings import Rate

SILENT = RateLimitHeaders()


def told(remaining: int, reset: float, *, limit: int = 10, period: float = 5.0) -> RateLimitHeaders:
    """What a reply with all headers says."""
    return RateLimitHeaders(limit, period, remaining, reset)


def proven(limits: RateLimitHeaders = SILENT, **options: float) -> Pacer:
    """A pacer whose first request was accepted at time 0."""
    pacer = Pacer(concurrency=int(options.pop("concurrency", 8)), **options)  # type: ignore[arg-type] # one type
    pacer.record_accepted(take(pacer, 0.0), 0.0, limits)
    return pacer


def go(pacer: Pacer, now: float) -> Permit:
    """Ask for leave, get it and take it."""
    return take(pacer, now)


def test_the_first_request_goes_alone() -> None:
    """It proves keys and route before the workers open up."""
    pacer = Pacer(concurrency=8)
    assert peek(pacer, 0.0) == 0.0
    permit = take(pacer, 0.0)
    assert permit.is_probe
    assert peek(pacer, 0.0) == math.inf
    pacer.record_accepted(permit, 0.1, SILENT, proves=False)
    take(pacer, 0.1)
    assert peek(pacer, 0.1) == math.inf


def test_an_unproven_pacer_lets_one_at_a_time_go() -> None:
    """Also when the request in flight is no longer the probe."""
    pacer = Pacer(concurrency=8)
    pacer.in_flight = 1
    assert peek(pacer, 0.0) == math.inf


def send_all(pacer: Pacer, now: float) -> int:
    """Send as many as may go."""
    sent = 0
    while peek(pacer, now) == 0.0:
        take(pacer, now)
        sent += 1
    return sent


def alone(pacer: Pacer, *, knows_turn: bool = True) -> Pacer:
    """The same pacer, having seen that nobody else spends the quota, and when its window turns."""
    pacer._window.others.before = 0.0
    if knows_turn:
        pacer._window.reset.earliest = pacer._window.reset.latest - 0.01
    return pacer


def test_a_window_is_spent_to_the_last_request() -> None:
    """What is in flight counts against `Remaining`."""
    pacer = alone(proven(told(3, 4)))
    permits = [take(pacer, 1.0) for _ in range(3) if peek(pacer, 1.0) == 0.0]
    assert len(permits) == 3
    assert peek(pacer, 1.0) == 3.0
    for left, permit in zip((2, 1, 0), permits, strict=True):
        pacer.record_accepted(permit, 1.1, told(left, 3))
    assert peek(pacer, 1.1) == pytest.approx(2.9)
    found = held(pacer, 1.1)
    assert found is not None
    assert found.reason is WaitReason.QUOTA
    assert pacer.quota_used == 0.4


def test_where_others_spend_too_fewer_are_in_flight_the_less_is_left() -> None:
    """What they have on the wire can only be guessed; one by one the last is spent all the same."""
    pacer = proven(told(8, 4))
    assert pacer._window.others.lately(
        pacer._window.remaining, pacer._window.own, 0, pacer._window._heard
    ) == pytest.approx(16 / 17, abs=0.07)
    assert send_all(pacer, 1.0) == 2
    pacer = proven(told(1, 4))
    assert send_all(pacer, 1.0) == 1


def test_the_number_in_flight_may_double_with_each_round_trip_at_first() -> None:
    """So that four shards that start together do not all take the whole window."""
    pacer = alone(proven(told(400, 4, limit=500), concurrency=256))
    permits = []
    while peek(pacer, 1.0) == 0.0:
        permits.append(take(pacer, 1.0))
    assert len(permits) == 9
    assert peek(pacer, 1.0) == math.inf


def test_the_last_requests_of_a_window_find_out_when_it_turns() -> None:
    """Where workers will come with more than is left, they go when the seconds change, one by one."""
    pacer = alone(proven(told(4, 4, limit=500), concurrency=32), knows_turn=False)
    wait = peek(pacer, 0.5, waiting=32)
    assert pacer._window.reset.earliest == 3.0
    assert wait == pytest.approx(0.0, abs=0.011)
    wait = peek(pacer, 0.6, waiting=32)
    assert 0.85 < wait < 0.95
    permit = take(pacer, 0.6 + wait)
    assert peek(pacer, 1.5, waiting=31) == math.inf
    pacer.record_accepted(permit, 1.52, told(3, 3, limit=500))
    assert pacer._window.reset.width < 0.55
    assert peek(pacer, 1.6, waiting=2) == 0.0
    assert peek(pacer, 2.9, waiting=32) == 0.0


def test_after_the_turn_one_probe_goes_first() -> None:
    """The rest follow its success."""
    pacer = proven(told(0, 4))
    assert peek(pacer, 1.0) == 3.0
    assert peek(pacer, 4.0) == 0.0
    probe = take(pacer, 4.0)
    assert probe.is_probe
    assert peek(pacer, 4.0) == math.inf
    pacer.record_accepted(probe, 4.1, told(9, 5))
    assert peek(pacer, 4.1) == 0.0
    assert not take(pacer, 4.1).is_probe


def test_headroom_is_left() -> None:
    """A fifth of ten is two."""
    assert send_all(alone(proven(told(4, 4), headroom=0.2)), 1.0) == 2
    assert send_all(alone(proven(RateLimitHeaders(None, 5.0, 9, 4.0), headroom=0.2)), 1.0) == 7


def test_a_probe_that_meets_the_old_window_is_not_its_turn() -> None:
    """With headroom there is something left in it."""
    pacer = alone(proven(told(2, 1), headroom=0.2))
    assert peek(pacer, 1.0) == 0.0
    probe = take(pacer, 1.0)
    assert probe.is_probe
    pacer.record_accepted(probe, 1.1, told(1, 0))
    assert peek(pacer, 1.1) > 0.0
    found = held(pacer, 1.1)
    assert found is not None


def test_a_wave_of_429s_counts_once() -> None:
    """Those sent before the pause say nothing new."""
    pacer = proven()
    first, second = go(pacer, 1.0), go(pacer, 1.0)
    pacer.record_throttled(first, 1.1, RateLimitHeaders(retry_after=2.0))
    held = peek(pacer, 1.1)
    pacer.record_throttled(second, 1.2, RateLimitHeaders(retry_after=200.0))
    assert 0.0 < peek(pacer, 1.2) < held <= 2.0


def test_a_bare_429_is_followed_by_a_probe_and_then_an_even_pace() -> None:
    """And a person is told."""
    pacer = proven()
    now = 0.0
    for _ in range(100):
        now += 0.01
        pacer.record_accepted(take(pacer, now), now, SILENT)
    first, second = go(pacer, now), go(pacer, now)
    pacer.record_throttled(first, now, SILENT)
    pacer.record_throttled(second, now, SILENT)
    assert peek(pacer, now) > 0.0
    found = held(pacer, now)
    assert found is not None
    assert (found.reason, found.rate) == (WaitReason.REFUSED, None)
    probe = go(pacer, now + 0.1)
    assert probe.is_probe
    pacer.record_accepted(probe, now + 0.1, SILENT)
    assert peek(pacer, now + 0.1) > 0.0
    found = held(pacer, now + 0.1)
    assert found is not None
    assert found.reason is WaitReason.PACE
    assert found.rate == pytest.approx(92.7, rel=0.01)
    assert not go(pacer, now + 0.2).is_probe


def test_a_bare_429_in_a_window_that_counts_down_leaves_the_window_as_it_is() -> None:
    """It came from something in between."""
    pacer = alone(proven(told(400, 4, limit=500)))
    pacer.record_throttled(take(pacer, 1.0), 1.0, SILENT)
    assert pacer._window.remaining == 400
    assert peek(pacer, 1.5) == 0.0


def test_an_outage_lets_one_probe_at_a_time_ask() -> None:
    """Faults in a row open the breaker; a sound reply closes it."""
    pacer = proven(concurrency=3)
    permits = [take(pacer, 1.0) for _ in range(3)]
    for permit in permits:
        pacer.record_failure(permit, 1.0)
    assert peek(pacer, 1.0) == 1.0
    found = held(pacer, 1.0)
    assert found is not None
    assert found.reason is WaitReason.OUTAGE
    assert pacer.down_for(11.0) == 10.0
    probe = take(pacer, 2.0)
    assert probe.is_probe
    pacer.record_accepted(probe, 2.1, SILENT)
    assert peek(pacer, 2.1) == 0.0
    assert pacer.down_for(11.0) == 0.0


def test_the_breaker_waits_longer_each_time() -> None:
    """Faults sent before it opened count once."""
    breaker = CircuitBreaker(1)
    assert breaker.wait(0.0) == 0.0
    for _ in range(3):
        breaker.record_failure(0.0, 0.0, was_probe=False)
    breaker.record_failure(0.5, 0.5, was_probe=False)
    assert breaker.until == 1.0
    for want in (3.0, 5.0, 9.0, 11.0, 11.0):
        breaker.record_failure(1.0, 1.0, was_probe=True)
        assert breaker.until == want


def test_a_dropped_ticket_teaches_nothing() -> None:
    """It only makes room."""
    pacer = Pacer(concurrency=1)
    pacer.release(take(pacer, 0.0))
    assert peek(pacer, 0.0) == 0.0


def test_a_rate_holds_everyone() -> None:
    """Its wait is shown as such."""
    pacer = Pacer(concurrency=8, rate=Rate(1, 1.0))
    pacer.record_accepted(take(pacer, 0.0), 0.0, SILENT)
    assert peek(pacer, 0.5) > 0.0
    found = held(pacer, 0.5)
    assert found is not None
    assert found.reason is WaitReason.RATE


def test_a_broken_header_is_remembered() -> None:
    """So that somebody can be warned once."""
    assert proven(RateLimitHeaders(broken="Retry-After")).broken_header == "Retry-After"
    pacer = proven(told(0, 5))
    for number in (1.0, 2.0, 3.0):
        pacer.record_accepted(take(pacer, 5.0 * number), 5.0 * number, told(0, 5))
    assert pacer.broken_header == "X-RateLimit-Remaining"


@settings(max_examples=60)
@given(st.integers(1, 50), st.sampled_from([1.0, 60.0]), st.lists(st.floats(0.0, 3.0), max_size=200))
def test_a_rate_is_never_exceeded_over_any_window(count: int, per: float, gaps: list[float]) -> None:
    """However late the requests come, no window of the unit holds more than the bound."""
    spacing = RateCap(Rate(count, per))
    now, sent = 0.0, []
    for gap in gaps:
        now += gap
        now += spacing.wait(now)
        spacing.sent(now)
        sent.append(now)
    for place, moment in enumerate(sent):
        if place >= count:
            assert moment - sent[place - count] >= per - 1e-6


def test_more_is_held_back_than_the_window_has_left_while_an_answer_is_out() -> None:
    """Then there is an end to the wait, but nothing to say."""
    pacer = alone(proven(told(1, 4)))
    go(pacer, 1.0)
    assert peek(pacer, 1.0) == 3.0
    assert held(pacer, 1.0) is None


def answers_503(pacer: Pacer, count: int, now: float, *, limits: RateLimitHeaders = SILENT) -> list[bool]:
    """So many requests sent together and answered 503; tells what each was taken for."""
    permits = [force(pacer, now) for _ in range(count)]
    return [pacer.record_unavailable(permit, now, limits) for permit in permits]


def reason(pacer: Pacer, now: float) -> WaitReason | None:
    """What holds everybody back."""
    found = held(pacer, now)
    return found.reason if found is not None else None


def test_503s_of_a_rate_limit_pace_like_bare_429s() -> None:
    """A pause with one probe, then an even pace; nobody speaks of an outage."""
    pacer = proven(concurrency=8)
    for number in range(100):
        pacer.record_accepted(take(pacer, 0.01 * number), 0.01 * number, SILENT)
    assert answers_503(pacer, 8, 1.0) == [False] * 4 + [True] * 4
    assert pacer.limit_answers_503
    assert peek(pacer, 1.0) == pytest.approx(0.02)
    assert reason(pacer, 1.0) is WaitReason.REFUSED
    assert not pacer.is_down
    probe = go(pacer, 1.02)
    assert probe.is_probe
    assert pacer.record_unavailable(probe, 1.03, SILENT)
    assert peek(pacer, 1.03) == pytest.approx(0.032)
    pacer.record_accepted(go(pacer, 1.07), 1.07, SILENT)
    assert 0.0 < peek(pacer, 1.07) < 0.02
    assert reason(pacer, 1.07) is WaitReason.PACE
    assert pacer.in_flight == 0


def test_a_503_that_says_when_to_come_back_is_obeyed() -> None:
    """Everybody waits at least that long, after a refused probe too."""
    pacer = proven()
    assert answers_503(pacer, 4, 1.0, limits=RateLimitHeaders(retry_after=3.0)) == [False, False, True, True]
    assert peek(pacer, 1.0) == 3.0
    assert pacer.record_unavailable(go(pacer, 4.0), 4.1, RateLimitHeaders(retry_after=0.5))
    assert peek(pacer, 4.1) == 0.5
    assert pacer.record_unavailable(go(pacer, 4.6), 4.7, SILENT)
    assert peek(pacer, 4.7) < 0.1


def test_503s_without_a_sound_answer_are_an_outage() -> None:
    """Also where they began like a rate limit's; what they taught of a rate is forgotten when it is over."""
    pacer = proven(concurrency=8)
    for number in range(100):
        pacer.record_accepted(take(pacer, 0.01 * number), 0.01 * number, SILENT)
    answers_503(pacer, 8, 1.0)
    now, taken = 1.0, True
    while taken:
        now += peek(pacer, now)
        taken = pacer.record_unavailable(go(pacer, now), now, SILENT)
    assert 2.9 < now < 5.0
    assert pacer.is_down
    assert peek(pacer, now) == 1.0
    found = held(pacer, now)
    assert found is not None
    assert found.reason is WaitReason.OUTAGE
    assert not pacer.limit_answers_503
    for pause in (2.0, 4.0, 8.0):
        now += peek(pacer, now)
        assert not pacer.record_unavailable(go(pacer, now), now, SILENT)
        assert peek(pacer, now) == pause
    pacer.record_accepted(go(pacer, now + 8.0), now + 8.0, SILENT)
    assert peek(pacer, now + 8.0) == 0.0
    assert held(pacer, now + 8.0) is None


def test_while_the_breaker_is_open_it_alone_decides() -> None:
    """Else a probe's 503 that looks like a rate limit's would be followed by the next at once."""
    pacer = proven(concurrency=3)
    assert answers_503(pacer, 3, 0.1) == [False] * 3
    assert pacer.is_down
    for moment, pause in ((1.1, 2.0), (1.2, 4.0), (1.3, 8.0)):
        assert not pacer.record_unavailable(pacer._permit(moment, alone=True), moment, SILENT)
        assert peek(pacer, moment) == pause


def test_pacing_that_does_not_help_is_given_up() -> None:
    """503s that go on as before, although less is sent, are no rate limit's: the rate is free again."""
    pacer = proven(concurrency=8)
    now, taken = 0.0, 0
    while not taken or pacer.limit_answers_503:
        for _ in range(10):
            now += peek(pacer, now)
            pacer.record_accepted(go(pacer, now), now, SILENT)
        taken += any(answers_503(pacer, 3, now))
        assert taken < 20
    assert taken == 14
    assert peek(pacer, now) == 0.0
    assert held(pacer, now) is None


def test_a_pace_that_503s_taught_is_dropped_when_other_faults_are_as_many() -> None:
    """The API is ill: a pace kept from then would outlast its illness."""
    pacer = proven(concurrency=8)
    pacer.record_accepted(go(pacer, 0.0), 0.0, SILENT)
    assert answers_503(pacer, 5, 0.1)[-1]
    for _ in range(5):
        pacer.record_accepted(force(pacer, 0.2), 0.2, SILENT)
        pacer.record_failure(force(pacer, 0.2), 0.2)
    assert pacer.limit_answers_503
    assert answers_503(pacer, 1, 0.3) == [True]
    pacer.record_failure(force(pacer, 0.4), 0.4)
    pacer.record_accepted(force(pacer, 0.4), 0.4, SILENT)
    pacer.record_failure(force(pacer, 0.4), 0.4)
    pacer.record_accepted(force(pacer, 0.4), 0.4, SILENT)
    assert answers_503(pacer, 1, 0.5) == [False]
    assert not pacer.limit_answers_503


def test_during_an_outage_there_is_one_probe_at_a_time() -> None:
    """Also when requests that were sent before it come back meanwhile."""
    pacer = alone(proven(told(400, 400, limit=500, period=600.0), concurrency=12))
    for _ in range(4):
        pacer.record_accepted(go(pacer, 0.5), 0.5, told(395, 399, limit=500, period=600.0))
    early = [go(pacer, 1.0) for _ in range(12)]
    for permit in early[:10]:
        pacer.record_failure(permit, 1.0)
    probe = go(pacer, 2.0)
    pacer.record_failure(early[10], 2.1)
    assert peek(pacer, 60.0) == math.inf
    pacer.release(early[11])
    assert peek(pacer, 60.0) == math.inf
    pacer.record_failure(probe, 2.2)
    assert peek(pacer, 2.2) == pytest.approx(2.0)
    assert pacer.in_flight == 0


def test_what_holds_is_told_anew_each_time() -> None:
    """A wait that is over is no longer said; nor is one that only an answer ends."""
    pacer = proven(told(0, 4))
    assert peek(pacer, 1.0) == 3.0
    assert held(pacer, 1.0) == Wait(3.0, WaitReason.QUOTA, 4.0)
    assert peek(pacer, 4.0) == 0.0
    assert held(pacer, 4.0) is None


def test_a_429_proves_the_keys_and_its_broken_header_is_remembered() -> None:
    """It comes from behind them."""
    pacer = Pacer(concurrency=2)
    pacer.record_throttled(
        take(pacer, 0.0), 0.0, RateLimitHeaders(retry_after=1.0, broken="X-RateLimit-Reset")
    )
    assert pacer.broken_header == "X-RateLimit-Reset"
    assert peek(pacer, 0.0) == 1.0
    pacer.record_accepted(go(pacer, 1.0), 1.0, SILENT)
    go(pacer, 1.0)
    assert peek(pacer, 1.0) == 0.0


def test_requests_in_flight_fill_the_allowance() -> None:
    """The last that lands makes room for one."""
    pacer = alone(proven(told(400, 4, limit=500), concurrency=3))
    permits = [go(pacer, 1.0) for _ in range(3)]
    assert peek(pacer, 1.0) == math.inf
    pacer.record_accepted(permits[0], 1.0, told(399, 4, limit=500))
    assert peek(pacer, 1.0) == 0.0


def test_at_first_nothing_is_held_back_and_nothing_is_known() -> None:
    """Nobody is warned of anything."""
    pacer = Pacer(concurrency=8)
    assert (held(pacer, 1.0), pacer.broken_header, pacer.limit_answers_503) == (None, "", False)
    assert (pacer.quota_used, pacer.is_down, pacer.down_for(9.0)) == (None, False, 0.0)


def test_where_nothing_counts_down_few_are_in_flight() -> None:
    """Eight, and one more for each forty accepted."""
    pacer = proven(concurrency=256)
    for _ in range(99):
        pacer.record_accepted(go(pacer, 0.0), 0.0, SILENT)
    assert send_all(pacer, 1.0) == 10


def test_more_left_than_when_a_request_was_sent_is_the_next_window() -> None:
    """Others' requests only ever make it less."""
    pacer = proven(told(50, 1, limit=100, period=1.0))
    permit = go(pacer, 0.9)
    pacer.record_accepted(permit, 1.0, told(90, 1, limit=100, period=1.0))
    assert pacer._window.remaining == 90


def test_an_answer_to_a_request_that_was_no_probe_does_not_begin_a_window() -> None:
    """It was sent before the 429 that ended the window."""
    pacer = proven()
    first, second = go(pacer, 1.0), go(pacer, 1.0)
    pacer.record_throttled(first, 1.1, RateLimitHeaders(retry_after=2.0))
    pacer.record_accepted(second, 1.2, SILENT)
    assert peek(pacer, 1.2) == pytest.approx(1.9)
    assert reason(pacer, 1.2) is WaitReason.QUOTA


def test_a_probe_of_an_outage_does_not_begin_a_window() -> None:
    """There was still one request left in this one, and the probe took it."""
    pacer = alone(proven(told(1, 30, period=60.0), concurrency=3))
    for permit in [force(pacer, 1.0) for _ in range(3)]:
        pacer.record_failure(permit, 1.0)
    pacer.record_accepted(go(pacer, 2.0), 2.0, SILENT)
    assert peek(pacer, 2.0) > 20.0
    assert reason(pacer, 2.0) is WaitReason.QUOTA


def test_a_429_is_an_answer_of_the_api() -> None:
    """A fault after it is no outage yet."""
    pacer = Pacer(concurrency=8)
    pacer.record_throttled(take(pacer, 0.0), 0.0, RateLimitHeaders(retry_after=0.0))
    pacer.record_failure(take(pacer, 1.0), 1.0)
    assert not pacer.is_down


def test_a_refused_probe_tells_that_the_window_has_not_turned_yet() -> None:
    """What is known of its end is narrowed."""
    pacer = proven(told(0, 2))
    pacer.record_throttled(go(pacer, 2.0), 2.1, RateLimitHeaders(retry_after=0.0))
    assert pacer._window.reset.earliest == 2.0


def test_each_refused_probe_after_a_bare_429_makes_the_pause_longer() -> None:
    """By three fifths."""
    pacer = proven()
    pacer.record_throttled(go(pacer, 1.0), 1.0, SILENT)
    assert peek(pacer, 1.0) == pytest.approx(0.02)
    pacer.record_throttled(go(pacer, 2.0), 2.0, SILENT)
    assert peek(pacer, 2.0) == pytest.approx(0.032)


def test_what_is_held_back_to_find_the_turn_is_said_to_be_the_quota() -> None:
    """And nothing is said while only an answer can end it."""
    pacer = alone(proven(told(4, 4, limit=500), concurrency=32), knows_turn=False)
    wait = peek(pacer, 0.6, waiting=32)
    found = held(pacer, 0.6, waiting=32)
    assert found is not None
    assert found.reason is WaitReason.QUOTA
    take(pacer, 0.6 + wait, waiting=32)
    assert peek(pacer, 1.5, waiting=31) == math.inf
    assert held(pacer, 1.5, waiting=31) is None


def test_a_wait_says_until_when_on_the_clock_it_was_asked_by() -> None:
    """Whatever holds requests back."""
    pacer = proven()
    for _ in range(99):
        pacer.record_accepted(take(pacer, 1.0), 1.0, SILENT)
    pacer.record_throttled(take(pacer, 2.0), 2.0, SILENT)
    pause = held(pacer, 2.0)
    assert pause is not None
    assert pause == Wait(pause.seconds, WaitReason.REFUSED, 2.0 + pause.seconds)
    pacer.record_accepted(take(pacer, 3.0), 3.0, SILENT)
    pace = held(pacer, 3.0)
    assert pace is not None
    assert pace == Wait(pace.seconds, WaitReason.PACE, 3.0 + pace.seconds, pacer._adaptive_rate.rate)


def test_a_pause_in_a_window_that_counts_down_ends_with_a_probe() -> None:
    """There is room, but whether the pause is over one alone finds out."""
    pacer = alone(proven(told(400, 4, limit=500)))
    pacer.record_throttled(take(pacer, 1.0), 1.0, SILENT)
    assert take(pacer, 1.5).is_probe


def test_a_probe_goes_when_the_window_has_turned_although_an_answer_is_out() -> None:
    """It may never come."""
    pacer = alone(proven(told(1, 4)))
    take(pacer, 1.0)
    assert peek(pacer, 3.9) > 0.0
    probe = take(pacer, 4.1)
    assert (probe.sent_at, probe.is_probe) == (4.1, True)


def test_one_request_waits_for_leave_unless_more_are_said_to() -> None:
    """One alone will not use up what is left, so it is not held back."""
    pacer = alone(proven(told(1, 4, limit=500), concurrency=32), knows_turn=False)
    assert peek(pacer, 0.6, waiting=2) > 0.0
    assert isinstance(pacer.ask(0.6), Permit)


def test_a_rate_that_is_sought_anew_leaves_the_headroom_too() -> None:
    """What 503s had taught of it was taken back after an outage."""
    pacer = proven(headroom=0.5)
    assert answers_503(pacer, 5, 0.1)[-1]
    now = 20.0
    assert not any(answers_503(pacer, 8, now))
    assert not pacer.limit_answers_503
    pacer.record_accepted(force(pacer, now), now, SILENT)
    for _ in range(3):
        for _ in range(100):
            now += 0.01
            pacer.record_accepted(force(pacer, now), now, SILENT)
        pacer.record_throttled(force(pacer, now), now, SILENT)
        now += 1.0
        pacer.record_accepted(take(pacer, now), now, SILENT)
    now += 1.0
    while peek(pacer, now) == 0.0:
        take(pacer, now)
    pace = held(pacer, now)
    assert pace is not None
    assert pace.rate is not None
    now += pace.seconds
    take(pacer, now)
    assert peek(pacer, now) == pytest.approx(2.0 / pace.rate)
