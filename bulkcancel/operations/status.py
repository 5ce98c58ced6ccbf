"""Reads in which state the instances of an input are: each row once, or until its instance has ended."""

from collections import Counter
from contextlib import aclosing
from typing import TYPE_CHECKING

from anyio import create_task_group

from bulkcancel.answers import State
from bulkcancel.digest import pair_digest
from bulkcancel.engine.stop_signal import StoppedError
from bulkcancel.events import StateSeen
from bulkcancel.models import InstanceRef, InstanceStatus, RejectedRow, StateName, StopReason
from bulkcancel.operations.produced import Outbox, produced
from bulkcancel.operations.row_chunks import RowChunks
from bulkcancel.sources import DUPLICATE

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterable

    from anyio.streams.memory import MemoryObjectSendStream

    from bulkcancel.engine.dispatcher import Dispatcher
    from bulkcancel.engine.intake import RowSource
    from bulkcancel.engine.state_reader import SeenState
    from bulkcancel.models import Row

_ROWS_AT_ONCE = 20_000
_SIDE_BY_SIDE = 16  # workflows
_WAITING = 4  # batches that are known and not yet taken
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 15.0  # seconds before those that still run are read again
_PAUSE_GROWTH = 1.5

_NAMES = {
    State.RUNNING: StateName.RUNNING,
    State.CANCELED: StateName.CANCELED,
    State.ENDED: StateName.ENDED,
    State.UNKNOWN: StateName.NOT_FOUND,
    State.UNREADABLE: StateName.UNREADABLE,
}


class StatusReading:
    """Reads states; iterate over it once. What it came to stands in its attributes, meanwhile and after.

    Rows are read in chunks: what grows with the input is a digest of each pair and, with `wait`, what runs.

    Attributes:
        counts: Rows given so far, by state.
        stop: Why it ended early, or None.
        is_timed_out: Whether it waited in vain for some to end.
    """

    def __init__(
        self,
        dispatcher: "Dispatcher",
        source: "RowSource",
        *,
        site: str = "",
        wait: bool = False,
        timeout: float = 600.0,
    ) -> None:
        """Prepare it.

        Args:
            dispatcher: What sends the requests.
            source: The rows.
            site: What the target is called.
            wait: Whether to read again until all have ended.
            timeout: Seconds to wait once all rows are read.
        """
        self._dispatcher = dispatcher
        self._states = dispatcher.states
        self._source = source
        self._site = site
        self._waits = wait
        self._timeout = timeout
        self._met: set[int] = set()
        self._held: dict[InstanceRef, InstanceStatus] = {}
        self.counts: Counter[StateName] = Counter()
        self.stop: StopReason | None = None
        self.is_timed_out = False

    async def __aiter__(self) -> "AsyncIterator[InstanceStatus]":
        """Give each row as soon as it is known."""
        async with aclosing(self.batches()) as batches:
            async for batch in batches:
                for status in batch:
                    yield status

    async def batches(self) -> "AsyncGenerator[tuple[InstanceStatus, ...]]":
        """Give rows that are known together; never none."""
        async with aclosing(produced(self._produce, _WAITING)) as batches:
            async for batch in batches:
                self.counts.update(status.state for status in batch)
                yield batch

    async def _produce(self, send: "MemoryObjectSendStream[tuple[InstanceStatus, ...]]") -> None:
        stop_signal = self._dispatcher.stop_signal
        chunks = RowChunks(self._source, self._dispatcher.clock, size=_ROWS_AT_ONCE)
        stop_signal.on_request(self._source.stop_waiting)
        try:
            with send:
                async with create_task_group() as tasks:
                    tasks.start_soon(chunks.fill)
                    while rows := await chunks.take():
                        await self._read_chunk(rows, send)
                if not self._source.is_replayable:  # a stop has cut it off
                    self._note_stop()
                await self._wait_for_ends(send)
        finally:
            stop_signal.forget(self._source.stop_waiting)
        if chunks.error is not None:
            raise chunks.error

    async def _read_chunk(
        self, rows: "list[Row]", send: "MemoryObjectSendStream[tuple[InstanceStatus, ...]]"
    ) -> None:
        """Read what is to be read of these rows, and send on all but what still runs and is waited for."""
        async with Outbox(send).sending() as outbox:
            refs = [ref for ref in (self._to_read(row, outbox) for row in rows) if ref is not None]
            for ref in await self._survey(refs, outbox):
                self._give(self._unread(ref), outbox)

    def _to_read(self, row: "Row", outbox: Outbox[InstanceStatus]) -> InstanceRef | None:
        """The row, where its instance is to be read; what needs no request is put out."""
        line, workflow_id, instance_id = row.line, row.workflow_id, row.instance_id
        if isinstance(row, RejectedRow):
            state = StateName.DUPLICATE if row.code == DUPLICATE else StateName.INVALID
            code = "" if state is StateName.DUPLICATE else row.code
            status = InstanceStatus(line, workflow_id, instance_id, state, error_code=code)
            self._give(status._replace(error_detail=row.reason, site=self._site), outbox)
            return None
        digest = pair_digest(workflow_id, instance_id)
        if digest in self._met:
            status = InstanceStatus(line, workflow_id, instance_id, StateName.DUPLICATE, site=self._site)
            self._give(status._replace(error_detail="the pair stands earlier in the input"), outbox)
            return None
        self._met.add(digest)
        return row

    async def _survey(
        self, refs: "Iterable[InstanceRef]", outbox: Outbox[InstanceStatus]
    ) -> "Iterable[InstanceRef]":
        """Read each, several workflows side by side; gives those that a stop left unread."""
        left: dict[str, dict[str, InstanceRef]] = {}
        for ref in refs:
            left.setdefault(ref.workflow_id, {})[ref.instance_id] = ref
        groups = iter(tuple(left.values()))

        async def lane() -> None:
            for group in groups:
                if not await self._survey_workflow(group, outbox):
                    return

        async with create_task_group() as tasks:
            for _ in range(min(_SIDE_BY_SIDE, len(left))):
                tasks.start_soon(lane)
        return [ref for group in left.values() for ref in group.values()]

    async def _survey_workflow(self, group: dict[str, InstanceRef], outbox: Outbox[InstanceStatus]) -> bool:
        """Read those of one workflow, and take them out; gives whether to go on."""

        def see(seen: "SeenState") -> None:
            self._note(group.pop(seen.ref.instance_id), self._status_of(seen), outbox)

        try:
            await self._states.survey(tuple(group.values()), see, insists=True)
        except StoppedError:
            return False
        if not self._states.may_read_any:
            self._dispatcher.stop_signal.request(StopReason.REFUSED)
            self._note_stop()
        return self._dispatcher.stop_signal.reason is None

    async def _wait_for_ends(self, send: "MemoryObjectSendStream[tuple[InstanceStatus, ...]]") -> None:
        """Read what still runs again and again, until all have ended, or there is no more time for it."""
        clock, stop_signal = self._dispatcher.clock, self._dispatcher.stop_signal
        deadline, pause = clock.now() + self._timeout, _FIRST_PAUSE
        while self._held and clock.now() < deadline:
            try:
                with stop_signal.interrupts():
                    await clock.sleep(min(pause, deadline - clock.now()))
            except StoppedError:
                break
            async with Outbox(send).sending() as outbox:
                await self._survey(tuple(self._held), outbox)
            pause = min(pause * _PAUSE_GROWTH, _LONGEST_PAUSE)
        self.is_timed_out = bool(self._held) and stop_signal.reason is None
        if self._held:
            self._note_stop()
            await send.send(tuple(self._held.values()))
            self._held.clear()

    def _note(self, ref: InstanceRef, status: InstanceStatus, outbox: Outbox[InstanceStatus]) -> None:
        """Take note of what was seen of one; it is given unless it is to be read again."""
        previous = self._held.pop(ref, None)
        if self._waits and self._may_change(status):
            self._tell(status, previous)
            self._held[ref] = status
        else:
            self._give(status, outbox, previous)

    def _may_change(self, status: InstanceStatus) -> bool:
        if status.state is StateName.UNREADABLE:
            return self._states.may_read(status.workflow_id)
        return status.state is StateName.RUNNING

    def _give(
        self, status: InstanceStatus, outbox: Outbox[InstanceStatus], previous: InstanceStatus | None = None
    ) -> None:
        self._tell(status, previous)
        if status.state is StateName.UNREADABLE:
            self._note_stop()
        outbox.put(status)

    def _tell(self, status: InstanceStatus, previous: InstanceStatus | None) -> None:
        if self._dispatcher.observers:
            ref = InstanceRef(status.workflow_id, status.instance_id, status.line)
            before = None if previous is None else previous.state
            self._dispatcher.observers.tell(StateSeen(ref, status.state, before))

    def _note_stop(self) -> None:
        """Remember why it ended early, where that left something unread."""
        self.stop = self.stop or self._dispatcher.stop_signal.reason

    def _status_of(self, seen: "SeenState") -> InstanceStatus:
        ref, shown, meaning = seen.ref, seen.shown, seen.meaning
        state = _NAMES[seen.state]
        status = InstanceStatus(
            ref.line,
            ref.workflow_id,
            ref.instance_id,
            state,
            http_status=meaning.status,
            error_code=meaning.code,
            site=self._site,
        )
        if state in {StateName.NOT_FOUND, StateName.UNREADABLE}:
            code = meaning.code or ("not_an_instance" if state is StateName.UNREADABLE else "")
            status = status._replace(error_code=code, error_detail=seen.detail)
        if shown is None:
            return status
        until = seen.now if state is StateName.RUNNING else shown.ended_at
        age = None
        if shown.started_at is not None and until is not None:
            age = max(
                0.0, round(until - shown.started_at, 3)
            )  # its start may lie ahead of the server's clock
        return status._replace(
            kind=shown.kind, started_at=shown.started_at, ended_at=shown.ended_at, age_s=age
        )

    def _unread(self, ref: InstanceRef) -> InstanceStatus:
        reason = self._dispatcher.stop_signal.reason
        return InstanceStatus(
            ref.line,
            ref.workflow_id,
            ref.instance_id,
            StateName.UNREADABLE,
            error_code="" if reason is None else reason.value,
            error_detail="not read: the command ended first",
            site=self._site,
        )
