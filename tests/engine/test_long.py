"""Outages, clocks that jump and long runs, in virtual time."""

import os
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator, Iterator

import pytest
from support.fakeapi import DOWN, OK, FakeApi, Rows, refs
from support.faketime import FakeClock
from support.runs import new_run

from bulkcancel.models import InstanceRef, Outcome, Reply, Result, Row, StopReason
from bulkcancel.settings import Settings
from bulkcancel.tally import Summary

LIMITED = Reply(429, {"Retry-After": "1"}, b"")


class JumpingClock(FakeClock):
    """A clock whose wall time jumps hours to and fro while its seconds go on."""

    def wall(self) -> float:
        """Hours ahead, then hours behind, by turns."""
        return super().wall() + (7200.0 if int(self.now() * 10) % 2 else -7200.0)


async def run(api: FakeApi, rows: list[Row], **settings: object) -> tuple[Summary, list[Result]]:
    """Run to the end in virtual time."""
    results: list[Result] = []

    async def sink(result: Result) -> None:
        results.append(result)

    engine = new_run(api, Settings(**settings), clock=api.clock, jitter=lambda: 1.0)  # type: ignore[arg-type] # keywords of a table
    async with api.clock.autojump():
        return await engine.run(Rows(rows), sink), results


@pytest.mark.parametrize("concurrency", [1, 2, 8, 32])
async def test_an_outage_of_a_minute_burns_no_row(concurrency: int) -> None:
    """However few rows there are to share the probes: while the API is down, a probe is not the row's fault."""
    clock = FakeClock()
    api = FakeApi(clock, lambda *_: DOWN if 1001.0 < clock.now() < 1061.0 else OK, latency=0.2)
    summary, results = await run(api, refs(60), concurrency=concurrency)
    assert summary.outcomes[Outcome.CANCELED] == 60
    assert len(api.sent) - 60 < 60
    assert max(result.attempts for result in results) <= 6 + 9


async def test_a_row_that_brings_the_faults_itself_is_given_up_all_the_same() -> None:
    """One at a time, it looks like an outage; the others get their turn."""
    api = FakeApi(FakeClock(), lambda ref, _: DOWN if ref.instance_id == "i3" else OK)
    summary, results = await run(api, refs(9), concurrency=1)
    assert summary.stop is None
    assert summary.outcomes[Outcome.CANCELED] == 8
    assert {result.instance_id for result in results if result.outcome is Outcome.FAILED} == {"i3"}
    assert summary.duration < 150.0


async def test_a_limited_run_that_is_stopped_accounts_for_its_rows_only() -> None:
    """A canary of five of a thousand leaves no thousand rows behind."""
    summary, results = await run(FakeApi(FakeClock()), refs(1000), limit=5, max_duration=0.03, concurrency=1)
    assert summary.stop is StopReason.MAX_DURATION
    assert len(results) == 5


async def test_a_clock_that_jumps_stalls_nothing() -> None:
    """No row ends before it began, and durations are those of a clock that does not jump."""
    date = "Wed, 13 Jan 2027 12:00:00 GMT"
    clock = JumpingClock()
    api = FakeApi(clock, lambda _, attempt: OK if attempt > 1 else Reply(429, {"Retry-After": date}, b""))
    summary, results = await run(api, refs(40))
    assert summary.outcomes[Outcome.CANCELED] == 40
    assert summary.duration < 1000.0
    for result in results:
        assert result.started_at is not None
        assert result.finished_at is not None
        assert result.finished_at >= result.started_at
        assert result.duration_ms <= summary.duration * 1000


class Endless:
    """Rows that are made as they are read."""

    is_replayable = True

    def __init__(self, count: int) -> None:
        self._count = count

    async def batches(self) -> AsyncIterator[Iterator[Row]]:
        """Give them all."""
        yield (InstanceRef(f"w{number % 5}", f"i{number}", number + 1) for number in range(self._count))

    def stop_waiting(self) -> None:
        """Do nothing."""


class Rough(FakeApi):
    """Answers by the number of the request, and forgets it: 429s, faults, and an outage now and then."""

    requests = 0

    async def cancel(self, ref: InstanceRef) -> Reply:  # noqa: ARG002 - the protocol
        """Answer."""
        self.requests += 1
        number = self.requests  # others are counted while this one sleeps
        await self.clock.sleep(self.latency)
        if number % 5000 < 12:
            return Reply(503, {}, b"")
        if number % 997 == 0:
            return LIMITED
        return Reply(500, {}, b"") if number % 101 == 0 else OK


@pytest.mark.slow
async def test_a_long_run_needs_no_more_than_its_ledger() -> None:
    """About 90 bytes for each pair, whatever went wrong on the way; `SOAK_ROWS` makes it longer."""
    rows = int(os.environ.get("SOAK_ROWS", "5000"))
    api = Rough(FakeClock(), latency=0.05)
    counts: Counter[Outcome] = Counter()
    sizes: list[int] = []

    async def sink(result: Result) -> None:
        counts[result.outcome] += 1
        if counts.total() in {rows // 4, rows}:
            sizes.append(tracemalloc.get_traced_memory()[0])

    engine = new_run(api, Settings(concurrency=64), clock=api.clock, jitter=lambda: 1.0)
    tracemalloc.start()
    async with api.clock.autojump():
        summary = await engine.run(Endless(rows), sink)
    tracemalloc.stop()
    assert counts == {Outcome.CANCELED: rows}
    assert summary.throttled >= rows // 2000
    assert (sizes[1] - sizes[0]) / (rows * 3 / 4) < 150
