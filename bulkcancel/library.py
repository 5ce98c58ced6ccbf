"""The library: cancel many instances from inside another program."""

import os
from collections.abc import AsyncIterable, Sized
from typing import TYPE_CHECKING

from anyio import CancelScope

from bulkcancel.datadog import Credentials, Target, connect, read_credentials
from bulkcancel.datadog.target import DEFAULT_SITE
from bulkcancel.engine import Engine
from bulkcancel.models import InstanceRef
from bulkcancel.settings import Settings
from bulkcancel.sources import parse_pair

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
    from pathlib import Path

    from bulkcancel.models import Result, Row
    from bulkcancel.tally import Summary

    Pair = tuple[str, str] | InstanceRef


async def cancel_all(
    pairs: "Iterable[Pair] | AsyncIterable[Pair]",
    *,
    on_result: "Callable[[Result], Awaitable[None] | None] | None" = None,
    settings: Settings | None = None,
    credentials: Credentials | None = None,
    target: Target | None = None,
    ca_bundle: "Path | None" = None,
    any_id: bool = False,
) -> "Summary":
    """Cancel every instance of `pairs`, within the organization's rate limit.

    Runs inside any asyncio program, with or without anyio. Canceling it, by a scope, a timeout or
    `task.cancel()`, ends it at once: results handed over until then stand, and what was on the wire
    may or may not have taken effect. Canceling an instance twice is safe.

    Args:
        pairs: (workflow id, instance id) pairs. An async iterable is read as requests can go, never
            ahead. A pair that stands for nothing sendable becomes an `invalid` result.
        on_result: Takes each result when it is known, in the order they finish; a result's `line` is
            the pair's place, from 1, or the line of the `InstanceRef`.
        settings: How the run behaves.
        credentials: The two keys; from the environment by default (`DD_API_KEY`, `DD_APP_KEY`).
        target: The API; by default that of `DD_SITE`, or of datadoghq.com.
        ca_bundle: Certificates to trust instead of the system's.
        any_id: Whether ids may be other than UUIDs.

    Returns:
        The counts, what was spent, and why the run ended early, if it did.

    Raises:
        ConfigurationError: A key is missing, or the site is unknown; nothing was sent.
        Exception: Whatever `pairs` or `on_result` raises, after the requests on the wire have finished.
    """
    settings = settings or Settings()
    credentials = credentials or read_credentials(os.environ)
    target = target or Target.of_site(os.environ.get("DD_SITE") or DEFAULT_SITE)

    async with connect(target, credentials, settings=settings, ca_bundle=ca_bundle) as api:
        return await Engine(api, settings, site=target.label).run(
            _Pairs(pairs, any_id=any_id), on_result or _forget
        )


def _forget(_: "Result") -> None:
    """Let a result go: it is counted already."""


class _Pairs:
    """A caller's pairs as the engine's rows."""

    def __init__(self, pairs: "Iterable[Pair] | AsyncIterable[Pair]", *, any_id: bool) -> None:
        self._pairs = pairs
        self._any_id = any_id
        self._ends = False
        self._waiting: CancelScope | None = None
        self.is_whole = isinstance(pairs, Sized)

    async def batches(self) -> "AsyncIterator[Iterator[Row]]":
        if not isinstance(self._pairs, AsyncIterable):
            yield self._at_hand(self._pairs)
            return
        pairs = aiter(self._pairs)
        line = 0
        while not self._ends:
            pair: Pair | None = None
            with CancelScope() as self._waiting:
                pair = await anext(pairs, None)
            self._waiting = None
            if pair is None:
                return
            line += 1
            yield iter((self._row(pair, line),))

    def _at_hand(self, pairs: "Iterable[Pair]") -> "Iterator[Row]":
        for line, pair in enumerate(pairs, 1):
            if self._ends:
                return
            yield self._row(pair, line)

    def stop_waiting(self) -> None:
        """End instead of asking for more, unless all pairs are at hand: an iterable may be endless."""
        self._ends = not self.is_whole
        if self._waiting is not None:
            self._waiting.cancel()

    def _row(self, pair: "Pair", line: int) -> "Row":
        if isinstance(pair, InstanceRef):
            return parse_pair(pair.workflow_id, pair.instance_id, pair.line, any_id=self._any_id)
        workflow_id, instance_id = pair
        return parse_pair(workflow_id.strip(), instance_id.strip(), line, any_id=self._any_id)
