"""Threads for what may keep us waiting, the disk and the names of hosts, and that nobody has to wait for."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from anyio import CancelScope

if TYPE_CHECKING:
    from collections.abc import Callable

_Value = TypeVar("_Value")


class UnjoinedExecutor(ThreadPoolExecutor):
    """Threads that the end of the event loop does not wait for.

    A name server that does not answer holds a thread for a minute, a disk for as long as it likes.
    """

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - as it is
        """Start nothing more, and return at once."""
        super().shutdown(wait=False, cancel_futures=cancel_futures)


async def in_thread(grace: float, function: "Callable[..., _Value]", *args: Any) -> _Value:  # noqa: ANN401 - its own
    """Call what may block, in a thread. When canceled, wait for a moment more, then leave it behind.

    Args:
        grace: The seconds of that moment.
        function: What to call.
        args: What to call it with.
    """
    future = asyncio.get_running_loop().run_in_executor(None, function, *args)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        future.add_done_callback(_forget)
        with CancelScope(shield=True):
            await asyncio.wait({future}, timeout=grace)
        raise


def _forget(future: "asyncio.Future[Any]") -> None:
    """Take note of an exception that nobody waits for any more."""
    with suppress(asyncio.CancelledError):
        future.exception()
