"""Gives what a task of its own produces, to whoever iterates, who may leave at any time."""

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from anyio import EndOfStream, Event, WouldBlock, create_memory_object_stream, create_task_group

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine

    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

_Item = TypeVar("_Item")


async def produced(
    produce: "Callable[[MemoryObjectSendStream[tuple[_Item, ...]]], Coroutine[None, None, None]]",
    most_waiting: int,
) -> "AsyncGenerator[tuple[_Item, ...]]":
    """Give what is sent, those together that are there together; never none.

    Args:
        produce: Sends tuples that are not empty, closes what it sends them on, and raises what failed.
        most_waiting: How many tuples may wait to be taken.
    """
    send, receive = create_memory_object_stream[tuple[_Item, ...]](most_waiting)
    # A task of its own: a generator may be left in the middle, and must hold no scope then.
    producer = asyncio.create_task(produce(send))
    producer.add_done_callback(_forget_failure)
    try:
        async for items in receive:
            yield items + _others_there(receive)  # one write takes as long as several
        await producer
    finally:
        producer.cancel()
        receive.close()
        await asyncio.wait([producer])


def _others_there(receive: "MemoryObjectReceiveStream[tuple[_Item, ...]]") -> "tuple[_Item, ...]":
    """The items of all tuples that wait."""
    found: list[_Item] = []
    with suppress(WouldBlock, EndOfStream):
        while True:
            found += receive.receive_nowait()
    return tuple(found)


def _forget_failure(producer: "asyncio.Task[None]") -> None:
    """Take note of a failure: it was raised to whoever iterates, or nobody does any more."""
    if not producer.cancelled():
        producer.exception()


class Outbox(Generic[_Item]):
    """Sends what is put in, those together that are there together. Whoever puts in never waits."""

    def __init__(self, send: "MemoryObjectSendStream[tuple[_Item, ...]]") -> None:
        self._send = send
        self._held: list[_Item] = []
        self._news = Event()
        self._is_closed = False

    def put(self, item: _Item) -> None:
        """Have it sent."""
        self._held.append(item)
        self._news.set()

    @asynccontextmanager
    async def sending(self) -> "AsyncIterator[Self]":
        """Send while the body runs, and afterwards what is left."""
        async with create_task_group() as tasks:
            tasks.start_soon(self._send_on)
            yield self
            self._is_closed = True
            self._news.set()

    async def _send_on(self) -> None:
        while self._held or not self._is_closed:
            if not self._held:
                self._news = Event()
                await self._news.wait()
                continue
            items, self._held = tuple(self._held), []
            await self._send.send(items)
