"""Servers and networks that keep to the letter of nothing, or only to the letter."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from support.fakeapi import Rows, refs
from support.faultserver import CHUNKED, OK, Fault, FaultServer, deaf, says
from support.runs import new_run

from bulkcancel.datadog import Credentials, DatadogApi, Target, connect, transport
from bulkcancel.models import Failure, FailureKind, InstanceRef, Outcome, Reply, Result
from bulkcancel.settings import Settings

KEYS = Credentials("a" * 32, "b" * 40)
REF = InstanceRef("w", "i", 1)
SOON = 0.15  # seconds


@asynccontextmanager
async def api_at(port: int, seconds: float = 10.0, scheme: str = "http") -> AsyncIterator[DatadogApi]:
    """The adapter for that server."""
    async with connect(
        Target(f"{scheme}://127.0.0.1:{port}"), KEYS, settings=Settings(timeout=seconds)
    ) as api:
        yield api


def trickles(reply: bytes, pause: float = 0.0, size: int = 1) -> Fault:
    """Write a reply in small pieces, each in a packet of its own."""

    async def fault(writer: asyncio.StreamWriter) -> None:
        for start in range(0, len(reply), size):
            writer.write(reply[start : start + size])
            await writer.drain()
            await asyncio.sleep(pause)

    return fault


SOUND = {
    "HTTP/1.0, and then the end": says(b"HTTP/1.0 200 OK\r\n\r\n{}\n"),
    "HTTP/1.0 that means to go on": says(OK.replace(b"1.1", b"1.0").replace(b"\r\n\r\n", b"\r\nConnection: keep-alive\r\n\r\n")),
    "no length, and then the end": says(b"HTTP/1.1 200 OK\r\n\r\n{}\n"),
    "byte by byte": trickles(OK),
    "byte by byte, in chunks": trickles(CHUNKED + b"3\r\n{}\n\r\n0\r\n\r\n"),
    "a length, and less than it wants to say": says(OK.replace(b": 3", b": 2")),
    "hints first": says(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 3 + OK),
    "two replies": says(OK + OK),
    "lines that end in LF alone": says(OK.replace(b"\r\n", b"\n")),
    "a hundred headers": says(OK.replace(b"\r\n\r\n", b"\r\n" + b"X-A: b\r\n" * 100 + b"\r\n")),
    "a header of 8,000 characters": says(OK.replace(b"\r\n\r\n", b"\r\nX-A: " + b"b" * 8000 + b"\r\n\r\n")),
}  # fmt: skip


@pytest.mark.parametrize("name", SOUND)
async def test_an_answer_counts_however_it_comes(name: str) -> None:
    """Each row is canceled, or at the worst tried again: one that is answered so is never lost."""
    results: list[Result] = []
    server = FaultServer(*[SOUND[name]] * 8)
    async with server.serving() as port, api_at(port) as api:
        engine = new_run(api, Settings(concurrency=2), jitter=lambda: 0.0)
        summary = await engine.run(Rows(refs(12)), results.append)
    assert summary.outcomes[Outcome.CANCELED] == 12
    assert server.requests >= 12


async def test_a_reply_that_only_trickles_times_out() -> None:
    """A server that always has a little more to say does not hold its row for ever."""
    head = b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 1000
    async with FaultServer(trickles(head, 0.02, 4)).serving() as port, api_at(port, SOON) as api:
        answer = await api.cancel(REF)
    assert answer == Failure(FailureKind.TIMEOUT, "no whole reply within 0.15 s")


@asynccontextmanager
async def silent() -> AsyncIterator[int]:
    """A port whose connections are accepted, and then never heard."""
    writers: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: writers.append(writer), "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        for writer in writers:
            writer.close()
        for writer in writers:
            with suppress(OSError):
                await writer.wait_closed()


@pytest.mark.parametrize(("place", "scheme"), [(deaf, "http"), (deaf, "https"), (silent, "https")])
async def test_a_connection_that_does_not_come_about_is_given_up_sooner(
    monkeypatch: pytest.MonkeyPatch, place: Callable[[], AsyncIterator[int]], scheme: str
) -> None:
    """A host that drops what we send, and one that is silent in TLS: both are known after a time of their own."""
    monkeypatch.setattr(transport, "_CONNECT_SECONDS", SOON)
    async with place() as port, api_at(port, 60.0, scheme) as api:  # type: ignore[attr-defined] # they are context managers
        async with asyncio.timeout(30.0):
            answer = await api.cancel(REF)
    assert answer == Failure(FailureKind.TIMEOUT, "no connection within 0.15 s")


async def test_a_connection_has_no_longer_than_the_whole_request() -> None:
    """A short `--timeout` holds for connecting too; a long one gives it ten seconds."""
    for seconds, want in ((0.5, 0.5), (10.0, 10.0), (300.0, 10.0)):
        async with api_at(9, seconds) as api:
            timeout = api._session.timeout
        assert (timeout.total, timeout.connect) == (seconds, want)


async def test_a_reply_before_the_request_is_taken_on_a_new_connection_alone() -> None:
    """A gateway that is overloaded answers at once, before it has read anything."""
    unread = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

    is_over = asyncio.Event()

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(unread)
        with suppress(OSError):
            await reader.read()  # to its end: a reset could overtake what was written
        writer.close()
        is_over.set()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with server:
        async with api_at(server.sockets[0].getsockname()[1]) as api:
            answer = await api.cancel(REF)
        await is_over.wait()
    assert isinstance(answer, Reply)
    assert answer.status == 503
