"""Requests that read: what is sent again, what is given up, and what stops the operation."""

from collections.abc import Iterable
from contextlib import suppress

import pytest
from support.fakeapi import DOWN, OK
from support.faketime import FakeClock

from bulkcancel.answers import Verdict
from bulkcancel.engine.limiter import Limiter
from bulkcancel.engine.observers import Observers
from bulkcancel.engine.reader import Reader
from bulkcancel.engine.stop_signal import StoppedError, StopSignal
from bulkcancel.events import Endpoint
from bulkcancel.models import Failure, FailureKind, InstanceRef, Reply, StopReason
from bulkcancel.pacing import Pacer
from bulkcancel.settings import Settings

REF = InstanceRef("w", "", 0)
BUSY = Reply(429, {"Retry-After": "3"}, b"")
BROKEN = Reply(500, {}, b"")
REFUSED = Reply(403, {}, b'{"errors":["Forbidden"]}')


class Script:
    """Answers, the last one again and again; a reader of its own asks for them."""

    def __init__(self, answers: Iterable[Reply | Failure], settings: Settings | None = None) -> None:
        self.clock = FakeClock(0.0)
        self.stop_signal = StopSignal()
        self.sent_at: list[float] = []
        self._answers = list(answers)
        self.reader = Reader(
            Endpoint.LIST,
            Limiter(Pacer(concurrency=4), self.clock, self.stop_signal),
            settings or Settings(),
            clock=self.clock,
            stop_signal=self.stop_signal,
            observers=Observers(),
            jitter=lambda: 1.0,
        )

    async def request(self) -> Reply | Failure:
        """Give the next."""
        self.sent_at.append(self.clock.now())
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    async def read(self) -> Verdict | None:
        """Ask until it is decided; None where everything stops first."""
        async with self.clock.autojump():
            with suppress(StoppedError):
                return (await self.reader.read(self.request, REF))[1].verdict
        return None


@pytest.mark.parametrize(
    ("answers", "verdict", "sent_at"),
    [
        ([OK], Verdict.ACCEPTED, [0.0]),
        ([BUSY, OK], Verdict.ACCEPTED, [0.0, 3.0]),
        ([Failure(FailureKind.STALE, "closed"), OK], Verdict.ACCEPTED, [0.0, 0.0]),
        ([Failure(FailureKind.NO_FILES, "none"), OK], Verdict.ACCEPTED, [0.0, 1.0]),
        ([REFUSED, OK], Verdict.FORBIDDEN, [0.0]),
        ([Reply(404, {}, b"{}"), OK], Verdict.NOT_FOUND, [0.0]),
        ([BROKEN, OK], Verdict.ACCEPTED, [0.0, 1.0]),
        ([Reply(200, {}, b"<html>"), OK], Verdict.ACCEPTED, [0.0, 1.0]),
    ],
)
async def test_what_is_decided_and_what_is_asked_again(
    answers: list[Reply | Failure], verdict: Verdict, sent_at: list[float]
) -> None:
    """A 429 waits as the limiter says, a fault backs off, a lost connection costs nothing."""
    script = Script(answers)
    assert await script.read() is verdict
    assert script.sent_at == sent_at
    assert script.reader.limiter.pacer.in_flight == 0


async def test_faults_and_429s_are_given_up_after_so_many() -> None:
    """As many as the settings say; what goes ahead as a probe for all is not counted."""
    script = Script([OK, BROKEN], Settings(max_attempts=3))
    assert await script.read() is Verdict.ACCEPTED
    assert await script.read() is Verdict.FAULT
    assert len(script.sent_at) <= 1 + 3 + 9
    script = Script([Reply(429, {"Retry-After": "1"}, b"")], Settings(max_throttled=2))
    assert await script.read() is Verdict.THROTTLED
    assert len(script.sent_at) == 2


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Reply(302, {"Location": "/login"}, b""), StopReason.MISROUTED),
        (Failure(FailureKind.UNTRUSTED, "self-signed"), StopReason.UNTRUSTED),
        (Failure(FailureKind.PROXY_REFUSED, "407"), StopReason.PROXY_REFUSED),
    ],
)
async def test_what_no_patience_mends_stops_it_all(answer: Reply | Failure, reason: StopReason) -> None:
    """At the first answer."""
    script = Script([answer])
    await script.read()
    assert script.stop_signal.reason is reason
    assert len(script.sent_at) == 1


async def test_an_api_that_is_away_for_minutes_stops_it_all() -> None:
    """Also where each request of its own would be given up only later."""
    script = Script([DOWN], Settings(max_attempts=100))
    assert await script.read() is None
    assert script.stop_signal.reason is StopReason.UNREACHABLE
    assert 120.0 <= script.sent_at[-1] <= 140.0


async def test_a_page_instead_of_an_answer_is_given_up_soon() -> None:
    """A log-in page does not go away by itself, and a person waits."""
    script = Script([Reply(200, {}, b"<html>Sign in</html>")])
    async with script.clock.autojump():
        _, meaning = await script.reader.read(script.request, REF)
    assert (len(script.sent_at), meaning.verdict) == (3, Verdict.FAULT)
    assert meaning.detail.endswith("Sign in</html> (asked 3 times)")
    assert script.clock.now() < 5.0


async def test_without_files_it_ends_in_the_end() -> None:
    """After two minutes, and no request is counted as a fault of the API."""
    script = Script([Failure(FailureKind.NO_FILES, "none")])
    assert await script.read() is None
    assert script.stop_signal.reason is StopReason.NO_FILES
    assert not script.reader.limiter.pacer.is_down


async def test_a_single_request_is_sent_once_and_stops_nothing() -> None:
    """Whatever it brings."""
    for answer in (BROKEN, BUSY, DOWN, Reply(302, {"Location": "/login"}, b"")):
        script = Script([answer])
        found, _ = await script.reader.once(script.request, REF)
        assert found is answer
        assert len(script.sent_at) == 1
        assert script.stop_signal.reason is None
