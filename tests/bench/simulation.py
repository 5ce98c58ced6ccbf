"""Pacing in virtual time: pacers against model servers, thousands of runs in seconds.

Nothing here waits or opens a socket. A `World` has one server with a quota, and clients that do with a
pacer what the engine's gate does with it: ask, send, learn from the reply. Requests take a random time to
the server and back; the server's clock runs beside the clients'. Everything follows from the seed.
"""

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Protocol

from bulkcancel.pacing import Pacer, read_notice

SERVER_EPOCH = 1_800_000_000.0
_LONGEST = 100_000.0  # seconds of virtual time after which a run counts as stuck


class Server(Protocol):
    """What answers: whether a request at that time on its own clock is within the quota, and the headers."""

    def take(self, wall: float) -> tuple[bool, dict[str, str]]:
        """Count one request."""
        ...


@dataclass(frozen=True, slots=True)
class Network:
    """How long a request is on its way.

    Attributes:
        round_trip: Seconds from sending to the reply.
        counted_after: The share of it after which the server counts the request.
        jitter: How much either may vary, as a share.
    """

    round_trip: float = 0.02
    counted_after: float = 0.5
    jitter: float = 0.2


@dataclass(slots=True)
class Client:
    """One process with rows to send.

    Attributes:
        pacer: What decides when.
        rows: Rows that are neither accepted nor in flight.
        connections: How many of them may wait for leave or be in flight at once.
        begins: When it starts, in seconds.
        sent: Requests sent.
        accepted: Those within the quota.
        throttled: Those answered 429.
        ended: When its last row was accepted.
        moments: When each accepted request was counted, on the clients' clock.
    """

    pacer: Pacer
    rows: int
    connections: int = 32
    begins: float = 0.0
    sent: int = 0
    accepted: int = 0
    throttled: int = 0
    ended: float = math.nan
    timer: float = math.inf
    moments: list[float] = field(default_factory=list)


class World:
    """One server and its clients."""

    def __init__(
        self,
        server: Server,
        clients: list[Client],
        *,
        network: Network | None = None,
        seed: int = 0,
        server_clock: float = 0.0,
    ) -> None:
        self._server = server
        self.clients = clients
        self._network = network or Network()
        self._random = Random(seed)  # noqa: S311 - a simulation
        self._epoch = SERVER_EPOCH + server_clock
        self._order = count()
        self._events: list[tuple[float, int, Callable[..., None], tuple[object, ...]]] = []

    def run(self) -> float:
        """Let everyone finish; gives the seconds from the first start to the last accepted row.

        Raises:
            AssertionError: A client never finishes.
        """
        for client in self.clients:
            self._at(client.begins, self._wake, client)
        while self._events:
            now, _, call, arguments = heapq.heappop(self._events)
            assert now < _LONGEST, "a client is stuck"
            call(now, *arguments)
        assert all(client.rows == 0 and not client.pacer.in_flight for client in self.clients)
        return max(client.ended for client in self.clients) - min(client.begins for client in self.clients)

    def _at(self, moment: float, call: Callable[..., None], *arguments: object) -> None:
        heapq.heappush(self._events, (moment, next(self._order), call, arguments))

    def _wake(self, now: float, client: Client, timer: float | None = None) -> None:
        """Send what may go, then sleep until more may."""
        if timer is not None and timer != client.timer:
            return  # another wait has taken its place
        client.timer = math.inf
        while client.rows:
            wait = client.pacer.ask(now, min(client.rows, client.connections - client.pacer.in_flight))
            assert wait >= 0.0
            if wait > 0.0:
                if wait != math.inf:
                    client.timer = now + wait
                    self._at(client.timer, self._wake, client, client.timer)
                return
            self._send(now, client)

    def _send(self, now: float, client: Client) -> None:
        client.rows -= 1
        client.sent += 1
        network, vary = self._network, self._random.random
        ticket = client.pacer.sent(now)
        there = network.round_trip * network.counted_after * (1.0 + network.jitter * vary())
        back = network.round_trip * (1.0 - network.counted_after) * (1.0 + network.jitter * vary())
        self._at(now + there, self._count, client, ticket, now + there + back)

    def _count(self, now: float, client: Client, ticket: object, returns: float) -> None:
        within, headers = self._server.take(self._epoch + now)
        if within:
            client.moments.append(now)
        self._at(returns, self._land, client, ticket, within, headers)

    def _land(self, now: float, client: Client, ticket: object, within: bool, headers: dict[str, str]) -> None:  # noqa: FBT001 - one event's data
        notice = read_notice(headers, SERVER_EPOCH + now)
        if within:
            client.pacer.accepted(ticket, now, notice)  # type: ignore[arg-type] # it came from this pacer
            client.accepted += 1
            client.ended = now
        else:
            client.pacer.throttled(ticket, now, notice)  # type: ignore[arg-type] # the same
            client.throttled += 1
            client.rows += 1
        self._wake(now, client)


def ideal(rows: int, *, limit: int, period: float, begins: float, pace: float = math.inf) -> float:
    """Seconds that a client needs which knows the fixed windows and wastes nothing.

    Args:
        rows: How many requests are to be accepted.
        limit: Requests per window.
        period: Seconds per window.
        begins: When it starts, in seconds after a turn.
        pace: Requests per second that its connections can carry.
    """
    start, now, left = begins, begins, float(rows)
    while True:
        turn = (math.floor(now / period + 1e-9) + 1) * period
        could = min(float(limit), (turn - now) * pace)
        if left <= could:
            return now - start + (left / pace if pace < math.inf else 0.0)
        left -= could
        now = turn
