"""Who is told what happens: everybody, once, and never to the harm of the operation."""

import logging

import pytest
from support.fakeapi import DOWN, ENDED, OK, FakeApi, Rows, bad, refs
from support.faketime import FakeClock
from support.runs import Heard, new_run

from bulkcancel.engine import observers as module
from bulkcancel.engine.observers import Observers
from bulkcancel.events import (
    Attempted,
    Concern,
    Concerned,
    Endpoint,
    Event,
    Finished,
    OutageBegan,
    OutageEnded,
    Paused,
    Resumed,
    Started,
    Stopping,
)
from bulkcancel.models import Failure, FailureKind, Outcome, Reply, StopReason
from bulkcancel.settings import FailureLimit, Rate, Settings
from bulkcancel.tally import Summary

QUOTA = {"X-RateLimit-Limit": "10", "X-RateLimit-Period": "60", "X-RateLimit-Reset": "30"}


async def heard_of(api: FakeApi, count: int, **settings: object) -> tuple[list[Event], Summary]:
    """All that is told of a run."""
    heard = Heard()
    asked = Settings(**settings)  # type: ignore[arg-type] # keywords of a table
    run = new_run(api, asked, clock=api.clock, jitter=lambda: 0.5, observers=(heard,))
    async with api.clock.autojump():
        summary = await run.run(Rows([*refs(count), bad(count + 1)]), lambda _: None)
    return heard.events, summary


def of(events: list[Event], *kinds: type) -> list[Event]:
    """Those of some types."""
    return [event for event in events if isinstance(event, kinds)]


async def test_every_request_and_every_row_is_told_once() -> None:
    """A row that needs no request too; a request with its status, or why it had none."""
    api = FakeApi(FakeClock(), lambda ref, attempt: DOWN if (ref.line, attempt) == (3, 1) else OK)
    events, summary = await heard_of(api, 20)
    attempts = [event for event in events if isinstance(event, Attempted)]
    assert len(attempts) == summary.requests == 21
    assert {event.endpoint for event in attempts} == {Endpoint.CANCEL}
    assert [(event.status, event.failure) for event in attempts].count((None, FailureKind.CONNECTION)) == 1
    assert [(event.status, event.failure) for event in attempts].count((200, None)) == 20
    assert {round(event.seconds, 3) for event in attempts} == {0.02}
    assert sorted(event.ref.line for event in attempts) == sorted([*range(1, 21), 3])
    rows = [event.result.line for event in events if isinstance(event, Finished)]
    assert sorted(rows) == list(range(1, 22))
    assert events[0] == Started(None, {})


async def test_reads_are_told_as_well() -> None:
    """Those of `--verify`, by their own endpoint; one of them asks first whether the keys may read."""
    api = FakeApi(FakeClock())
    api.reads = [Reply(200, {}, ENDED % b"CANCELED")]
    events, _ = await heard_of(api, 5, verify=True)
    endpoints = [event.endpoint for event in events if isinstance(event, Attempted)]
    assert (endpoints.count(Endpoint.CANCEL), endpoints.count(Endpoint.READ)) == (5, 6)


async def test_a_pause_is_told_when_it_begins_and_when_it_ends() -> None:
    """With its reason and until when; then requests go on."""
    api = FakeApi(FakeClock())
    began = api.clock.now()
    api.rule = lambda ref, _: Reply(200, {**QUOTA, "X-RateLimit-Remaining": str(10 - ref.line)}, b"{}")
    events, _ = await heard_of(api, 10, concurrency=2)
    assert of(events, Paused) == []
    api.rule = lambda *_: Reply(200, {**QUOTA, "X-RateLimit-Remaining": "0"}, b"{}")
    events, _ = await heard_of(FakeApi(api.clock, api.rule), 2, concurrency=1)
    told = of(events, Paused, Resumed)
    assert isinstance(told[0], Paused)
    assert (told[0].endpoint, told[0].reason, told[0].rate) == (Endpoint.CANCEL, "the quota is used up", None)
    assert 20.0 < told[0].until - began < 60.0
    assert told[-1] == Resumed(Endpoint.CANCEL)


async def test_a_rate_is_told_once_and_not_at_every_request() -> None:
    """Although each of them waits for it."""
    events, _ = await heard_of(FakeApi(FakeClock()), 50, rate=Rate(10, 1.0), concurrency=4)
    (paused,) = of(events, Paused)
    assert isinstance(paused, Paused)
    assert (paused.reason, paused.rate) == ("--rate", 10.0)


async def test_an_outage_is_told_when_it_begins_and_when_it_ends() -> None:
    """Once each, with its last words."""
    clock = FakeClock()
    began = clock.now()
    api = FakeApi(clock, lambda *_: DOWN if 2.0 < clock.now() - began < 32.0 else OK, latency=0.5)
    events, _ = await heard_of(api, 60, concurrency=4)
    first, last = of(events, OutageBegan, OutageEnded)
    assert isinstance(first, OutageBegan)
    assert isinstance(last, OutageEnded)
    assert (first.endpoint, first.detail) == (Endpoint.CANCEL, "refused")
    assert 0.0 <= first.since - began <= 3.0
    assert 25.0 < last.seconds < 45.0
    assert of(events, Paused)


@pytest.mark.parametrize(
    ("answers", "concern", "detail"),
    [
        ([Reply(200, {"X-RateLimit-Limit": "-1", "X-RateLimit-Remaining": "5"}, b"{}")], Concern.BROKEN_HEADER, "X-RateLimit-Limit"),
        ([Failure(FailureKind.NO_FILES, "none"), OK], Concern.FEW_FILES, ""),
    ],
)  # fmt: skip
async def test_a_concern_is_told_once(answers: list[Reply | Failure], concern: Concern, detail: str) -> None:
    """However often it is met."""
    api = FakeApi(FakeClock(), lambda _, attempt: answers[min(attempt, len(answers)) - 1])
    events, _ = await heard_of(api, 10)
    assert of(events, Concerned) == [Concerned(concern, detail)]


@pytest.mark.parametrize("verify", [False, True])
async def test_keys_that_may_not_read_are_told_once_and_cost_one_request(*, verify: bool) -> None:
    """However many rows are to be looked into, and also where many wait for leave to read already."""
    forbidden = Reply(403, {}, b'{"errors":["Forbidden"]}')
    api = FakeApi(FakeClock(), lambda *_: OK if verify else Reply(404, {}, b"{}"), latency=0.01)
    api.reads = [forbidden]
    events, summary = await heard_of(api, 300, verify=verify, verify_timeout=5.0)
    assert of(events, Concerned) == [Concerned(Concern.MAY_NOT_READ, "the read answered 403 Forbidden")]
    assert api.looks == 1
    assert summary.outcomes[Outcome.UNCONFIRMED if verify else Outcome.NOT_FOUND] == 300


async def test_a_stop_is_told_with_what_is_in_flight() -> None:
    """Whatever asked for it."""
    api = FakeApi(FakeClock(), lambda ref, _: DOWN if ref.line > 5 else OK)
    events, summary = await heard_of(api, 100, concurrency=4, max_attempts=1, max_failures=FailureLimit(1))
    assert summary.stop is StopReason.MAX_FAILURES
    (stopping,) = of(events, Stopping)
    assert isinstance(stopping, Stopping)
    assert stopping.reason is StopReason.MAX_FAILURES
    assert 0 <= stopping.in_flight < 4


class Failing:
    """An observer that can't bear anything."""

    def __init__(self) -> None:
        self.told = 0

    def observe(self, event: Event) -> None:
        """Fail."""
        self.told += 1
        raise ZeroDivisionError(event)


async def test_an_observer_that_fails_harms_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """It is told nothing more, which is logged once; the others are told all."""
    failing, heard = Failing(), Heard()
    api = FakeApi(FakeClock())
    run = new_run(api, Settings(), clock=api.clock, observers=(failing, heard))
    with caplog.at_level(logging.ERROR, logger="bulkcancel"):
        async with api.clock.autojump():
            summary = await run.run(Rows(refs(30)), lambda _: None)
    assert summary.outcomes[Outcome.CANCELED] == 30
    assert failing.told == 1
    assert len(of(heard.events, Finished)) == 30
    (record,) = caplog.records
    assert record.message == f"An observer failed and is told nothing more: {failing!r}"


async def test_nothing_is_made_that_nobody_hears(monkeypatch: pytest.MonkeyPatch) -> None:
    """No event for any of a run's requests and rows."""

    def made(*_: object) -> None:
        raise AssertionError

    for name in ("Attempted",):
        monkeypatch.setattr(module, name, made)
    monkeypatch.setattr("bulkcancel.engine.run.Finished", made)
    monkeypatch.setattr("bulkcancel.engine.limiter_watch.Paused", made)
    api = FakeApi(FakeClock())
    run = new_run(api, Settings(rate=Rate(100, 1.0)), clock=api.clock)
    async with api.clock.autojump():
        summary = await run.run(Rows(refs(30)), lambda _: None)
    assert summary.outcomes[Outcome.CANCELED] == 30


def test_observers_come_and_go() -> None:
    """Nobody is told what happened before, or after."""
    heard, observers = Heard(), Observers()
    event = Concerned(Concern.SLOW_DISK)
    assert not observers
    observers.tell(event)
    observers.add(heard)
    assert observers
    observers.tell(event)
    observers.remove(heard)
    observers.remove(heard)
    observers.tell(event)
    assert heard.events == [event]


def test_who_wants_to_know_of_holds_alone_hears_of_nothing_else() -> None:
    """And has nothing made for him that nobody else hears."""
    heard, all_of_it, observers = Heard(), Heard(), Observers()
    paused = Paused(Endpoint.CANCEL, "why", 9.0)
    hears = [(bool(observers), observers.hear_of_holds)]
    observers.add_for_holds(heard)
    hears.append((bool(observers), observers.hear_of_holds))
    observers.tell(Concerned(Concern.SLOW_DISK))
    observers.tell_hold(paused)
    observers.add(all_of_it)
    observers.tell_hold(paused)
    observers.remove(heard)
    hears.append((bool(observers), observers.hear_of_holds))
    observers.remove(all_of_it)
    observers.tell_hold(paused)
    hears.append((bool(observers), observers.hear_of_holds))
    assert hears == [(False, False), (False, True), (True, True), (False, False)]
    assert (heard.events, all_of_it.events) == ([paused, paused], [paused])
