"""The brake: pulled once, it ends what waits."""

import pytest
from anyio import create_task_group, sleep_forever
from anyio.lowlevel import checkpoint

from bulkcancel.engine.brake import Brake, StoppedError
from bulkcancel.models import StopReason


def test_only_the_first_reason_counts() -> None:
    """And hooks are called once."""
    brake, calls = Brake(), []
    brake.on_pull(lambda: calls.append("a"))
    brake.on_pull(lambda: calls.append("b"))
    brake.pull(StopReason.MAX_DURATION)
    brake.pull(StopReason.INTERRUPTED)
    assert brake.reason is StopReason.MAX_DURATION
    assert calls == ["a", "b"]


async def test_waits_end_with_it() -> None:
    """Those that are under way, and those that begin later."""
    brake, ended = Brake(), []

    async def wait(name: str) -> None:
        with pytest.raises(StoppedError), brake.interrupts():
            await sleep_forever()
        ended.append(name)

    async with create_task_group() as tasks:
        tasks.start_soon(wait, "a")
        tasks.start_soon(wait, "b")
        await checkpoint()
        await checkpoint()
        assert ended == []
        brake.pull(StopReason.INTERRUPTED)
    assert sorted(ended) == ["a", "b"]
    with pytest.raises(StoppedError), brake.interrupts():
        ended.append("inside")
    assert "inside" not in ended


async def test_what_did_not_wait_is_not_stopped() -> None:
    """What was done before the brake was pulled stands; nothing is kept of it."""
    brake = Brake()
    with brake.interrupts():
        await checkpoint()
    assert not brake._scopes
    brake.pull(StopReason.INTERRUPTED)
    await checkpoint()
