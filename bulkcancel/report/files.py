"""The file beneath a report: opened safely, appended to whole lines at a time, never left half written."""

import errno
import os
import secrets
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from bulkcancel.errors import ReportError, ReportLostError

if TYPE_CHECKING:
    from pathlib import Path

_MODE = 0o600
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_TAIL = 64 * 1024


def create_private(path: "Path") -> int:
    """Create a file that only its owner can read, and that wasn't there.

    Raises:
        FileExistsError: Something stands there, be it a link that leads nowhere.
        ReportError: It can't be created.
    """
    try:
        return os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, _MODE)
    except FileExistsError:
        raise
    except (OSError, ValueError) as error:
        raise ReportError(f"The report {path} can't be created: {_words(error)}.") from None


def write_private(path: "Path", data: bytes) -> None:
    """Write a whole file that only its owner can read, in place of an earlier one.

    It is written beside it under a name that nobody can foresee or have planted, and then renamed: a link
    that stands there is replaced or refused, never followed, and a reader sees the one or the other.

    Raises:
        OSError: It can't be written, or something other than a regular file stands there.
    """
    if os.path.lexists(path) and not stat.S_ISREG(path.lstat().st_mode):
        raise OSError(errno.EEXIST, "something other than a regular file stands there")
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.new")
    fd = os.open(temporary, _FLAGS | os.O_CREAT | os.O_EXCL, _MODE)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(fd)
        replace_durably(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def open_existing(path: "Path") -> int:
    """Open a regular file to read and append.

    Raises:
        FileNotFoundError: There is none.
        ReportError: It is no regular file, or can't be opened.
    """
    try:
        fd = os.open(path, _FLAGS)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        words = "it is a symbolic link; name the file itself" if path.is_symlink() else _words(error)
        raise ReportError(f"The report {path} can't be opened: {words}.") from None
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise ReportError(f"The report {path} is not a regular file.")
    return fd


class Appender:
    """Appends to an open file: a write that fails leaves no trace.

    Attributes:
        size: Bytes that are known to be in the file.
    """

    def __init__(self, fd: int, name: str) -> None:
        self._fd = fd
        self._name = name
        self.size = os.fstat(fd).st_size

    def append(self, data: bytes) -> None:
        """Append in one write.

        Raises:
            ReportLostError: The file took less than that; it is as it was before.
        """
        try:
            written = os.write(self._fd, data)
        except OSError as error:
            self._lose(_words(error))
        else:
            if written != len(data):
                self._lose("the disk is full")
            self.size += written

    def sync(self) -> None:
        """Have everything on the disk, and see that the file still has its name.

        Raises:
            ReportLostError: It could not be written, or was deleted.
        """
        try:
            os.fsync(self._fd)
            links = os.fstat(self._fd).st_nlink
        except OSError as error:
            raise ReportLostError(f"The report {self._name} can't be written: {_words(error)}.") from None
        if not links:
            raise ReportLostError(f"The report {self._name} was deleted.")

    def _lose(self, words: str) -> None:
        with suppress(OSError):
            os.ftruncate(self._fd, self.size)
        raise ReportLostError(f"The report {self._name} can't be written any more: {words}.")


def cut_torn_tail(fd: int) -> int:
    """Cut off what follows the last line end, as a crash may leave it; returns the bytes cut."""
    size = end = os.fstat(fd).st_size
    while end:
        start = max(0, end - _TAIL)
        newline = os.pread(fd, end - start, start).rfind(b"\n")
        if newline >= 0:
            end = start + newline + 1
            break
        end = start
    if end < size:
        os.ftruncate(fd, end)
    return size - end


def replace_durably(temporary: "Path", path: "Path") -> None:
    """Put a finished file in another's place so that a crash leaves the one or the other."""
    temporary.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        with suppress(OSError):  # some file systems can't sync a directory; the rename itself stands
            os.fsync(directory)
    finally:
        os.close(directory)


def _words(error: Exception) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)
