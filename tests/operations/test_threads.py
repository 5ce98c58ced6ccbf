"""What may keep us waiting is called in threads that nobody has to wait for."""

import asyncio
import threading

import pytest

from bulkcancel.operations.threads import UnjoinedExecutor, in_thread


async def test_a_value_and_an_error_come_back() -> None:
    """As of a call."""
    assert await in_thread(0.0, divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        await in_thread(0.0, divmod, 7, 0)


async def test_a_call_that_is_canceled_is_left_behind() -> None:
    """It goes on, and how it ends is nobody's business."""
    may_end, has_ended = threading.Event(), threading.Event()

    def blocks() -> None:
        may_end.wait()
        has_ended.set()
        raise ZeroDivisionError

    call = asyncio.create_task(in_thread(0.0, blocks))
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert not has_ended.is_set()
    may_end.set()
    assert await asyncio.to_thread(has_ended.wait, 60.0)


async def test_a_call_that_ends_in_its_moment_is_waited_for() -> None:
    """When canceled, so that the disk has what it was given."""
    begun, may_end, has_ended = threading.Event(), threading.Event(), threading.Event()

    def writes() -> None:
        begun.set()
        may_end.wait()
        has_ended.set()

    call = asyncio.create_task(in_thread(60.0, writes))
    assert await asyncio.to_thread(begun.wait, 60.0)
    call.cancel()
    await asyncio.sleep(0)
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert has_ended.is_set()


def test_an_executor_is_left_at_once() -> None:
    """Whatever its threads wait for."""
    may_end = threading.Event()
    executor = UnjoinedExecutor(1)
    going = executor.submit(may_end.wait)
    executor.shutdown(wait=True)
    assert not going.done()
    may_end.set()
    assert going.result(60.0)
