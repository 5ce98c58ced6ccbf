"""A session: what it learns, shares and refuses."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from support.fakeapi import DOWN, OK, FakeApi
from support.faketime import FakeClock
from support.runs import Heard
from support.sessions import FORBIDDEN, PAIRS, cancel, session_over

from bulkcancel import (
    ConfigurationError,
    Credentials,
    ExitCode,
    FailureLimit,
    Outcome,
    Settings,
    StopReason,
    open_session,
)
from bulkcancel.events import Ended, Finished, Started
from bulkcancel.models import InstanceRef, Reply


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
