"""The one place where requests wait for leave to go, in the order they came."""

import math
from typing import TYPE_CHECKING

from anyio import Event, Lock, create_task_group

from bulkcancel.engine.brake import StoppedError
from bulkcancel.models import Failure, Reply
from bulkcancel.pacing import read_notice
from bulkcancel.policy import Verdict

if TYPE_CHECKING:
    from bulkcancel.clock import Clock
    from bulkcancel.engine.brake import Brake
    from bulkcancel.pacing import Pacer, Ticket


class Gate:
    """Carries out what the pacer decides: all workers share it, so one 429 pauses everybody once.

    Attributes:
        pacer: What decides.
        paused: Seconds for which quota or an outage held back every request.
    """

    def __init__(self, pacer: "Pacer", clock: "Clock", brake: "Brake") -> None:
        self.pacer = pacer
        self.paused = 0.0
        self._clock = clock
        self._brake = brake
        self._line = Lock(fast_acquire=True)
        self._waiting = 0
        self._news = Event()

    async def enter(self) -> "Ticket":
        """Wait for leave to send one request.

        Raises:
            StoppedError: The run stops.
        """
        if self._brake.reason is not None:
            raise StoppedError
        if not self._waiting:
            now = self._clock.now()
            if self.pacer.ask(now) == 0.0:
                return self.pacer.sent(now)
        self._waiting += 1
        try:
            with self._brake.interrupts():
                async with self._line:
                    return await self._first_in_line()
        finally:
            self._waiting -= 1
        raise StoppedError

    def settle(self, ticket: "Ticket", answer: Reply | Failure, verdict: Verdict) -> None:
        """Hand a ticket back with what came of its request."""
        now = self._clock.now()
        if verdict is Verdict.FAULT or isinstance(answer, Failure):
            self.pacer.lost(ticket, now)
        else:
            notice = read_notice(answer.headers, self._clock.wall())
            if verdict is Verdict.THROTTLED:
                self.pacer.throttled(ticket, now, notice)
            else:
                refused = verdict is Verdict.FORBIDDEN or verdict is Verdict.UNAUTHORIZED
                self.pacer.accepted(ticket, now, notice, proves=not refused)
        if self._waiting:
            self._news.set()

    def drop(self, ticket: "Ticket") -> None:
        """Hand a ticket back unused, or with a request that was given up."""
        self.pacer.dropped(ticket)
        self._news.set()

    async def _first_in_line(self) -> "Ticket":
        while True:
            now = self._clock.now()
            wait = self.pacer.ask(now, self._waiting)
            if wait == 0.0:
                return self.pacer.sent(now)
            self._news = Event()
            hold = self.pacer.hold
            try:
                await self._wait_for_news(wait)
            finally:
                if hold is not None and hold.rate is None:
                    self.paused += self._clock.now() - now

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
