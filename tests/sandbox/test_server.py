"""The look-alike API, over real sockets on loopback."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from uuid import UUID

import aiohttp
import pytest

from bulkcancel.clock import SystemClock
from bulkcancel.errors import ConfigurationError
from bulkcancel.sandbox import HeaderMode, Pages, Permission, Quota, Runaway, SandboxOptions, Scenario
from bulkcancel.sandbox.faults import Fault, Faults
from bulkcancel.sandbox.quota import QuotaEnforcer
from bulkcancel.sandbox.server import Sandbox, serve
from bulkcancel.sandbox.world import UNKNOWN_PREFIX

W, X = str(UUID(int=1 << 127 | 1, version=4)), str(UUID(int=1 << 127 | 2, version=4))
KEYS = {"DD-API-KEY": "a", "DD-APPLICATION-KEY": "b"}
CANCEL = f"/api/v2/workflows/{W}/instances/{X}/cancel"
GET = f"/api/v2/workflows/{W}/instances/{X}"
LIST = f"/api/v2/workflows/{W}/instances"
FLOW = f"/api/v2/workflows/{W}"
REQUESTS = {
    "PUT cancel": ("PUT", CANCEL),
    "GET": ("GET", GET),
    "GET list": ("GET", LIST),
    "GET flow": ("GET", FLOW),
    "GET flows": ("GET", "/api/v2/workflows"),
    "PATCH flow": ("PATCH", FLOW),
}
UNPUBLISH = {"data": {"type": "workflows", "id": W, "attributes": {"published": False}}}
UNKNOWN = f"{UNKNOWN_PREFIX}{W[9:]}"


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
        ("GET", LIST.replace(W, UNKNOWN), {}, 404, "WORKFLOW_NOT_FOUND"),
        ("GET", LIST.replace(W, "w"), {}, 400, "INVALID_FIELD_VALUE"),
        ("GET", FLOW, {}, 200, '"published": true'),
        ("GET", FLOW.replace(W, UNKNOWN), {}, 404, "WORKFLOW_NOT_FOUND"),
        ("PATCH", FLOW, {}, 400, "published"),
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


@pytest.mark.parametrize("reads", [None, Quota(2, 3600)])
async def test_each_endpoint_has_a_quota_of_its_own(reads: Quota | None) -> None:
    """Of the cancels' size, or of another; it has a name, and is counted apart."""
    names = set()
    async with client(quota=Quota(1, 3600), read_quota=reads) as (session, sandbox):
        for name, (method, path) in REQUESTS.items():
            refused = []
            for _ in range(3):
                async with session.request(method, path) as response:
                    refused.append(response.status == 429)
                    names.add(response.headers["X-RateLimit-Name"])
            is_second_granted = reads is not None and method != "PUT"
            assert refused == [False, not is_second_granted, True], name
        assert len(names) == len(REQUESTS)
        assert sandbox.record.requests["workflow_instance_get"][429] == (2 if reads is None else 1)


@pytest.mark.parametrize(
    ("lacking", "refused"),
    [
        (Permission.RUN, {"PUT cancel": "Forbidden"}),
        (Permission.READ, dict.fromkeys(("GET", "GET list", "GET flow", "GET flows"), "'workflows_read'")),
        (Permission.WRITE, {"PATCH flow": '"title"'}),
    ],
)
async def test_a_key_may_lack_each_permission(lacking: Permission, refused: dict[str, str]) -> None:
    """What needs it is refused with a body, the rest is not."""
    async with client(lacks=frozenset([lacking])) as (session, _):
        for name, (method, path) in REQUESTS.items():
            body = UNPUBLISH if method == "PATCH" else None
            async with session.request(method, path, json=body) as response:
                assert response.status == (403 if name in refused else 200), name
                assert refused.get(name, "") in await response.text()
        async with session.get("/api/v2/validate_keys") as response:
            assert response.status == 200


async def test_a_list_has_items_as_recorded() -> None:
    """The end stands there only once there is one; what started it is one key."""
    async with client() as (session, _):
        async with session.get(LIST) as response:
            first = (await response.json())["data"][0]
        assert first["type"] == "instances"
        assert first["attributes"]["instanceStatus"] == {
            "detailsKind": "IN_PROGRESS",
            "displayName": "Running",
        }
        assert set(first["attributes"]["source"]) < {"api", "manual"}
        assert "endTimestamp" not in first["attributes"]
    async with (
        client(scenario=Scenario.FINISHED) as (session, _),
        session.get(f"{LIST}?page[size]=100") as response,
    ):
        found = (await response.json())["data"]
        ended = [one["attributes"] for one in found if "endTimestamp" in one["attributes"]]
        assert 0 < len(ended) < len(found)
        assert {one["instanceStatus"]["displayName"] for one in ended} == {"Succeeded", "Failed"}


@pytest.mark.parametrize(
    ("pages", "numbers"),
    [
        (Pages(), [(0, 0), (2, 20), (3, 25), (9, 25)]),
        (Pages(first=1), [(0, 0), (1, 0), (3, 20)]),
        (Pages(first=1, refuses_zero=True), [(0, None), (1, 0), (3, 20)]),
        (Pages(cap=4), [(0, 0), (2, 8)]),
    ],
)
async def test_pages_are_cut_as_asked_for(pages: Pages, numbers: list[tuple[int, int | None]]) -> None:
    """From 0 or from 1, and as large as the server has them."""
    async with client(pages=pages) as (session, _):

        async def page(number: int, size: int) -> list[str] | None:
            async with session.get(f"{LIST}?page[size]={size}&page[number]={number}") as response:
                return (
                    None if response.status == 400 else [one["id"] for one in (await response.json())["data"]]
                )

        every = [found for number in range(10) for found in await page(number + pages.first, 10) or []]
        every = list(dict.fromkeys(every))
        assert len(every) == 25
        for number, begins_at in numbers:
            expected = None if begins_at is None else every[begins_at : begins_at + min(10, pages.cap)]
            assert await page(number, 10) == expected


async def test_a_workflow_is_unpublished_as_recorded() -> None:
    """The whole workflow comes back, under the content type of the recording; or nothing has changed."""
    for keeps in (False, True):
        async with client(keeps_published=keeps) as (session, _):
            async with session.patch(FLOW, json=UNPUBLISH) as response:
                assert (response.status, response.content_type) == (200, "application/vnd.api+json")
                changed = (await response.json(content_type=None))["data"]["attributes"]
                assert changed["published"] is keeps
                assert changed["name"]
            async with session.get(FLOW) as response:
                assert (await response.json())["data"]["attributes"]["published"] is keeps


async def test_the_record_proves_that_nothing_is_left() -> None:
    """By workflow: what runs, and what is yet to start."""
    async with client(runaway=Runaway(alive=3, rate=1e-6, late=0), listed=0) as (session, sandbox):
        async with session.get("/sandbox/record") as response:
            (runaway, running), *others = (await response.json())["workflows"].items()
        assert running == {
            "name": f"Runaway {runaway[:8]}", "published": True, "started": 3, "running": 3, "waiting": 0,
            "canceled": 0, "succeeded": 0, "failed": 0,
        }  # fmt: skip
        assert [other["running"] for _, other in others] == [0, 0]
        assert sandbox.counts()[runaway].running == 3


async def test_the_clock_of_the_server_may_be_ahead() -> None:
    """Its `Date` says so."""
    async with client(clock_ahead=7200.0) as (session, sandbox):
        before = SystemClock().wall()
        async with session.get(FLOW) as response:
            date = parsedate_to_datetime(response.headers["Date"]).timestamp()
        assert -2.0 < date - before - 7200.0 < 60.0
        assert sandbox.record.requests == {"workflow_get": {200: 1}}


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
