"""A server on loopback that goes wrong on purpose, byte by byte."""

import asyncio
import gzip
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n{}\n"
LIMITED = b"HTTP/1.1 429 Too Many Requests\r\nX-RateLimit-Reset: 7\r\nContent-Length: 9999\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
BOMB = gzip.compress(bytes(256 << 20), 1, mtime=0)

Fault = Callable[[asyncio.StreamWriter], Awaitable[None]]


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with a reset instead of a farewell."""
    found = writer.get_extra_info("socket")
    found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def says(*pieces: bytes, then_resets: bool = False) -> Fault:
    """Write that, then close."""

    async def fault(writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        if then_resets:
            await asyncio.sleep(0.01)  # or the reset would overtake what was written
            reset(writer)

    return fault


def resets_after(reply: bytes, heard: asyncio.Event) -> Fault:
    """Write that, and reset the connection once somebody has heard it: a reset before would overtake it."""

    async def fault(writer: asyncio.StreamWriter) -> None:
        writer.write(reply)
        await heard.wait()
        reset(writer)

    return fault


def endlessly(start: bytes, piece: bytes) -> Fault:
    """Write a start, and then the same piece until nobody listens."""

    async def fault(writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while True:
            writer.write(piece)
            await writer.drain()

    return fault


def stalls(start: bytes = b"") -> Fault:
    """Write a start, and then nothing."""

    async def fault(writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        await asyncio.sleep(60.0)

    return fault


class FaultServer:
    """Answers each request by the next fault, and soundly when they are used up.

    Attributes:
        faults: What is to go wrong yet.
        requests: Requests received.
        connections: Connections accepted.
        closes: Whether a connection is closed after a sound reply, without a word of it in the reply.
        replies: How many requests of a connection are answered, before one is read and the connection
            closed; 0 for all.
    """

    def __init__(self, *faults: Fault, closes: bool = False, replies: int = 0) -> None:
        self.faults = list(faults)
        self.requests = 0
        self.connections = 0
        self.closes = closes
        self.replies = replies
        self._tasks: set[asyncio.Task[None]] = set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        answered = 0
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                self.requests += 1
                answered += 1
                if self.replies and answered > self.replies:
                    break
                if self.faults:
                    await self.faults.pop(0)(writer)
                    break
                writer.write(OK)
                await writer.drain()
                if self.closes:
                    break
        writer.close()

    @asynccontextmanager
    async def serving(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        sock: socket.socket | None = None,
    ) -> AsyncIterator[int]:
        """Serve while the context lasts, on a socket of one's own if need be; gives the port."""
        sock = sock or socket.create_server((host, port))
        server = await asyncio.start_server(self._serve, sock=sock, ssl=tls)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def deaf() -> AsyncIterator[int]:
    """A port whose connections are never accepted, and whose queue is full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        yield address[1]
        for one in waiting:
            one.close()
