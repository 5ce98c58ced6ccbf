"""Pacing in virtual time: pacers against the sandbox's ways of counting, thousands of runs in seconds.

Nothing here waits or opens a socket. A `World` has one server with a quota, and clients that do with a
pacer what the engine's limiter does with it: ask, send, learn from the reply. Requests take a random time to
the server and back, and the server's clock runs beside the clients'. Everything follows from the seed.
"""

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from itertools import count
from random import Random
from typing import Any, Protocol

from bench.cases import Case
from bench.ideal import ideal

from bulkcancel.pacing import Pacer, Permit, read_rate_limit_headers
from bulkcancel.sandbox.quota import QuotaEnforcer

EPOCH = 1_800_000_000.0
_LONGEST = 100_000.0  # seconds of virtual time after which a run counts as stuck


class Server(Protocol):
    """What answers: whether a request at that time on its own clock is within the quota, and the headers."""

    def take(self, wall: float) -> tuple[bool, dict[str, str]]:
        """Count one request."""
        ...


@dataclass(frozen=True, kw_only=True)
class Network:
    """How long a request is on its way.

    Attributes:
        round_trip: Seconds from sending to the reply.
        counted_after: The share of it after which the server counts the request.
        jitter: How much either way may take longer, as a share.
        clock_ahead: Seconds by which the server's clock is ahead of the clients'.
        drift: Seconds that it gains in each.
    """

    round_trip: float = 0.02
    counted_after: float = 0.5
    jitter: float = 0.2
    clock_ahead: float = 0.0
    drift: float = 0.0


@dataclass
class Client:
    """One process with rows to send.

    Attributes:
        pacer: What decides when.
        rows: Rows that are neither accepted nor in flight.
        connections: How many of them may wait for leave or be in flight at once.
        begins: When it starts, in seconds.
        sent: When each request was sent.
        accepted: When each request within the quota was counted, on the clients' clock.
        throttled: Requests answered 429, or 503 and taken for a rate limit's.
        faults: Requests answered 503 and taken for faults.
        ended: When its last row was accepted.
    """

    pacer: Pacer
    rows: int
    connections: int
    begins: float = 0.0
    sent: list[float] = field(default_factory=list)
    accepted: list[float] = field(default_factory=list)
    throttled: int = 0
    faults: int = 0
    ended: float = math.nan
    timer: float = math.inf
    waiting: int = 0


class World:
    """One server and its clients."""

    def __init__(
        self,
        server: Server,
        clients: list[Client],
        network: Network | None = None,
        *,
        seed: int = 0,
        refuses_with: int = 429,
    ) -> None:
        self._server = server
        self._refuses_with = refuses_with
        self.clients = clients
        self._network = network or Network()
        self._random = Random(seed)  # noqa: S311 - a simulation
        self._order = count()
        self._events: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []

    def run(self, until: float = _LONGEST) -> float:
        """Let everyone finish; gives the seconds from the first start to the last accepted row.

        Args:
            until: When to leave off all the same, in seconds.
        """
        for client in self.clients:
            self._at(client.begins, self._wake, client)
        while self._events and self._events[0][0] <= until:
            now, _, call, arguments = heapq.heappop(self._events)
            call(now, *arguments)
        return max(client.ended for client in self.clients) - min(client.begins for client in self.clients)

    @property
    def is_done(self) -> bool:
        """Whether every row was accepted."""
        return all(not (client.rows or client.waiting or client.pacer.in_flight) for client in self.clients)

    @property
    def refused(self) -> float:
        """The share of all requests that was answered 429 or 503."""
        return sum(client.throttled + client.faults for client in self.clients) / sum(
            len(one.sent) for one in self.clients
        )

    def _at(self, moment: float, call: Callable[..., None], *arguments: object) -> None:
        heapq.heappush(self._events, (moment, next(self._order), call, arguments))

    def _wake(self, now: float, client: Client, timer: float | None = None) -> None:
        """Send what may go, then sleep until more may."""
        if timer is not None and timer != client.timer:
            return  # another wait has taken its place
        client.timer = math.inf
        while client.rows:
            waiting = min(client.rows, client.connections - client.pacer.in_flight - client.waiting)
            if waiting <= 0 and client.waiting:
                return
            decision = client.pacer.ask(now, max(1, waiting))
            if isinstance(decision, Permit):
                self._send(now, client, decision)
                continue
            assert decision.seconds > 0.0
            if decision.seconds != math.inf:
                client.timer = now + decision.seconds
                self._at(client.timer, self._wake, client, client.timer)
            return

    def _send(self, now: float, client: Client, permit: Permit) -> None:
        client.rows -= 1
        client.sent.append(now)
        network, vary = self._network, self._random.random
        there = network.round_trip * network.counted_after * (1.0 + network.jitter * vary())
        back = network.round_trip * (1.0 - network.counted_after) * (1.0 + network.jitter * vary())
        self._at(now + there, self._count, client, permit, now + there + back)

    def _count(self, now: float, client: Client, permit: Permit, returns: float) -> None:
        network = self._network
        wall = EPOCH + now + network.clock_ahead + now * network.drift
        within, headers = self._server.take(wall)
        if within:
            client.accepted.append(now)
        else:
            headers = {"status": str(self._refuses_with), "Date": formatdate(wall, usegmt=True), **headers}
        self._at(returns, self._land, client, permit, headers)

    def _land(self, now: float, client: Client, permit: Permit, headers: dict[str, str]) -> None:
        limits = read_rate_limit_headers(headers, EPOCH + now)
        status = headers.get("status")
        if status == "503" and not client.pacer.record_unavailable(permit, now, limits):
            client.faults += 1
            # The row's worker waits with it, as the engine's does.
            client.waiting += 1
            self._at(now + self._random.random(), self._try_again, client)
        elif status is not None:
            if status == "429":
                client.pacer.record_throttled(permit, now, limits)
            client.throttled += 1
            client.rows += 1
        else:
            client.pacer.record_accepted(permit, now, limits)
            client.ended = now
        self._wake(now, client)

    def _try_again(self, now: float, client: Client) -> None:
        """A row's backoff is over."""
        client.waiting -= 1
        client.rows += 1
        self._wake(now, client)


def play(
    case: Case, *, seed: int, network: Network, server: Server | None = None
) -> tuple[World, float, float]:
    """Run one of the benchmark's cases from a random moment of a window; gives its makespan and the ideal."""
    assert case.quota is not None
    begins = Random(seed).random() * case.quota.period  # noqa: S311 - the same
    parts = case.processes
    clients = [
        Client(
            Pacer(concurrency=case.in_flight, headroom=case.headroom),
            case.rows // parts,
            case.in_flight,
            begins + 0.01 * part,
        )
        for part in range(parts)
    ]
    world = World(server or QuotaEnforcer(case.quota, "simulated"), clients, network, seed=seed)
    makespan = world.run()
    counted = EPOCH + begins + network.clock_ahead + network.round_trip * network.counted_after
    return world, makespan, ideal(case, counted)
