"""A session, and the journaled run that programs and the command line share."""

import asyncio
import csv
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from support.fakeapi import DOWN, OK, FakeApi
from support.faketime import FakeClock
from support.runs import Heard

from bulkcancel import (
    ConfigurationError,
    Credentials,
    ExitCode,
    FailureLimit,
    Outcome,
    ReportError,
    Result,
    Session,
    Settings,
    StopReason,
    Summary,
    Target,
    cancel_all,
    open_session,
)
from bulkcancel.engine.observers import Observers
from bulkcancel.events import Ended, Finished, Started
from bulkcancel.models import InstanceRef, Reply
from bulkcancel.sandbox import SandboxOptions
from bulkcancel.sandbox.server import Sandbox, serve

W = str(UUID(int=1 << 127, version=4))
PAIRS = [(W, str(UUID(int=(1 << 127) + n, version=4))) for n in range(1, 41)]
FORBIDDEN = Reply(403, {}, b'{"errors":["Forbidden"]}')


def session_over(api: FakeApi, heard: Heard | None = None, **settings: Any) -> Session:
    """A session over a fake API."""
    observers = Observers(() if heard is None else (heard,))
    return Session(api, Settings(**settings), site="here", observers=observers, clock=api.clock)


async def cancel(api: FakeApi, session: Session, *arguments: Any, **options: Any) -> Summary:
    """Cancel in virtual time; what it raises is not wrapped."""
    call = asyncio.ensure_future(session.cancel(*arguments, **options))
    async with api.clock.autojump():
        await asyncio.wait([call])
    return call.result()


def rows_of(report: Path) -> list[tuple[str, str]]:
    """The instance and the outcome of each row of a report, in order."""
    with report.open(encoding="utf-8") as file:
        return [(row["instance_id"], row["outcome"]) for row in csv.DictReader(file)]


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


async def test_a_session_learns_keys_and_quota_once() -> None:
    """The first request of its first call goes alone; those of the next go together at once."""
    api = FakeApi(FakeClock())
    session = session_over(api, concurrency=8)
    first_in_flight: list[int] = []

    def rule(ref: InstanceRef, _: int) -> Reply:
        if ref.line == 1:
            first_in_flight.append(api.in_flight)
        return OK

    api.rule = rule
    await cancel(api, session, PAIRS[:20])
    await cancel(api, session, PAIRS[20:])
    assert first_in_flight[0] == 0
    assert first_in_flight[1] > 0
    assert api.key_checks == 0


async def test_two_calls_at_once_share_one_limit() -> None:
    """Together they have no more in flight than one may."""
    api = FakeApi(FakeClock())
    session = session_over(api, concurrency=4)
    async with api.clock.autojump():
        await asyncio.gather(session.cancel(PAIRS[:20]), session.cancel(PAIRS[20:]))
    assert (len(api.sent), api.most_in_flight) == (40, 4)


async def test_what_ended_one_call_does_not_end_the_next() -> None:
    """Its own limit on failures, for one; what the first spent is not the second's."""
    api = FakeApi(FakeClock(), lambda ref, _: DOWN if ref.line > 3 else OK)
    session = session_over(api, concurrency=2, max_attempts=1)
    few = Settings(concurrency=2, max_attempts=1, max_failures=FailureLimit(1))
    summary = await cancel(api, session, PAIRS, settings=few)
    assert summary.stop is StopReason.MAX_FAILURES
    api.rule = lambda *_: OK
    summary = await cancel(api, session, PAIRS[:10])
    assert (summary.stop, summary.requests, summary.rows) == (None, 10, 10)


@pytest.mark.parametrize("by_hand", [True, False])
async def test_what_concerns_the_api_ends_all_calls(*, by_hand: bool) -> None:
    """Refused keys stay refused, and who stops a session means all of it."""
    api = FakeApi(FakeClock(), lambda *_: OK if by_hand else FORBIDDEN)
    api.keys = FORBIDDEN
    session = session_over(api)
    if by_hand:
        session.stop()
    first = await cancel(api, session, PAIRS[:5])
    second = await cancel(api, session, PAIRS[5:])
    assert first.stop is second.stop is (StopReason.INTERRUPTED if by_hand else StopReason.REFUSED)
    assert len(api.sent) == (0 if by_hand else 1)
    assert second.outcomes[Outcome.NOT_ATTEMPTED] == 35


async def test_a_stream_is_not_waited_for_by_a_session_that_is_stopped() -> None:
    """It may never end."""

    async def endless() -> AsyncIterator[tuple[str, str]]:
        yield PAIRS[0]
        await asyncio.Event().wait()

    api = FakeApi(FakeClock())
    session = session_over(api)
    session.stop(StopReason.TERMINATED)
    summary = await cancel(api, session, endless())
    assert (summary.stop, api.sent) == (StopReason.TERMINATED, [])


@pytest.mark.parametrize(
    ("name", "value"),
    [("concurrency", 3), ("headroom", 0.5), ("timeout", 1.0), ("max_attempts", 1), ("max_throttled", 2)],
)
async def test_settings_that_concern_the_session_are_its_own(name: str, value: Any) -> None:
    """Another value for one call is refused, and named; what concerns the call alone is not."""
    api = FakeApi(FakeClock())
    session = session_over(api)
    with pytest.raises(ConfigurationError, match=rf"Settings\.{name} is .*as the session has it"):
        await session.cancel(PAIRS, settings=Settings(**{name: value}))
    summary = await cancel(api, session, PAIRS, settings=Settings(limit=2))
    assert summary.requests == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "There are no pairs"),
        ({"pairs": PAIRS, "resume": True}, "resume=True needs a report"),
        ({"pairs": PAIRS, "resume": 1, "report": "r.csv"}, "resume is 1; it must be True or False"),
        ({"pairs": PAIRS, "report": 5}, "report is 5; it must be a path"),
        ({"resume": True, "report": "none.csv"}, "There is no report none.csv"),
        ({"pairs": PAIRS, "settings": {"limit": 1}}, "settings is .*; it must be a Settings"),
    ],
)
async def test_a_call_that_cannot_be_meant_is_refused(arguments: dict[str, Any], words: str) -> None:
    """Before anything is opened or sent."""
    api = FakeApi(FakeClock())
    with pytest.raises(ConfigurationError, match=words):
        await session_over(api).cancel(**arguments)
    assert api.sent == []


async def test_an_observer_that_is_none_is_refused() -> None:
    """It is named."""
    with pytest.raises(ConfigurationError, match="observer is 5; it must be an Observer"):
        async with open_session(observer=5, credentials=Credentials("a", "b")):  # type: ignore[arg-type] # on purpose
            pass


async def test_an_observer_is_told_of_a_call_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    """How many rows there are, each as it finishes, and what it came to."""
    report = tmp_path / "r.csv"
    api = FakeApi(FakeClock(), lambda ref, _: DOWN if ref.line == 2 else OK)
    await cancel(api, session_over(api, max_attempts=1), PAIRS[:3], report=report)
    heard, api = Heard(), FakeApi(FakeClock())
    await cancel(api, session_over(api, heard), report=report, resume=True)
    started, *_, ended = heard.events
    assert started == Started(3, {Outcome.CANCELED: 2, Outcome.FAILED: 1})
    (finished,) = [event for event in heard.events if isinstance(event, Finished)]
    assert (finished.previous, finished.result.outcome) == (Outcome.FAILED, Outcome.CANCELED)
    assert isinstance(ended, Ended)
    assert (ended.exit_code, ended.stop, ended.requests) == (ExitCode.OK, None, 1)
    assert ended.outcomes[Outcome.CANCELED] == 3


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
