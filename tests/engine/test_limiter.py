"""The limiter: who may go, in what order, and what is handed back."""

import pytest
from anyio import CancelScope, create_task_group
from anyio.lowlevel import checkpoint
from support.fakeapi import DOWN, OK
from support.faketime import FakeClock
from support.pacing import force, peek

from bulkcancel.answers import Verdict
from bulkcancel.engine.limiter import Limiter
from bulkcancel.engine.stop_signal import StoppedError, StopSignal
from bulkcancel.models import Failure, Reply, StopReason
from bulkcancel.pacing import Pacer, Permit
from bulkcancel.settings import Rate

LIMITED = Reply(429, {"Retry-After": "2"}, b"")


class House:
    """A limiter, what it works with, and who came through when."""

    def __init__(self, concurrency: int = 8, rate: Rate | None = None) -> None:
        self.clock = FakeClock(0.0)
        self.stop_signal = StopSignal()
        self.pacer = Pacer(concurrency=concurrency, rate=rate)
        self.limiter = Limiter(self.pacer, self.clock, self.stop_signal)
        self.through: list[tuple[str, float]] = []

    async def prove(self) -> None:
        """Have a first request accepted."""
        self.limiter.complete(await self.limiter.acquire(), OK, Verdict.ACCEPTED)

    async def come(self, name: str, scope: CancelScope | None = None) -> None:
        """Wait for leave, and note when it came."""
        with scope or CancelScope():
            await self.limiter.acquire()
            self.through.append((name, self.clock.now()))


async def settled() -> None:
    """Let everybody do what can be done now."""
    for _ in range(10):
        await checkpoint()


@pytest.mark.parametrize("waits", [False, True])
async def test_nobody_goes_once_the_run_stops(waits: bool) -> None:  # noqa: FBT001 - a table's column
    """Neither who comes then, nor who has been waiting; and the line is empty."""
    house = House()
    refused: list[str] = []

    async def come(name: str) -> None:
        try:
            await house.limiter.acquire()
        except StoppedError:
            refused.append(name)

    if waits:
        await house.limiter.acquire()
    async with create_task_group() as tasks:
        if not waits:
            house.stop_signal.request(StopReason.INTERRUPTED)
        tasks.start_soon(come, "a")
        tasks.start_soon(come, "b")
        await settled()
        house.stop_signal.request(StopReason.INTERRUPTED)
    assert sorted(refused) == ["a", "b"]
    assert house.pacer.in_flight == waits
    assert not house.limiter._line


async def test_who_waits_goes_when_the_pacing_allows_it_and_not_before() -> None:
    """One by one and in order, where only one may go at a time."""
    house = House(rate=Rate(1, 1.0))
    await house.prove()
    async with house.clock.autojump(), create_task_group() as tasks:
        for name in "abc":
            tasks.start_soon(house.come, name)
    assert [name for name, _ in house.through] == ["a", "b", "c"]
    assert [moment for _, moment in house.through] == pytest.approx([1.02, 2.04, 3.06])
    assert house.pacer.in_flight == 3


async def test_nobody_passes_those_who_wait() -> None:
    """Not even who comes in the instant in which the first of them may go."""
    house = House(rate=Rate(1, 1.0))
    await house.prove()
    async with create_task_group() as tasks:
        tasks.start_soon(house.come, "a")
        await settled()
        house.clock.advance(1.02)
        tasks.start_soon(house.come, "b")
        await settled()
        assert [name for name, _ in house.through] == ["a"]
        house.clock.advance(1.02)
    assert [name for name, _ in house.through] == ["a", "b"]


async def test_the_head_of_the_line_takes_along_all_who_may_go() -> None:
    """And no more: two of three, where there is room for two."""
    house = House(concurrency=2)
    first = await house.limiter.acquire()
    async with create_task_group() as tasks:
        for name in "abc":
            tasks.start_soon(house.come, name)
        await settled()
        assert house.through == []
        house.limiter.complete(first, OK, Verdict.ACCEPTED)
        await settled()
        assert [name for name, _ in house.through] == ["a", "b"]
        assert house.pacer.in_flight == 2
        tasks.cancel_scope.cancel()


async def test_leave_that_comes_to_one_who_has_just_gone_away_is_handed_back() -> None:
    """Else one place fewer would be left for everybody, for ever."""
    house = House()
    first = await house.limiter.acquire()
    scope = CancelScope()
    async with create_task_group() as tasks:
        tasks.start_soon(house.come, "a")
        tasks.start_soon(house.come, "b", scope)
        await settled()
        house.limiter.complete(first, OK, Verdict.ACCEPTED)
        scope.cancel()
    assert [name for name, _ in house.through] == ["a"]
    assert house.pacer.in_flight == 1


async def test_who_leaves_the_line_is_not_given_leave() -> None:
    """The next takes the head of it."""
    house = House()
    first = await house.limiter.acquire()
    scope = CancelScope()
    async with create_task_group() as tasks:
        tasks.start_soon(house.come, "a", scope)
        tasks.start_soon(house.come, "b")
        await settled()
        scope.cancel()
        await settled()
        house.limiter.complete(first, OK, Verdict.ACCEPTED)
    assert [name for name, _ in house.through] == ["b"]
    assert house.pacer.in_flight == 1


async def test_a_dropped_ticket_lets_the_next_go() -> None:
    """At once: nobody waits for an answer that will not come."""
    house = House()
    first = await house.limiter.acquire()
    async with create_task_group() as tasks:
        tasks.start_soon(house.come, "a")
        await settled()
        house.limiter.abandon(first)
    assert [name for name, _ in house.through] == ["a"]


@pytest.mark.parametrize(
    ("answer", "verdict", "is_down", "proves", "pauses"),
    [
        (OK, Verdict.ACCEPTED, False, True, 0.0),
        (Reply(404, {}, b""), Verdict.NOT_FOUND, False, True, 0.0),
        (Reply(400, {}, b""), Verdict.REJECTED, False, True, 0.0),
        (Reply(403, {}, b""), Verdict.FORBIDDEN, False, False, 0.0),
        (Reply(401, {}, b""), Verdict.UNAUTHORIZED, False, False, 0.0),
        (Reply(500, {}, b""), Verdict.FAULT, True, False, 1.0),
        (Reply(503, {}, b""), Verdict.FAULT, True, False, 1.0),
        (Reply(200, {}, b"<html>"), Verdict.FAULT, True, False, 1.0),
        (DOWN, Verdict.FAULT, True, False, 1.0),
        (DOWN, Verdict.ACCEPTED, True, False, 1.0),
        (LIMITED, Verdict.THROTTLED, False, True, 2.0),
    ],
)
async def test_an_answer_is_handed_to_the_pacing_as_what_it_is(
    answer: Reply | Failure, verdict: Verdict, *, is_down: bool, proves: bool, pauses: float
) -> None:
    """A fault opens the breaker, a refusal of the keys does not prove them, a 429 pauses."""
    house = House()
    assert house.limiter.complete(await house.limiter.acquire(), answer, verdict) is verdict
    assert house.pacer.is_down is is_down
    assert house.pacer._proven is proves
    assert peek(house.pacer, 0.0) == pauses
    assert house.pacer.in_flight == 0


async def test_a_503_among_sound_answers_becomes_a_429() -> None:
    """Only a 503: other faults stay faults, however many."""
    house = House(concurrency=32)
    for status, limits in ((503, 5), (500, 0)):
        await house.prove()
        permits = [force(house.pacer, 0.0) for _ in range(9)]
        verdicts = [house.limiter.complete(one, Reply(status, {}, b""), Verdict.FAULT) for one in permits]
        assert verdicts == [Verdict.FAULT] * (9 - limits) + [Verdict.THROTTLED] * limits
        house = House(concurrency=32)


async def test_time_is_paused_where_nothing_may_go_and_not_where_a_rate_is_kept_to() -> None:
    """The summary says how long."""
    house = House(rate=Rate(1, 1.0))
    await house.prove()
    async with house.clock.autojump():
        await house.come("a")
    assert house.limiter.paused == 0.0
    house = House()
    house.limiter.complete(await house.limiter.acquire(), LIMITED, Verdict.THROTTLED)
    async with house.clock.autojump():
        await house.come("a")
    assert house.limiter.paused == pytest.approx(2.0)
    assert house.through[0][1] == pytest.approx(2.0)


async def test_no_more_than_the_time_is_waited_and_an_answer_ends_it() -> None:
    """A pause is over when its time is, although no answer comes; a new answer is heard before."""
    house = House(concurrency=2)
    await house.prove()
    one, other = await house.limiter.acquire(), await house.limiter.acquire()
    assert isinstance(one, Permit)
    async with create_task_group() as tasks:
        tasks.start_soon(house.come, "a")
        await settled()
        house.limiter.complete(one, LIMITED, Verdict.THROTTLED)
        await settled()
        assert house.through == []
        house.clock.advance(2.0)
        await settled()
        assert house.through == [("a", 2.0)]
    house.limiter.complete(other, OK, Verdict.ACCEPTED)
    assert house.pacer.in_flight == 1


async def test_leave_can_be_handed_back_while_nobody_waits() -> None:
    """Then it is as if it had not been given."""
    house = House()
    house.limiter.abandon(await house.limiter.acquire())
    assert house.pacer.in_flight == 0
    assert (await house.limiter.acquire()).is_probe


async def test_a_point_in_time_is_read_by_the_clock_on_the_wall() -> None:
    """Where the reply does not say what time it is there."""
    house = House()
    moment = str(int(house.clock.wall()) + 7)
    permit = await house.limiter.acquire()
    house.limiter.complete(permit, Reply(429, {"Retry-After": moment}, b""), Verdict.THROTTLED)
    assert peek(house.pacer, 0.0) == pytest.approx(7.0, abs=1.0)


async def test_the_pacing_knows_how_many_wait() -> None:
    """Where more wait than the window has left, the last of it find out, one by one, when it turns."""
    house = House(concurrency=32)
    quota = {"X-RateLimit-Limit": "500", "X-RateLimit-Period": "5"}
    told = Reply(200, {**quota, "X-RateLimit-Remaining": "4", "X-RateLimit-Reset": "4"}, b"{}")
    first = await house.limiter.acquire()
    house.pacer._window.others.before = 0.0
    async with create_task_group() as tasks:
        for name in "abcdefgh":
            tasks.start_soon(house.come, name)
        await settled()
        house.limiter.complete(first, told, Verdict.ACCEPTED)
        await settled()
        assert house.through == []
        house.clock.advance(0.5)
        await settled()
        assert house.through == [("a", 0.5)]
        tasks.cancel_scope.cancel()


async def test_pauses_add_up() -> None:
    """Each counts from when it began."""
    house = House()
    for number in (1, 2):
        house.limiter.complete(await house.limiter.acquire(), LIMITED, Verdict.THROTTLED)
        async with house.clock.autojump():
            house.limiter.complete(await house.limiter.acquire(), OK, Verdict.ACCEPTED)
        assert house.limiter.paused == pytest.approx(2.0 * number)
        house.clock.advance(10.0)
