"""What a command works with: the API that was asked for, connected as long as it is used."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from support.faketime import FakeClock

from bulkcancel.cli import at_work
from bulkcancel.cli.connection import Connection, with_keys
from bulkcancel.datadog import Credentials, Target
from bulkcancel.sandbox import Scenario
from bulkcancel.settings import Settings


class Connected:
    """Stands in for `connect`: keeps what it was given, and whether the connection is still open."""

    def __init__(self) -> None:
        self.given: list[Any] = []
        self.is_open = False

    @asynccontextmanager
    async def connect(self, target: Target, credentials: Credentials, **rest: object) -> AsyncIterator[str]:
        """Give a name instead of an API."""
        self.given = [target, credentials, rest]
        self.is_open = True
        yield "the API"
        self.is_open = False


async def test_the_api_is_the_one_that_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its keys, its certificates and the settings, for as long as the stack is open."""
    connected, settings, bundle = Connected(), Settings(concurrency=3), Path("ca.pem")
    monkeypatch.setattr(at_work, "connect", connected.connect)
    keys, target = Credentials("a", "b"), Target.of_site("datadoghq.eu")
    async with AsyncExitStack() as stack:
        api: object = await at_work.open_api(
            stack, Connection(target, bundle, None, keys), settings, FakeClock()
        )
        assert api == "the API"
        assert connected.given == [target, keys, {"settings": settings, "ca_bundle": bundle}]
        assert connected.is_open
    assert not connected.is_open


async def test_a_rehearsal_is_served_as_long_as_the_api_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """On this machine, with keys of its own, whatever else is set."""
    connected = Connected()
    monkeypatch.setattr(at_work, "connect", connected.connect)
    nowhere = Connection(Target.of_url("http://127.0.0.1"), None, Scenario.CALM)
    async with AsyncExitStack() as stack:
        connection = with_keys(nowhere, None, may_lack=False)
        await at_work.open_api(stack, connection, Settings(), FakeClock())
        target, keys, _ = connected.given
        host, _, port = target.base_url.removeprefix("http://").rpartition(":")
        assert (host, keys) == ("127.0.0.1", connection.credentials)
        await (await anyio.connect_tcp(host, int(port))).aclose()
    with pytest.raises(OSError, match=r"connect|refused"):
        await anyio.connect_tcp(host, int(port))
