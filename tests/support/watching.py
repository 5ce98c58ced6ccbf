"""Watches of instances, with what they come to and when they looked."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from itertools import count, islice
from typing import Any

from anyio import create_task_group
from anyio.lowlevel import checkpoint
from support.fakeapi import FakeApi
from support.faketime import FakeClock

from bulkcancel.answers import Classification, State, Verdict
from bulkcancel.engine.dispatcher import Dispatcher
from bulkcancel.engine.state_reader import SeenState
from bulkcancel.engine.watch import Watch
from bulkcancel.engine.work_item import WorkItem
from bulkcancel.models import InstanceRef, Outcome
from bulkcancel.settings import Settings


class Surveys:
    """Sees as many pages as it is told, those end that are said to, and notes who was looked at when."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.pages = 0
        self.ended: set[str] = set()
        self.unreadable = ""  # the workflow that the keys may not read
        self.looks: list[tuple[float, list[str]]] = []

    def may_read(self, workflow_id: str) -> bool:
        """Tell."""
        return workflow_id != self.unreadable

    async def survey(self, refs: Iterable[InstanceRef], see: Callable[[SeenState], None]) -> int:
        """See each."""
        looked_at = list(refs)
        assert len({ref.workflow_id for ref in looked_at}) == 1
        self.looks.append((self.clock.now(), [ref.instance_id for ref in looked_at]))
        for ref in looked_at:
            state = State.CANCELED if ref.instance_id in self.ended else State.RUNNING
            state = state if self.may_read(ref.workflow_id) else State.UNREADABLE
            see(SeenState(ref, state, "why", None, Classification(Verdict.ACCEPTED), 0.0))
        return self.pages


class Watched:
    """A watch, and what it came to."""

    def __init__(
        self,
        api: FakeApi,
        timeout: float = 20.0,
        *,
        is_idle: Callable[[], bool] = lambda: True,
        surveys: Surveys | None = None,
    ) -> None:
        self.api = api
        self.clock = api.clock
        self.dispatcher = Dispatcher(api, Settings(), clock=api.clock, jitter=lambda: 0.0)
        self.stop_signal = self.dispatcher.stop_signal
        self.results: list[tuple[str, Outcome, str]] = []
        self.finished_at: list[float] = []
        states: Any = surveys or self.dispatcher.states
        self.watch = Watch(
            states,
            self._finish,
            timeout=timeout,
            clock=api.clock,
            stop_signal=self.stop_signal,
            is_idle=is_idle,
        )

    async def _finish(self, item: WorkItem, outcome: Outcome, detail: str) -> None:
        self.results.append((item.ref.instance_id, outcome, detail))
        self.finished_at.append(self.clock.now())

    async def add(self, *ids: str, workflow_id: str = "w") -> None:
        """Watch these as well."""
        for one in ids:
            await self.watch.add(WorkItem(InstanceRef(workflow_id, one, 1)))

    async def one(self) -> tuple[Outcome, str]:
        """What becomes of one that is watched alone."""
        async with self.clock.autojump():
            await self.add("i")
            self.watch.close()
            await self.watch.run()
        assert len(self.results) == 1
        return self.results[0][1:]


class Busy:
    """A watch at work over scripted surveys, while others are being canceled or not."""

    def __init__(self, *, is_idle: bool, patience: float) -> None:
        self.clock = FakeClock(0.0)
        self.surveys = Surveys(self.clock)
        self.watched = Watched(FakeApi(self.clock), patience, is_idle=lambda: is_idle, surveys=self.surveys)
        self._ids = count()

    async def add(self, number: int) -> None:
        """Watch so many more; all but the first end before they are looked at."""
        for one in map(str, islice(self._ids, number)):
            await self.watched.add(one)
            if one != "0":
                self.surveys.ended.add(one)

    async def until(self, moment: float) -> list[tuple[float, int]]:
        """Let time pass; gives when it looked meanwhile, and at how many."""
        self.surveys.looks.clear()
        while self.clock.now() < moment:
            for _ in range(10):
                await checkpoint()
            self.clock.advance(0.25)
        for _ in range(10):
            await checkpoint()
        return [(at, len(ids)) for at, ids in self.surveys.looks]


@asynccontextmanager
async def at_work(*, is_idle: bool, patience: float = 1e6) -> AsyncIterator[Busy]:
    """One that runs."""
    busy = Busy(is_idle=is_idle, patience=patience)
    async with create_task_group() as tasks:
        tasks.start_soon(busy.watched.watch.run)
        yield busy
        tasks.cancel_scope.cancel()
