"""A request to stop: made once, it ends what waits."""

import pytest
from anyio import create_task_group, sleep_forever
from anyio.lowlevel import checkpoint

from bulkcancel.engine.stop_signal import StoppedError, StopSignal
from bulkcancel.models import StopReason


def test_only_the_first_reason_counts() -> None:
    """And hooks are called once."""
    stop_signal, calls = StopSignal(), []
    stop_signal.on_request(lambda: calls.append("a"))
    stop_signal.on_request(lambda: calls.append("b"))
    stop_signal.request(StopReason.MAX_DURATION)
    stop_signal.request(StopReason.INTERRUPTED)
    assert stop_signal.reason is StopReason.MAX_DURATION
    assert calls == ["a", "b"]


async def test_waits_end_with_it() -> None:
    """Those that are under way, and those that begin later."""
    stop_signal, ended = StopSignal(), []

    async def wait(name: str) -> None:
        with pytest.raises(StoppedError), stop_signal.interrupts():
            await sleep_forever()
        ended.append(name)

    async with create_task_group() as tasks:
        tasks.start_soon(wait, "a")
        tasks.start_soon(wait, "b")
        await checkpoint()
        await checkpoint()
        assert ended == []
        stop_signal.request(StopReason.INTERRUPTED)
    assert sorted(ended) == ["a", "b"]
    with pytest.raises(StoppedError), stop_signal.interrupts():
        ended.append("inside")
    assert "inside" not in ended


async def test_what_did_not_wait_is_not_stopped() -> None:
    """What was done before the stop was requested stands; nothing is kept of it."""
    stop_signal = StopSignal()
    with stop_signal.interrupts():
        await checkpoint()
    assert not stop_signal._scopes
    stop_signal.request(StopReason.INTERRUPTED)
    await checkpoint()
