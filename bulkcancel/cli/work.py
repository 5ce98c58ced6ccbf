"""Where a run's rows come from, and where its results go."""

import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from anyio.lowlevel import checkpoint

from bulkcancel.digest import pair_digest
from bulkcancel.errors import ConfigurationError, ReportError
from bulkcancel.models import RETRYABLE, InstanceRef
from bulkcancel.report import Report, StreamReport, check_free, read_recorded, read_results
from bulkcancel.sources import is_id

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from bulkcancel.ledger import Ledger
    from bulkcancel.models import Result, Row
    from bulkcancel.tally import Tally

STDIO = "-"
_ROWS_BETWEEN_CHECKPOINTS = 500


class Input(Protocol):
    """An input that is open."""

    name: str
    is_whole: bool

    def __aiter__(self) -> "AsyncIterator[Row]":
        """Give the rows, in order."""
        ...

    def scan(self) -> "Iterator[Row]":
        """Read all rows ahead of the run."""
        ...

    def stop_waiting(self) -> None:
        """End instead of waiting for more."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


class Sink(Protocol):
    """Takes results."""

    def append(self, result: "Result") -> None:
        """Record one."""
        ...

    def sync(self) -> None:
        """Have them on the disk."""
        ...

    def finish(self) -> None:
        """Leave it complete."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


class RecordedRows:
    """A report's own unfinished rows as an input, for `--resume` without INPUT.

    Attributes:
        name: What to call it in messages.
        is_whole: True: a report is a file.
    """

    def __init__(self, path: Path, *, any_id: bool = False) -> None:
        self._path = path
        self._records = 0
        for record in read_recorded(path):
            self._records += 1
            if record.outcome not in RETRYABLE:
                continue
            ids = (record.workflow_id, record.instance_id)
            if not all(is_id(text, any_id=any_id) for text in ids):
                raise ReportError(
                    f"The report {path} has a row to try again whose ids {ids[0]!r} and {ids[1]!r} can't be "
                    "sent: it was altered, or written with --any-id. Give INPUT, or repair that row."
                )
        self.name = str(path)
        self.is_whole = True

    def scan(self) -> "Iterator[Row]":
        """The rows that stand unfinished, each once; what is appended meanwhile is left out."""
        seen: set[int] = set()
        for result in islice(read_results(self._path), self._records):
            if result.outcome in RETRYABLE:
                key = pair_digest(result.workflow_id, result.instance_id)
                if key not in seen:
                    seen.add(key)
                    yield InstanceRef(result.workflow_id, result.instance_id, result.line)

    async def __aiter__(self) -> "AsyncIterator[Row]":
        """Give the rows, in order."""
        for count, row in enumerate(self.scan()):
            if count % _ROWS_BETWEEN_CHECKPOINTS == 0:
                await checkpoint()
            yield row

    def stop_waiting(self) -> None:
        """Do nothing: a file never waits."""

    def close(self) -> None:
        """Do nothing: it is open only while it is read."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing, as `close` does."""


class Place:
    """Where the report goes.

    Attributes:
        path: The file, or None for standard output.
        name: What to call it in messages.
        resumes: Whether there is a report to continue.
    """

    def __init__(self, name: str | None, *, resume: bool) -> None:
        if resume and name in {None, STDIO}:
            raise ConfigurationError("--resume needs the report's name: give it with -o.")
        if name is None:
            name = f"bulkcancel-{datetime.now(UTC):%Y%m%dT%H%M%S}Z.csv"
        self.name = "standard output" if name == STDIO else name
        self.path = None if name == STDIO else Path(name)
        self.resumes = resume and self.path is not None and os.path.lexists(self.path)
        if self.path is not None and not self.resumes:
            check_free(self.path)
        elif self.path is not None and not self.path.is_file():  # reading a FIFO would wait for ever
            raise ReportError(f"The report {name} is not a regular file.")

    def load(self, ledger: "Ledger", tally: "Tally") -> bool:
        """Take over what is on record; tells whether any of it will be or was replaced.

        Raises:
            ReportError: A line is not a record.
        """
        replaced = False
        if self.path is not None and self.resumes:
            for record in read_recorded(self.path):
                previous = ledger.load(record)
                tally.recorded(record.outcome, previous)
                replaced = replaced or previous is not None
        return replaced or tally.unfinished > 0

    def open(self, ledger: "Ledger", tally: "Tally") -> Sink:
        """Open the report for writing, and take over what is on record.

        Raises:
            ReportError: It can't be opened.
        """
        if self.path is None:
            return StreamReport(sys.stdout.fileno())
        if not self.resumes:
            return Report.create(self.path)
        report = Report.resume(self.path)
        try:
            if self.load(ledger, tally):
                report.expect_repeats()
        except BaseException:
            report.close()
            raise
        return report

    def discard(self) -> None:
        """Remove a report that was begun for a run that could not begin."""
        if self.path is not None and not self.resumes:
            with suppress(OSError):
                self.path.unlink()
