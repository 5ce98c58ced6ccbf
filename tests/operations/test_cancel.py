"""A journaled run: what its summary knows of its time."""

import pytest
from support.fakeapi import DOWN, OK, FakeApi
from support.faketime import EPOCH, FakeClock
from support.runs import Heard
from support.sessions import PAIRS, cancel, session_over

from bulkcancel.events import Endpoint, OutageBegan
from bulkcancel.models import Reply
from bulkcancel.tally import HeldBy

QUOTA = {"X-RateLimit-Limit": "25", "X-RateLimit-Period": "60", "X-RateLimit-Reset": "30"}


@pytest.mark.parametrize("is_watched", [False, True])
async def test_a_summary_has_the_pauses_of_its_run(*, is_watched: bool) -> None:
    """Of an outage, with what was answered; whether somebody watches or not."""
    clock, heard = FakeClock(), Heard()
    began = clock.now()
    api = FakeApi(clock, lambda *_: DOWN if 2.0 < clock.now() - began < 32.0 else OK, latency=0.5)
    summary = await cancel(api, session_over(api, heard if is_watched else None, concurrency=4), PAIRS)
    (pause,) = summary.pauses
    assert (pause.reason, pause.endpoint, pause.detail) == (HeldBy.OUTAGE, Endpoint.CANCEL, "refused")
    assert EPOCH + began + 1.0 < pause.begin < EPOCH + began + 3.0
    assert 25.0 < pause.seconds < 45.0
    assert (summary.site, summary.started_at) == ("here", EPOCH + began)
    assert summary.ended_at == pytest.approx(EPOCH + began + summary.duration)
    assert is_watched == any(isinstance(event, OutageBegan) for event in heard.events)


async def test_a_used_up_quota_is_a_pause_with_that_reason() -> None:
    """Until its next window; a run that is never held back has none."""
    calls = 0

    def rule(*_: object) -> Reply:
        nonlocal calls
        calls += 1
        return Reply(200, {**QUOTA, "X-RateLimit-Remaining": str(max(0, 25 - calls))}, b"{}")

    api = FakeApi(FakeClock(), rule)
    summary = await cancel(api, session_over(api, concurrency=4), PAIRS)
    assert {pause.reason for pause in summary.pauses} == {HeldBy.QUOTA}
    assert sum(pause.seconds for pause in summary.pauses) == pytest.approx(summary.paused, abs=1.0)
    assert summary.paused > 20.0
    api = FakeApi(FakeClock())
    assert (await cancel(api, session_over(api), PAIRS)).pauses == ()
