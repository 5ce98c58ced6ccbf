"""The journaled run that programs and the command line share: what is on record, whatever ends it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from support.fakeapi import DOWN, OK, FakeApi
from support.faketime import FakeClock
from support.sessions import PAIRS, cancel, rows_of, session_over

from bulkcancel import (
    Credentials,
    ExitCode,
    Outcome,
    ReportError,
    Result,
    Settings,
    StopReason,
    Target,
    cancel_all,
)
from bulkcancel.models import InstanceRef, Reply
from bulkcancel.sandbox import SandboxOptions
from bulkcancel.sandbox.server import Sandbox, serve


@asynccontextmanager
async def looking_alike() -> AsyncIterator[tuple[Sandbox, dict[str, Any]]]:
    """A look-alike of the API, and what a call needs to reach it."""
    sandbox = Sandbox(SandboxOptions(latency=0.0))
    async with serve(sandbox) as url:
        yield sandbox, {"credentials": Credentials("a" * 32, "b" * 40), "target": Target.of_url(url)}


async def test_a_report_is_kept_and_resumed_by_a_program_as_by_the_command_line(tmp_path: Path) -> None:
    """What is done is not sent again, and the finished report has one row for each pair."""
    report = tmp_path / "r.csv"
    api = FakeApi(FakeClock(), lambda ref, _: DOWN if ref.instance_id == PAIRS[7][1] else OK)
    first = await cancel(api, session_over(api, max_attempts=2), PAIRS[:20], report=report)
    assert (first.rows, first.outcomes[Outcome.FAILED], first.exit_code) == (20, 1, ExitCode.INCOMPLETE)
    api = FakeApi(FakeClock())
    second = await cancel(api, session_over(api), PAIRS, report=report, resume=True)
    assert (second.rows, second.requests, second.exit_code) == (40, 21, ExitCode.OK)
    assert PAIRS[7][1] in api.sent
    assert sorted(rows_of(report)) == sorted((instance, "canceled") for _, instance in PAIRS)


async def test_a_report_alone_is_resumed_without_pairs(tmp_path: Path) -> None:
    """Its own unfinished rows are the work."""
    report = tmp_path / "r.jsonl"
    api = FakeApi(FakeClock(), lambda ref, _: DOWN if ref.line > 5 else OK)
    await cancel(api, session_over(api, max_attempts=1, concurrency=1), PAIRS[:10], report=report)
    api = FakeApi(FakeClock())
    summary = await cancel(api, session_over(api), report=str(report), resume=True)
    assert (sorted(api.sent), summary.rows) == (sorted(instance for _, instance in PAIRS[5:10]), 10)


async def test_a_torn_line_is_cut_and_its_pair_sent_again(tmp_path: Path) -> None:
    """As a crash may leave it."""
    report = tmp_path / "r.csv"
    api = FakeApi(FakeClock())
    await cancel(api, session_over(api), PAIRS[:5], report=report)
    whole = report.read_bytes()
    lost = rows_of(report)[-1][0]
    report.write_bytes(whole[:-20])
    api = FakeApi(FakeClock())
    summary = await cancel(api, session_over(api), PAIRS[:5], report=report, resume=True)
    assert (api.sent, summary.rows, len(rows_of(report))) == ([lost], 5, 5)


@pytest.mark.parametrize("resume", [False, True])
async def test_a_report_in_use_is_refused(tmp_path: Path, *, resume: bool) -> None:
    """The lock is on the file, whoever holds it; nothing is sent."""
    report = tmp_path / "r.csv"
    api = FakeApi(FakeClock())
    session = session_over(api)

    async def meanwhile() -> AsyncIterator[tuple[str, str]]:
        with pytest.raises(ReportError, match=r"being written|exists already"):
            await session.cancel(PAIRS[1:], report=report, resume=resume)
        yield PAIRS[0]

    await cancel(api, session, meanwhile(), report=report)
    assert api.sent == [PAIRS[0][1]]


async def test_a_report_of_another_target_is_refused(tmp_path: Path) -> None:
    """What was canceled in a rehearsal was not canceled here."""
    report = tmp_path / "r.csv"
    async with looking_alike() as (_, there):
        await cancel_all(PAIRS[:3], report=report, **there)
    api = FakeApi(FakeClock())
    with pytest.raises(ReportError, match=r"belongs to 127\.0\.0\.1, and this run goes to here"):
        await cancel(api, session_over(api), PAIRS[:3], report=report, resume=True)
    assert api.sent == []


async def test_results_are_on_record_when_they_are_handed_over(tmp_path: Path) -> None:
    """With a report and `on_result` together, also where the latter waits."""
    report = tmp_path / "r.csv"
    seen: list[bool] = []

    async def take(result: Result) -> None:
        seen.append((result.instance_id, "canceled") in rows_of(report))
        await asyncio.sleep(0)

    api = FakeApi(FakeClock())
    await cancel(api, session_over(api), PAIRS, report=report, on_result=take)
    assert seen == [True] * 40


async def test_a_failure_of_the_callers_leaves_a_report_that_goes_on(tmp_path: Path) -> None:
    """Whatever was sent is in it; what failed is raised."""
    report = tmp_path / "r.csv"

    def take(result: Result) -> None:
        if result.line == 10:
            raise ZeroDivisionError

    api = FakeApi(FakeClock())
    with pytest.raises(ZeroDivisionError):
        await cancel(api, session_over(api, concurrency=4), PAIRS, report=report, on_result=take)
    recorded = {instance for instance, outcome in rows_of(report) if outcome == "canceled"}
    assert recorded == set(api.sent)
    again = FakeApi(FakeClock())
    summary = await cancel(again, session_over(again), PAIRS, report=report, resume=True)
    assert summary.outcomes[Outcome.CANCELED] == 40
    assert not recorded & set(again.sent)


async def test_a_run_that_could_not_begin_leaves_no_report(tmp_path: Path) -> None:
    """So the same call can be made again."""
    report = tmp_path / "r.csv"

    async def broken() -> AsyncIterator[tuple[str, str]]:
        for pair in PAIRS[: 1 // len(report.name[:0])]:
            yield pair

    api = FakeApi(FakeClock())
    with pytest.raises(ZeroDivisionError):
        await cancel(api, session_over(api), broken(), report=report)
    assert not report.exists()


async def test_canceling_the_call_leaves_what_was_recorded(tmp_path: Path) -> None:
    """It ends at once, lets the report go, and what is on record is not sent again."""
    report = tmp_path / "r.csv"
    half = asyncio.Event()

    def take(result: Result) -> None:
        if result.line >= 20:
            half.set()

    async with looking_alike() as (sandbox, there):
        call = asyncio.create_task(
            cancel_all(PAIRS, report=report, on_result=take, settings=Settings(concurrency=1), **there)
        )
        await half.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        before = {instance for instance, _ in rows_of(report)}
        summary = await cancel_all(PAIRS, report=report, resume=True, **there)
        assert summary.outcomes[Outcome.CANCELED] == 40
        assert len(before) >= 20
        # Only what was on the wire may have been sent twice.
        twice = [pair for pair, times in sandbox.record.accepted.items() if times > 1]
        assert not before & {pair.partition("/")[2] for pair in twice}


async def test_a_report_that_is_lost_stops_the_call_and_shows_in_its_summary(tmp_path: Path) -> None:
    """It is deleted meanwhile."""
    report = tmp_path / "r.csv"

    def rule(ref: InstanceRef, _: int) -> Reply:
        if ref.line == 5:
            report.unlink()
        return OK

    api = FakeApi(FakeClock(), rule, latency=0.4)
    summary = await cancel(api, session_over(api, concurrency=1), PAIRS, report=report)
    assert (summary.stop, summary.exit_code) == (StopReason.REPORT_LOST, ExitCode.REPORT_LOST)
    assert summary.loss is not None
    assert summary.loss.is_gone
