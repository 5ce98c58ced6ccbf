"""The one place where requests wait for leave to go, in the order they came."""

import math
from collections import deque
from typing import TYPE_CHECKING

from anyio import Event, create_task_group
from anyio.lowlevel import checkpoint

from bulkcancel.engine.brake import StoppedError
from bulkcancel.models import Failure, Reply
from bulkcancel.pacing import read_notice
from bulkcancel.policy import Verdict

if TYPE_CHECKING:
    from bulkcancel.clock import Clock
    from bulkcancel.engine.brake import Brake
    from bulkcancel.pacing import Pacer, Ticket

_UNAVAILABLE = 503


class _Place:
    """One request's place in the line."""

    def __init__(self) -> None:
        self.turn = Event()
        self.ticket: Ticket | None = None


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
        self._line: deque[_Place] = deque()
        self._news = Event()

    async def enter(self) -> "Ticket":
        """Wait for leave to send one request.

        Everybody else has a turn first. So all replies at hand are taken in before it is decided whether
        more may go; and where many come at once, the same steps are done for all of them in a row, which
        a processor's caches and branch predictors repay with a sixth of the time of the whole request.

        Raises:
            StoppedError: The run stops.
        """
        await checkpoint()
        if self._brake.reason is not None:
            raise StoppedError
        if not self._line:
            now = self._clock.now()
            if self.pacer.ask(now) == 0.0:
                return self.pacer.sent(now)
        return await self._stand_in_line()

    async def _stand_in_line(self) -> "Ticket":
        place = _Place()
        self._line.append(place)
        try:
            with self._brake.interrupts():
                if self._line[0] is not place:
                    await place.turn.wait()
                if place.ticket is None:
                    await self._lead()
        except BaseException:
            if place.ticket is not None:
                self.drop(place.ticket)
            raise
        finally:
            if place.ticket is None:
                self._line.remove(place)
            if self._line:
                self._line[0].turn.set()
        if place.ticket is None:
            raise StoppedError
        return place.ticket

    def settle(self, ticket: "Ticket", answer: Reply | Failure, verdict: Verdict) -> Verdict:
        """Hand a ticket back with what came of its request.

        Returns:
            The verdict that holds: a 503 may turn out to be a rate limit's.
        """
        now = self._clock.now()
        if isinstance(answer, Failure) or (verdict is Verdict.FAULT and answer.status != _UNAVAILABLE):
            self.pacer.lost(ticket, now)
        else:
            notice = read_notice(answer.headers, self._clock.wall())
            if verdict is Verdict.FAULT:
                if self.pacer.unavailable(ticket, now, notice):
                    verdict = Verdict.THROTTLED
            elif verdict is Verdict.THROTTLED:
                self.pacer.throttled(ticket, now, notice)
            else:
                refused = verdict is Verdict.FORBIDDEN or verdict is Verdict.UNAUTHORIZED
                self.pacer.accepted(ticket, now, notice, proves=not refused)
        if self._line:
            self._news.set()
        return verdict

    def drop(self, ticket: "Ticket") -> None:
        """Hand a ticket back unused, or with a request that was given up."""
        self.pacer.dropped(ticket)
        self._news.set()

    async def _lead(self) -> None:
        """Wait at the head of the line, and take along all who may go as well.

        One at a time, each would have to wake the next, and where replies come faster than that the
        line would never end.
        """
        while True:
            now = self._clock.now()
            wait = self.pacer.ask(now, len(self._line))
            if wait == 0.0:
                while self._line and self.pacer.ask(now, len(self._line)) == 0.0:
                    place = self._line.popleft()
                    place.ticket = self.pacer.sent(now)
                    place.turn.set()
                return
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
