"""Where rows come in: each is read once, in order, and is either settled here or made a item."""

from typing import TYPE_CHECKING, Protocol

from bulkcancel.engine.shards import belongs_to
from bulkcancel.engine.stop_signal import is_failure
from bulkcancel.engine.unfair_lock import UnfairLock
from bulkcancel.engine.work_item import WorkItem
from bulkcancel.ledger import ClaimKind
from bulkcancel.models import Outcome, RejectedRow

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from bulkcancel.engine.stop_signal import StopSignal
    from bulkcancel.ledger import Ledger
    from bulkcancel.models import Row
    from bulkcancel.settings import Settings

    Settle = Callable[[Row, Outcome, str, str], Awaitable[None]]


class RowSource(Protocol):
    """Where rows come from."""

    @property
    def is_replayable(self) -> bool:
        """Whether all rows are at hand, so that a stopped run can still account for each."""
        ...

    def batches(self) -> "AsyncIterator[Iterator[Row]]":
        """Give the rows, in order: those that can be had without waiting together.

        A batch is used up before the next is asked for, and its rows are made as they are taken.
        """
        ...

    def stop_waiting(self) -> None:
        """Give what has been read, then end instead of waiting for more."""
        ...


class Intake:
    """Takes rows from a source, for any number of workers.

    Attributes:
        error: What the source raised, which ended the input, or None.
        retried: Rows that were read and are on record to be tried again.
        is_limited: Whether the setting `limit` ended the reading.
        has_read_all: Whether the source has been read to its end.
    """

    def __init__(
        self,
        source: RowSource,
        ledger: "Ledger",
        settings: "Settings",
        stop_signal: "StopSignal",
        settle: "Settle",
        *,
        anew: bool,
    ) -> None:
        self._ledger = ledger
        self._anew = anew  # whether a pair that is done is to be sent again, for it was found running
        self._shard = settings.shard
        self._limit = settings.limit
        self._stop_signal = stop_signal
        self._settle = settle
        self._batches = source.batches()
        self._source = source
        self._at_hand: Iterator[Row] = iter(())
        self._reading = UnfairLock()
        self._sendable = 0
        self._at_end = False
        self.error: BaseException | None = None
        self.retried = 0
        self.is_limited = False
        self.has_read_all = False

    async def next_item(self) -> WorkItem | None:
        """The next row that needs sending, or None at the end of the input or of the run."""
        while not self._at_end and self._stop_signal.reason is None:
            item = await self._take()
            if item is not None:
                return item
        return None

    async def rest(self) -> "AsyncIterator[WorkItem]":
        """What the end of the run leaves unread: a file to its end, a stream as far as it has been read."""
        while not self._at_end:
            item = await self._take()
            if item is not None:
                yield item

    async def _take(self) -> WorkItem | None:
        """Read one row; None where it needs no request, or there was none at hand."""
        batch = self._at_hand
        try:
            row = next(batch, None)
            if row is None:
                await self._refill(batch)
                return None
        except BaseException as error:
            if not is_failure(error):
                raise
            self.error = self.error or error
            self._at_end = True
            return None
        if self._shard is not None and not belongs_to(row, self._shard):
            return None
        claim = self._ledger.claim(row, anew=self._anew)
        if claim.kind is ClaimKind.COVERED:
            return None
        if isinstance(row, RejectedRow):
            await self._settle(row, Outcome.INVALID, row.code, row.reason)
            return None
        if claim.kind is ClaimKind.DUPLICATE:
            await self._settle(row, Outcome.DUPLICATE, "", "the pair stands earlier in the input")
            return None
        self.retried += claim.previous is not None
        self._sendable += 1
        if self._sendable == self._limit:
            self.is_limited = self._at_end = True
        return WorkItem(row, claim.previous)

    async def _refill(self, spent: "Iterator[Row]") -> None:
        """Wait for more rows, unless somebody else has done so since this batch was spent."""
        async with self._reading:
            if self._at_hand is not spent or self._at_end:
                return
            batch = await anext(self._batches, None)
            if batch is None:
                self._at_end = True
                # A stream that is told to stop waiting ends before its writer does.
                self.has_read_all = self._source.is_replayable or self._stop_signal.reason is None
            else:
                self._at_hand = batch
