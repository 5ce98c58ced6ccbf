"""The look-alike API, over real sockets on loopback."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

import aiohttp
import pytest

from bulkcancel.clock import SystemClock
from bulkcancel.errors import ConfigurationError
from bulkcancel.sandbox import HeaderMode, Quota, SandboxOptions, Scenario
from bulkcancel.sandbox.faults import Fault, Faults
from bulkcancel.sandbox.quota import QuotaEnforcer
from bulkcancel.sandbox.server import Sandbox, serve
from bulkcancel.sandbox.world import World

W, X = str(UUID(int=1 << 127 | 1, version=4)), str(UUID(int=1 << 127 | 2, version=4))
KEYS = {"DD-API-KEY": "a", "DD-APPLICATION-KEY": "b"}
CANCEL = f"/api/v2/workflows/{W}/instances/{X}/cancel"
GET = f"/api/v2/workflows/{W}/instances/{X}"
LIST = f"/api/v2/workflows/{W}/instances"


@dataclass
class Quick(SystemClock):
    """A clock whose sleeps are over at once, and are noted."""

    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        """Note it."""
        self.slept.append(seconds)


@asynccontextmanager
async def client(**options: object) -> AsyncIterator[tuple[aiohttp.ClientSession, Sandbox]]:
    """A session with a sandbox of its own."""
    sandbox = Sandbox(SandboxOptions(**options), Quick())  # type: ignore[arg-type] # keywords of a table
    async with serve(sandbox) as url, aiohttp.ClientSession(url, headers=KEYS) as session:
        yield session, sandbox


async def test_a_cancel_is_accepted_as_recorded() -> None:
    """An empty object and a line end, with the five headers."""
    async with client(quota=Quota(5, 3600)) as (session, sandbox):
        async with session.put(CANCEL) as response:
            assert (response.status, await response.read()) == (200, b"{}\n")
            assert response.headers["X-RateLimit-Remaining"] == "4"
            assert len([name for name in response.headers if name.startswith("X-RateLimit-")]) == 5
        async with session.get("/sandbox/record") as response:
            shown = await response.json()
        assert shown["accepted"] == {f"{W}/{X}": 1}
        assert sandbox.record.statuses == {200: 1}


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "word"),
    [
        ("PUT", CANCEL, {"DD-API-KEY": ""}, 401, "Unauthorized"),
        ("PUT", CANCEL.replace(X, "x"), {}, 400, "INVALID_FIELD_VALUE"),
        ("PUT", CANCEL.replace(X, f"00000000{X[8:]}"), {}, 404, "INSTANCE_NOT_FOUND"),
        ("GET", GET, {}, 200, "IN_PROGRESS"),
        ("GET", GET.replace(X, f"00000000{X[8:]}"), {}, 404, "WORKFLOW_NOT_FOUND"),
        ("GET", LIST, {}, 200, "totalCount"),
        ("GET", f"{LIST}?page[size]=101", {}, 400, "INVALID_FIELD_VALUE"),
        ("GET", LIST, {"DD-APPLICATION-KEY": ""}, 401, "Unauthorized"),
        ("GET", "/api/v2/workflows?limit=2&filter[query]=work", {}, 200, "Workflow"),
        ("GET", "/api/v2/workflows", {"DD-API-KEY": ""}, 401, "Unauthorized"),
        ("GET", "/api/v1/validate", {"DD-APPLICATION-KEY": ""}, 200, "valid"),
        ("GET", "/api/v2/validate_keys", {"DD-APPLICATION-KEY": ""}, 401, "Unauthorized"),
    ],
)
async def test_every_request_is_answered_as_recorded(
    method: str, path: str, headers: dict[str, str], status: int, word: str
) -> None:
    """Statuses and bodies."""
    async with client() as (session, _), session.request(method, path, headers=headers) as response:
        assert response.status == status
        assert word in await response.text()


async def test_other_keys_than_those_agreed_are_refused() -> None:
    """Both are checked."""
    for options in ({"api_key": "x"}, {"app_key": "x"}, {"scenario": Scenario.DENIED}):
        async with client(**options) as (session, _), session.put(CANCEL) as response:
            assert response.status == 403


async def test_reads_have_a_quota_too() -> None:
    """Of the same size."""
    async with client(quota=Quota(0, 3600)) as (session, _):
        for method, path in (("GET", LIST), ("GET", GET), ("PUT", CANCEL), ("GET", "/api/v2/workflows")):
            async with session.request(method, path) as response:
                assert response.status == 429


@pytest.mark.parametrize(
    ("mode", "within", "beyond"),
    [
        (HeaderMode.ALWAYS, True, "X-RateLimit-Reset"),
        (HeaderMode.ON_429, False, "X-RateLimit-Reset"),
        (HeaderMode.RETRY_AFTER, False, "Retry-After"),
        (HeaderMode.RETRY_AFTER_DATE, False, "Retry-After"),
        (HeaderMode.NONE, False, ""),
    ],
)
def test_the_quota_is_calendar_aligned(mode: HeaderMode, beyond: str, *, within: bool) -> None:
    """And tells of itself in the chosen way."""
    limiter = QuotaEnforcer(Quota(1, 10, mode), "name")
    allowed, headers = limiter.take(1003.5)
    assert (allowed, bool(headers)) == (True, within)
    allowed, headers = limiter.take(1003.6)
    assert not allowed
    assert max(headers, default="").startswith(beyond[:6])
    if "X-RateLimit-Reset" in headers:
        assert headers["X-RateLimit-Reset"] == "7"
    assert limiter.take(1010.0)[0]


def test_an_instance_ends_a_while_after_its_cancel() -> None:
    """And a second cancel changes nothing."""
    world = World(SandboxOptions(end_delay=0.4), 100.0)
    assert world.cancel(W, X, 100.0) == world.cancel(W, X, 100.2) == 200
    assert world.instance(X, 100.3).kind == "IN_PROGRESS"
    assert world.instance(X, 100.4).kind == "CANCELED"
    assert [found.instance_id for found in world.instances(W, 101.0)].count(X) == 1


def test_only_known_instances_exist_where_that_is_asked() -> None:
    """Those the sandbox lists."""
    world = World(SandboxOptions(only_known=True), 100.0)
    listed = world.instances(world.workflows()[0], 100.0)[0].instance_id
    assert world.knows(world.workflows()[0], listed)
    assert not world.knows(W, X)


def test_ended_instances_answer_in_every_possible_way() -> None:
    """What the API answers is not known."""
    world = World(SandboxOptions(scenario=Scenario.FINISHED), 100.0)
    ids = [str(UUID(int=1 << 127 | n, version=4)) for n in range(300)]
    ended = [one for one in ids if world.instance(one, 100.0).ended_at is not None]
    assert 60 < len(ended) < 180
    assert {world.cancel(W, one, 100.0) for one in ended} == {200, 400, 404}


def test_faults_are_the_same_every_time() -> None:
    """A quarter of the requests, at most three in a row for one pair, each kind among them."""
    first, second = (Faults(SandboxOptions(scenario=Scenario.FLAKY)) for _ in range(2))
    found = [first.next(f"p{n % 100}", 0.0) for n in range(2000)]
    assert found == [second.next(f"p{n % 100}", 0.0) for n in range(2000)]
    counts = Counter(fault for fault, _ in found)
    assert set(counts) == {None, *Fault}
    assert 350 < 2000 - counts[None] < 650
    assert any(takes_effect for _, takes_effect in found)


async def test_a_flaky_api_fails_in_every_way_and_recovers() -> None:
    """Each pair is accepted in the end."""
    pairs = [str(UUID(int=1 << 127 | n, version=4)) for n in range(40)]
    async with client(scenario=Scenario.FLAKY) as (session, sandbox):
        for instance in pairs:
            status, body = 0, b""
            while (status, body) != (200, b"{}\n"):
                try:
                    async with session.put(CANCEL.replace(X, instance)) as response:
                        status, body = response.status, await response.read()
                except aiohttp.ClientError:
                    status = 0
        assert {0, 200, 500, 502, 503} == set(sandbox.record.statuses)
        assert len(sandbox.record.accepted) == 40


def test_an_outage_begins_and_ends() -> None:
    """After 150 cancels, for six seconds."""
    faults = Faults(SandboxOptions(scenario=Scenario.OUTAGE))
    assert all(faults.next("p", 0.0)[0] is None for _ in range(150))
    assert {faults.next("p", 5.9)[0] for _ in range(4)} == {Fault.RESET, Fault.UNAVAILABLE_503}
    assert faults.next("p", 12.0)[0] is None


async def test_it_serves_loopback_alone() -> None:
    """And says when the port is taken."""
    with pytest.raises(ConfigurationError, match="loopback only"):
        async with serve(Sandbox(), "0.0.0.0"):  # noqa: S104 - refused
            pass
    async with serve(Sandbox(), "::1") as url:
        assert url.startswith("http://[::1]:")
    async with serve(Sandbox()) as url:
        with pytest.raises(ConfigurationError, match="can't listen"):
            async with serve(Sandbox(), port=int(url.rpartition(":")[2])):
                pass
