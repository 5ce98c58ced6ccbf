"""What is said at once while a run goes on: each thing once, and none that is not so."""

from collections.abc import Callable

import pytest
from anyio import create_task_group
from support.cliapp import Shown
from support.fakeapi import DOWN, OK, FakeApi, Rows, refs
from support.faketime import FakeClock
from support.runs import new_run

from bulkcancel.events import Endpoint, OutageBegan, OutageEnded
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
    assert "No answer from the API for 10 s" in heard[0][1]
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
    assert sum("Nothing is lost." in line for line in heard) == 1
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


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (OutageBegan(Endpoint.CANCEL, 988.0, "Service Unavailable", 503), "API errors for 12 s (503)."),
        (OutageBegan(Endpoint.CANCEL, 988.0, "http_5xx", 520), "API errors for 12 s (520)."),
        (OutageBegan(Endpoint.CANCEL, 988.0, "the database is away", 500), "API errors for 12 s (500): the database is away."),
        (OutageBegan(Endpoint.CANCEL, 999.5, "ClientOSError: Broken pipe"), "No answer from the API: Broken pipe."),
        (OutageBegan(Endpoint.READ, 925.0, "refused"), "Reads of instances: no answer from the API for 1:15: refused."),
    ],
)  # fmt: skip
def test_an_outage_is_said_with_what_it_means_for_the_job(event: OutageBegan, words: str) -> None:
    """What happened, what it means, and that there is nothing to do."""
    clock, stream = FakeClock(), Shown()
    announcer = Announcer(Messages(stream, clock), clock)
    announcer.observe(event)
    announcer.observe(OutageEnded(event.endpoint, 20.0))
    first, second = stream.getvalue().splitlines()
    assert first == f"{words} Paused, asking again every 1 to 10 s. Nothing is lost."
    what = "" if event.endpoint is Endpoint.CANCEL else " reads of instances"
    assert second == f"The API answers{what} again, after 20 s. Going on."
