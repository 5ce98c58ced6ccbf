"""Reading states: by pages or one by one, within their limits, and not where the keys may not."""

from collections.abc import Iterable

import pytest
from support.fakeapi import DOWN, ENDED, OK, UNKNOWN, FakeApi
from support.faketime import EPOCH, FakeClock
from support.movinglist import MovingList
from support.pacing import peek
from support.runs import Heard

from bulkcancel.answers import State
from bulkcancel.engine.dispatcher import Dispatcher
from bulkcancel.engine.observers import Observers
from bulkcancel.engine.state_reader import SeenState, StateReader
from bulkcancel.engine.stop_signal import StoppedError
from bulkcancel.events import Attempted, Concern, Concerned, Endpoint
from bulkcancel.models import Failure, FailureKind, InstanceRef, Reply, StopReason
from bulkcancel.settings import Settings

REF = InstanceRef("w", "i1", 1)
STALE = Failure(FailureKind.STALE, "closed")
RUNNING = Reply(200, {}, ENDED % b"IN_PROGRESS")
REFUSED = Reply(403, {}, b'{"errors":["Forbidden"]}')


def reader_of(api: FakeApi, *observers: Heard) -> tuple[StateReader, Dispatcher]:
    """One with a dispatcher of its own."""
    dispatcher = Dispatcher(
        api, Settings(), clock=api.clock, observers=Observers(observers), jitter=lambda: 1.0
    )
    return dispatcher.states, dispatcher


def answering(*answers: Reply | Failure) -> FakeApi:
    """An API that answers reads like this, the last again and again."""
    api = FakeApi(FakeClock(0.0), latency=0.0)
    api.reads = list(answers)
    return api


async def survey(
    api: FakeApi, numbers: int | Iterable[int], *observers: Heard, **options: bool
) -> tuple[list[SeenState], int]:
    """What is seen of these instances, or of so many of the first, and the pages it took."""
    states, _ = reader_of(api, *observers)
    seen: list[SeenState] = []
    numbers = range(numbers) if isinstance(numbers, int) else numbers
    refs = [InstanceRef("w", f"i{number}", number) for number in numbers]
    async with api.clock.autojump():
        pages = await states.survey(refs, seen.append, **options)
    assert sorted(one.ref for one in seen) == sorted(refs)
    return seen, pages


async def test_five_hundred_instances_are_five_pages() -> None:
    """And no read of any; what the page shows of each is kept, with the server's time."""
    api, heard = MovingList(500), Heard()
    api.ended = {"i7"}
    api.headers = {"Date": "Sat, 28 Nov 2026 06:00:00 GMT"}
    seen, pages = await survey(api, 500, heard)
    assert (pages, api.requests, api.looks) == (5, [0, 1, 2, 3, 4], 0)
    for one in seen:
        assert one.shown is not None
        assert one.shown.instance_id == one.ref.instance_id
        ended = one.ref.instance_id == "i7"
        assert (one.state, one.detail) == ((State.ENDED, "SUCCEEDED") if ended else (State.RUNNING, ""))
        assert (one.meaning.status, one.now) == (200, 1795845600.0)
    told = [event for event in heard.events if isinstance(event, Attempted)]
    assert {(one.endpoint, one.ref) for one in told} == {(Endpoint.LIST, InstanceRef("w", "", 0))}


@pytest.mark.parametrize(("count", "pages", "looks"), [(2, 0, 2), (3, 1, 0)])
async def test_up_to_two_instances_are_read_one_by_one(count: int, pages: int, looks: int) -> None:
    """For a page could do no better."""
    api = MovingList(100)
    api.reads = [RUNNING]
    seen, taken = await survey(api, count)
    assert (taken, len(api.requests), api.looks) == (pages, pages, looks)
    assert [one.state for one in seen] == [State.RUNNING] * count


@pytest.mark.parametrize(
    ("numbers", "pages", "looks"),
    [([999, 998, 997, 850, 849], 2, 0), ([0, 1, 2, 3, 4], 1, 5)],
)
async def test_pages_are_read_on_while_they_hold_what_is_looked_for(
    numbers: list[int], pages: int, looks: int
) -> None:
    """Of a long list the newest, but not the oldest."""
    api = MovingList(1_000)
    api.reads = [RUNNING]
    assert (await survey(api, numbers))[1] == pages
    assert (len(api.requests), api.looks) == (pages, looks)


async def test_what_no_page_has_is_read() -> None:
    """Each once, whatever the list hides or moves."""
    api = MovingList(100)
    api.reads = [UNKNOWN]
    seen, pages = await survey(api, 110)
    assert (pages, api.looks) == (1, 10)
    assert sum(one.state is State.UNKNOWN for one in seen) == 10


async def test_of_a_workflow_that_is_not_there_nothing_is_read() -> None:
    """Its list says as much for all of them."""
    api = answering(RUNNING)
    api.list_answer = UNKNOWN
    seen, pages = await survey(api, 20)
    assert (pages, api.list_calls, api.looks) == (1, 1, 0)
    assert {(one.state, one.detail, one.meaning.status, one.now) for one in seen} == {
        (State.UNKNOWN, "not found", 404, EPOCH)
    }


@pytest.mark.parametrize("failing", [Reply(500, {}, b""), DOWN])
async def test_a_list_that_fails_leaves_the_reads(failing: Reply | Failure) -> None:
    """For the moment, and after one request; that says nothing of the keys."""
    api = answering(RUNNING)
    api.list_answer = failing
    seen, pages = await survey(api, 20)
    assert (pages, api.list_calls, {one.state for one in seen}) == (1, 1, {State.RUNNING})


async def test_an_instance_in_a_reply_that_is_a_fault_is_not_believed() -> None:
    """Neither in a page nor alone."""
    item = b'{"id":"i1","attributes":{"instanceStatus":{"detailsKind":"SUCCEEDED"}}}'
    api = answering(Reply(500, {}, b'{"data":%s}' % item))
    api.list_answer = Reply(500, {}, b'{"data":[%s]}' % item)
    seen, _ = await survey(api, 3)
    assert {(one.state, one.shown, one.meaning.status) for one in seen} == {(State.UNREADABLE, None, 500)}


async def test_keys_that_may_not_read_are_found_out_by_one_request() -> None:
    """It is told once, and each instance is unreadable for that reason."""
    api, heard = answering(RUNNING), Heard()
    api.list_answer = REFUSED
    states, _ = reader_of(api, heard)
    seen: list[SeenState] = []
    async with api.clock.autojump():
        for workflow in ("w", "w2"):
            refs = [InstanceRef(workflow, f"i{number}", number) for number in range(20)]
            await states.survey(refs, seen.append)
    assert (api.list_calls, api.looks) == (1, 0)
    detail = "the list answered 403 Forbidden"
    assert {(one.state, one.detail, one.meaning.status, one.now) for one in seen} == {
        (State.UNREADABLE, detail, 403, EPOCH)
    }
    concerns = [event for event in heard.events if isinstance(event, Concerned)]
    assert concerns == [Concerned(Concern.MAY_NOT_READ, detail)]


async def test_one_workflow_that_may_not_be_read_keeps_nobody_from_the_others() -> None:
    """Where the keys have read another before."""
    api = answering(RUNNING, REFUSED, RUNNING)
    states, _ = reader_of(api)
    async with api.clock.autojump():
        for workflow, state in (("w", State.RUNNING), ("w2", State.UNREADABLE), ("w3", State.RUNNING)):
            assert (await states.look(InstanceRef(workflow, "i", 1))).state is state
        assert (await states.look(InstanceRef("w2", "i", 1))).detail == "the read answered 403 Forbidden"
    assert api.looks == 3
    assert [states.may_read(workflow) for workflow in ("w", "w2", "w3")] == [True, False, True]


async def test_a_list_shows_as_much_of_the_keys_as_a_read_does() -> None:
    """One that could be read proves them; one that may not be is its workflow's alone then, and told once."""
    api, heard = MovingList(20), Heard()
    api.reads = [REFUSED]
    states, _ = reader_of(api, heard)
    async with api.clock.autojump():
        await states.survey([InstanceRef("w", f"i{number}", number) for number in range(3)], lambda _: None)
        await states.look(InstanceRef("w2", "i", 1))
        await states.look(InstanceRef("w3", "i", 1))
    assert [states.may_read(workflow) for workflow in ("w", "w2", "w3", "w4")] == [True, False, False, True]
    concerns = [event for event in heard.events if isinstance(event, Concerned)]
    assert concerns == [Concerned(Concern.MAY_NOT_READ, "the read answered 403 Forbidden")]


async def test_a_list_that_may_not_be_read_is_asked_for_once() -> None:
    """And that says nothing of another workflow's."""
    api = answering(RUNNING)
    api.list_answer = REFUSED
    states, _ = reader_of(api)
    refs = [InstanceRef("w2", f"i{number}", number) for number in range(5)]
    async with api.clock.autojump():
        await states.look(REF)
        for _ in range(2):
            await states.survey(refs, lambda _: None)
    assert (api.list_calls, api.looks) == (1, 1)
    assert (states.may_read("w"), states.may_read("w2")) == (True, False)


async def test_the_first_question_is_asked_once() -> None:
    """By whoever comes first; the others wait for its answer."""
    api = answering(REFUSED)
    states, _ = reader_of(api)
    async with api.clock.autojump() as tasks:
        for _ in range(5):
            tasks.start_soon(states.ask_first, REF)
        await states.ask_first(REF)
        assert not states.may_read("w")
    assert api.looks == 1


@pytest.mark.parametrize(
    ("answer", "state", "pauses", "is_down"),
    [
        (RUNNING, State.RUNNING, 0.0, False),
        (Reply(302, {"Location": "/login"}, b""), State.UNREADABLE, 0.0, False),
        (Reply(429, {"Retry-After": "3"}, b""), State.UNREADABLE, 3.0, False),
        (Reply(500, {}, b""), State.UNREADABLE, 1.0, True),
    ],
)
async def test_reads_are_paced_by_their_answers(
    answer: Reply, state: State, pauses: float, *, is_down: bool
) -> None:
    """By the same statuses as cancels; a redirect of reads stops nothing."""
    states, dispatcher = reader_of(answering(answer))
    pacer = dispatcher.reader(Endpoint.READ).limiter.pacer
    assert (await states.look(REF)).state is state
    assert peek(pacer, 0.0) == pauses
    assert (pacer.is_down, pacer.in_flight, dispatcher.stop_signal.reason) == (is_down, 0, None)


@pytest.mark.parametrize(("answer", "times"), [(DOWN, 1), (OK, 1), (STALE, 2)])
async def test_an_instance_is_read_once(answer: Reply | Failure, times: int) -> None:
    """Whatever comes; again only where its connection had gone stale."""
    api = answering(answer)
    await reader_of(api)[0].look(REF)
    assert api.looks == times


async def test_who_insists_has_what_fails_tried_again() -> None:
    """Reads and pages alike."""
    api = answering(Reply(500, {}, b""), Reply(429, {"Retry-After": "1"}, b""), RUNNING)
    async with api.clock.autojump():
        assert (await reader_of(api)[0].look(REF, insists=True)).state is State.RUNNING
    assert api.looks == 3


@pytest.mark.parametrize(("insists", "lists", "looks"), [(False, 1, 5), (True, 2, 0)])
async def test_a_survey_insists_on_pages_where_it_is_told_to(
    lists: int, looks: int, *, insists: bool
) -> None:
    """Else it reads the instances one by one."""

    class OnceDown(MovingList):
        async def list_instances(self, workflow_id: str, *, size: int, number: int) -> Reply:
            reply = await super().list_instances(workflow_id, size=size, number=number)
            return reply if len(self.requests) > 1 else Reply(500, {}, b"")

    api = OnceDown(5)
    api.reads = [RUNNING]
    seen, _ = await survey(api, 5, insists=insists)
    assert (len(api.requests), api.looks) == (lists, looks)
    assert {one.state for one in seen} == {State.RUNNING}


@pytest.mark.parametrize(("insists", "state"), [(False, State.UNREADABLE), (True, State.RUNNING)])
async def test_a_survey_insists_on_reads_where_it_is_told_to(state: State, *, insists: bool) -> None:
    """Else what fails once can't be told."""
    (seen,), _ = await survey(answering(Reply(500, {}, b""), RUNNING), 1, insists=insists)
    assert seen.state is state


async def test_times_go_by_the_server_s_clock() -> None:
    """By its `Date`; ours where it has none."""
    headers = {"Date": "Sat, 28 Nov 2026 06:00:00 GMT"}
    body = b'{"data":{"id":"i1","attributes":{"startTimestamp":"2026-11-28T05:00:00Z"}}}'
    states, dispatcher = reader_of(answering(Reply(200, headers, body), RUNNING))
    seen = await states.look(REF)
    assert seen.shown is not None
    assert seen.now - (seen.shown.started_at or 0.0) == 3600.0
    assert (await states.look(REF)).now == dispatcher.clock.wall()


async def test_a_read_is_told_with_its_instance_its_answer_and_its_time() -> None:
    """To whoever watches."""
    api, heard = answering(Reply(503, {}, b"")), Heard()
    api.latency = 2.0
    async with api.clock.autojump():
        await reader_of(api, heard)[0].look(REF)
    assert heard.events[0] == Attempted(Endpoint.READ, REF, 503, None, 2.0)


async def test_a_stop_ends_a_survey() -> None:
    """At once, also while pages are read."""
    for count in (2, 300):
        api = MovingList(500)
        states, dispatcher = reader_of(api)
        dispatcher.stop_signal.request(StopReason.INTERRUPTED)
        with pytest.raises(StoppedError):
            await states.survey([InstanceRef("w", f"i{n}", n) for n in range(count)], lambda _: None)
        assert api.requests == []
