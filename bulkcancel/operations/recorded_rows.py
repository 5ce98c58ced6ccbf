"""A report's own unfinished rows, to be tried again."""

from itertools import chain, islice
from typing import TYPE_CHECKING

from anyio.lowlevel import checkpoint

from bulkcancel.errors import ReportError
from bulkcancel.models import InstanceRef
from bulkcancel.report import read_recorded
from bulkcancel.sources import is_id

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator
    from pathlib import Path

    from bulkcancel.ledger import Ledger
    from bulkcancel.models import Recorded, Row

_RECORDS_IN_BATCH = 500


class RecordedRows:
    """A report's own unfinished rows as an input, for `--resume` without INPUT.

    Attributes:
        name: What to call it in messages.
        is_replayable: True, for a report is a file.
    """

    def __init__(self, path: "Path", ledger: "Ledger", *, any_id: bool = False) -> None:
        self._path = path
        self._ledger = ledger
        self._any_id = any_id
        self.name = str(path)
        self.is_replayable = True

    def check(self, records: "Iterable[Recorded]") -> "Iterator[Recorded]":
        """Hand records through, having seen that those to try again can be sent.

        Raises:
            ReportError: One can't: nothing from a file may change a request's path.
        """
        return sendable(records, self._path, any_id=self._any_id)

    def scan(self) -> "Iterator[Row]":
        """The rows that stand unfinished, each once; what is appended meanwhile is left out."""
        yield from self._awaited(read_recorded(self._path, self._path.stat().st_size))

    async def batches(self) -> "AsyncIterator[Iterator[Row]]":
        """Give the rows, in order, a batch for each few hundred that stand in the report."""
        records = read_recorded(self._path, self._path.stat().st_size)
        for record in records:
            await checkpoint()
            yield self._awaited(chain((record,), islice(records, _RECORDS_IN_BATCH - 1)))

    def _awaited(self, records: "Iterable[Recorded]") -> "Iterator[Row]":
        """Those to try again; asked one by one, for a pair may stand there several times."""
        for record in records:
            if self._ledger.awaits(record):
                yield InstanceRef(record.workflow_id, record.instance_id, record.line)

    def stop_waiting(self) -> None:
        """Do nothing: a file never waits."""

    def close(self) -> None:
        """Do nothing: it is open only while it is read."""


def sendable(records: "Iterable[Recorded]", path: "Path", *, any_id: bool) -> "Iterator[Recorded]":
    """Hand the records of a report through, having seen that those to try again can be sent.

    Raises:
        ReportError: One can't: nothing from a file may change a request's path.
    """
    for record in records:
        ids = (record.workflow_id, record.instance_id)
        if not record.outcome.is_done and not all(is_id(text, any_id=any_id) for text in ids):
            raise ReportError(
                f"The report {path} has a row to try again whose ids {ids[0]!r} and {ids[1]!r} "
                "can't be sent: it was altered, or written with --any-id. Give INPUT, or repair that row."
            )
        yield record
