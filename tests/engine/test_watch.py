"""Watching instances until they have ended: when they are looked at, and what is said of each."""

from collections import Counter

import pytest
from support.fakeapi import ENDED, FakeApi
from support.faketime import FakeClock
from support.movinglist import MovingList
from support.watching import Watched, at_work

from bulkcancel.models import Failure, InstanceRef, Outcome, Reply, StopReason

RUNNING = Reply(200, {}, ENDED % b"IN_PROGRESS")


class Looking(FakeApi):
    """Answers reads by the clock, and notes when they came."""

    def __init__(self, ends: float, last: Reply | Failure, meanwhile: Reply | Failure = RUNNING) -> None:
        super().__init__(FakeClock(0.0), latency=0.0)
        self.looked_at: list[float] = []
        self._ends, self._last, self._meanwhile = ends, last, meanwhile

    async def get_instance(self, ref: InstanceRef) -> Reply | Failure:  # noqa: ARG002 - the protocol
        """Answer."""
        self.looked_at.append(self.clock.now())
        return self._last if self.clock.now() >= self._ends else self._meanwhile


async def test_it_looks_after_half_a_second_and_then_ever_more_rarely() -> None:
    """Half as long again each time, to five seconds; and once more at the end of its time."""
    api = Looking(1e9, RUNNING)
    result = await Watched(api).one()
    pauses = [later - earlier for earlier, later in zip([0.0, *api.looked_at], api.looked_at, strict=False)]
    assert pauses == [0.5, 0.75, 1.125, 1.75, 2.625, 3.875, 5.0, 4.375]
    assert api.clock.now() == 20.0
    assert result == (Outcome.UNCONFIRMED, "not seen to end within 20 s; last seen running")


@pytest.mark.parametrize(
    ("kind", "outcome", "detail"),
    [
        (b"CANCELED", Outcome.CANCELED, ""),
        (b"SUCCEEDED", Outcome.ALREADY_FINISHED, "it had ended: SUCCEEDED"),
    ],
)
async def test_it_says_how_it_ended(kind: bytes, outcome: Outcome, detail: str) -> None:
    """As soon as it is seen, and not after."""
    api = Looking(1.0, Reply(200, {}, ENDED % kind))
    assert await Watched(api).one() == (outcome, detail)
    assert api.looked_at == [0.5, 1.25]


async def test_what_could_not_be_read_is_said() -> None:
    """By its last read."""
    api = Looking(0.0, Reply(500, {}, b'{"errors":["Broken"]}'))
    detail = "not seen to end within 1 s; the read answered 500 Broken"
    assert await Watched(api, 1.0).one() == (Outcome.UNCONFIRMED, detail)


async def test_what_the_keys_may_not_read_is_not_waited_for() -> None:
    """One read tells, and the rest of the time would tell no more."""
    api = Looking(0.0, Reply(403, {}, b'{"errors":["Forbidden"]}'))
    detail = "not watched, because these keys may not read it: the read answered 403 Forbidden"
    assert await Watched(api).one() == (Outcome.UNCONFIRMED, detail)
    assert api.looked_at == [0.5]


@pytest.mark.parametrize(
    ("stopped_at", "detail"),
    [
        (0.1, "the run stopped before it was seen to end"),
        (0.6, "the run stopped before it was seen to end; last seen running"),
    ],
)
async def test_it_ends_with_the_run(stopped_at: float, detail: str) -> None:
    """At once, and says what it saw last."""
    watched = Watched(Looking(1e9, RUNNING))

    async def stop_later() -> None:
        await watched.clock.sleep(stopped_at)
        watched.stop_signal.request(StopReason.INTERRUPTED)

    async with watched.clock.autojump() as tasks:
        await watched.add("i")
        watched.watch.close()
        tasks.start_soon(stop_later)
        await watched.watch.run()
    assert watched.results == [("i", Outcome.UNCONFIRMED, detail)]
    assert watched.clock.now() == stopped_at


async def test_what_is_accepted_after_a_stop_is_accounted_for() -> None:
    """Its request was on the way; nobody waits for its end."""
    watched = Watched(Looking(1e9, RUNNING))

    async def stop_and_go_on() -> None:
        await watched.clock.sleep(0.1)
        watched.stop_signal.request(StopReason.INTERRUPTED)
        await watched.clock.sleep(0.1)
        await watched.add("b")
        watched.watch.close()

    async with watched.clock.autojump() as tasks:
        await watched.add("a")
        tasks.start_soon(stop_and_go_on)
        await watched.watch.run()
    detail = "the run stopped before it was seen to end"
    assert watched.results == [(one, Outcome.UNCONFIRMED, detail) for one in ("a", "b")]
    assert watched.finished_at == [0.1, 0.2]


async def test_while_more_are_canceled_looks_are_put_off_until_a_page_answers_for_many() -> None:
    """Two thousand at forty a second: a page for each ten of them at most, and none has to be read alone."""
    api = MovingList(2_000)
    is_canceling = True
    watched = Watched(api, 60.0, is_idle=lambda: not is_canceling)

    async def cancel_them() -> None:
        nonlocal is_canceling
        for one in tuple(api.ids):
            api.ended.add(one)
            await watched.add(one)
            await watched.clock.sleep(1 / 40)
        is_canceling = False
        watched.watch.close()

    async with watched.clock.autojump() as tasks:
        tasks.start_soon(cancel_them)
        await watched.watch.run()
    assert len(watched.results) == 2_000
    assert Counter(outcome for _, outcome, _ in watched.results).keys() <= {
        Outcome.CANCELED,
        Outcome.ALREADY_FINISHED,
    }
    assert len(api.requests) + api.looks <= 200
    assert watched.finished_at[0] < 30.0  # a quarter of the time there is, and what the pages take


async def test_nothing_is_put_off_when_nothing_is_being_canceled() -> None:
    """As when rows come by hand."""
    watched = Watched(Looking(0.0, Reply(200, {}, ENDED % b"CANCELED")))

    async def by_hand() -> None:
        for one in ("a", "b"):
            await watched.add(one)
            await watched.clock.sleep(10.0)
        watched.watch.close()

    async with watched.clock.autojump() as tasks:
        tasks.start_soon(by_hand)
        await watched.watch.run()
    assert watched.finished_at == [0.5, 10.5]


async def test_one_that_stays_keeps_nobody_from_being_seen() -> None:
    """Neither in its own workflow nor in another; each is looked at in its own time."""
    api = MovingList(300)
    watched = Watched(api, 60.0)
    stays = api.ids[0]
    api.ended = set(api.ids) - {stays}
    async with watched.clock.autojump():
        await watched.add(*api.ids)
        await watched.add("x", workflow_id="other")
        watched.watch.close()
        await watched.watch.run()
    late = {(one, outcome) for one, outcome, _ in watched.results[-2:]}
    assert late == {(stays, Outcome.UNCONFIRMED), ("x", Outcome.UNCONFIRMED)}
    assert max(watched.finished_at[:-2]) < 5.0


async def test_while_more_are_canceled_a_look_is_worth_it_for_ten_on_a_page() -> None:
    """By the pages that the last look took, or ten at first; else fifteen seconds later."""
    async with at_work(is_idle=False) as busy:
        await busy.add(99)
        busy.surveys.pages = 2
        assert await busy.until(16.0) == [(15.0, 99)]
        await busy.add(19)
        assert await busy.until(32.0) == [(30.0, 20)]
        busy.surveys.pages = 0  # as when all are read one by one, which tells nothing of pages
        for begin, seen in ((32.0, 20), (34.0, 21)):
            await busy.add(19)
            assert await busy.until(begin + 0.5) == []
            await busy.add(1)
            assert await busy.until(begin + 2.0) == [(begin + 0.75, seen)]


async def test_a_hundred_at_once_are_worth_a_look() -> None:
    """As soon as they have had time to end."""
    async with at_work(is_idle=False) as busy:
        await busy.add(100)
        assert await busy.until(2.0) == [(0.5, 100)]


async def test_where_there_is_little_time_a_look_is_put_off_for_a_quarter_of_it() -> None:
    """So that there are a few looks in any case."""
    async with at_work(is_idle=False, patience=20.0) as busy:
        await busy.add(1)
        assert await busy.until(6.0) == [(5.0, 1)]


async def test_one_that_ends_has_the_others_looked_at_soon_again() -> None:
    """For where one ends, more do; and nobody is looked at in its first half second."""
    async with at_work(is_idle=True) as busy:
        await busy.add(1)
        assert await busy.until(4.0) == [(0.5, 1), (1.25, 1), (2.5, 1)]
        await busy.add(1)
        assert await busy.until(7.0) == [(4.25, 1), (7.0, 2)]
        assert await busy.until(9.0) == [(7.5, 1), (8.25, 1)]


async def test_one_workflow_that_may_not_be_read_keeps_nobody_from_watching_another() -> None:
    """Each workflow is looked at by itself."""
    async with at_work(is_idle=True) as busy:
        busy.surveys.unreadable = "w2"
        await busy.watched.add("a")
        await busy.watched.add("b", workflow_id="w2")
        await busy.until(1.0)
    detail = "not watched, because these keys may not read it: why"
    assert busy.watched.results == [("b", Outcome.UNCONFIRMED, detail)]
