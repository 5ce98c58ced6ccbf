"""An API that does not answer, or answers 503: what is an outage, and what a rate limit, in virtual time."""

from collections.abc import Callable
from random import Random

import pytest
from support.fakeapi import DOWN, OK, FakeApi, Rows, refs
from support.faketime import FakeClock
from support.runs import new_run

from bulkcancel.models import InstanceRef, Outcome, Reply, Result, StopReason
from bulkcancel.sandbox import HeaderMode, Quota, QuotaModel
from bulkcancel.sandbox.quota import QuotaEnforcer
from bulkcancel.settings import Settings
from bulkcancel.tally import Summary

PAGE = b"<html><h1>503 Service Temporarily Unavailable</h1></html>"
UNAVAILABLE = Reply(503, {}, PAGE)


async def run(api: FakeApi, count: int, **settings: object) -> tuple[Summary, list[Result]]:
    """Run to the end in virtual time."""
    results: list[Result] = []
    engine = new_run(api, Settings(**settings), clock=api.clock, jitter=lambda: 0.5)  # type: ignore[arg-type] # keywords of a table
    async with api.clock.autojump():
        return await engine.run(Rows(refs(count)), results.append), results


@pytest.mark.parametrize("concurrency", [1, 32])
@pytest.mark.parametrize(
    ("takes", "at_most"),
    [(0.02, 131.0), (10.0, 141.0), (30.0, 161.0)],
)
async def test_an_api_that_never_answers_ends_the_run_after_two_minutes(
    concurrency: int, takes: float, at_most: float
) -> None:
    """Since the first request, however long each of them takes to fail, and however few go at once."""
    api = FakeApi(FakeClock(), lambda *_: DOWN, latency=takes)
    summary, results = await run(api, 100, concurrency=concurrency)
    assert summary.stop is StopReason.UNREACHABLE
    assert 120.0 <= summary.duration <= at_most
    assert len(results) == 100


async def test_an_api_that_stops_answering_ends_the_run_after_five_minutes() -> None:
    """Since the first request that failed."""
    clock = FakeClock()
    api = FakeApi(clock, lambda *_: OK if clock.now() < 1005.0 else DOWN, latency=1.0)
    summary, _ = await run(api, 100, concurrency=2)
    assert summary.stop is StopReason.UNREACHABLE
    assert 304.0 <= summary.duration <= 320.0


async def test_a_first_row_that_brings_the_faults_itself_does_not_end_the_run() -> None:
    """It is given up before the two minutes are over, and the next shows that the API is there."""
    api = FakeApi(FakeClock(), lambda ref, _: DOWN if ref.instance_id == "i0" else OK)
    summary, _ = await run(api, 9, concurrency=1)
    assert summary.stop is None
    assert summary.outcomes[Outcome.CANCELED] == 8
    assert summary.outcomes[Outcome.FAILED] == 1


def limited(
    clock: FakeClock, quota: Quota, headers: dict[str, str] | None = None
) -> Callable[[InstanceRef, int], Reply]:
    """What a gateway answers whose rate limit says 503."""
    limiter = QuotaEnforcer(quota, "")
    return lambda *_: OK if limiter.take(clock.wall())[0] else Reply(503, headers or {}, PAGE)


@pytest.mark.slow
@pytest.mark.parametrize(
    "quota",
    [  # each as 50 requests per second
        Quota(50, 1, HeaderMode.NONE, model=QuotaModel.LEAKY, burst=5),
        Quota(50, 1, HeaderMode.NONE, model=QuotaModel.TOKEN),
        Quota(100, 2, HeaderMode.NONE),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"Retry-After": "1"}])
async def test_a_rate_limit_that_answers_503_fails_no_row(quota: Quota, headers: dict[str, str]) -> None:
    """Whichever way it counts; its 503s are counted as throttled, but for the first few."""
    api = FakeApi(FakeClock(), latency=0.002)
    api.rule = limited(api.clock, quota, headers)
    summary, results = await run(api, 300, max_attempts=2)
    assert summary.outcomes[Outcome.CANCELED] == 300
    assert summary.requests == len(api.sent) <= 330
    assert 0 < summary.throttled == sum(result.throttled for result in results) <= len(api.sent) - 300
    # A bucket has room again long before a whole second is over, but that is what it asked for.
    assert summary.duration < (45.0 if headers else 9.0)


async def test_a_row_that_meets_the_limit_again_and_again_is_given_up_as_throttled() -> None:
    """With its last answer's status and words."""
    api = FakeApi(FakeClock(), lambda ref, _: OK if int(ref.instance_id[1:]) % 3 else UNAVAILABLE)
    summary, results = await run(api, 90, max_throttled=2)
    given_up = [result for result in results if result.outcome is Outcome.THROTTLED]
    assert given_up
    assert summary.outcomes[Outcome.THROTTLED] == len(given_up)
    for result in given_up:
        assert (result.http_status, result.error_code, result.throttled) == (503, "http_5xx", 2)
        assert "503 Service Temporarily Unavailable" in result.error_detail


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "1"}])
async def test_503s_at_random_slow_nothing_down(headers: dict[str, str]) -> None:
    """One in a hundred is a fault of its own."""
    requests = 0

    def rule(*_: object) -> Reply:
        nonlocal requests
        requests += 1
        return OK if requests % 100 else Reply(503, headers, PAGE)

    summary, _ = await run(FakeApi(FakeClock(), rule), 500)
    assert summary.outcomes[Outcome.CANCELED] == 500
    assert (summary.throttled, summary.paused) == (0, 0.0)
    assert summary.duration < 500 * 0.02 / 32 + 2.5


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
async def test_a_bad_minute_does_not_slow_down_what_follows(seed: int) -> None:
    """503s among other faults are no rate limit's, or the pace that they seemed to ask for would be kept to for long."""
    clock, dice = FakeClock(), Random(seed)  # noqa: S311 - a test's dice

    def rule(*_: object) -> Reply:
        if clock.now() > 1060.0 or dice.random() > 0.2:
            return OK
        return dice.choice([UNAVAILABLE, Reply(500, {}, b"{}"), Reply(502, {}, PAGE), Reply(200, {}, PAGE)])

    summary, _ = await run(FakeApi(clock, rule, latency=0.2), 3000, concurrency=4)
    assert summary.outcomes[Outcome.CANCELED] + summary.outcomes[Outcome.FAILED] == 3000
    assert summary.duration < 60.0 + 1.1 * 3000 * 0.2 / 4


async def test_503s_alone_are_an_outage() -> None:
    """However it began; no row is burnt in a minute of it, and all goes on at full speed after it."""
    clock = FakeClock()
    api = FakeApi(clock, lambda *_: UNAVAILABLE if 1001.0 < clock.now() < 1061.0 else OK, latency=0.2)
    summary, _ = await run(api, 200, concurrency=8)
    assert summary.outcomes[Outcome.CANCELED] == 200
    assert len(api.sent) < 200 + 50
    assert summary.duration < 61.0 + 10.0 + 200 * 0.2 / 8
    api = FakeApi(FakeClock(), lambda *_: UNAVAILABLE)
    summary, _ = await run(api, 100)
    assert summary.stop is StopReason.UNREACHABLE
    assert summary.throttled == 0
