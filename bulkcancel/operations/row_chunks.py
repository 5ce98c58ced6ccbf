"""Rows in chunks of bounded size: those that are there, or come without a lull, together."""

from typing import TYPE_CHECKING

from anyio import Event
from anyio.lowlevel import checkpoint

from bulkcancel.engine.stop_signal import is_failure

if TYPE_CHECKING:
    from bulkcancel.clock import Clock
    from bulkcancel.engine.intake import RowSource
    from bulkcancel.models import Row

_LULL = 0.2  # seconds without a row after which those of a stream are not kept waiting for more


class RowChunks:
    """Reads a source, never further than one chunk ahead; the next one gathers while one is used.

    Attributes:
        error: What the source raised, which ended it, or None.
    """

    def __init__(self, source: "RowSource", clock: "Clock", *, size: int) -> None:
        self._source = source
        self._clock = clock
        self._size = size
        self._rows: list[Row] = []
        self._is_at_end = False
        self._news = Event()
        self._room = Event()
        self.error: BaseException | None = None

    async def fill(self) -> None:
        """Read the source to its end, beside whoever takes chunks."""
        try:
            async for batch in self._source.batches():
                for row in batch:
                    self._rows.append(row)
                    while self._is_full:
                        self._news.set()
                        self._room = Event()
                        await self._room.wait()
                self._news.set()
                await checkpoint()
        except BaseException as error:
            if not is_failure(error):
                raise
            self.error = error
        self._is_at_end = True
        self._news.set()

    async def take(self) -> "list[Row]":
        """The next chunk, empty at the end."""
        while not (self._is_full or self._is_at_end):
            before = len(self._rows)
            if self._source.is_replayable or not before:
                self._news = Event()
                await self._news.wait()
                continue
            await self._clock.sleep(_LULL)
            if len(self._rows) == before:
                break
        rows, self._rows = self._rows, []
        self._room.set()
        return rows

    @property
    def _is_full(self) -> bool:
        return len(self._rows) >= self._size
