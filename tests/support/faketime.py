"""Virtual time: a `Clock` whose seconds pass only when a test, or an idle event loop, says so."""

import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

import anyio
from anyio.abc import TaskGroup
from anyio.lowlevel import checkpoint

EPOCH = 1_800_000_000.0
_IDLE_ROUNDS = 25


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self, start: float = 1000.0) -> None:
        self._now = start
        self._order = count()
        self._sleepers: list[tuple[float, int, anyio.Event]] = []
        self.changes = 0

    def now(self) -> float:
        """Seconds since an arbitrary point."""
        return self._now

    def wall(self) -> float:
        """Seconds since the epoch, in step with `now`."""
        return EPOCH + self._now

    async def sleep(self, seconds: float) -> None:
        """Park until the clock has been moved that far."""
        if seconds <= 0:
            await checkpoint()
            return
        entry = (self._now + seconds, next(self._order), anyio.Event())
        heapq.heappush(self._sleepers, entry)
        self.changes += 1
        try:
            await entry[2].wait()
        finally:
            self.changes += 1
            if entry in self._sleepers:
                self._sleepers.remove(entry)
                heapq.heapify(self._sleepers)

    def advance(self, seconds: float) -> None:
        """Move time on, waking the sleepers whose time has come in their order."""
        self._move_to(self._now + seconds)

    def _move_to(self, moment: float) -> None:
        while self._sleepers and self._sleepers[0][0] <= moment:
            due, _, event = heapq.heappop(self._sleepers)
            self._now = max(self._now, due)
            event.set()
        self._now = max(self._now, moment)

    @asynccontextmanager
    async def autojump(self) -> AsyncIterator[TaskGroup]:
        """Jump to the next sleeper whenever nothing else has happened for a while."""

        async def jump() -> None:
            while True:
                seen = self.changes
                for _ in range(_IDLE_ROUNDS):
                    await checkpoint()
                if seen == self.changes and self._sleepers:
                    self._move_to(self._sleepers[0][0])

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(jump)
            yield tasks
            tasks.cancel_scope.cancel()
