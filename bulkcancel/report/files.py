"""The file beneath a report: opened safely, locked, appended to by whole lines, never left half written."""

import errno
import fcntl
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bulkcancel.errors import ReportError, ReportGoneError, ReportLostError, words_of

if TYPE_CHECKING:
    from collections.abc import Callable

_MODE = 0o600
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_TAIL = 64 * 1024
_HELD = frozenset({errno.EAGAIN, errno.EACCES})


def create_private(path: Path) -> int:
    """Create a file that only its owner can read, where none was, and lock it.

    Raises:
        FileExistsError: Something stands there, be it a link that leads nowhere.
        ReportError: It can't be created, or another process has taken it since.
    """
    try:
        fd = os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, _MODE)
    except FileExistsError:
        raise
    except (OSError, ValueError) as error:
        raise ReportError(f"The report {path} can't be created: {words_of(error)}.") from None
    try:
        _lock(fd, path)
    except BaseException:
        os.close(fd)
        raise
    return fd


def check_creatable(path: Path) -> None:
    """See that a file could be created there, as far as that can be told without creating it.

    Raises:
        OSError: It could not.
    """
    with suppress(FileNotFoundError):  # whatever else is wrong with the name
        path.lstat()
    _check_directory(path.parent)


def check_replaceable(path: Path) -> None:
    """See that `write_private` could write there, as far as that can be told without writing.

    Raises:
        OSError: It could not.
    """
    _check_regular_or_absent(path)
    _check_directory(path.parent)


def write_private(path: Path, data: bytes) -> None:
    """Write a whole file that only its owner can read, in place of an earlier one.

    It is written beside it under a name that nobody can guess, and then renamed. So no link that somebody
    put there is ever followed, and a reader finds either the earlier file or the new one, whole.

    Raises:
        OSError: It can't be written, or something other than a regular file stands there.
    """
    _check_regular_or_absent(path)
    temporary = path.with_name(f".bulkcancel-{secrets.token_hex(8)}.new")
    fd = os.open(temporary, _FLAGS | os.O_CREAT | os.O_EXCL, _MODE)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(fd)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def open_existing(path: Path) -> int:
    """Open a regular file to read and append, and lock it; a compaction may put a new one in its place.

    Raises:
        FileNotFoundError: There is none.
        ReportError: It is no regular file, can't be opened, or is in use.
    """

    def open_it() -> int:
        try:
            return os.open(path, _FLAGS)
        except FileNotFoundError:
            raise
        except (OSError, ValueError) as error:
            words = "it is a symbolic link; name the file itself" if path.is_symlink() else words_of(error)
            raise ReportError(f"The report {path} can't be opened: {words}.") from None

    def lock_it(fd: int) -> None:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise ReportError(f"The report {path} is not a regular file.")
        _lock(fd, path)

    return open_locked(path, open_it, lock_it)


def open_locked(path: Path, open_it: "Callable[[], int]", lock_it: "Callable[[int], None]") -> int:
    """Open and lock a file, again until its name stands for what was locked.

    The lock is on the file itself, and the kernel's: a process that dies leaves none behind, and two names
    of one file share it. Before we have it, another process may have put a new file in its place, or removed
    it. So we look again whether the name still stands for the file that we locked.

    Args:
        path: Its name.
        open_it: Opens it; what that raises is raised.
        lock_it: Locks what was opened; what that raises is raised, and the file closed.
    """
    while True:
        fd = open_it()
        try:
            lock_it(fd)
            if stands_for(path, fd):
                return fd
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)


def try_lock(fd: int) -> bool:
    """Lock an open file for one writer; gives whether nobody else holds it.

    Raises:
        OSError: It can't be locked at all.
    """
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD:
            return False
        raise
    return True


def stands_for(path: Path, fd: int) -> bool:
    """Whether a name still stands for an open file."""
    try:
        return os.path.samestat(os.stat(path, follow_symlinks=False), os.fstat(fd))  # noqa: PTH116 - quick
    except OSError:
        return False


class Appender:
    """Appends to an open file: a write that fails leaves no trace.

    Attributes:
        size: Bytes that are known to be in the file.
    """

    def __init__(self, fd: int, path: Path) -> None:
        self._fd = fd
        self._path = path
        self.size = os.fstat(fd).st_size

    def append(self, data: bytes) -> None:
        """Append, in one write where the system takes all at once.

        Raises:
            ReportLostError: The file can't take it; it is as it was before.
        """
        size = len(data)
        try:
            while data:
                data = data[os.write(self._fd, data) :]
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self._fd, self.size)
            raise ReportLostError(
                f"The report {self._path} can't be written any more: {words_of(error)}."
            ) from None
        self.size += size

    def sync(self) -> None:
        """Have everything on the disk, and see that the file still has its name.

        Raises:
            ReportLostError: It could not be written, or was deleted or moved.
        """
        try:
            os.fsync(self._fd)
        except OSError as error:
            raise ReportLostError(f"The report {self._path} can't be written: {words_of(error)}.") from None
        if not stands_for(self._path, self._fd):
            raise ReportGoneError(f"The report {self._path} was deleted or moved.")


def cut_torn_tail(fd: int) -> int:
    """Cut off what follows the last line end, as a crash may leave it; returns the bytes cut."""
    size = os.fstat(fd).st_size
    end = end_of_lines(fd, size)
    if end < size:
        os.ftruncate(fd, end)
    return size - end


def end_of_lines(fd: int, size: int) -> int:
    """Where the last whole line of a file of that size ends."""
    end = size
    while end:
        start = max(0, end - _TAIL)
        newline = os.pread(fd, end - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0


def sync_directory(path: Path) -> None:
    """Have the directory on the disk, so that a name just given survives a power cut."""
    with suppress(OSError):  # some file systems can't sync a directory; the name itself stands
        directory = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def _check_regular_or_absent(path: Path) -> None:
    with suppress(FileNotFoundError):
        if not stat.S_ISREG(path.lstat().st_mode):
            raise OSError(errno.EEXIST, "something other than a regular file stands there")


def _check_directory(path: Path) -> None:
    """See that names can be given and taken in a directory."""
    path.stat()
    if not os.access(path, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids):
        raise PermissionError(errno.EACCES, f"nothing can be written in {path.absolute()}")


def is_locked(fd: int) -> bool:
    """Whether somebody has a file locked, as far as the system says so without our trying to lock it."""
    try:
        locks = Path("/proc/locks").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    inode = str(os.fstat(fd).st_ino)
    held = (line.split() for line in locks.splitlines())
    return any("FLOCK" in words and any(word.endswith(f":{inode}") for word in words) for words in held)


def _lock(fd: int, path: Path) -> None:
    try:
        is_ours = try_lock(fd)
    except OSError as error:
        raise ReportError(
            f"The report {path} can't be locked: {words_of(error)}; name one on another file system with -o."
        ) from None
    if not is_ours:
        raise ReportError(f"The report {path} is being written by another bulkcancel; wait for it.")
