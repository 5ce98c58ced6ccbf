"""Reading states: by pages or one by one, within their limits, and not where the keys may not."""

import pytest
from support.fakeapi import DOWN, ENDED, OK, UNKNOWN, FakeApi
from support.faketime import FakeClock
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


async def survey(api: FakeApi, count: int) -> tuple[list[SeenState], int]:
    """What is seen of the first instances, and the pages it took."""
    states, _ = reader_of(api)
    seen: list[SeenState] = []
    refs = [InstanceRef("w", f"i{number}", number) for number in range(count)]
    async with api.clock.autojump():
        pages = await states.survey(refs, seen.append)
    assert sorted(one.ref for one in seen) == sorted(refs)
    return seen, pages


async def test_five_hundred_instances_are_five_pages() -> None:
    """And no read of any."""
    api = MovingList(500)
    api.ended = {"i7"}
    seen, pages = await survey(api, 500)
    assert (pages, api.requests, api.looks) == (5, [0, 1, 2, 3, 4], 0)
    assert {one.ref.instance_id for one in seen if one.state is not State.RUNNING} == {"i7"}


async def test_two_instances_are_two_reads() -> None:
    """For a page could do no better."""
    api = MovingList(500)
    api.reads = [RUNNING]
    seen, pages = await survey(api, 2)
    assert (pages, api.requests, api.looks) == (0, [], 2)
    assert [one.state for one in seen] == [State.RUNNING] * 2


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
    assert {(one.state, one.detail, one.meaning.status) for one in seen} == {
        (State.UNKNOWN, "not found", 404)
    }


async def test_a_list_that_fails_leaves_the_reads() -> None:
    """For the moment; that says nothing of the keys."""
    seen, pages = await survey(answering(RUNNING), 20)
    assert (pages, {one.state for one in seen}) == (1, {State.RUNNING})


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
    assert {(one.state, one.detail, one.meaning.status) for one in seen} == {(State.UNREADABLE, detail, 403)}
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
