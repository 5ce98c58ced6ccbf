"""Finding instances of several workflows, as a library has it."""

import asyncio
import gc
import json
from contextlib import aclosing

import pytest
from anyio import CancelScope
from support.faketime import FakeClock
from support.movinglist import MovingList
from support.runs import Heard

from bulkcancel.engine.observers import Observers
from bulkcancel.errors import ConfigurationError
from bulkcancel.events import Attempted, Listed, PageRead
from bulkcancel.models import Reply, StopReason
from bulkcancel.operations.find import InstanceSearch
from bulkcancel.operations.selection import Selection
from bulkcancel.operations.session import Session
from bulkcancel.settings import Settings

MISSING = Reply(403, {}, b"""{"errors":["Missing required permission: 'workflows_read'"]}""")


def session(api: MovingList, heard: Heard | None = None) -> Session:
    """One over that API."""
    observers = Observers(() if heard is None else (heard,))
    return Session(api, Settings(concurrency=4), clock=api.clock, observers=observers)


async def drained(search: InstanceSearch, clock: FakeClock) -> list[str]:
    """The ids it finds."""
    async with clock.autojump():
        return [one.instance_id async for one in search]


async def test_those_that_run_are_found_and_the_rest_is_counted() -> None:
    """And observers are told of each page and of each list."""
    api, heard = MovingList(250), Heard()
    api.ended = {"i0", "i200"}
    search = session(api, heard).find_instances(["w"], any_id=True)
    found = await drained(search, api.clock)
    assert set(found) == set(api.ids) - api.ended
    assert (search.read, search.found, search.unlisted, search.stop) == (250, 248, [], None)
    assert [event for event in heard.events if isinstance(event, Listed)] == [Listed("w", 250, 248, "")]
    pages = [event for event in heard.events if isinstance(event, PageRead)]
    assert len(pages) == 3
    assert pages[-1] == PageRead("w", 250, 248, 250)
    assert all(event.ref == ("w", "", 0) for event in heard.events if isinstance(event, Attempted))


async def test_a_workflow_that_is_not_there_is_named_and_the_others_are_listed() -> None:
    """Each workflow once, however often it is named."""
    api = MovingList(30)
    search = session(api).find_instances(["x", "w", "w"], any_id=True)
    assert len(await drained(search, api.clock)) == 30
    assert [one.workflow_id for one in search.unlisted] == ["x"]
    assert search.stop is None


async def test_a_missing_permission_costs_one_request() -> None:
    """However many workflows were named."""

    class Refusing(MovingList):
        def reply_to(self, workflow_id: str, size: int, number: int) -> Reply:  # noqa: ARG002 - always the same
            return MISSING

    api = Refusing(30)
    search = session(api).find_instances([f"w{n}" for n in range(9)], any_id=True)
    assert await drained(search, api.clock) == []
    assert (len(api.requests), len(search.unlisted)) == (1, 1)
    assert search.stop is StopReason.REFUSED


async def test_a_limit_cuts_the_last_page() -> None:
    """And nothing goes on behind it."""
    api = MovingList(5000)
    search = session(api).find_instances(["w"], selection=Selection(limit=150), any_id=True)
    assert len(await drained(search, api.clock)) == 150
    assert search.is_limited
    assert len(api.requests) < 30


async def test_ages_are_by_the_servers_clock() -> None:
    """Ours may be an hour off."""

    class Dated(MovingList):
        def reply_to(self, workflow_id: str, size: int, number: int) -> Reply:  # noqa: ARG002 - always the same
            data = {"id": "i1", "attributes": {"startTimestamp": "2026-01-02T03:00:00Z"}}
            return Reply(
                200, {"Date": "Fri, 02 Jan 2026 03:10:00 GMT"}, json.dumps({"data": [data], "meta": {"page": {"totalCount": 1}}}).encode()
            )  # fmt: skip

    for older_than, found in ((600.0, ["i1"]), (601.0, [])):
        api = Dated(1)
        search = session(api).find_instances(["w"], selection=Selection(older_than=older_than), any_id=True)
        assert await drained(search, api.clock) == found
        assert search.as_of == 1767323400.0


async def test_a_stop_ends_it() -> None:
    """With its reason."""
    api = MovingList(5000)
    one = session(api)
    search = one.find_instances(["w"], any_id=True)
    async with api.clock.autojump():
        async for _ in search:
            one.stop()
    assert search.stop is StopReason.INTERRUPTED
    assert search.read < 5000


def test_what_is_no_workflow_is_refused() -> None:
    """Before anything is sent."""
    one = session(MovingList(1))
    for workflows in ("w", b"w", ["not a uuid"], [7]):
        with pytest.raises(ConfigurationError):
            one.find_instances(workflows)  # type: ignore[arg-type] # on purpose


async def test_a_search_that_is_canceled_leaves_no_failure_and_no_task_behind() -> None:
    """Although pages wait to be taken, which nobody will take any more."""
    api = MovingList(3000)
    search = session(api).find_instances(["w"], any_id=True)
    unheeded: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: unheeded.append(context))
    before = asyncio.all_tasks()
    scope, is_full = CancelScope(), asyncio.Event()

    async def take_one_page() -> None:
        with scope:
            async with aclosing(search.pages()) as pages:
                async for _ in pages:
                    is_full.set()
                    await asyncio.Event().wait()

    async with api.clock.autojump() as tasks:
        tasks.start_soon(take_one_page)
        await is_full.wait()
        for _ in range(1000):  # until all that was read waits for room
            await asyncio.sleep(0)
        scope.cancel()
        for _ in range(100):
            await asyncio.sleep(0)
        tasks.cancel_scope.cancel()
    assert asyncio.all_tasks() == before
    gc.collect()
    await asyncio.sleep(0)
    assert unheeded == []
