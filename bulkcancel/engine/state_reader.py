"""Reads in which state instances are: by pages of their workflow's list where that takes fewer requests."""

from typing import TYPE_CHECKING, NamedTuple

from anyio import Lock, create_task_group

from bulkcancel.answers import Classification, State, Verdict, read_state
from bulkcancel.engine.list_sweep import FetchedPage, ListSweep
from bulkcancel.engine.stop_signal import StoppedError
from bulkcancel.events import Concern, Concerned
from bulkcancel.listings import PAGE_SIZE, date_of, read_instance, read_instance_page
from bulkcancel.models import InstanceRef, Reply

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from bulkcancel.clock import Clock
    from bulkcancel.engine.api import Api
    from bulkcancel.engine.observers import Observers
    from bulkcancel.engine.reader import Reader, Request
    from bulkcancel.listings import InstanceState
    from bulkcancel.models import Failure

    Send = Callable[[Request, InstanceRef], Awaitable[tuple[Reply | Failure, Classification]]]

_FEWEST_FOR_A_PAGE = 3  # instances; up to here one read each is no more
_SIDE_BY_SIDE = 16  # reads
_ALL = ""  # in the place of a workflow's id: whichever it is
_OK = 200


class SeenState(NamedTuple):
    """What was seen of one instance.

    Attributes:
        ref: The instance.
        state: The state it is in, as far as that can be told.
        detail: Why it can't be told, or how it had ended; may be empty.
        shown: What the reply showed, or None where it showed no instance.
        meaning: What the reply meant.
        now: When it was given, by the server's clock, in seconds since the epoch.
    """

    ref: "InstanceRef"
    state: State
    detail: str
    shown: "InstanceState | None"
    meaning: Classification
    now: float


class _MayNotReadError(Exception):
    """The keys were refused while a read waited for leave to go."""


class StateReader:
    """Reads states, through limiters of their own: reads, lists and cancels have different quotas.

    Keys that may not read are found out by one request: where nothing could be read before, none of the
    workflows can be, else that workflow alone can't.

    Attributes:
        has_asked: Whether an answer has told whether the keys may read, or could not.
    """

    def __init__(
        self,
        api: "Api",
        reads: "Reader",
        lists: "Reader",
        *,
        clock: "Clock",
        observers: "Observers",
    ) -> None:
        self._api = api
        self._reads = reads
        self._lists = lists
        self._clock = clock
        self._observers = observers
        self._asking = Lock()
        self.has_asked = False
        self._has_read = False
        self._refusals: dict[str, tuple[str, Classification]] = {}

    @property
    def may_read_any(self) -> bool:
        """Whether the keys may read some workflow's instances, as far as is known."""
        return _ALL not in self._refusals

    def may_read(self, workflow_id: str) -> bool:
        """Whether the keys may read a workflow's instances, as far as is known."""
        return self.may_read_any and workflow_id not in self._refusals

    async def ask_first(self, ref: InstanceRef) -> None:
        """Read one instance, before any is canceled that is to be watched; whoever comes meanwhile waits.

        Raises:
            StoppedError: The operation stops.
        """
        async with self._asking:
            if not self.has_asked:
                await self.look(ref)
                self.has_asked = True

    async def look(self, ref: InstanceRef, *, insists: bool = False) -> SeenState:
        """Read one instance, unless it is known that the keys may not.

        Args:
            ref: The instance.
            insists: Whether to try again what fails. Else one request tells, or it is not told.

        Raises:
            StoppedError: The operation stops.
        """
        send = self._reads.read if insists else self._reads.once

        async def ask() -> "Reply | Failure":
            if not self.may_read(ref.workflow_id):
                raise _MayNotReadError
            return await self._api.get_instance(ref)

        try:
            answer, meaning = await send(ask, ref)
        except _MayNotReadError:
            return self._unread(ref)
        state, detail = read_state(answer)
        self._weigh(ref.workflow_id, meaning, detail)
        shown = read_instance(answer) if isinstance(answer, Reply) and meaning.status == _OK else None
        return SeenState(ref, state, detail, shown, meaning, self._time_of(answer))

    async def survey(
        self,
        refs: "Iterable[InstanceRef]",
        see: "Callable[[SeenState], None]",
        *,
        insists: bool = False,
    ) -> int:
        """Read instances of one workflow, each once.

        Args:
            refs: The instances, no two alike.
            see: Takes what was seen of each, as soon as it is.
            insists: Whether to try again what fails.

        Returns:
            How many pages of the workflow's list were read for it.

        Raises:
            StoppedError: The operation stops first.
        """
        left = {ref.instance_id: ref for ref in refs}
        pages = 0
        if len(left) >= _FEWEST_FOR_A_PAGE and self.may_read(next(iter(left.values())).workflow_id):
            pages = await self._sweep(left, see, insists=insists)
        rest = iter(tuple(left.values()))
        is_stopped = False

        async def lane() -> None:
            nonlocal is_stopped
            try:
                for ref in rest:
                    see(await self.look(ref, insists=insists))
            except StoppedError:
                is_stopped = True

        async with create_task_group() as tasks:
            for _ in range(min(_SIDE_BY_SIDE, len(left))):
                tasks.start_soon(lane)
        if is_stopped:
            raise StoppedError
        return pages

    async def _sweep(
        self, left: "dict[str, InstanceRef]", see: "Callable[[SeenState], None]", *, insists: bool
    ) -> int:
        """Take out of `left` what pages of the list tell."""
        workflow_id = next(iter(left.values())).workflow_id

        async def fetch(number: int) -> FetchedPage:
            return await self._fetch(workflow_id, number, self._lists.read if insists else self._lists.once)

        def meet(item: "InstanceState", meaning: Classification, now: float) -> bool:
            if item.state is State.UNREADABLE or item.instance_id not in left:
                return False
            detail = item.kind if item.state is State.ENDED else ""
            see(SeenState(left.pop(item.instance_id), item.state, detail, item, meaning, now))
            return True

        sweep = ListSweep(fetch, lambda: len(left), meet)
        await sweep.run()
        if (refusal := sweep.refusal) is not None:
            self._weigh(workflow_id, refusal, f"the list answered {refusal.status} {refusal.detail}")
            if refusal.verdict is Verdict.NOT_FOUND:
                now = self._clock.wall()
                for ref in left.values():
                    see(SeenState(ref, State.UNKNOWN, "not found", None, refusal, now))
                left.clear()
        else:
            self._has_read = True
        return sweep.requests

    async def _fetch(self, workflow_id: str, number: int, send: "Send") -> FetchedPage:
        """Read one page, unless it is known meanwhile that the keys may not."""
        place = InstanceRef(workflow_id, "", 0)

        async def ask() -> "Reply | Failure":
            if not self.may_read(workflow_id):
                raise _MayNotReadError
            return await self._api.list_instances(workflow_id, size=PAGE_SIZE, number=number)

        try:
            answer, meaning = await send(ask, place)
        except _MayNotReadError:
            unread = self._unread(place)
            return FetchedPage(None, unread.meaning, unread.now)
        page = None
        if isinstance(answer, Reply) and meaning.verdict is Verdict.ACCEPTED:
            self._has_read = True
            page = read_instance_page(answer)
        return FetchedPage(page, meaning, self._time_of(answer))

    def _weigh(self, workflow_id: str, meaning: Classification, detail: str) -> None:
        """Learn from an answer whether these keys may read."""
        if meaning.verdict is Verdict.ACCEPTED or meaning.verdict is Verdict.NOT_FOUND:
            self._has_read = True
        if meaning.verdict is not Verdict.FORBIDDEN and meaning.verdict is not Verdict.UNAUTHORIZED:
            return
        if self._observers and not self._refusals:
            self._observers.tell(Concerned(Concern.MAY_NOT_READ, detail))
        self._refusals[workflow_id if self._has_read else _ALL] = (detail, meaning)

    def _unread(self, ref: InstanceRef) -> SeenState:
        refused = self._refusals.get(_ALL) or self._refusals[ref.workflow_id]
        return SeenState(ref, State.UNREADABLE, refused[0], None, refused[1], self._clock.wall())

    def _time_of(self, answer: "Reply | Failure") -> float:
        told = date_of(answer.headers) if isinstance(answer, Reply) else None
        return self._clock.wall() if told is None else told
