"""What is said at once while a run goes on: each thing once, and none that is not so."""

from collections.abc import Callable

from anyio import create_task_group
from support.cliapp import Shown
from support.fakeapi import DOWN, OK, FakeApi, Rows, refs
from support.faketime import FakeClock
from support.runs import new_run

from bulkcancel.models import Failure, FailureKind, InstanceRef, Reply, StopReason
from bulkcancel.progress.announcer import Announcer
from bulkcancel.progress.messages import Messages
from bulkcancel.settings import Settings

BLACK_HOLE = Failure(FailureKind.TIMEOUT, "no connection within 10 s")
NO_FILES = Failure(FailureKind.NO_FILES, "this process may open no more files (ulimit -n)")
STALE = Failure(FailureKind.STALE, "ServerDisconnectedError: Server disconnected")


async def said(
    rule: Callable[[InstanceRef, int], Reply | Failure], *, latency: float = 0.02, seconds: float = 60.0
) -> list[tuple[float, str]]:
    """What is said in that time of a run of a hundred rows, and after how many seconds."""
    clock = FakeClock()
    started = clock.now()
    stream = Shown()
    heard: list[tuple[float, str]] = []
    api = FakeApi(clock, rule, latency=latency)
    announcer = Announcer(Messages(stream, clock), clock)
    engine = new_run(api, Settings(concurrency=4), clock=clock, jitter=lambda: 0.5, observers=(announcer,))

    async def look() -> None:
        while clock.now() - started < seconds:
            await clock.sleep(0.5)
            heard.extend((clock.now() - started, line) for line in stream.getvalue().splitlines())
            stream.seek(0)
            stream.truncate()
        engine.stop(StopReason.INTERRUPTED)

    async with clock.autojump(), create_task_group() as tasks:
        tasks.start_soon(look)
        await engine.run(Rows(refs(100)), lambda _: None)
    return heard


async def test_the_first_fault_is_said_at_once_where_nothing_was_answered() -> None:
    """A host that drops what we send is known after one connect timeout, and said once."""
    heard = await said(lambda *_: BLACK_HOLE, latency=10.0, seconds=30.0)
    assert heard[0][0] <= 10.5
    assert "has not answered" in heard[0][1]
    assert "no connection within 10 s" in heard[0][1]
    assert len(heard) == 1


async def test_a_fault_among_answers_is_not_worth_a_word() -> None:
    """One that was followed, or led, by an answer is what retries are for; so is a stale connection."""
    assert await said(lambda ref, attempt: DOWN if (ref.line, attempt) == (50, 1) else OK) == []
    assert await said(lambda _, attempt: STALE if attempt == 1 else OK) == []


async def test_an_outage_is_said_once_and_so_is_its_end() -> None:
    """Whatever was said of its first fault is not said again with it."""
    clock_at: list[int] = []

    def rule(*_: object) -> Reply | Failure:
        clock_at.append(1)
        return DOWN if len(clock_at) <= 6 else OK

    heard = [line for _, line in await said(rule)]
    assert sum("not answered soundly" in line for line in heard) == 1
    assert sum("answers again" in line for line in heard) == 1
    assert len(heard) <= 3


async def test_too_few_descriptors_are_said_once_and_not_as_an_outage() -> None:
    """It is ours to mend: the words name the limit."""
    heard = [line for _, line in await said(lambda _, attempt: NO_FILES if attempt <= 3 else OK)]
    assert len(heard) == 1
    assert "ulimit -n" in heard[0]


async def test_a_header_that_cannot_be_true_is_said_once() -> None:
    """The pacing goes by the rest."""
    broken = Reply(200, {"X-RateLimit-Limit": "-1", "X-RateLimit-Remaining": "5"}, b"{}")
    heard = [line for _, line in await said(lambda *_: broken)]
    assert len(heard) == 1
    assert "can't be true" in heard[0]
