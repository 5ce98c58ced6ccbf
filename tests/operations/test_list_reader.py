"""Reading a whole list: each instance once, none missed, however the list moves meanwhile."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fakeapi import FakeApi
from support.movinglist import MovingList

from bulkcancel.engine.dispatcher import Dispatcher
from bulkcancel.events import Endpoint
from bulkcancel.listings import InstanceState
from bulkcancel.models import Reply
from bulkcancel.operations.list_reader import ListReader
from bulkcancel.settings import Settings


async def read(api: FakeApi, concurrency: int = 4) -> tuple[ListReader, list[InstanceState]]:
    """Read the list of `w` to its end."""
    found: list[InstanceState] = []
    dispatcher = Dispatcher(api, Settings(concurrency=concurrency), clock=api.clock, jitter=lambda: 1.0)

    async def deliver(items: list[InstanceState], _: float) -> None:
        found.extend(items)

    reader = ListReader(
        "w",
        api,
        dispatcher.reader(Endpoint.LIST),
        api.clock,
        side_by_side=concurrency,
        deliver=deliver,
    )
    async with api.clock.autojump():
        await reader.run()
    return reader, found


def ids(found: list[InstanceState]) -> list[str]:
    """The ids that were found."""
    return [item.instance_id for item in found]


@pytest.mark.slow
@given(
    count=st.integers(0, 120),
    seed=st.integers(0, 2**32),
    cap=st.sampled_from([3, 5, 10, 100]),
    grows=st.floats(0.0, 2.0),
    concurrency=st.integers(1, 9),
    first=st.sampled_from([(0, False), (1, False), (1, True)]),
    tells_total=st.sampled_from([True, False]),
)
async def test_each_is_met_once_and_none_is_missed(
    count: int,
    seed: int,
    cap: int,
    grows: float,
    concurrency: int,
    first: tuple[int, bool],
    tells_total: object,
) -> None:
    """Whatever grows or ends at every call, from whatever page the server counts, and however it cuts them.

    Side by side, the list must grow by less than a page while one block gets a page: else nobody keeps up.
    """
    api = MovingList(
        count,
        seed=seed,
        cap=cap,
        grows=min(grows, (cap - 1) / (concurrency + 1)),
        ends=0.5,
        first=first[0],
        refuses_zero=first[1],
        tells_total=bool(tells_total),
    )
    there = list(api.ids)
    reader, found = await read(api, concurrency)
    assert reader.problem is None
    assert len(set(ids(found))) == len(found) == reader.read
    assert set(there) <= set(ids(found))


@pytest.mark.parametrize(
    ("count", "requests"),
    [(0, 1), (1, 1), (99, 1), (100, 2), (101, 2), (250, 4), (5000, 52), (4999, 51)],
)
async def test_a_list_that_stands_still_costs_its_pages_and_two(count: int, requests: int) -> None:
    """One to see that nothing moved; and one more where its last page is full. A short one costs one."""
    api = MovingList(count)
    _, found = await read(api, 16)
    assert len(found) == count
    assert len(api.requests) == requests


async def test_pages_are_asked_for_side_by_side() -> None:
    """Once the first has shown that there is a way, and how many there are."""
    api = MovingList(5000)
    await read(api, 10)
    one_by_one = MovingList(5000)
    await read(one_by_one, 1)
    assert api.clock.now() < one_by_one.clock.now() / 4


async def test_without_a_total_it_reads_until_a_page_is_empty() -> None:
    """At the cost of a few pages beyond the end."""
    api = MovingList(2050, tells_total=False)
    _, found = await read(api, 32)
    assert len(found) == 2050
    assert len(api.requests) <= 21 + 8 + 2


@pytest.mark.parametrize("tells_total", [True, False])
async def test_pages_that_repeat_for_ever_end_and_are_told(*, tells_total: bool) -> None:
    """As where a server does not heed the number of the page."""

    class Repeating(MovingList):
        def reply_to(self, workflow_id: str, size: int, number: int) -> Reply:  # noqa: ARG002 - that is the point
            return super().reply_to(workflow_id, size, 0)

    api = Repeating(1000, tells_total=tells_total)
    reader, found = await read(api)
    assert len(found) == 100
    assert reader.problem is not None
    assert "repeat" in reader.problem.detail
    assert len(api.requests) < 40


async def test_pages_that_alternate_for_ever_end_too() -> None:
    """Whatever they hold."""

    class Alternating(MovingList):
        def reply_to(self, workflow_id: str, size: int, number: int) -> Reply:
            return super().reply_to(workflow_id, size, number % 2)

    api = Alternating(1000, tells_total=False)
    reader, found = await read(api)
    assert len(found) == 200
    assert reader.problem is not None
    assert len(api.requests) < 200


async def test_a_list_that_outruns_its_reader_ends_and_is_told() -> None:
    """By more than a page for each page."""
    api = MovingList(40, cap=5, grows=7.0)
    reader, _ = await read(api)
    assert reader.problem is not None
    assert len(api.requests) < 1000


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(404, {}, b'{"errors":[{"code":"WORKFLOW_NOT_FOUND","detail":"workflow w not found"}]}'), "no such workflow (workflow w not found)"),
        (Reply(403, {}, b'{"errors":["Forbidden"]}'), "may not read it (403: Forbidden)"),
        (Reply(200, {}, b'{"errors":[]}'), "not a list"),
        (Reply(200, {}, b"<html>Sign in</html>"), "Sign in"),
        (Reply(500, {}, b""), "500"),
    ],
)  # fmt: skip
async def test_what_can_not_be_listed_is_told(reply: Reply, words: str) -> None:
    """In words for a person."""

    class Refusing(MovingList):
        def reply_to(self, workflow_id: str, size: int, number: int) -> Reply:  # noqa: ARG002 - always the same
            return reply

    reader, found = await read(Refusing(5))
    assert reader.problem is not None
    assert words in reader.problem.detail
    assert not found


async def test_a_page_that_fails_in_the_middle_leaves_what_was_found() -> None:
    """And it is not taken for the whole."""

    class Broken(MovingList):
        def reply_to(self, workflow_id: str, size: int, number: int) -> Reply:
            return Reply(500, {}, b"") if number == 30 else super().reply_to(workflow_id, size, number)

    reader, found = await read(Broken(5000))
    assert reader.problem is not None
    assert 0 < len(found) < 5000


async def test_a_refused_page_behind_the_last_is_its_end() -> None:
    """Where all that there is was met."""

    class Strict(MovingList):
        def reply_to(self, workflow_id: str, size: int, number: int) -> Reply:
            if number >= math.ceil(len(self.ids) / size):
                return Reply(400, {}, b'{"errors":["Bad Request"]}')
            return super().reply_to(workflow_id, size, number)

    reader, found = await read(Strict(500))
    assert (reader.problem, len(found)) == (None, 500)


async def test_a_total_that_is_that_of_the_page_is_not_believed() -> None:
    """A full page is worth another look."""

    class Modest(MovingList):
        def reply_to(self, workflow_id: str, size: int, number: int) -> Reply:
            body = super().reply_to(workflow_id, size, number).body
            return Reply(200, {}, body.replace(b'"totalCount": 450', b'"totalCount": 100'))

    _, found = await read(Modest(450))
    assert len(found) == 450


async def test_faults_are_tried_again() -> None:
    """Each page by itself."""

    class Flaky(MovingList):
        async def list_instances(self, workflow_id: str, *, size: int, number: int) -> Reply:
            reply = await super().list_instances(workflow_id, size=size, number=number)
            return Reply(502, {}, b"") if self.chance.random() < 0.2 else reply

    api: MovingList = Flaky(3000, seed=3, grows=0.5)
    there: list[str] = list(api.ids)
    reader, found = await read(api)
    assert reader.problem is None
    assert set(there) <= set(ids(found))
