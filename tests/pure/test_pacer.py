"""When a request may go: one sentence a case, time as a number."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulkcancel.models import Rate
from bulkcancel.pacing import HoldReason, Notice, Pacer, Spacing
from bulkcancel.pacing.breaker import Breaker
from bulkcancel.pacing.window import Window

SILENT = Notice()


def told(remaining: int, reset: float, *, limit: int = 10, period: float = 5.0) -> Notice:
    """What a reply with all headers says."""
    return Notice(limit, period, remaining, reset)


def proven(notice: Notice = SILENT, **options: float) -> Pacer:
    """A pacer whose first request was accepted at time 0."""
    pacer = Pacer(concurrency=int(options.pop("concurrency", 8)), **options)  # type: ignore[arg-type] # one type
    pacer.accepted(pacer.sent(0.0), 0.0, notice)
    return pacer


def test_the_first_request_goes_alone() -> None:
    """It proves keys and route before the workers open up."""
    pacer = Pacer(concurrency=8)
    assert pacer.ask(0.0) == 0.0
    ticket = pacer.sent(0.0)
    assert ticket.is_probe
    assert pacer.ask(0.0) == math.inf
    pacer.accepted(ticket, 0.1, SILENT, proves=False)
    pacer.sent(0.1)
    assert pacer.ask(0.1) == math.inf


def test_an_unproven_pacer_lets_one_at_a_time_go() -> None:
    """Also when the request in flight is no longer the probe."""
    pacer = Pacer(concurrency=8)
    pacer.in_flight = 1
    assert pacer.ask(0.0) == math.inf


def test_a_window_is_spent_to_the_last_request() -> None:
    """What is in flight counts against `Remaining`."""
    pacer = proven(told(3, 4))
    tickets = []
    while pacer.ask(1.0) == 0.0:
        tickets.append(pacer.sent(1.0))
    assert len(tickets) == 3
    assert pacer.hold is not None
    assert pacer.hold.reason is HoldReason.QUOTA
    assert pacer.quota_used == 0.1


def test_after_the_turn_one_probe_goes_first() -> None:
    """The rest follow its success."""
    pacer = proven(told(0, 4))
    assert pacer.ask(1.0) == 3.0
    assert pacer.ask(4.0) == 0.0
    probe = pacer.sent(4.0)
    assert probe.is_probe
    assert pacer.ask(4.0) == math.inf
    pacer.accepted(probe, 4.1, told(9, 5))
    assert pacer.ask(4.1) == 0.0
    assert not pacer.sent(4.1).is_probe


def test_headroom_is_left() -> None:
    """A fifth of ten is two."""
    pacer = proven(told(4, 4), headroom=0.2)
    sent = 0
    while pacer.ask(1.0) == 0.0:
        pacer.sent(1.0)
        sent += 1
    assert sent == 2


def test_a_wave_of_429s_counts_once() -> None:
    """Those sent before the pause say nothing new."""
    pacer = proven()
    first, second = pacer.sent(1.0), pacer.sent(1.0)
    pacer.throttled(first, 1.1, Notice(retry_after=2.0))
    held = pacer.ask(1.1)
    pacer.throttled(second, 1.2, Notice(retry_after=200.0))
    assert 0.0 < pacer.ask(1.2) < held <= 2.0


def test_bare_429s_double_the_pause_to_a_cap() -> None:
    """Nothing says when to come back, so each wave waits longer."""
    window = Window()
    pauses = []
    for _ in range(8):
        window.throttled(SILENT, 0.0, 0.0)
        pauses.append(window.ends_by)
    assert pauses == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


def test_an_outage_lets_one_probe_at_a_time_ask() -> None:
    """Faults in a row open the breaker; a sound reply closes it."""
    pacer = proven(concurrency=3)
    tickets = [pacer.sent(1.0) for _ in range(3)]
    for ticket in tickets:
        pacer.lost(ticket, 1.0)
    assert pacer.ask(1.0) == 1.0
    assert pacer.hold is not None
    assert pacer.hold.reason is HoldReason.OUTAGE
    assert pacer.down_for(11.0) == 10.0
    probe = pacer.sent(2.0)
    assert probe.is_probe
    pacer.accepted(probe, 2.1, SILENT)
    assert pacer.ask(2.1) == 0.0
    assert pacer.down_for(11.0) == 0.0


def test_the_breaker_waits_longer_each_time() -> None:
    """Faults sent before it opened count once."""
    breaker = Breaker(1)
    assert breaker.wait(0.0) == 0.0
    for _ in range(3):
        breaker.fault(0.0, was_probe=False)
    breaker.fault(0.5, was_probe=False)
    assert breaker.until == 1.0
    for want in (3.0, 5.0, 9.0, 11.0, 11.0):
        breaker.fault(1.0, was_probe=True)
        assert breaker.until == want


def test_a_dropped_ticket_teaches_nothing() -> None:
    """It only makes room."""
    pacer = Pacer(concurrency=1)
    pacer.dropped(pacer.sent(0.0))
    assert pacer.ask(0.0) == 0.0


def test_a_rate_holds_everyone() -> None:
    """Its wait is shown as such."""
    pacer = Pacer(concurrency=8, rate=Rate(1, 1.0))
    pacer.accepted(pacer.sent(0.0), 0.0, SILENT)
    assert pacer.ask(0.5) > 0.0
    assert pacer.hold is not None
    assert pacer.hold.reason is HoldReason.RATE


def test_a_broken_header_is_remembered() -> None:
    """So that somebody can be warned once."""
    assert proven(Notice(broken="Retry-After")).broken_header == "Retry-After"


@settings(max_examples=60)
@given(st.integers(1, 50), st.sampled_from([1.0, 60.0]), st.lists(st.floats(0.0, 3.0), max_size=200))
def test_a_rate_is_never_exceeded_over_any_window(count: int, per: float, gaps: list[float]) -> None:
    """However late the requests come, no window of the unit holds more than the bound."""
    spacing = Spacing(Rate(count, per))
    now, sent = 0.0, []
    for gap in gaps:
        now += gap
        now += spacing.wait(now)
        spacing.sent(now)
        sent.append(now)
    for place, moment in enumerate(sent):
        if place >= count:
            assert moment - sent[place - count] >= per - 1e-6


def test_with_no_headers_few_go_at_first() -> None:
    """Each would come back as a 429 if the quota ran out; more are let go as more are accepted."""
    window = Window()
    assert window.careful_cap(0) == 4.0
    assert window.careful_cap(500) == 14.0
    window.expected, window.own = 100, 98
    assert window.careful_cap(10_000) == 2.0


def test_what_a_window_took_is_expected_of_the_next() -> None:
    """With headers on 429s alone the limit is learned from how much was accepted."""
    window = Window()
    window.turned(SILENT, 0.0, 0.0)
    window.accepted(SILENT, 0.0, 0.0)
    window.throttled(Notice(limit=2, retry_after=1.0), 0.5, 0.5)
    assert window.expected == 2
    window.turned(SILENT, 1.5, 1.5)
    assert window.expected == 2
    window.throttled(told(0, 2, limit=50), 2.0, 2.0)
    window.turned(SILENT, 4.0, 4.0)
    assert window.remaining == 49


def test_a_straggler_of_the_last_window_is_ignored() -> None:
    """Its numbers are older than what is known."""
    window = Window()
    window.accepted(told(5, 5), 10.0, 10.1)
    window.accepted(told(0, 1), 8.0, 10.2)
    assert window.remaining == 5


def test_a_reply_from_the_next_window_begins_it() -> None:
    """Either its end lies later, or more is left past the earliest end."""
    window = Window()
    window.accepted(told(5, 2), 0.0, 0.1)
    window.accepted(told(9, 5), 2.2, 2.3)
    assert window.remaining == 9
    window.accepted(told(8, 5), 2.3, 2.4)
    assert window.others == 0.0
    window.accepted(told(4, 5), 2.4, 2.5)
    assert window.others > 0.0
    window = Window()
    window.accepted(told(2, 1), 0.0, 0.0)
    window.accepted(told(9, 1), 0.9, 0.9)
    assert window.remaining == 9


def test_ends_that_contradict_each_other_are_forgotten() -> None:
    """The newest answer counts."""
    window = Window()
    window.accepted(told(5, 5), 0.2, 0.2)
    window.accepted(told(4, 4), 0.1, 0.1)
    assert (window.ends_after, window.ends_by) == pytest.approx((3.1, 4.1))
