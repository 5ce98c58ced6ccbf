"""Where a run's rows come from, and where its results go."""

import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from anyio.lowlevel import checkpoint

from bulkcancel.errors import ConfigurationError, ReportError
from bulkcancel.models import InstanceRef
from bulkcancel.report import Report, StreamReport, check_free, read_recorded
from bulkcancel.sources import is_id
from bulkcancel.text import printable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterable, Iterator

    from bulkcancel.ledger import Ledger
    from bulkcancel.models import Recorded, Result, Row
    from bulkcancel.tally import Tally

STDIO = "-"
_RECORDS_IN_BATCH = 500
_LONGEST_SITE = 253  # characters, as of any host


class Input(Protocol):
    """An input that is open."""

    name: str
    is_replayable: bool

    def batches(self) -> "AsyncIterator[Iterator[Row]]":
        """Give the rows, in order, those at hand together."""
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

    def take(self, result: "Result") -> "Awaitable[None] | None":
        """Record one; gives what to await where that can't be done at once."""
        ...

    def sync(self) -> None:
        """Have them on the disk."""
        ...

    def finish(self) -> "Generator[None]":
        """Leave it complete, step by step."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


class RecordedRows:
    """A report's own unfinished rows as an input, for `--resume` without INPUT.

    Attributes:
        name: What to call it in messages.
        is_replayable: True: a report is a file.
    """

    def __init__(self, path: Path, ledger: "Ledger", *, any_id: bool = False) -> None:
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
        for record in records:
            ids = (record.workflow_id, record.instance_id)
            if not record.outcome.is_done and not all(is_id(text, any_id=self._any_id) for text in ids):
                raise ReportError(
                    f"The report {self._path} has a row to try again whose ids {ids[0]!r} and {ids[1]!r} "
                    "can't be sent: it was altered, or written with --any-id. Give INPUT, or repair that row."
                )
            yield record

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
        lacks_site: Whether a row that was taken over does not say which site it belongs to.
    """

    def __init__(self, name: str | None, *, resume: bool) -> None:
        if resume and name in {None, STDIO}:
            raise ConfigurationError("--resume needs the report's name: give it with -o.")
        if name is None:
            name = f"bulkcancel-{datetime.now(UTC):%Y%m%dT%H%M%S}Z.csv"
        if name == STDIO and sys.stdout is None:
            raise ConfigurationError("Standard output is closed; name a report with -o.")
        self.name = "standard output" if name == STDIO else name
        self.path = None if name == STDIO else Path(name)
        self.resumes = resume and self.path is not None and os.path.lexists(self.path)
        self.lacks_site = False
        self._report: Report | None = None
        if self.path is not None and not self.resumes:
            check_free(self.path)
        elif self.path is not None and not self.path.is_file():  # reading a FIFO would wait for ever
            raise ReportError(f"The report {name} is not a regular file.")

    def load(
        self,
        ledger: "Ledger",
        tally: "Tally",
        *,
        site: str,
        to_write: bool,
        check: "Callable[[Iterable[Recorded]], Iterator[Recorded]]" = iter,
    ) -> None:
        """Take over what is on record, if there is a report to continue.

        Args:
            ledger: Learns what is done.
            tally: Counts it.
            site: What reports call the target of this run.
            to_write: Whether to hold the report from here on, so that nobody else writes meanwhile.
            check: Sees each record on its way.

        Raises:
            ReportError: It is not ours, in use, or of another target, or a line is not a record.
        """
        if self.path is None or not self.resumes:
            return
        if to_write:
            self._report = Report.resume(self.path)
        replaced = ledger.load(check(self._of_site(site, read_recorded(self.path))))
        tally.outcomes.update(ledger.outcomes())
        if self._report is not None and (replaced or tally.unfinished):
            self._report.require_compaction(ledger)

    def _of_site(self, site: str, records: "Iterable[Recorded]") -> "Iterator[Recorded]":
        """Hand records through, having seen that each belongs to the target of this run."""
        for record in records:
            if record.site != site:
                if record.site:
                    found = printable(record.site, _LONGEST_SITE)
                    raise ReportError(
                        f"The report {self.path} belongs to {found}, and this run goes to {site}: what was "
                        f"canceled there was not canceled here. Resume it at {found}, or name another report "
                        "with -o."
                    )
                self.lacks_site = True
            yield record

    def open(self) -> Sink:
        """The report, open for writing.

        Raises:
            ReportError: It can't be opened.
        """
        if self.path is None:
            return StreamReport(sys.stdout.fileno())
        if self._report is None:
            self._report = Report.create(self.path)
        return self._report

    def discard_if_empty(self) -> None:
        """Remove a report that was begun for a run that could not begin."""
        if self.path is not None and not self.resumes and self._report is not None and self._report.is_empty:
            with suppress(OSError):
                self.path.unlink()

    def close(self) -> None:
        """Let the report go."""
        if self._report is not None:
            self._report.close()
