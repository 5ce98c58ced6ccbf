"""Peers made of sockets, which show what really went over the wire: a server, and a CONNECT proxy."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

ACCEPTED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n{}\n"


def answer(status: str, body: bytes = b"", *headers: str) -> bytes:
    """A whole HTTP answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


@dataclass
class Peer:
    """A peer that listens on loopback.

    Attributes:
        port: Where.
        heads: The head of each request it got, as bytes.
    """

    port: int = 0
    heads: list[bytes] = field(default_factory=list)

    @property
    def requests(self) -> list[str]:
        """The first line of each request."""
        return [head.split(b"\r\n", 1)[0].decode("latin-1") for head in self.heads]


@asynccontextmanager
async def serve_raw(
    reply: Callable[[bytes], bytes] = lambda _: ACCEPTED,
    *,
    tls: ssl.SSLContext | None = None,
    proxying: bool = False,
) -> AsyncIterator[Peer]:
    """Answer each request's head by a rule; a proxy answers CONNECT by it, and tunnels after a 200."""
    peer = Peer()
    attending: dict[asyncio.Task[None] | None, asyncio.StreamWriter] = {}

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        attending[asyncio.current_task()] = writer
        with suppress(OSError, asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                peer.heads.append(head)
                said = reply(head)
                writer.write(said)
                await writer.drain()
                if proxying and said.startswith(b"HTTP/1.1 200"):
                    await _tunnel(reader, writer, int(head.split()[1].rpartition(b":")[2]))
                    break
        writer.close()

    server = await asyncio.start_server(attend, "127.0.0.1", 0, ssl=tls)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        server.close()
        for writer in attending.values():
            with suppress(AttributeError):  # so says Python 3.11.2 where TLS has ended already
                writer.transport.abort()
        await asyncio.gather(*filter(None, attending), return_exceptions=True)


async def _tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65_536):
                sink.write(data)
                await sink.drain()
        sink.close()

    try:
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))
    finally:
        far_writer.transport.abort()
