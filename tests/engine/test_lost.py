"""Requests lost by what is ours: connections that went stale, and descriptors that ran out."""

from typing import TYPE_CHECKING

import pytest
from support.fakeapi import OK, FakeApi, Rows, refs
from support.faketime import FakeClock
from support.runs import new_run

from bulkcancel.engine.run import Run
from bulkcancel.models import Failure, FailureKind, InstanceRef, Outcome, Reply, Result, StopReason
from bulkcancel.settings import Rate, Settings
from bulkcancel.tally import Summary

if TYPE_CHECKING:
    from collections.abc import Iterator

STALE = Failure(FailureKind.STALE, "ServerDisconnectedError: Server disconnected")
NO_FILES = Failure(FailureKind.NO_FILES, "this process may open no more files (ulimit -n)")
ENDED = Reply(200, {}, b'{"data":{"attributes":{"instanceStatus":{"detailsKind":"CANCELED"}}}}')


async def run(api: FakeApi, count: int, **settings: object) -> tuple[Summary, list[Result], Run]:
    """Cancel so many instances in virtual time."""
    results: list[Result] = []

    async def sink(result: Result) -> None:
        results.append(result)

    asked = Settings(**{"concurrency": 4, **settings})  # type: ignore[arg-type] # keywords of a table
    engine = new_run(api, asked, clock=api.clock, jitter=lambda: 1.0)
    async with api.clock.autojump():
        return await engine.run(Rows(refs(count)), sink), results, engine


async def test_a_request_that_went_with_its_connection_goes_again_at_once() -> None:
    """It is counted and keeps to `--rate`, but costs no attempt and says nothing of an outage."""
    api = FakeApi(FakeClock(), lambda _, attempt: STALE if attempt == 1 else OK, latency=0.0)
    started = api.clock.now()
    summary, results, engine = await run(api, 40, max_attempts=1, rate=Rate(10, 1.0))
    assert summary.outcomes[Outcome.CANCELED] == 40
    assert {result.attempts for result in results} == {2}
    assert summary.requests == len(api.sent) == 80
    assert summary.paused == 0.0
    assert not engine._dispatcher.cancels.pacer.down_for(api.clock.now())
    assert 7.0 <= api.clock.now() - started < 9.0


async def test_connections_that_only_go_stale_end() -> None:
    """The second in a row counts as a fault, so that a row that meets nothing else is given up."""
    api = FakeApi(FakeClock(), lambda ref, _: OK if ref.instance_id == "i0" else STALE)
    summary, results, _ = await run(api, 2, max_attempts=3)
    assert summary.outcomes[Outcome.FAILED] == 1
    assert (results[1].attempts, results[1].error_code) == (6, "stale_connection")


async def test_a_row_that_the_end_meets_between_its_tries_was_sent() -> None:
    """So it is not said to have been left alone."""
    engine: list[Run] = []

    def rule(_: InstanceRef, __: int) -> Failure:
        engine[0].stop(StopReason.INTERRUPTED)
        return STALE

    api = FakeApi(FakeClock(), rule)
    results: list[Result] = []
    engine.append(new_run(api, Settings(), clock=api.clock))
    async with api.clock.autojump():
        await engine[0].run(Rows(refs(1)), results.append)
    assert (results[0].outcome, results[0].attempts) == (Outcome.FAILED, 1)


async def test_the_key_check_and_reads_go_again_too() -> None:
    """A verdict on keys, and on what became of a row, is not left to a stale connection."""
    api = FakeApi(FakeClock(), lambda *_: Reply(403, {}, b"{}"))
    checks: Iterator[Reply | Failure] = iter([STALE, Reply(403, {}, b"{}")])

    async def check_keys() -> Reply | Failure:
        return next(checks)

    api.check_keys = check_keys  # type: ignore[method-assign] # a script in place of a rule
    summary, _, _ = await run(api, 5)
    assert (summary.stop, len(api.sent)) == (StopReason.REFUSED, 1)
    assert next(checks, None) is None

    api = FakeApi(FakeClock(), lambda *_: Reply(404, {}, b"{}"))
    api.reads = [STALE, ENDED]
    summary, _, _ = await run(api, 1, verify=True)
    assert summary.outcomes[Outcome.ALREADY_FINISHED] == 1


async def test_what_could_not_be_sent_for_want_of_files_is_no_request() -> None:
    """It goes when files are free again; the API is not blamed."""
    api = FakeApi(FakeClock(), lambda _, attempt: NO_FILES if attempt <= 5 else OK)
    summary, results, engine = await run(api, 8, max_attempts=1)
    assert summary.outcomes[Outcome.CANCELED] == 8
    assert {result.attempts for result in results} == {1}
    assert summary.requests == 8
    assert not engine._dispatcher.cancels.pacer.is_down


@pytest.mark.parametrize("answered_first", [0, 3])
async def test_a_process_that_gets_no_files_at_all_ends_and_says_why(answered_first: int) -> None:
    """After two minutes, and not by saying that the API does not answer."""
    api = FakeApi(FakeClock(), lambda ref, _: OK if ref.line <= answered_first else NO_FILES)
    started = api.clock.now()
    summary, results, _ = await run(api, 20)
    assert (summary.stop, summary.exit_code) == (StopReason.NO_FILES, 3)
    assert summary.requests == answered_first
    assert {result.started_at for result in results if not result.attempts} == {None}
    assert summary.outcomes[Outcome.NOT_ATTEMPTED] == 20 - answered_first
    assert 120.0 <= api.clock.now() - started < 125.0
