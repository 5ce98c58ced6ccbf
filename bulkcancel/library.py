"""The library: cancel many instances from inside another program."""

import asyncio
import os
from collections.abc import AsyncIterable, Iterable, Mapping, Sized
from collections.abc import Set as AbstractSet
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from anyio import CancelScope

from bulkcancel.datadog import Credentials, Target, connect, read_credentials
from bulkcancel.datadog.target import DEFAULT_SITE
from bulkcancel.engine import Engine
from bulkcancel.errors import ConfigurationError
from bulkcancel.models import InstanceRef
from bulkcancel.settings import Settings
from bulkcancel.sources import parse_pair, reject
from bulkcancel.text import printable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from bulkcancel.models import Result, Row
    from bulkcancel.tally import Summary

    Id = str | UUID
    Pair = tuple[Id, Id] | InstanceRef

_SHOWN = 100  # characters of a value that can't be used
# What can be unpacked into two and yet is no pair: a text, and what has keys or no order.
_NO_PAIRS = (str, bytes, bytearray, Mapping, AbstractSet)
_TWO = 2
_END = object()


async def cancel_all(
    pairs: "Iterable[Pair] | AsyncIterable[Pair]",
    *,
    on_result: "Callable[[Result], Awaitable[None] | None] | None" = None,
    settings: Settings | None = None,
    credentials: Credentials | None = None,
    target: Target | None = None,
    ca_bundle: "str | os.PathLike[str] | None" = None,
    any_id: bool = False,
) -> "Summary":
    """Cancel every instance of `pairs`, within the organization's rate limit.

    Runs inside any asyncio program, with or without anyio; not in trio. Canceling it, by a scope, a
    timeout or `task.cancel()`, ends it at once: results handed over until then stand, and what was on
    the wire may or may not have taken effect. Canceling an instance twice is safe.

    Args:
        pairs: (workflow id, instance id) pairs, of texts or `uuid.UUID`s. An async iterable is read as
            requests can go, never ahead. What is no pair, or no pair that can be sent, becomes an
            `invalid` result.
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
        ConfigurationError: An argument can't be used, a key is missing, the site is unknown, or no
            asyncio event loop runs; nothing was sent.
        Exception: Whatever `pairs` or `on_result` raises, after the requests on the wire have finished; also
            a `CancelledError` that nobody meant for this call.
    """
    _require_asyncio()
    for name, value, wanted, usable in (
        ("pairs", pairs, "an iterable of (workflow id, instance id) pairs", _is_many(pairs)),
        ("on_result", on_result, "a function that takes a Result", on_result is None or callable(on_result)),
        ("settings", settings, "a Settings", isinstance(settings, Settings | None)),
        ("credentials", credentials, "a Credentials", isinstance(credentials, Credentials | None)),
        ("target", target, "a Target", isinstance(target, Target | None)),
        ("ca_bundle", ca_bundle, "a path", isinstance(ca_bundle, str | os.PathLike | None)),
        ("any_id", any_id, "True or False", isinstance(any_id, bool)),
    ):
        if not usable:
            raise ConfigurationError.of_value(name, value, wanted)

    settings = settings or Settings()
    credentials = credentials or read_credentials(os.environ)
    target = target or Target.of_site(os.environ.get("DD_SITE") or DEFAULT_SITE)
    bundle = None if ca_bundle is None else Path(ca_bundle)
    async with connect(target, credentials, settings=settings, ca_bundle=bundle) as api:
        engine = Engine(api, settings, site=target.label)
        return await engine.run(_Pairs(pairs, any_id=any_id), on_result or _forget)


def _require_asyncio() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise ConfigurationError(
            "bulkcancel needs asyncio, and no asyncio event loop runs here: call cancel_all from "
            "asyncio.run(...), or in a trio program from a thread of its own."
        ) from None


def _is_many(pairs: object) -> bool:
    return isinstance(pairs, Iterable | AsyncIterable) and not isinstance(pairs, str | bytes)


def _forget(_: "Result") -> None:
    """Let a result go: it is counted already."""


class _Pairs:
    """A caller's pairs as the engine's rows."""

    def __init__(self, pairs: "Iterable[Pair] | AsyncIterable[Pair]", *, any_id: bool) -> None:
        self._pairs = pairs
        self._any_id = any_id
        self._ends = False
        self._waiting: CancelScope | None = None
        self.is_replayable = isinstance(pairs, Sized)

    async def batches(self) -> "AsyncIterator[Iterator[Row]]":
        if not isinstance(self._pairs, AsyncIterable):
            yield self._at_hand(self._pairs)
            return
        pairs = aiter(self._pairs)
        line = 0
        while not self._ends:
            pair: object = _END
            with CancelScope() as self._waiting:
                pair = await anext(pairs, _END)
            self._waiting = None
            if pair is _END:
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
        self._ends = not self.is_replayable
        if self._waiting is not None:
            self._waiting.cancel()

    def _row(self, pair: object, line: int) -> "Row":
        two = _two_of(pair)
        if two is None:
            reason = f"it is not a pair of a workflow id and an instance id: {printable(repr(pair), _SHOWN)}"
            return reject("", "", line, "not_a_pair", reason)
        texts = _text_of(two[0]), _text_of(two[1])
        for name, value, text in zip(("workflow", "instance"), two, texts, strict=True):
            if text is None:
                reason = f"the {name} id is neither a text nor a UUID: {printable(repr(value), _SHOWN)}"
                return reject(texts[0] or "", texts[1] or "", line, "invalid_id", reason)
        line = pair.line if isinstance(pair, InstanceRef) else line
        return parse_pair(texts[0] or "", texts[1] or "", line, any_id=self._any_id)


def _two_of(pair: object) -> tuple[object, object] | None:
    """A pair's two halves, whatever kind of sequence it is; None for what is no pair."""
    if isinstance(pair, InstanceRef):
        return pair.workflow_id, pair.instance_id
    if isinstance(pair, _NO_PAIRS) or not isinstance(pair, Iterable):
        return None
    halves = tuple(islice(pair, 3))
    return (halves[0], halves[1]) if len(halves) == _TWO else None


def _text_of(value: object) -> str | None:
    """An id as text; None for what is no id."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, UUID) else None
