"""Reading the states of many rows, as a library has it."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from support.fakeapi import ENDED, UNKNOWN, FakeApi, Rows, bad
from support.faketime import FakeClock
from support.movinglist import MovingList
from support.runs import Heard

from bulkcancel import InstanceStatus, StateName
from bulkcancel.engine.observers import Observers
from bulkcancel.errors import ConfigurationError
from bulkcancel.events import Attempted, StateSeen
from bulkcancel.models import Failure, InstanceRef, RejectedRow, Reply, StopReason
from bulkcancel.operations.session import Session
from bulkcancel.operations.status import StatusReading
from bulkcancel.settings import Settings
from bulkcancel.sources import DUPLICATE

RUNNING = Reply(200, {}, ENDED % b"IN_PROGRESS")
CANCELED = Reply(200, {}, ENDED % b"CANCELED")
REFUSED = Reply(403, {}, b"""{"errors":["Missing required permission: 'workflows_read'"]}""")
HTML = Reply(200, {}, b"<html>log in</html>")
DATE = "Fri, 02 Jan 2026 03:10:00 GMT"


def session(api: FakeApi, heard: Heard | None = None) -> Session:
    """One over that API."""
    observers = Observers(() if heard is None else (heard,))
    return Session(api, Settings(concurrency=4), site="here", clock=api.clock, observers=observers)


def answering(*answers: Reply | Failure) -> FakeApi:
    """An API that answers reads like this, the last again and again."""
    api = FakeApi(FakeClock(0.0), latency=0.0)
    api.reads = list(answers)
    return api


async def all_of(reading: StatusReading, clock: FakeClock) -> list[InstanceStatus]:
    """Its rows, by line."""
    async with clock.autojump():
        return sorted([status async for status in reading])


def shown(**attributes: Any) -> Reply:
    """An instance that a read shows, by a server whose clock stands at ten past three."""
    document = {"data": {"id": "i", "attributes": attributes}}
    return Reply(200, {"Date": DATE}, json.dumps(document).encode())


async def test_instances_of_one_workflow_are_read_by_pages_and_each_row_is_given_once() -> None:
    """500 of them are five pages, whatever stands in the input beside them."""
    api = MovingList(500)
    api.ended = {"i7"}
    rows: list[Any] = [("w", f"i{number}") for number in range(500)]
    rows += [("w", "i7"), ("w", "no/id"), 7]
    reading = session(api).read_states(rows, any_id=True)
    found = await all_of(reading, api.clock)
    assert (api.requests, api.looks) == ([0, 1, 2, 3, 4], 0)
    assert [status.line for status in found] == list(range(1, 504))
    assert reading.counts == {
        StateName.RUNNING: 499,
        StateName.ENDED: 1,
        StateName.DUPLICATE: 1,
        StateName.INVALID: 2,
    }
    assert found[7] == InstanceStatus(
        8, "w", "i7", StateName.ENDED, "SUCCEEDED", http_status=200, site="here"
    )
    assert found[500].error_detail == "the pair stands earlier in the input"
    assert found[501].error_code == "invalid_id"
    assert {status.site for status in found} == {"here"}
    assert (reading.stop, reading.is_timed_out) == (None, False)


async def test_what_a_source_has_refused_comes_out_as_such() -> None:
    """A row that a report calls a duplicate is one, although it stands before its twin."""
    api = answering(CANCELED)
    twin = RejectedRow("w", "i", 9, DUPLICATE, "the pair stands earlier in the input")
    reading = session(api).new_reading(
        Rows([bad(1), twin, InstanceRef("w", "i", 3)]), wait=False, timeout=1.0
    )
    found = await all_of(reading, api.clock)
    assert [(one.line, one.state, one.error_code) for one in found] == [
        (1, StateName.INVALID, "invalid_id"),
        (3, StateName.CANCELED, ""),
        (9, StateName.DUPLICATE, ""),
    ]


@pytest.mark.parametrize(
    ("attributes", "state", "age"),
    [
        ({"startTimestamp": "2026-01-02T03:00:00Z"}, StateName.RUNNING, 600.0),
        ({"startTimestamp": "2026-01-02T05:00:00Z"}, StateName.RUNNING, 0.0),
        ({"startTimestamp": "yesterday"}, StateName.RUNNING, None),
        ({"startTimestamp": 7, "endTimestamp": "2026-01-02T03:00:00Z"}, StateName.ENDED, None),
        (
            {"startTimestamp": "2026-01-02T03:00:00Z", "endTimestamp": "2026-01-02T03:00:01.5Z"},
            StateName.ENDED,
            1.5,
        ),
        (
            {"startTimestamp": "2026-01-02T03:00:00Z", "instanceStatus": {"detailsKind": "FAILED"}},
            StateName.ENDED,
            None,
        ),
    ],
)
async def test_an_age_is_by_the_server_s_clock(
    attributes: dict[str, Any], state: StateName, age: float | None
) -> None:
    """Ours may be an hour off, and a start may lie ahead; where a time is not told there is no age."""
    api = answering(shown(**attributes))
    (status,) = await all_of(session(api).read_states([("w", "i")], any_id=True), api.clock)
    assert (status.state, status.age_s) == (state, age)


@pytest.mark.parametrize(
    ("answer", "state", "code", "detail"),
    [
        (UNKNOWN, StateName.NOT_FOUND, "WORKFLOW_NOT_FOUND", "not found"),
        (Reply(200, {}, b"{}"), StateName.UNREADABLE, "not_an_instance", "was not an instance"),
        (Reply(200, {}, b'{"data":{"id":"i"}}'), StateName.UNREADABLE, "not_an_instance", "not an instance"),
        (HTML, StateName.UNREADABLE, "not_json", "the API's answer was not an"),
        (Reply(500, {}, b""), StateName.UNREADABLE, "http_5xx", "the read answered 500"),
    ],
)
async def test_what_can_not_be_read_says_why(answer: Reply, state: StateName, code: str, detail: str) -> None:
    """As a word and as a sentence; that is no reason to stop."""
    api = answering(answer)
    reading = session(api).read_states([("w", "i")], any_id=True)
    (status,) = await all_of(reading, api.clock)
    assert (status.state, status.error_code, status.http_status) == (state, code, answer.status)
    assert detail in status.error_detail
    assert reading.stop is None


async def test_of_a_workflow_that_is_not_there_no_row_is_found_and_the_others_are_read() -> None:
    """One page says so for all of them."""
    api = MovingList(50)
    pairs = [(workflow, f"i{number}") for workflow in ("x", "w") for number in range(50)]
    reading = session(api).read_states(pairs, any_id=True)
    await all_of(reading, api.clock)
    assert reading.counts == {StateName.NOT_FOUND: 50, StateName.RUNNING: 50}
    assert (api.requests, api.looks) == ([0, 0], 0)


@pytest.mark.parametrize("workflows", [1, 9])
async def test_keys_that_may_not_read_states_end_it(workflows: int) -> None:
    """After one request; each row is unreadable, also those that were not read yet."""
    api, heard = answering(REFUSED), Heard()
    api.list_answer = REFUSED
    reading = session(api, heard).read_states(
        [(f"w{n % workflows}", f"i{n}") for n in range(90)], any_id=True
    )
    found = await all_of(reading, api.clock)
    assert reading.counts == {StateName.UNREADABLE: 90}
    assert reading.stop is StopReason.REFUSED
    assert len([event for event in heard.events if isinstance(event, Attempted)]) == 1
    assert all(status.error_detail for status in found)


async def test_a_stop_accounts_for_each_row_that_is_at_hand() -> None:
    """What was not read is unreadable, and says why."""
    api = answering(RUNNING)
    one = session(api)
    reading = one.read_states([(f"w{n}", "i") for n in range(200)], any_id=True)
    found = []
    async with api.clock.autojump():
        async for status in reading:
            found.append(status)
            one.stop(StopReason.TERMINATED)
    assert len(found) == 200
    assert reading.stop is StopReason.TERMINATED
    assert found[-1].error_code == "terminated"
    assert reading.counts[StateName.RUNNING] < 100


async def test_a_stop_ends_the_wait_for_more_rows() -> None:
    """A stream may never end."""
    api = answering(RUNNING)
    one = session(api)

    async def endless() -> AsyncIterator[tuple[str, str]]:
        yield "w", "i"
        await api.clock.sleep(3600.0)
        yield "w", "i2"

    reading = one.read_states(endless(), any_id=True)
    async with api.clock.autojump():
        async for status in reading:
            assert status.instance_id == "i"
            one.stop()
    assert (reading.stop, reading.counts.total()) == (StopReason.INTERRUPTED, 1)
    assert api.clock.now() < 3600.0


async def test_rows_of_a_stream_are_given_although_it_has_not_ended() -> None:
    """Those that come without a lull are read together."""
    api = MovingList(20)

    async def slow() -> AsyncIterator[tuple[str, str]]:
        for number in range(20):
            if number == 10:
                await api.clock.sleep(1000.0)
            yield "w", f"i{number}"

    reading = session(api).read_states(slow(), any_id=True)
    async with api.clock.autojump():
        told = [api.clock.now() async for _ in reading]
    assert [moment < 1000.0 for moment in told] == [True] * 10 + [False] * 10
    assert len(api.requests) == 2


async def test_what_a_caller_s_own_pairs_raise_is_raised_behind_what_was_read() -> None:
    """And is no group of exceptions."""
    api = answering(RUNNING)

    async def failing() -> AsyncIterator[tuple[str, str]]:
        yield "w", "i"
        raise RuntimeError("theirs")

    reading = session(api).read_states(failing(), any_id=True)
    rows = aiter(reading)
    async with api.clock.autojump():
        await anext(rows)
        with pytest.raises(RuntimeError, match="theirs"):
            await anext(rows)
    assert reading.counts == {StateName.RUNNING: 1}


async def test_those_that_run_are_read_again_until_they_have_ended() -> None:
    """Less and less often; what has ended before is given at once."""
    api, heard = answering(CANCELED, RUNNING, RUNNING, RUNNING, CANCELED), Heard()
    reading = session(api, heard).read_states([("a", "i"), ("b", "i")], any_id=True, wait=True)
    async with api.clock.autojump():
        moments = [(status.state, api.clock.now()) async for status in reading]
    assert moments == [(StateName.CANCELED, 0.0), (StateName.CANCELED, 1.0 + 1.5 + 2.25)]
    seen = [event for event in heard.events if isinstance(event, StateSeen)]
    steps = [(one.previous, one.state) for one in seen]
    assert steps[1:] == [
        (None, StateName.RUNNING),
        (StateName.RUNNING, StateName.RUNNING),
        (StateName.RUNNING, StateName.RUNNING),
        (StateName.RUNNING, StateName.CANCELED),
    ]


async def test_what_does_not_end_in_time_is_given_as_last_seen() -> None:
    """After a last look when the time is up; the longest pause is a quarter of a minute."""
    api = answering(RUNNING)
    reading = session(api).read_states([("w", "i")], any_id=True, wait=True, timeout=100.0)
    (status,) = await all_of(reading, api.clock)
    assert (status.state, reading.is_timed_out, reading.stop) == (StateName.RUNNING, True, None)
    assert api.clock.now() == 100.0
    assert api.looks == 13


async def test_what_may_become_readable_is_waited_for() -> None:
    """A server that is broken for a moment says nothing of the instance."""
    api = answering(HTML, HTML, HTML, CANCELED)
    reading = session(api).read_states([("w", "i")], any_id=True, wait=True)
    (status,) = await all_of(reading, api.clock)
    assert (status.state, api.looks) == (StateName.CANCELED, 4)


async def test_a_stop_while_it_waits_gives_what_was_last_seen() -> None:
    """With its reason."""
    api = answering(RUNNING)
    one = session(api)
    reading = one.read_states([("w", "i")], any_id=True, wait=True)

    async def stop_soon() -> None:
        await api.clock.sleep(5.0)
        one.stop()

    async with api.clock.autojump() as tasks:
        tasks.start_soon(stop_soon)
        found = [status async for status in reading]
    assert ([status.state for status in found], reading.stop) == ([StateName.RUNNING], StopReason.INTERRUPTED)
    assert not reading.is_timed_out
    assert api.clock.now() < 10.0


async def test_a_stop_behind_the_last_row_is_none() -> None:
    """All that was asked is known."""
    api = answering(CANCELED)
    one = session(api)
    reading = one.read_states([("w", "i")], any_id=True)
    async with api.clock.autojump():
        async for _ in reading:
            one.stop()
    assert reading.stop is None


@pytest.mark.parametrize(
    "arguments",
    [{"pairs": "w"}, {"pairs": 7}, {"wait": 1}, {"timeout": 0}, {"timeout": True}, {"any_id": "yes"}],
)
def test_arguments_of_a_reading_are_looked_at_first(arguments: dict[str, Any]) -> None:
    """Each by its name."""
    with pytest.raises(ConfigurationError, match=next(iter(arguments))):
        session(answering(RUNNING)).read_states(**{"pairs": [], **arguments})


async def test_ids_may_be_uuids_as_for_a_cancel() -> None:
    """Objects and texts in any spelling are one pair."""
    api, one = answering(RUNNING), UUID(int=7)
    reading = session(api).read_states([(one, one), (str(one).upper(), one.hex)])
    await all_of(reading, api.clock)
    assert reading.counts == {StateName.RUNNING: 1, StateName.DUPLICATE: 1}
