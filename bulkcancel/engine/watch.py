"""`--verify`: watches instances until they have ended, many with one request where that is possible.

An instance is looked at half a second after its cancel at the earliest. While more are being canceled, looks
are put off until one page of a list answers for many; when nothing is, they follow at once.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from anyio import Event, Semaphore, create_task_group

from bulkcancel.answers import State
from bulkcancel.engine.stop_signal import StoppedError
from bulkcancel.models import Outcome

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bulkcancel.clock import Clock
    from bulkcancel.engine.state_reader import SeenState, StateReader
    from bulkcancel.engine.stop_signal import StopSignal
    from bulkcancel.engine.work_item import WorkItem

    Finish = Callable[[WorkItem, Outcome, str], Awaitable[None]]

# A recorded instance's end lies about 0.4 s after its cancel call.
_FIRST_LOOK = 0.5
_LOOK_GROWTH = 1.5
_LONGEST_BETWEEN_LOOKS = 5.0
_LONGEST_PUT_OFF = 15.0  # seconds; never more than a quarter of the time there is
_PER_PAGE = 10  # instances that one page must answer for, to look while more are being canceled
_PAGES_AT_FIRST = 10  # of a list that was not read yet
_SIDE_BY_SIDE = 16  # workflows
_TICK = 0.125  # seconds between two times to see who is due
_MOST_WATCHED = 100_000  # instances at once; about a kilobyte each


@dataclass(slots=True, eq=False)
class _Watched:
    """One instance whose cancel was accepted."""

    item: "WorkItem"
    since: float
    detail: str = ""


@dataclass(slots=True, eq=False)
class _Group:
    """Those of one workflow, the oldest first."""

    watched: dict[str, _Watched] = field(default_factory=dict)
    new: int = 0  # since the last look
    pages: int = _PAGES_AT_FIRST  # that a look takes
    pause: float = _FIRST_LOOK
    looked_at: float = 0.0

    @property
    def oldest(self) -> float:
        return next(iter(self.watched.values())).since


class Watch:
    """Watches the instances of one run. `run` it beside the workers, and `close` it when they are done."""

    def __init__(
        self,
        states: "StateReader",
        finish: "Finish",
        *,
        timeout: float,
        clock: "Clock",
        stop_signal: "StopSignal",
        is_idle: "Callable[[], bool]",
    ) -> None:
        """Prepare it.

        Args:
            states: What reads them.
            finish: Takes each with its outcome and a detail for people.
            timeout: Seconds to watch one instance.
            clock: The time.
            stop_signal: Ends it early.
            is_idle: Tells whether nothing is being canceled just now.
        """
        self._states = states
        self._finish = finish
        self._timeout = timeout
        self._put_off = min(_LONGEST_PUT_OFF, timeout / 4)
        self._clock = clock
        self._stop_signal = stop_signal
        self._is_idle = is_idle
        self._groups: dict[str, _Group] = {}
        self._room = Semaphore(_MOST_WATCHED)
        self._news = Event()
        self._is_closed = False

    async def add(self, item: "WorkItem") -> None:
        """Watch one more, as soon as there is room for it."""
        await self._room.acquire()
        group = self._groups.setdefault(item.ref.workflow_id, _Group())
        group.watched[item.ref.instance_id] = _Watched(item, self._clock.now())
        group.new += 1
        self._news.set()

    def close(self) -> None:
        """Expect no more."""
        self._is_closed = True
        self._news.set()

    async def run(self) -> None:
        """Watch until it is closed and each has its outcome; after a stop none is waited for."""
        try:
            while self._groups or not self._is_closed:
                with self._stop_signal.interrupts():
                    if not self._groups:
                        self._news = Event()
                        await self._news.wait()
                        continue
                    await self._clock.sleep(_TICK)
                await self._look_at_those_due()
        except StoppedError:
            await self._leave()

    async def _leave(self) -> None:
        """End the watch of each, also of those whose cancel was on its way when the run was stopped."""
        while True:
            self._news = Event()
            for group in tuple(self._groups.values()):
                for one in tuple(group.watched.values()):
                    detail = f"the run stopped before it was seen to end; {one.detail}".rstrip("; ")
                    await self._end(group, one, Outcome.UNCONFIRMED, detail)
            if self._is_closed:
                return
            await self._news.wait()

    async def _look_at_those_due(self) -> None:
        now = self._clock.now()
        due = iter([group for group in self._groups.values() if self._is_due(group, now)])

        async def lane() -> None:
            for group in due:
                await self._look_at(group)

        async with create_task_group() as tasks:
            for _ in range(min(_SIDE_BY_SIDE, len(self._groups))):
                tasks.start_soon(lane)
        for workflow_id in [key for key, group in self._groups.items() if not group.watched]:
            del self._groups[workflow_id]

    def _is_due(self, group: _Group, now: float) -> bool:
        """Whether to look at a workflow's instances now: there is no time left, or it pays to."""
        oldest = group.oldest
        if now >= oldest + self._timeout:
            return True
        if now < oldest + _FIRST_LOOK or now < group.looked_at + group.pause:
            return False
        if self._is_closed or self._is_idle() or group.new >= _PER_PAGE * group.pages:
            return True
        return now >= max(oldest, group.looked_at) + self._put_off

    async def _look_at(self, group: _Group) -> None:
        """Read all of a workflow that have had time to end, or those that are read before the run stops."""
        began = self._clock.now()
        due = [one for one in group.watched.values() if began >= one.since + _FIRST_LOOK]
        group.new = 0
        seen: list[SeenState] = []
        with suppress(StoppedError):
            pages = await self._states.survey((one.item.ref for one in due), seen.append)
            group.pages = pages or group.pages
        before = len(group.watched)
        for state in seen:
            await self._note(group, group.watched[state.ref.instance_id], state)
        now = group.looked_at = self._clock.now()
        for one in due:
            if now >= one.since + self._timeout and one.item.ref.instance_id in group.watched:
                detail = f"not seen to end within {self._timeout:g} s; {one.detail}"
                await self._end(group, one, Outcome.UNCONFIRMED, detail)
        has_ended = len(group.watched) < before
        group.pause = _FIRST_LOOK if has_ended else min(group.pause * _LOOK_GROWTH, _LONGEST_BETWEEN_LOOKS)

    async def _note(self, group: _Group, one: _Watched, seen: "SeenState") -> None:
        """Take note of what was seen of one."""
        if seen.state is State.CANCELED:
            await self._end(group, one, Outcome.CANCELED, "")
        elif seen.state is State.ENDED:
            await self._end(group, one, Outcome.ALREADY_FINISHED, f"it had ended: {seen.detail}")
        elif seen.state is State.RUNNING:
            one.detail = "last seen running"
        else:
            one.detail = seen.detail
            if not self._states.may_read(one.item.ref.workflow_id):
                detail = f"not watched, because these keys may not read it: {seen.detail}"
                await self._end(group, one, Outcome.UNCONFIRMED, detail)

    async def _end(self, group: _Group, one: _Watched, outcome: Outcome, detail: str) -> None:
        del group.watched[one.item.ref.instance_id]
        try:
            await self._finish(one.item, outcome, detail)
        finally:
            self._room.release()
