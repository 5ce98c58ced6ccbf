"""A report as one who only reads it opens it: never locked, never changed, packed or not, from a pipe too."""

import gzip
import os
import shutil
import stat
import sys
import tempfile
import zlib
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from bulkcancel.errors import ReportError, words_of
from bulkcancel.report.codec import EARLIER_HEADER, Format
from bulkcancel.report.files import end_of_lines, is_locked
from bulkcancel.report.scan import columns_of, records_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bulkcancel.models import Result

_STDIN = "-"
_BEGINNING = 64 * 1024  # bytes that show what a file is
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_PACKED = {
    b"PK\x03\x04": "unzip -p",
    b"BZh": "bunzip2 -c",
    b"\xfd7zX": "xz -dc",
    b"\x28\xb5\x2f\xfd": "zstd -dc",
}
_JSON_STARTS = (b'{"line":', b'{ "line":')


class SavedReport:
    """A report, open to be read from its start as often as wanted; what is appended meanwhile is left out.

    Attributes:
        name: What to call it in messages.
        is_torn: Whether its last line is cut off, and left out.
        size: How many bytes it has, unpacked.
    """

    def __init__(self, name: str, file: BinaryIO, source: IO[bytes]) -> None:
        """Look at what it is.

        Args:
            name: What to call it.
            file: Its bytes, unpacked, in a file of any kind that is one.
            source: Where they come from: the same, unless they had to be copied.

        Raises:
            ReportError: It is not a report.
            OSError: It can't be read.
        """
        self.name = name
        self._file, self._source = file, source
        self._found_size = os.fstat(source.fileno()).st_size
        size = os.fstat(file.fileno()).st_size
        beginning = os.pread(file.fileno(), _BEGINNING, 0)
        self._start = len(_BOM) if beginning.startswith(_BOM) else 0
        beginning = beginning[self._start :]
        self._form, header = _look_at(beginning, name)
        self._columns = columns_of(header)
        self._start += len(header)
        self._end = max(self._start, end_of_lines(file.fileno(), size))
        self.is_torn = self._end < size
        self.size = size

    def results(self) -> "Iterator[Result]":
        """Every row, in the order written.

        Raises:
            ReportError: It can't be read, or a line is not a record.
        """
        line = 1 if self._form is Format.CSV else 0
        try:
            self._file.seek(self._start)
            yield from records_in(self._file, self._form.decode, self._columns, self.name, line, self._end)
        except OSError as error:
            raise ReportError(f"The report {self.name} can't be read: {words_of(error)}.") from None

    def is_being_written(self) -> bool:
        """Whether a run is writing it right now: somebody has it locked, or it grew since it was opened."""
        fd = self._source.fileno()
        return is_locked(fd) or os.fstat(fd).st_size > self._found_size


@contextmanager
def open_saved(name: str) -> "Iterator[SavedReport]":
    """Open a report by its name, or `-` for standard input; what is packed or a pipe is copied aside first.

    Raises:
        ReportError: It can't be read, or is not a report.
    """
    with ExitStack() as stack:
        try:
            source = stack.enter_context(_source(name))
            file = cast("BinaryIO", source)
            if not stat.S_ISREG(os.fstat(source.fileno()).st_mode):
                file = _copied(source, stack)
            if os.pread(file.fileno(), len(_GZIP), 0) == _GZIP:
                file = _copied(cast("IO[bytes]", gzip.GzipFile(fileobj=file)), stack)
            report = SavedReport("standard input" if name == _STDIN else name, file, source)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise ReportError(
                f"{name} is gzipped, and damaged or cut off. Copy it anew, or read what is left of it: "
                "zcat FILE | bulkcancel report -"
            ) from None
        except (OSError, ValueError) as error:
            raise ReportError(f"The report {name} can't be read: {words_of(error)}.") from None
        yield report


def _source(name: str) -> IO[bytes]:
    if name == _STDIN:
        if sys.stdin is None:
            raise ReportError("Standard input is closed; name a report.")
        return os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    if Path(name).is_dir():
        raise ReportError(f"{name} is a directory; name the reports in it: {Path(name) / '*.csv'}")
    return Path(name).open("rb")


def _copied(source: IO[bytes], stack: ExitStack) -> BinaryIO:
    """A copy that has no name and goes when it is closed: only a file can be read twice."""
    file = tempfile.TemporaryFile(prefix="bulkcancel-")  # noqa: SIM115 - the stack closes it
    copy = cast("BinaryIO", stack.enter_context(file))
    shutil.copyfileobj(source, copy)
    copy.flush()
    return copy


def _look_at(beginning: bytes, name: str) -> tuple[Format, bytes]:
    """The format of a report that begins so, and its header.

    Raises:
        ReportError: It is something else; what, and what to do.
    """
    first, newline, _ = beginning.partition(b"\n")
    plain = first.rstrip(b"\r") + b"\n"
    if newline and plain in (Format.CSV.header, EARLIER_HEADER):
        return Format.CSV, first + newline
    if first and not newline and Format.CSV.header.startswith(first):
        raise ReportError(f"{name} ends within its first line: no row was written.")
    if beginning.startswith(_JSON_STARTS):
        return Format.JSON_LINES, b""
    raise ReportError(f"{name} is not a report of bulkcancel: {_what_it_is(beginning, first)}")


def _what_it_is(beginning: bytes, first: bytes) -> str:
    """What a file is that is not a report, and what to do with it."""
    if not beginning.strip():
        return "it is empty."
    for start, unpack in _PACKED.items():
        if beginning.startswith(start):
            return f"it is packed; undo that: {unpack} FILE | bulkcancel report -"
    if beginning.startswith(_GZIP):
        return "it is gzipped twice; undo it once: gunzip -c FILE | bulkcancel report -"
    columns = {name.strip(b' "\r').lower() for name in first.split(b",")}
    if b"state" in columns and b"age_s" in columns:
        return "it is what `bulkcancel status` wrote. Give the report that `bulkcancel run` wrote with -o."
    if b"instance_id" in columns or b'"instance_id"' in first:
        return (
            "it is a list of instances, such as `bulkcancel find` writes. Cancel them first, with "
            "`bulkcancel run FILE -o report.csv`, and give that report."
        )
    if beginning.startswith(b"{"):
        return (
            "it is other JSON. The summary of a run is given with --summary, beside the report that "
            "`bulkcancel run` wrote with -o."
        )
    return "line 1 is not its header. Give the file that `bulkcancel run` wrote with -o, unchanged."
