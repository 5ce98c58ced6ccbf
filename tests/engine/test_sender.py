"""A row's attempts: what is tried again, when, and what is weighed, in virtual time."""

from email.utils import formatdate

import pytest
from support.fakeapi import DOWN, OK, FakeApi, Rows, refs
from support.faketime import EPOCH, FakeClock
from support.runs import new_run

from bulkcancel.models import Failure, FailureKind, Outcome, Reply, Result, StopReason
from bulkcancel.settings import Settings
from bulkcancel.tally import Summary

REFUSED = Reply(401, {}, b'{"errors":["Unauthorized"]}')
FORBIDDEN = Reply(403, {}, b'{"errors":["Forbidden"]}')


async def run(
    api: FakeApi, count: int, workflows: int = 1, *, jitter: float = 0.0, **settings: object
) -> tuple[Summary, list[Result]]:
    """Run to the end in virtual time."""
    results: list[Result] = []
    engine = new_run(api, Settings(**settings), clock=api.clock, jitter=lambda: jitter)  # type: ignore[arg-type] # keywords of a table
    async with api.clock.autojump():
        summary = await engine.run(Rows(refs(count, workflows)), results.append)
    return summary, sorted(results, key=lambda result: result.line)


async def test_keys_that_are_not_accepted_cost_one_request_and_no_check() -> None:
    """A 401 needs no second question."""
    api = FakeApi(FakeClock(), lambda *_: REFUSED)
    summary, results = await run(api, 1000, workflows=5)
    assert (summary.stop, len(api.sent), api.key_checks) == (StopReason.REFUSED, 1, 0)
    assert results[0].outcome is Outcome.FORBIDDEN


async def test_forbidden_workflows_do_not_prove_the_keys() -> None:
    """So one of them at a time is tried, and after three it is over: the keys were checked once."""
    api = FakeApi(FakeClock(), lambda *_: FORBIDDEN)
    summary, results = await run(api, 100, workflows=10)
    assert (summary.stop, len(api.sent), api.key_checks) == (StopReason.REFUSED, 3, 1)
    assert [result.outcome for result in results[:4]] == [Outcome.FORBIDDEN] * 3 + [Outcome.NOT_ATTEMPTED]


async def test_once_the_keys_are_proven_each_refusal_is_its_rows_own() -> None:
    """They say forbidden, not that they were not sent."""
    api = FakeApi(FakeClock(), lambda ref, _: FORBIDDEN if ref.line > 1 else OK)
    summary, results = await run(api, 10)
    assert summary.stop is None
    assert [result.outcome for result in results] == [Outcome.CANCELED] + [Outcome.FORBIDDEN] * 9


@pytest.mark.parametrize(
    ("told", "waits"), [("4", 4.0), ("3600", 60.0), ("0", 0.0), ("soon", 0.0), (None, 0.0)]
)
async def test_a_fault_that_says_when_to_come_back_is_heeded_for_a_minute_at_most(
    told: str | None, waits: float
) -> None:
    """Its row waits; the next fault that says nothing makes it wait no longer."""
    headers = {} if told is None else {"Retry-After": told}
    answers: dict[int, Reply | Failure] = {1: Reply(500, headers, b""), 2: Reply(500, {}, b"")}
    api = FakeApi(
        FakeClock(), lambda ref, attempt: answers.get(attempt, OK) if ref.line == 2 else OK, latency=0.0
    )
    _, results = await run(api, 2)
    assert results[1].attempts == 3
    assert results[1].duration_ms == waits * 1000


@pytest.mark.parametrize(("jitter", "seconds"), [(1.0, 1 + 2 + 4 + 8), (0.5, 7.5), (0.0, 0.0)])
async def test_a_fault_is_tried_again_after_ever_longer(jitter: float, seconds: float) -> None:
    """Nobody else waits for it."""
    api = FakeApi(
        FakeClock(), lambda ref, attempt: DOWN if ref.line == 2 and attempt < 5 else OK, latency=0.0
    )
    summary, results = await run(api, 40, jitter=jitter)
    assert (results[1].outcome, results[1].attempts) == (Outcome.CANCELED, 5)
    assert results[1].duration_ms == seconds * 1000
    assert {result.duration_ms for result in results if result.line != 2} == {0}
    assert summary.paused == 0.0


async def test_a_row_is_given_up_at_its_last_attempt_or_429() -> None:
    """Whichever it reaches first."""
    limited = Reply(429, {"Retry-After": "1"}, b"")
    answers: dict[int, Reply | Failure] = {2: DOWN, 3: limited}
    api = FakeApi(FakeClock(), lambda ref, _: answers.get(ref.line, OK))
    _, results = await run(api, 9, max_attempts=4, max_throttled=3)
    assert [(one.outcome, one.attempts, one.throttled) for one in results[1:3]] == [
        (Outcome.FAILED, 4, 0),
        (Outcome.THROTTLED, 3, 3),
    ]


async def test_a_429_and_a_fault_are_counted_apart() -> None:
    """Neither uses up the other's."""
    limited = Reply(429, {"Retry-After": "1"}, b"")
    answers: list[Reply | Failure] = [DOWN, limited, DOWN, limited, OK]
    api = FakeApi(FakeClock(), lambda ref, attempt: answers[attempt - 1] if ref.line == 2 else OK)
    _, results = await run(api, 2, max_attempts=3, max_throttled=3)
    assert (results[1].outcome, results[1].attempts, results[1].throttled) == (Outcome.CANCELED, 5, 2)


async def test_what_a_row_took_is_told_from_its_first_request() -> None:
    """On the clock on the wall, and in whole milliseconds."""
    api = FakeApi(
        FakeClock(0.0), lambda ref, attempt: DOWN if ref.line == 2 and attempt == 1 else OK, latency=0.25
    )
    _, results = await run(api, 2, jitter=0.5)
    assert [(one.started_at, one.finished_at, one.duration_ms) for one in results] == [
        (EPOCH, EPOCH + 0.25, 250),
        (EPOCH + 0.25, EPOCH + 1.25, 1000),
    ]


async def test_an_outage_costs_a_row_nothing_for_nine_probes() -> None:
    """Then its faults are its own."""
    api = FakeApi(FakeClock(), lambda ref, _: DOWN if ref.line > 1 else OK)
    summary, results = await run(api, 2, concurrency=1, max_attempts=5)
    assert summary.stop is None
    assert (results[1].outcome, results[1].attempts) == (Outcome.FAILED, 3 + 9 + 2)


async def test_a_fault_may_say_by_the_clock_when_to_come_back() -> None:
    """By ours, where the reply bears no date of its own."""
    api = FakeApi(FakeClock())
    until = formatdate(EPOCH + api.clock.now() + 40.0, usegmt=True)
    api.rule = lambda _, attempt: OK if attempt > 1 else Reply(500, {"Retry-After": until}, b"")
    started = api.clock.now()
    _, (result,) = await run(api, 1)
    assert result.outcome is Outcome.CANCELED
    assert 39.0 <= api.clock.now() - started <= 42.0


@pytest.mark.parametrize(("first", "least"), [(FORBIDDEN, 250.0), (DOWN, 100.0)])
async def test_an_api_that_has_refused_has_answered(first: Reply | Failure, least: float) -> None:
    """So an outage after it is waited out for longer."""
    api = FakeApi(FakeClock(), lambda ref, _: first if ref.line == 1 else DOWN)
    summary, _ = await run(api, 5, workflows=2, concurrency=1, max_attempts=50)
    assert summary.stop is StopReason.UNREACHABLE
    assert least < summary.duration < least + 100.0


async def test_a_row_that_was_throttled_goes_when_the_limiter_lets_it() -> None:
    """Its own retry adds no wait to that."""
    limited = Reply(429, {"Retry-After": "2"}, b"")
    api = FakeApi(FakeClock(), lambda _, attempt: limited if attempt == 1 else OK, latency=0.0)
    started = api.clock.now()
    await run(api, 1)
    assert 2.0 <= api.clock.now() - started < 2.5


async def test_a_row_that_brought_faults_before_it_was_throttled_waits_for_the_limiter_alone() -> None:
    """Not for what its next fault would have cost, be it less or more."""
    api = FakeApi(FakeClock(0.5), latency=0.0)
    limited = Reply(429, {"Retry-After": formatdate(EPOCH + 4.0, usegmt=True)}, b"")
    answers: list[Reply | Failure] = [DOWN, DOWN, limited, OK]
    api.rule = lambda ref, attempt: answers[attempt - 1] if ref.line == 2 else OK
    _, results = await run(api, 2, jitter=1.0)
    assert results[1].duration_ms == 3500


async def test_a_503_of_a_rate_limit_counts_once() -> None:
    """As the 429 it stands for."""
    api = FakeApi(FakeClock(), lambda ref, n: Reply(503, {}, b"") if n == 1 and ref.line % 3 == 0 else OK)
    summary, results = await run(api, 90)
    assert {(one.attempts, one.throttled) for one in results} == {(1, 0), (2, 0), (2, 1)}
    assert 0 < summary.throttled == sum(one.throttled for one in results)


async def test_for_want_of_files_it_is_over_after_two_minutes() -> None:
    """To the second."""
    api = FakeApi(FakeClock(0.0), lambda *_: Failure(FailureKind.NO_FILES, "none"), latency=0.0)
    summary, _ = await run(api, 1)
    assert (summary.stop, summary.duration, len(api.sent)) == (StopReason.NO_FILES, 120.0, 121)


async def test_where_nothing_was_ever_answered_a_row_pays_for_its_faults_sooner() -> None:
    """So that the next one shows in time that the API is there."""
    api = FakeApi(FakeClock(), lambda ref, _: DOWN if ref.line == 1 else OK, latency=0.0)
    await run(api, 2, concurrency=1, max_attempts=2)
    assert api.sent.count("i0") == 2 + 5
    api = FakeApi(FakeClock(), lambda ref, _: DOWN if ref.line == 2 else OK, latency=0.0)
    await run(api, 3, concurrency=1, max_attempts=4)
    assert api.sent.count("i1") == 4 + 9
