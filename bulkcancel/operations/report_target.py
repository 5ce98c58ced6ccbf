"""Where a report goes: a new file, one to be continued, or standard output."""

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bulkcancel.errors import ConfigurationError, ReportError
from bulkcancel.report import Report, StreamReport, check_free, read_recorded
from bulkcancel.text import printable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator

    from bulkcancel.ledger import Ledger
    from bulkcancel.models import Recorded, Result
    from bulkcancel.tally import Tally

#: Standard input or standard output, where a file's name is asked for.
STDIO = "-"
_LONGEST_SITE = 253  # characters, as of any host


class ReportWriter(Protocol):
    """Keeps results."""

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


class ReportTarget:
    """Where the report goes.

    Attributes:
        path: The file, or None for standard output.
        name: What to call it in messages.
        resumes: Whether there is a report to continue.
        lacks_site: Whether a row that was taken over does not say which site it belongs to.
    """

    def __init__(self, name: str, *, resume: bool) -> None:
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

    @property
    def existing(self) -> Path:
        """The report that there is to continue.

        Raises:
            ConfigurationError: There is none.
        """
        if not self.resumes or self.path is None:
            raise ConfigurationError(f"There is no report {self.name} to resume, and no INPUT.")
        return self.path

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

    def open(self) -> ReportWriter:
        """The report, open for writing.

        Raises:
            ReportError: It can't be opened.
        """
        if self.path is None:
            return StreamReport(sys.stdout.fileno())
        if self._report is None:
            self._report = Report.create(self.path)
        return self._report

    def require_compaction(self, ledger: "Ledger") -> None:
        """Say that a pair may get several rows, of which the last one holds."""
        if self._report is not None:
            self._report.require_compaction(ledger)

    def discard_if_empty(self) -> None:
        """Remove a report that was begun for a run that could not begin."""
        if self.path is not None and not self.resumes and self._report is not None and self._report.is_empty:
            with suppress(OSError):
                self.path.unlink()

    def close(self) -> None:
        """Let the report go."""
        if self._report is not None:
            self._report.close()
