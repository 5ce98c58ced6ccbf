"""The benchmark's server: the sandbox's quota behind as little HTTP as clients need.

The sandbox itself spends more on a request than the clients under test do, so in the case without a
quota all of them would look alike. This one answers from byte templates and shares the sandbox's
`QuotaEnforcer`. `GET /record` tells what it saw, on its own clock.

    python -m bench.server LIMIT/PERIOD MODEL HEADERS BURST OTHERS LATENCY

`bench.list_server` serves a workflow's list as well.
"""

import asyncio
import json
import sys
import time
from collections import Counter, deque
from dataclasses import asdict
from email.utils import formatdate
from typing import Any

from bulkcancel.sandbox import HeaderMode, Quota, QuotaModel
from bulkcancel.sandbox.quota import QuotaEnforcer

_HEAD = "HTTP/1.1 {}\r\nServer: bench\r\nDate: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n"
_CANCELED = ("200 OK", b"{}\n")
_THROTTLED = ("429 Too Many Requests", b'{"errors":["Too many requests"]}')
_UNKNOWN = ("404 Not Found", b'{"errors":["Not Found"]}')
_VALID = ("200 OK", b'{"valid":true}')


class Ledger:
    """One endpoint: what was asked, when, and what came of it. This one is that of cancels.

    Attributes:
        latency: Seconds from a request to its reply.
        limiter: Counts the requests.
    """

    def __init__(self, quota: Quota, latency: float, name: str = "workflow_instance_cancel") -> None:
        self.latency = latency
        self.limiter = QuotaEnforcer(quota, name)
        self._first_request: float | None = None
        self._first_cpu = 0.0
        self._last_reply = 0.0
        self._last_cpu = 0.0
        self._accepted: Counter[bytes] = Counter()
        self._events: list[tuple[float, bool]] = []
        self._arrivals: deque[float] = deque()
        self._waited = 0.0

    def serves(self, method: bytes, path: bytes) -> bool:
        """Whether a request is one of this endpoint's."""
        return method == b"PUT" and path.endswith(b"/cancel")

    def granted(self, path: bytes) -> tuple[str, bytes]:  # noqa: ARG002 - a list depends on it
        """Status and body of a reply within the quota."""
        return _CANCELED

    def arrived(self) -> None:
        """Note that a request came in."""
        now = time.time()
        self._arrivals.append(now)
        if self._first_request is None:
            self._first_request, self._first_cpu = now, time.process_time()

    def answer(self, path: bytes) -> bytes:
        """Decide about a request; gives the reply's bytes."""
        now = time.time()
        within, headers = self.limiter.take(now)
        self._events.append((now, within))
        self._waited += now - self._arrivals.popleft()  # all wait equally long, so they keep their order
        if within:
            self._accepted[path] += 1
        self._last_reply, self._last_cpu = now, time.process_time()
        return reply(self.granted(path) if within else _THROTTLED, headers)

    def show(self) -> dict[str, Any]:
        """All of it."""
        return {
            "first_request": self._first_request,
            "last_reply": self._last_reply,
            "cpu": self._last_cpu - self._first_cpu,
            "pairs": len(self._accepted),
            "windows": [asdict(window) for window in self.limiter.windows(time.time())],
            "events": self._events,
            "reply_time": self._waited / max(1, len(self._events)),
        }


def reply(answer: tuple[str, bytes], headers: dict[str, str] | None = None) -> bytes:
    """A reply's bytes."""
    status, body = answer
    head = _HEAD.format(status, formatdate(usegmt=True), len(body))
    more = "".join(f"{name}: {value}\r\n" for name, value in headers.items()) if headers else ""
    return f"{head}{more}\r\n".encode() + body


class Connection(asyncio.Protocol):
    """One client's connection: requests with or without a body, kept alive, pipelined or not."""

    def __init__(self, *ledgers: Ledger) -> None:
        self._ledgers = ledgers
        self._buffer = b""
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take every whole request."""
        buffer = self._buffer + data if self._buffer else data
        while (end := buffer.find(b"\r\n\r\n")) >= 0:
            whole = end + 4 + _length_of_body(buffer[:end])
            if len(buffer) < whole:
                break
            self._request(buffer[:end])
            buffer = buffer[whole:]
        self._buffer = buffer

    def _request(self, head: bytes) -> None:
        method, path, _ = head.split(b" ", 2)
        for ledger in self._ledgers:
            if ledger.serves(method, path):
                ledger.arrived()
                if ledger.latency:
                    self._loop.call_later(ledger.latency, self._answer, ledger, path)
                else:
                    self._answer(ledger, path)
                return
        if path == b"/record":
            shown = [ledger.show() for ledger in self._ledgers]
            self._write(reply(("200 OK", json.dumps(shown).encode())))
        else:
            self._write(reply(_VALID if path == b"/api/v2/validate_keys" else _UNKNOWN))

    def _answer(self, ledger: Ledger, path: bytes) -> None:
        self._write(ledger.answer(path))

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)


def _length_of_body(head: bytes) -> int:
    lowered = head.lower()
    at = lowered.find(b"\r\ncontent-length:")
    if at < 0:
        return 0
    return int(lowered[at + 17 :].split(b"\r\n", 1)[0])


async def main(words: list[str]) -> None:
    """Serve on a free port of loopback until the process is ended; the first line printed is the URL."""
    size, model, headers, burst, others, latency = words
    limit, period = map(int, size.split("/"))
    quota = Quota(limit, period, HeaderMode(headers), QuotaModel(model), int(burst), float(others))
    await serve(Ledger(quota, float(latency)))


async def serve(*ledgers: Ledger) -> None:
    """Serve endpoints on a free port of loopback until the process is ended; the URL is the first line printed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(*ledgers), "127.0.0.1", 0, backlog=1024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
