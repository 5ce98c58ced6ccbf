"""Watching an instance until it has ended: when it is looked at, and what is said."""

import pytest
from support.fakeapi import DOWN, ENDED, OK, FakeApi
from support.faketime import FakeClock
from support.pacing import peek
from support.runs import Heard

from bulkcancel.answers import State
from bulkcancel.engine.limiter import Limiter
from bulkcancel.engine.observers import Observers
from bulkcancel.engine.reader import Reader
from bulkcancel.engine.stop_signal import StoppedError, StopSignal
from bulkcancel.engine.verifier import Verifier
from bulkcancel.events import Attempted, Endpoint
from bulkcancel.models import Failure, FailureKind, InstanceRef, Outcome, Reply, StopReason
from bulkcancel.pacing import Pacer
from bulkcancel.settings import Settings

REF = InstanceRef("w", "i", 1)
STALE = Failure(FailureKind.STALE, "closed")
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


def verifier(api: FakeApi) -> tuple[Verifier, Limiter, StopSignal]:
    """One with a limiter of its own."""
    stop_signal = StopSignal()
    limiter = Limiter(Pacer(concurrency=4), api.clock, stop_signal)
    return verifier_with(api, limiter, stop_signal, Observers()), limiter, stop_signal


def verifier_with(api: FakeApi, limiter: Limiter, stop_signal: StopSignal, observers: Observers) -> Verifier:
    """One that reads through this limiter."""
    reader = Reader(
        Endpoint.READ,
        limiter,
        Settings(),
        clock=api.clock,
        stop_signal=stop_signal,
        observers=observers,
        jitter=lambda: 1.0,
    )
    return Verifier(api.get_instance, reader, clock=api.clock, stop_signal=stop_signal, observers=observers)


async def test_it_looks_after_half_a_second_and_then_ever_more_rarely() -> None:
    """Half as long again each time, to five seconds; and once more at the end of its time."""
    api = Looking(1e9, RUNNING)
    async with api.clock.autojump():
        outcome, detail = await verifier(api)[0].watch(REF, 20.0)
    pauses = [later - earlier for earlier, later in zip([0.0, *api.looked_at], api.looked_at, strict=False)]
    assert pauses == pytest.approx([0.5, 0.75, 1.125, 1.6875, 2.53125, 3.796875, 5.0, 4.609375])
    assert api.clock.now() == 20.0
    assert (outcome, detail) == (Outcome.UNCONFIRMED, "not seen to end within 20 s; last seen running")


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
    async with api.clock.autojump():
        assert await verifier(api)[0].watch(REF, 20.0) == (outcome, detail)
    assert api.looked_at == [0.5, 1.25]


async def test_what_could_not_be_read_is_said() -> None:
    """By its last read."""
    api = Looking(0.0, Reply(403, {}, b'{"errors":["Forbidden"]}'))
    async with api.clock.autojump():
        outcome, detail = await verifier(api)[0].watch(REF, 1.0)
    assert (outcome, detail) == (
        Outcome.UNCONFIRMED,
        "not seen to end within 1 s; the read answered 403 Forbidden",
    )


@pytest.mark.parametrize(
    ("stopped_at", "detail"),
    [
        (0.1, "the run stopped before it was seen to end"),
        (0.6, "the run stopped before it was seen to end; last seen running"),
    ],
)
async def test_it_ends_with_the_run(stopped_at: float, detail: str) -> None:
    """At once, and says what it saw last."""
    api = Looking(1e9, RUNNING)
    one, _, stop_signal = verifier(api)

    async with api.clock.autojump() as tasks:
        tasks.start_soon(stop_later, api.clock, stop_signal, stopped_at)
        assert await one.watch(REF, 20.0) == (Outcome.UNCONFIRMED, detail)
    assert api.clock.now() == stopped_at
    with pytest.raises(StoppedError):
        await one.look(REF)


async def stop_later(clock: FakeClock, stop_signal: StopSignal, at: float) -> None:
    """Stop the run then."""
    await clock.sleep(at)
    stop_signal.request(StopReason.INTERRUPTED)


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
    one, limiter, stop_signal = verifier(Looking(0.0, answer))
    assert (await one.look(REF))[0] is state
    assert peek(limiter.pacer, 0.0) == pauses
    assert limiter.pacer.is_down is is_down
    assert limiter.pacer.in_flight == 0
    assert stop_signal.reason is None


async def test_a_read_that_raises_gives_its_place_back() -> None:
    """And is raised."""
    api = Looking(0.0, OK)
    one, limiter, _ = verifier(api)

    async def explode(ref: InstanceRef) -> Reply | Failure:
        raise ZeroDivisionError(ref)

    one._read_instance = explode
    with pytest.raises(ZeroDivisionError):
        await one.look(REF)
    assert limiter.pacer.in_flight == 0
    assert peek(limiter.pacer, 0.0) == 0.0


async def test_the_instance_that_is_asked_for_is_read_once_or_again() -> None:
    """Once, whatever comes; again only where its connection had gone stale."""
    for answer, times in ((DOWN, 1), (OK, 1), (STALE, 2)):
        api = Looking(0.0, answer)
        read: list[InstanceRef] = []

        async def note(
            ref: InstanceRef, read: list[InstanceRef] = read, api: Looking = api
        ) -> Reply | Failure:
            read.append(ref)
            return await api.get_instance(ref)

        one, limiter, _ = verifier(api)
        one._read_instance = note
        await one.look(REF)
        assert read == [REF] * times
        assert limiter.pacer.in_flight == 0


async def test_a_refused_cancel_is_looked_into_at_its_own_instance() -> None:
    """Unless the keys may not read."""
    api = Looking(0.0, Reply(200, {}, ENDED % b"FAILED"))
    one, _, _ = verifier(api)
    read: list[InstanceRef] = []

    async def note(ref: InstanceRef) -> Reply | Failure:
        read.append(ref)
        return await api.get_instance(ref)

    one._read_instance = note
    async with api.clock.autojump():
        assert await one.had_ended(REF) is True
        one.may_read = False
        assert await one.had_ended(REF) is False
    assert read == [REF]


async def test_a_read_is_told_with_its_instance_its_answer_and_its_time() -> None:
    """To whoever watches."""
    api = Looking(0.0, Reply(503, {}, b""))
    one, _, _ = verifier(api)
    heard = Heard()
    one._reader._observers = Observers((heard,))

    async def slowly(ref: InstanceRef) -> Reply | Failure:
        await api.clock.sleep(2.0)
        return await api.get_instance(ref)

    one._read_instance = slowly
    async with api.clock.autojump():
        await one.look(REF)
    assert heard.events == [Attempted(Endpoint.READ, REF, 503, None, 2.0)]
