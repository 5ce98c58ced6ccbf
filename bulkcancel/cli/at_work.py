"""A session at work for a command: connected, with its messages and its progress watching."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulkcancel.cli.connection import reachable
from bulkcancel.datadog import connect
from bulkcancel.engine.observers import Observers
from bulkcancel.operations.session import Session
from bulkcancel.operations.threads import UnjoinedExecutor
from bulkcancel.progress.log import message_observers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bulkcancel.cli.connection import Connection
    from bulkcancel.clock import Clock
    from bulkcancel.datadog import DatadogApi
    from bulkcancel.events import Concern, Observer
    from bulkcancel.progress.messages import Messages
    from bulkcancel.settings import Settings


@dataclass(frozen=True, slots=True)
class AtWork:
    """What a command works with.

    Attributes:
        session: Does the work.
        api: Where its requests go.
        observers: Who is told of it; more may be added before it begins.
    """

    session: Session
    api: "DatadogApi"
    observers: Observers


@asynccontextmanager
async def at_work(
    connection: "Connection",
    settings: "Settings",
    messages: "Messages",
    clock: "Clock",
    *,
    progress: "Observer | None" = None,
    unsaid: "frozenset[Concern]" = frozenset(),
) -> "AsyncIterator[AtWork]":
    """Connect, for as long as the body runs.

    Args:
        connection: Where requests go, and as whom.
        settings: How they are paced.
        messages: Says what happens.
        clock: The session's clock.
        progress: What else watches it, or None.
        unsaid: Concerns that the command tells in words of its own.
    """
    asyncio.get_running_loop().set_default_executor(UnjoinedExecutor())
    observers = Observers(message_observers(messages, clock, unsaid))
    if progress is not None:
        observers.add(progress)
    async with AsyncExitStack() as stack:
        api = await open_api(stack, connection, settings, clock)
        session = Session(api, settings, site=connection.label, observers=observers, clock=clock)
        yield AtWork(session, api, observers)


async def open_api(
    stack: AsyncExitStack, connection: "Connection", settings: "Settings", clock: "Clock"
) -> "DatadogApi":
    """Connect, for as long as the stack is open; a rehearsal has a sandbox of its own."""
    target = await stack.enter_async_context(reachable(connection, clock))
    credentials = connection.credentials
    assert credentials is not None  # noqa: S101 - only a dry run goes without
    return await stack.enter_async_context(
        connect(target, credentials, settings=settings, ca_bundle=connection.ca_bundle)
    )
