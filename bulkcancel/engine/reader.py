"""The one place that sends requests which change nothing of an instance: paced, and tried again."""

from dataclasses import replace
from typing import TYPE_CHECKING

from bulkcancel.answers import NOT_JSON, Classification, Verdict, classify
from bulkcancel.engine.sender import (
    FREE_PROBES,
    FREE_PROBES_AT_FIRST,
    HOPELESS,
    LONGEST_RETRY_AFTER,
    LONGEST_STARVED,
    UNTIL_FILES_ARE_FREE,
)
from bulkcancel.engine.stop_signal import StoppedError
from bulkcancel.models import Failure, FailureKind, Reply, StopReason
from bulkcancel.pacing import read_rate_limit_headers
from bulkcancel.policy import backoff, is_out_of_reach

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bulkcancel.clock import Clock
    from bulkcancel.engine.limiter import Limiter
    from bulkcancel.engine.observers import Observers
    from bulkcancel.engine.stop_signal import StopSignal
    from bulkcancel.events import Endpoint
    from bulkcancel.models import InstanceRef
    from bulkcancel.pacing import Permit
    from bulkcancel.settings import Settings

    Request = Callable[[], Awaitable[Reply | Failure]]


_MOST_PAGES_INSTEAD = 3  # answers to one request that something in between has written


class Reader:
    """Sends the requests of one endpoint through its limiter.

    Attributes:
        limiter: The endpoint's own.
    """

    def __init__(
        self,
        endpoint: "Endpoint",
        limiter: "Limiter",
        settings: "Settings",
        *,
        clock: "Clock",
        stop_signal: "StopSignal",
        observers: "Observers",
        jitter: "Callable[[], float]",
    ) -> None:
        self.limiter = limiter
        self._endpoint = endpoint
        self._settings = settings
        self._clock = clock
        self._stop_signal = stop_signal
        self._observers = observers
        self._jitter = jitter
        self._has_answered = False

    async def once(self, request: "Request", ref: "InstanceRef") -> tuple[Reply | Failure, Classification]:
        """Send a request once; one that was lost with a stale connection goes again.

        Returns:
            The answer, and what it means: a 503 may turn out to be a rate limit's.

        Raises:
            StoppedError: The operation stops, and nothing was sent.
        """
        answer, meaning, _ = await self._send(request, ref)
        return answer, meaning

    async def read(self, request: "Request", ref: "InstanceRef") -> tuple[Reply | Failure, Classification]:
        """Send a request until it is decided or given up: 429s wait at the limiter, faults back off.

        A page that something in between has written, such as a log-in, is asked for three times at most:
        it hardly ever goes away by itself, and a person waits. An API that leads elsewhere, is not to be
        trusted or stays away for minutes stops the operation.
        A refusal is the caller's to weigh.

        Returns:
            The last answer, and what it means.

        Raises:
            StoppedError: The operation stops first.
        """
        faults = throttled = probes = pages = 0
        starved_since: float | None = None
        while True:
            answer, meaning, permit = await self._send(request, ref)
            if meaning.verdict is Verdict.THROTTLED:
                self._has_answered = True
                throttled += 1
                if throttled >= self._settings.max_throttled:
                    return answer, meaning
                continue
            if meaning.verdict is not Verdict.FAULT:
                self._has_answered = True
                if meaning.verdict is Verdict.MISROUTED:
                    self._stop_signal.request(StopReason.MISROUTED)
                return answer, meaning
            if isinstance(answer, Failure) and answer.kind is FailureKind.NO_FILES:
                starved_since = await self._wait_for_files(starved_since)
                continue
            starved_since = None
            pages += meaning.code == NOT_JSON
            if pages >= _MOST_PAGES_INSTEAD:
                return answer, replace(meaning, detail=f"{meaning.detail} (asked {pages} times)")
            most_free = FREE_PROBES if self._has_answered else FREE_PROBES_AT_FIRST
            if permit.is_probe and self.limiter.pacer.is_down and probes < most_free:
                probes += 1  # it goes ahead for all while the API is down, and does not pay for that
            else:
                faults += 1
            self._weigh_outage(answer)
            if faults >= self._settings.max_attempts:
                return answer, meaning
            await self._pause(max(backoff(max(1, faults), self._jitter()), self._told_to_wait(answer)))

    async def _wait_for_files(self, starved_since: float | None) -> float:
        """Wait until files may be free again; gives since when there have been none."""
        now = self._clock.now()
        since = now if starved_since is None else starved_since
        if now - since >= LONGEST_STARVED:
            self._stop_signal.request(StopReason.NO_FILES)
        await self._pause(UNTIL_FILES_ARE_FREE)
        return since

    async def _send(
        self, request: "Request", ref: "InstanceRef"
    ) -> "tuple[Reply | Failure, Classification, Permit]":
        answer, permit = await self._ask(request, ref)
        if isinstance(answer, Failure) and answer.kind is FailureKind.STALE:
            self.limiter.abandon(permit)
            answer, permit = await self._ask(request, ref)
        meaning = classify(answer)
        if isinstance(answer, Failure) and answer.kind is FailureKind.NO_FILES:
            self.limiter.abandon(permit)  # nothing was sent, which says nothing of the API
            return answer, meaning, permit
        # The same statuses mean the same things to the pacing, whichever request they answer.
        verdict = self.limiter.complete(permit, answer, meaning.verdict)
        if verdict is not meaning.verdict:
            meaning = replace(meaning, verdict=verdict)
        return answer, meaning, permit

    async def _ask(self, request: "Request", ref: "InstanceRef") -> "tuple[Reply | Failure, Permit]":
        permit = await self.limiter.acquire()
        if self._stop_signal.reason is not None:  # by the answer that let this one go
            self.limiter.abandon(permit)
            raise StoppedError
        try:
            answer = await request()
        except BaseException:
            self.limiter.abandon(permit)
            raise
        if self._observers:
            self._observers.tell_attempt(self._endpoint, ref, answer, self._clock.now() - permit.sent_at)
        return answer, permit

    def _weigh_outage(self, answer: Reply | Failure) -> None:
        if isinstance(answer, Failure) and answer.kind in HOPELESS and not self._has_answered:
            self._stop_signal.request(HOPELESS[answer.kind])
        down_for = self.limiter.pacer.down_for(self._clock.now())
        if is_out_of_reach(down_for, has_answered=self._has_answered):
            self._stop_signal.request(StopReason.UNREACHABLE)

    def _told_to_wait(self, answer: Reply | Failure) -> float:
        if isinstance(answer, Failure):
            return 0.0
        told = read_rate_limit_headers(answer.headers, self._clock.wall()).retry_after
        return min(told or 0.0, LONGEST_RETRY_AFTER)

    async def _pause(self, seconds: float) -> None:
        with self._stop_signal.interrupts():
            await self._clock.sleep(seconds)
