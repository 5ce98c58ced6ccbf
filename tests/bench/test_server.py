"""The benchmark's server: what it must get right for a measurement to mean something."""

import asyncio
import json

from bench.server import Connection, Ledger

from bulkcancel.sandbox import Quota

PUT = b"PUT /api/v2/workflows/w/instances/%d/cancel HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nnull"


class Wire(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def write(self, data: object) -> None:
        """Keep it."""
        assert isinstance(data, bytes)
        self.written += data

    def is_closing(self) -> bool:
        """Never."""
        return False


async def test_requests_are_answered_however_they_are_cut() -> None:
    """Pipelined, with bodies, in pieces of any size, each is answered and counted once."""
    sent = (
        PUT % 1
        + PUT % 2
        + PUT % 2
        + b"GET /api/v2/validate_keys HTTP/1.1\r\n\r\nGET /record HTTP/1.1\r\n\r\n"
    )
    for size in (1, 7, 64, len(sent)):
        wire, ledger = Wire(), Ledger(Quota(2, 10**9), latency=0.0)
        connection = Connection(ledger)
        connection.connection_made(wire)
        for start in range(0, len(sent), size):
            connection.data_received(sent[start : start + size])
        heads = wire.written.split(b"HTTP/1.1 ")[1:]
        assert [head[:3] for head in heads] == [b"200", b"200", b"429", b"200", b"200"]
        assert b"X-RateLimit-Remaining: 0" in heads[1]
        (record,) = json.loads(heads[-1].partition(b"\r\n\r\n")[2])
        assert (record["pairs"], [within for _, within in record["events"]]) == (2, [True, True, False])
        assert record["first_request"] <= record["last_reply"]
