"""The one place where requests wait for leave to go, in the order they came."""

import math
from collections import deque
from typing import TYPE_CHECKING

from anyio import Event, create_task_group
from anyio.lowlevel import checkpoint

from bulkcancel.answers import Verdict
from bulkcancel.engine.limiter_watch import LimiterWatch
from bulkcancel.engine.observers import Observers
from bulkcancel.engine.stop_signal import StoppedError
from bulkcancel.events import Endpoint
from bulkcancel.models import Failure, Reply
from bulkcancel.pacing import Permit, read_rate_limit_headers

if TYPE_CHECKING:
    from bulkcancel.clock import Clock
    from bulkcancel.engine.stop_signal import StopSignal
    from bulkcancel.pacing import Pacer, Wait

_UNAVAILABLE = 503


class _Waiter:
    """One request that waits in line."""

    def __init__(self) -> None:
        self.turn = Event()
        self.permit: Permit | None = None


class Limiter:
    """Carries out what the pacer decides: all workers share it, so one 429 pauses everybody once.

    Attributes:
        pacer: What decides.
        paused: Seconds for which quota or an outage held back every request.
    """

    def __init__(
        self, pacer: "Pacer", clock: "Clock", stop_signal: "StopSignal", watch: LimiterWatch | None = None
    ) -> None:
        self.pacer = pacer
        self.paused = 0.0
        self._clock = clock
        self._stop_signal = stop_signal
        self._watch = watch or LimiterWatch(Endpoint.CANCEL, pacer, Observers(), clock)
        self._line: deque[_Waiter] = deque()
        self._news = Event()

    async def acquire(self) -> Permit:
        """Wait for leave to send one request.

        Everybody else has a turn first. So all replies at hand are taken in before it is decided whether
        more may go; and where many come at once, the same steps are done for all of them in a row, which
        a processor's caches and branch predictors repay with a sixth of the time of the whole request.

        Raises:
            StoppedError: The run stops.
        """
        await checkpoint()
        if self._stop_signal.reason is not None:
            raise StoppedError
        if not self._line:
            decision = self.pacer.ask(self._clock.now())
            if isinstance(decision, Permit):
                if self._watch.told is not None:
                    self._watch.resumed()
                return decision
        return await self._stand_in_line()

    async def _stand_in_line(self) -> Permit:
        waiter = _Waiter()
        self._line.append(waiter)
        try:
            with self._stop_signal.interrupts():
                if self._line[0] is not waiter:
                    await waiter.turn.wait()
                if waiter.permit is None:
                    await self._lead()
        except BaseException:
            if waiter.permit is not None:
                self.abandon(waiter.permit)
            raise
        finally:
            if waiter.permit is None:
                self._line.remove(waiter)
            if self._line:
                self._line[0].turn.set()
        if waiter.permit is None:
            raise StoppedError
        return waiter.permit

    def complete(self, permit: Permit, answer: Reply | Failure, verdict: Verdict) -> Verdict:
        """Hand a permit back with what came of its request.

        Returns:
            The verdict that holds: a 503 may turn out to be a rate limit's.
        """
        now = self._clock.now()
        if isinstance(answer, Failure) or (verdict is Verdict.FAULT and answer.status != _UNAVAILABLE):
            self.pacer.record_failure(permit, now)
        else:
            limits = read_rate_limit_headers(answer.headers, self._clock.wall())
            if verdict is Verdict.FAULT:
                if self.pacer.record_unavailable(permit, now, limits):
                    verdict = Verdict.THROTTLED
            elif verdict is Verdict.THROTTLED:
                self.pacer.record_throttled(permit, now, limits)
            else:
                refused = verdict is Verdict.FORBIDDEN or verdict is Verdict.UNAUTHORIZED
                self.pacer.record_accepted(permit, now, limits, proves=not refused)
        self._watch.answered(answer)
        if self._line:
            self._news.set()
        return verdict

    def abandon(self, permit: Permit) -> None:
        """Hand a permit back unused, or with a request that was given up."""
        self.pacer.release(permit)
        self._news.set()

    async def _lead(self) -> None:
        """Wait at the head of the line, and take along all who may go as well.

        One at a time, each would have to wake the next, and where replies come faster than that the
        line would never end.
        """
        while True:
            now = self._clock.now()
            decision = self.pacer.ask(now, len(self._line))
            if isinstance(decision, Permit):
                self._let_go(decision, now)
                return
            self._news = Event()
            if decision.reason is not None:
                self._watch.held(decision)
            try:
                await self._wait_for_news(decision.seconds)
            finally:
                if decision.reason is not None and decision.rate is None:
                    self.paused += self._clock.now() - now

    def _let_go(self, decision: "Permit | Wait", now: float) -> None:
        """Hand a permit to the head of the line, and more to those behind it, as far as there are any."""
        while isinstance(decision, Permit):
            waiter = self._line.popleft()
            waiter.permit = decision
            waiter.turn.set()
            if not self._line:
                break
            decision = self.pacer.ask(now, len(self._line))
        if self._watch.is_paused:
            self._watch.resumed()

    async def _wait_for_news(self, at_most: float) -> None:
        """Wait until an answer is in, or that many seconds have passed."""
        news = self._news
        if at_most == math.inf:
            await news.wait()
            return

        async def ring() -> None:
            await self._clock.sleep(at_most)
            news.set()

        async with create_task_group() as tasks:
            tasks.start_soon(ring)
            await news.wait()
            tasks.cancel_scope.cancel()
