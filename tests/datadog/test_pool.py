"""Connections that are used again: whose answer is whose, and what a request on a dying one costs."""

import asyncio
import select
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from support.fakeapi import Rows, refs
from support.faultserver import OK, FaultServer, says
from support.runs import new_run

from bulkcancel.clock import SystemClock
from bulkcancel.datadog import Credentials, DatadogApi, Target, connect
from bulkcancel.datadog.pool import Pool
from bulkcancel.models import Failure, FailureKind, InstanceRef, Outcome, Reply, Result
from bulkcancel.settings import Rate, Settings
from bulkcancel.tally import Summary

KEYS = Credentials("a" * 32, "b" * 40)
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
TIMED_OUT = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Hurried(SystemClock):
    """A clock whose waits pass at once, and are counted as if they had not."""

    def __init__(self) -> None:
        self._waited = 0.0

    def now(self) -> float:
        """The machine's time, and that of the waits."""
        return super().now() + self._waited

    async def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        self._waited += max(0.0, seconds)
        await super().sleep(0.0)


async def run(port: int, count: int, **settings: object) -> tuple[Summary, list[Result]]:
    """Cancel so many instances; with one attempt for each unless the settings say otherwise."""
    results: list[Result] = []

    async def sink(result: Result) -> None:
        results.append(result)

    asked = Settings(**{"concurrency": 4, "max_attempts": 1, "timeout": 10.0, "lookup": False, **settings})  # type: ignore[arg-type] # keywords of a table
    async with connect(Target(f"http://127.0.0.1:{port}"), KEYS, settings=asked) as api:
        engine = new_run(api, asked, clock=Hurried(), jitter=lambda: 0.0)
        return await engine.run(Rows(refs(count)), sink), results


class Chatty:
    """A server that answers each request 404, and says what it is told to when it was not asked.

    Args:
        later: What it says 30 ms after each answer.

    Attributes:
        connections: Connections accepted.
    """

    def __init__(self, later: bytes = b"") -> None:
        self.connections = 0
        self._later = later
        self._writers: list[asyncio.StreamWriter] = []

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        with suppress(OSError, asyncio.IncompleteReadError):
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(NOT_FOUND)
                if self._later:
                    asyncio.get_running_loop().call_later(0.03, writer.write, self._later)
        writer.close()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[int]:
        """Serve while the context lasts; gives the port."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[1]

    async def say(self, words: bytes) -> None:
        """Say that on the newest connection."""
        self._writers[-1].write(words)
        await self._writers[-1].drain()


def idle_socket(api: DatadogApi) -> int:
    """The descriptor of the one connection that is kept."""
    (kept,) = api._session.connector._conns.values()  # type: ignore[union-attr] # there is one
    ((protocol, _),) = kept
    assert protocol.transport is not None
    number: int = protocol.transport.get_extra_info("socket").fileno()
    return number


def has_come(number: int) -> None:
    """Wait, without letting the loop read it, until something has come in there."""
    poll = select.poll()
    poll.register(number, select.POLLIN)
    assert poll.poll(10_000)


async def until_read(number: int) -> None:
    """Wait until the loop has read what came in there."""
    has_come(number)
    poll = select.poll()
    poll.register(number, select.POLLIN)
    # Not POLLNVAL: it may be closed by then.
    while any(event & select.POLLIN for _, event in poll.poll(0)):  # noqa: ASYNC110 - the loop itself must read it
        await asyncio.sleep(0)


async def leave_unread(number: int) -> None:
    """Wait until it has come in, with the loop at a stand."""
    has_come(number)


# What the loop reads of these leaves the connection usable: an empty line means nothing, and of half a head
# only its other half could still come, which is no reply.
HARMLESS = {b"\r\n", OK[:25]}


@pytest.mark.parametrize("words", [OK, OK + OK, CONTINUE, TIMED_OUT, OK[:-2], b"SSH-2.0", *sorted(HARMLESS)])
@pytest.mark.parametrize("wait", [until_read, leave_unread])
async def test_what_nobody_asked_for_answers_no_request(
    words: bytes, wait: Callable[[int], Awaitable[None]]
) -> None:
    """A second reply, or a piece of one, is not credited to the next row, whether it was read or only came."""
    server = Chatty()
    async with (
        server.serving() as port,
        connect(Target(f"http://127.0.0.1:{port}"), KEYS, settings=Settings(timeout=2.0)) as api,
    ):
        for number in range(3):
            answer = await api.cancel(InstanceRef("w", f"i{number}", number))
            assert isinstance(answer, Reply), answer
            assert answer.status == 404
            found = idle_socket(api)
            await server.say(words)
            await wait(found)
    assert server.connections == (1 if wait is until_read and words in HARMLESS else 3)


@pytest.mark.slow
async def test_a_second_reply_a_little_later_cancels_no_row() -> None:
    """One request at a time, and between each and the next a reply that nobody asked for."""
    results: list[Result] = []
    asked = Settings(concurrency=1, rate=Rate(10, 1.0), max_attempts=1, timeout=10.0, lookup=False)
    async with (
        Chatty(OK).serving() as port,
        connect(Target(f"http://127.0.0.1:{port}"), KEYS, settings=asked) as api,
    ):
        await new_run(api, asked).run(Rows(refs(20)), results.append)
    assert [row.outcome for row in results] == [Outcome.NOT_FOUND] * 20


async def test_a_silent_connection_is_used_again() -> None:
    """Or every request would cost a handshake."""
    server = Chatty()
    async with (
        server.serving() as port,
        connect(Target(f"http://127.0.0.1:{port}"), KEYS, settings=Settings(timeout=2.0)) as api,
    ):
        for number in range(5):
            assert isinstance(await api.cancel(InstanceRef("w", f"i{number}", number)), Reply)
    assert server.connections == 1


async def test_a_connection_that_was_not_looked_at_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Should another version of aiohttp take it past us, requests fail loudly instead of being guarded by nothing."""
    monkeypatch.delattr(Pool, "connect")
    server = Chatty()
    async with (
        server.serving() as port,
        connect(Target(f"http://127.0.0.1:{port}"), KEYS, settings=Settings(timeout=2.0)) as api,
    ):
        with pytest.raises(RuntimeError, match="aiohttp"):
            await api.cancel(InstanceRef("w", "i", 1))


async def test_two_replies_at_once_answer_one_request() -> None:
    """The second one is dropped with its connection."""
    server = FaultServer(*[says(NOT_FOUND + OK)] * 20)
    async with server.serving() as port:
        summary, _ = await run(port, 20)
    assert summary.outcomes[Outcome.NOT_FOUND] == 20


async def test_requests_that_die_on_used_connections_are_counted_and_paced() -> None:
    """Where each such connection ends without a reply: every request shows, keeps to `--rate`, and no row pays."""
    server = FaultServer(replies=1)
    async with server.serving() as port:
        summary, results = await run(port, 40, rate=Rate(10, 1.0), concurrency=1)
    assert summary.outcomes[Outcome.CANCELED] == 40
    assert sum(result.attempts for result in results) == summary.requests == server.requests == 79
    assert summary.duration > (79 - 10) / 10


async def test_a_stale_connection_is_met_only_once() -> None:
    """The same request goes on a new connection, whatever is kept; there, an end without a reply is a fault."""
    server = FaultServer(replies=1)
    ref = InstanceRef("w", "i", 1)
    async with (
        server.serving() as port,
        connect(Target(f"http://127.0.0.1:{port}"), KEYS, settings=Settings(timeout=2.0)) as api,
    ):
        await asyncio.gather(*(api.cancel(InstanceRef("w", f"x{number}", 1)) for number in range(4)))
        assert server.connections == 4
        stale = await api.cancel(ref)
        assert isinstance(stale, Failure)
        assert stale.kind is FailureKind.STALE
        assert isinstance(await api.cancel(ref), Reply)
        server.faults = [says()]
        await api.cancel(ref)
        server.faults = [says()]
        fault = await api.cancel(ref)
    assert isinstance(fault, Failure)
    assert fault.kind is FailureKind.CONNECTION
