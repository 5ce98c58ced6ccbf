"""The report: the one record of what happened, and the journal that a run resumes from."""

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from bulkcancel.errors import CompactionError, ReportError, ReportLostError, words_of
from bulkcancel.report.codec import EARLIER_HEADER, to_earlier_csv
from bulkcancel.report.compaction import PairSet, compact, temporary_for
from bulkcancel.report.files import (
    Appender,
    check_creatable,
    create_private,
    cut_torn_tail,
    open_existing,
    sync_directory,
)
from bulkcancel.report.scan import check_ours, format_of, is_earlier

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from bulkcancel.models import Result
    from bulkcancel.report.compaction import Pairs

_BEGINNING = 4096  # bytes that show whether a file is a report


class Report:
    """A report file, locked for one writer. What `take` has recorded survives the end of the process.

    Attributes:
        path: Where it is.
    """

    def __init__(self, path: "Path", fd: int) -> None:
        self.path = path
        self._format = format_of(path)
        self._header = self._format.header
        self._encode = self._format.encode
        self._fd = fd
        self._file = Appender(fd, path)
        self._pairs: Pairs | None = None
        self._closed = False

    @classmethod
    def create(cls, path: "Path") -> Self:
        """Begin a report.

        Raises:
            ReportError: Something stands there already, or nothing can.
        """
        format_of(path)
        try:
            fd = create_private(path)
        except FileExistsError:
            check_free(path)
            raise ReportError(f"The report {path} came and went; try again.") from None
        report = cls(path, fd)
        try:
            report._begin()
        except BaseException:
            # It holds a torn header at most, and we hold its lock: nobody else wrote to it.
            with suppress(OSError):
                path.unlink()
            report.close()
            raise
        return report

    @classmethod
    def resume(cls, path: "Path") -> Self:
        """Go on with a report, or begin it where there is none; a torn last line is cut off.

        Raises:
            ReportError: It is not one of ours, is in use, or can't be opened.
        """
        format_of(path)
        try:
            fd = open_existing(path)
        except FileNotFoundError:
            return cls.create(path)
        try:
            start = os.pread(fd, _BEGINNING, 0)
            check_ours(start, path)
            cut_torn_tail(fd)
            report = cls(path, fd)
            if is_earlier(start):
                report._keep_earlier_columns()
            if not report._file.size:
                report._begin()
            with suppress(OSError):  # a leftover of a process that died during its compaction
                temporary_for(path).unlink()
        except OSError as error:
            os.close(fd)
            raise ReportError(f"The report {path} can't be continued: {words_of(error)}.") from None
        except BaseException:
            os.close(fd)
            raise
        return report

    @property
    def is_empty(self) -> bool:
        """Whether no row is in it yet."""
        return self._file.size <= len(self._header)

    def take(self, result: "Result") -> None:
        """Record a result: it is in the file, and readable, when this returns.

        Raises:
            ReportLostError: The file can't be written any more.
        """
        self._file.append(self._encode(result))

    def sync(self) -> None:
        """Have everything recorded so far on the disk.

        Raises:
            ReportLostError: The file can't be written any more, or is gone.
        """
        self._file.sync()

    def require_compaction(self, pairs: "Pairs | None" = None) -> None:
        """Say that pairs may be on record more than once, so that `finish` drops what was replaced.

        Args:
            pairs: Tells which pairs `finish` meets for the first time. A caller that already holds all
                pairs in memory gives its own; else a set of them is made.
        """
        self._pairs = PairSet() if pairs is None else pairs

    def finish(self) -> "Generator[None]":
        """Have all on the disk, one row for each input row. That may take seconds, so it goes step by step.

        Raises:
            ReportLostError: The file can't be written any more, or is gone.
            CompactionError: All rows are on the disk, but those that were replaced can't be dropped.
        """
        self.sync()
        if self._pairs is None:
            return
        self._pairs.begin_pass()
        try:
            for fd in compact(self.path, self._fd, self._header, self._pairs):
                if fd is not None:
                    os.close(self._fd)
                    self._fd = fd
                    self._file = Appender(fd, self.path)
                yield
        except (OSError, ReportError) as error:
            self.sync()  # which raises where the report itself is gone
            raise CompactionError(
                f"The report {self.path} can't be cleaned up: {words_of(error).rstrip('.')}. Nothing in it "
                "is lost, but rows that were tried again stand in it more than once; the last of each counts."
            ) from None
        self._pairs = None

    def close(self) -> None:
        """Release the file and its lock."""
        if not self._closed:
            self._closed = True
            os.close(self._fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _keep_earlier_columns(self) -> None:
        """Append rows without the column `site`: the file's header has none."""
        self._header = EARLIER_HEADER
        self._encode = to_earlier_csv

    def _begin(self) -> None:
        try:
            self._file.append(self._header)
            self._file.sync()
        except ReportLostError as error:
            raise ReportError(str(error)) from None
        sync_directory(self.path.parent)


def check_free(path: "Path") -> None:
    """See that a report can begin there, before anyone is asked.

    Raises:
        ReportError: Something stands there, its name fits no format, or nothing can be created there.
    """
    format_of(path)
    if os.path.lexists(path):
        raise ReportError(
            f"The report {path} exists already; continue it with --resume, or name another with -o."
        )
    try:
        check_creatable(path)
    except (OSError, ValueError) as error:
        raise ReportError(f"The report {path} can't be created: {words_of(error)}.") from None
