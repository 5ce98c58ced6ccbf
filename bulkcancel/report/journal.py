"""The report: the one record of what happened, and the journal that a run resumes from."""

import os
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

from filelock import FileLock, Timeout

from bulkcancel.digest import pair_digest
from bulkcancel.errors import ReportError, ReportLostError
from bulkcancel.models import Outcome
from bulkcancel.report.codec import Format
from bulkcancel.report.files import (
    Appender,
    create_private,
    cut_torn_tail,
    open_existing,
    replace_durably,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bulkcancel.models import Recorded, Result

_Record = TypeVar("_Record")

_BATCH = 10_000
_ALL_STAND = frozenset({Outcome.DUPLICATE, Outcome.INVALID})


def format_of(path: Path) -> Format:
    """The format that a report's name asks for.

    Raises:
        ReportError: The name ends in neither.
    """
    for form in Format:
        if path.suffix.lower() == form.value:
            return form
    raise ReportError(f"The report {path} must be named .csv or .jsonl, so that its format is known.")


class Report:
    """A report file, locked for one writer. `append` keeps a result whatever happens next.

    Attributes:
        path: Where it is.
    """

    def __init__(self, path: Path, fd: int, lock: FileLock) -> None:
        self.path = path
        self._format = format_of(path)
        self._fd = fd
        self._lock = lock
        self._file = Appender(fd, str(path))
        self._may_repeat = False
        self._closed = False

    @classmethod
    def create(cls, path: Path) -> Self:
        """Begin a report.

        Raises:
            ReportError: Something stands there already, or nothing can.
        """
        form = format_of(path)
        lock = _lock(path)
        try:
            fd = create_private(path)
        except FileExistsError:
            _unlock(lock)
            check_free(path)
            raise
        except BaseException:
            _unlock(lock)
            raise
        report = cls(path, fd, lock)
        report._begin(form)
        return report

    @classmethod
    def resume(cls, path: Path) -> Self:
        """Go on with a report, or begin it where there is none; a torn last line is cut off.

        Raises:
            ReportError: It is not one of ours, is in use, or can't be opened.
        """
        form = format_of(path)
        lock = _lock(path)
        try:
            fd = open_existing(path)
        except FileNotFoundError:
            _unlock(lock)
            return cls.create(path)
        except BaseException:
            _unlock(lock)
            raise
        try:
            _check_ours(fd, path, form)
            cut_torn_tail(fd)
            report = cls(path, fd, lock)
            if not report._file.size:
                report._begin(form)
        except BaseException:
            os.close(fd)
            _unlock(lock)
            raise
        return report

    def append(self, result: "Result") -> None:
        """Record a result: it is in the file, and readable, when this returns.

        Raises:
            ReportLostError: The file can't be written any more.
        """
        self._file.append(self._format.encode(result))

    def sync(self) -> None:
        """Have everything recorded so far on the disk.

        Raises:
            ReportLostError: The file can't be written any more, or is gone.
        """
        self._file.sync()

    def expect_repeats(self) -> None:
        """Say that pairs may be on record more than once, so that `finish` drops what was replaced."""
        self._may_repeat = True

    def finish(self) -> None:
        """Leave one row for each input row, on the disk.

        Raises:
            ReportLostError: The file can't be written any more.
        """
        self.sync()
        if self._may_repeat:
            try:
                self._compact()
            except OSError as error:
                raise ReportLostError(
                    f"The report {self.path} can't be tidied: {error.strerror}; it is complete as it is."
                ) from None

    def close(self) -> None:
        """Release the file and its lock."""
        if not self._closed:
            self._closed = True
            os.close(self._fd)
            _unlock(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begin(self, form: Format) -> None:
        try:
            self._file.append(form.header)
            self.sync()
        except ReportLostError as error:
            raise ReportError(str(error)) from None

    def _compact(self) -> None:
        last: dict[int, int] = {}
        replaced = 0
        for place, record in enumerate(read_recorded(self.path)):
            if record.outcome not in _ALL_STAND:
                key = pair_digest(record.workflow_id, record.instance_id)
                replaced += key in last
                last[key] = place
        if not replaced:
            return
        temporary = self.path.with_name(f".{self.path.name}.new")
        temporary.unlink(missing_ok=True)
        fd = create_private(temporary)
        try:
            os.fchmod(fd, os.fstat(self._fd).st_mode & 0o777)
            with os.fdopen(os.dup(fd), "wb") as file:
                file.write(self._format.header)
                for place, result in enumerate(read_results(self.path)):
                    key = pair_digest(result.workflow_id, result.instance_id)
                    if result.outcome in _ALL_STAND or last[key] == place:
                        file.write(self._format.encode(result))
            os.fsync(fd)
            replace_durably(temporary, self.path)
        except BaseException:
            os.close(fd)
            temporary.unlink(missing_ok=True)
            raise
        os.close(self._fd)
        self._fd = fd
        self._file = Appender(fd, str(self.path))
        self._may_repeat = False


class StreamReport:
    """A report on standard output, as CSV: a row goes out when it is finished."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._begun = False

    def append(self, result: "Result") -> None:
        """Write a row.

        Raises:
            ReportLostError: Nobody reads any more.
        """
        data = Format.CSV.encode(result)
        if not self._begun:
            self._begun = True
            data = Format.CSV.header + data
        self._write(data)

    def sync(self) -> None:
        """Do nothing: a stream has no disk."""

    def finish(self) -> None:
        """See that the header was written, even without rows.

        Raises:
            ReportLostError: Nobody reads any more.
        """
        if not self._begun:
            self._begun = True
            self._write(Format.CSV.header)

    def close(self) -> None:
        """Do nothing: standard output is not ours to close."""

    def _write(self, data: bytes) -> None:
        try:
            while data:
                data = data[os.write(self._fd, data) :]
        except OSError as error:
            raise ReportLostError(f"Standard output can't be written any more: {error.strerror}.") from None


def read_results(path: Path) -> "Iterator[Result]":
    """Every row on record in a report, in the order written.

    Raises:
        ReportError: It can't be read, or a line is not a record.
    """
    return _read(path, format_of(path).decode)


def read_recorded(path: Path) -> "Iterator[Recorded]":
    """The same, but only what a resumed run needs; of several for one pair the last counts.

    Raises:
        ReportError: It can't be read, or a line is not a record.
    """
    return _read(path, format_of(path).identify)


def _read(path: Path, decode: "Callable[[str], _Record]") -> "Iterator[_Record]":
    number = 0
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            if format_of(path).header:
                number = 1
                _check_start(file.readline().encode(), path, format_of(path))
            while lines := list(islice(file, _BATCH)):
                if not lines[-1].endswith("\n"):
                    lines.pop()  # torn by a crash: not on record
                for line in lines:
                    number += 1
                    yield decode(line)
    except OSError as error:
        raise ReportError(f"The report {path} can't be read: {error.strerror}.") from None
    except ValueError:
        raise ReportError(
            f"Line {number} of the report {path} is not a record of ours; repair or remove that line."
        ) from None


def check_free(path: Path) -> None:
    """See that a report can begin there, before anyone is asked.

    Raises:
        ReportError: Something stands there, or its name fits no format.
    """
    format_of(path)
    if os.path.lexists(path):
        raise ReportError(
            f"The report {path} exists already; continue it with --resume, or name another with -o."
        )


def _check_ours(fd: int, path: Path, form: Format) -> None:
    """Refuse a file that did not begin as a report; an empty or torn beginning is one of ours."""
    _check_start(os.pread(fd, 4096, 0), path, form)


def _check_start(start: bytes, path: Path, form: Format) -> None:
    first, newline, _ = start.partition(b"\n")
    if form is Format.CSV:
        is_ours = first.rstrip(b"\r") + b"\n" == form.header if newline else form.header.startswith(first)
    else:
        is_ours = start.startswith(b'{"line": ') if newline else b'{"line": '.startswith(first[:9])
    if not is_ours:
        raise ReportError(f"{path} is not a report of bulkcancel; choose another name with -o.")


def _lock(path: Path) -> FileLock:
    if not path.parent.is_dir():  # which the lock would create
        raise ReportError(f"The report {path} can't be created: there is no directory {path.parent}.")
    lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise ReportError(f"The report {path} is being written by another bulkcancel; wait for it.") from None
    except (OSError, ValueError) as error:
        words = error.strerror if isinstance(error, OSError) else str(error)
        raise ReportError(f"The report {path} can't be created: {words}.") from None
    return lock


def _unlock(lock: FileLock) -> None:
    # Unlinked while it is held: whoever opened it meanwhile sees no name on it and starts over.
    Path(lock.lock_file).unlink(missing_ok=True)
    lock.release()
