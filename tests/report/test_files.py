"""The file beneath a report: whose it is, who may write to it, and what a fault leaves of it."""

import errno
import fcntl
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from bulkcancel.errors import ReportError, ReportLostError
from bulkcancel.models import Outcome, Result
from bulkcancel.report import write_private
from bulkcancel.report.files import (
    Appender,
    check_creatable,
    check_replaceable,
    create_private,
    cut_torn_tail,
    open_existing,
    stands_for,
    sync_directory,
)

ROW = Result(2, "w", "i", Outcome.CANCELED, 200, finished_at=1.0)
EIO = OSError(errno.EIO, "Input/output error")


def descriptors() -> int:
    """How many this process has open."""
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - numbers alone


def failing(*_: Any, **__: Any) -> NoReturn:
    """Fail as a broken disk does."""
    raise EIO


def test_a_created_file_is_appended_to_and_handed_to_nobody(tmp_path: Path) -> None:
    """Its owner's alone, whatever the umask; no process that is started inherits it."""
    path = tmp_path / "r.csv"
    before = os.umask(0)
    try:
        fd = create_private(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_APPEND
    assert not os.get_inheritable(fd)
    os.write(fd, b"a")
    os.lseek(fd, 0, os.SEEK_SET)
    os.write(fd, b"b")
    assert path.read_bytes() == b"ab"
    os.close(fd)


@pytest.mark.parametrize("make", [create_private, open_existing])
def test_a_file_that_is_in_use_is_let_go_of(tmp_path: Path, make: Callable[[Path], int]) -> None:
    """One is told so, and no descriptor stays open."""
    path, real = tmp_path / "r.csv", fcntl.flock
    if make is open_existing:
        path.touch()
    other: list[int] = []

    def taken(fd: int, operation: int) -> None:
        other.append(os.open(path, os.O_RDONLY))
        real(other[0], fcntl.LOCK_EX)
        real(fd, operation)

    before = descriptors()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(fcntl, "flock", taken)
        with pytest.raises(ReportError, match="is being written by another bulkcancel; wait for it"):
            make(path)
    os.close(other[0])
    assert descriptors() == before


@pytest.mark.parametrize("make", [create_private, open_existing])
def test_a_file_system_without_locks_is_let_go_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], int]
) -> None:
    """In the system's words, with a way out."""
    path = tmp_path / "r.csv"
    if make is open_existing:
        path.touch()
    before = descriptors()
    monkeypatch.setattr(fcntl, "flock", failing)
    with pytest.raises(ReportError, match="can't be locked: Input/output error; name one on another"):
        make(path)
    assert descriptors() == before


def test_what_is_no_regular_file_is_let_go_of(tmp_path: Path) -> None:
    """A FIFO does not hang, and no descriptor stays open."""
    os.mkfifo(tmp_path / "f")
    before = descriptors()
    with pytest.raises(ReportError, match="not a regular file"):
        open_existing(tmp_path / "f")
    with pytest.raises(FileNotFoundError):
        open_existing(tmp_path / "none")
    (tmp_path / "l").symlink_to("none")
    with pytest.raises(ReportError, match="l can't be opened: it is a symbolic link; name the file itself"):
        open_existing(tmp_path / "l")
    with pytest.raises(ReportError, match="can't be opened: Is a directory"):
        open_existing(tmp_path)
    with pytest.raises(ReportError, match=r"can't be opened: (open: )?embedded null"):
        open_existing(tmp_path / "a\0b")
    with pytest.raises(ReportError, match=r"can't be created: (open: )?embedded null"):
        create_private(tmp_path / "a\0b")
    assert descriptors() == before


def test_a_name_stands_for_the_file_that_has_it(tmp_path: Path) -> None:
    """Not for a link to it, nor for another, nor for none."""
    path = tmp_path / "r.csv"
    fd = create_private(path)
    (tmp_path / "hard").hardlink_to(path)
    (tmp_path / "soft").symlink_to(path)
    (tmp_path / "other").touch()
    found = {name: stands_for(tmp_path / name, fd) for name in ("r.csv", "hard", "soft", "other", "none")}
    assert found == {"r.csv": True, "hard": True, "soft": False, "other": False, "none": False}
    os.close(fd)


def test_an_append_goes_on_until_all_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system may take a part at a time; what fails in between leaves nothing, and the next one fits on."""
    fd = create_private(tmp_path / "r.csv")
    file, real = Appender(fd, tmp_path / "r.csv"), os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[:2]))
    file.append(b"12345")
    assert file.size == 5
    parts = iter([2, 1])

    def full(fd: int, data: bytes) -> int:
        if (size := next(parts, 0)) == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(fd, data[:size])

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(
            ReportLostError, match=r"r.csv can't be written any more: No space left on device\.$"
        ):
            file.append(b"abcde")
    assert (file.size, (tmp_path / "r.csv").read_bytes()) == (5, b"12345")
    file.append(b"678")
    assert (file.size, (tmp_path / "r.csv").read_bytes()) == (8, b"12345678")
    assert Appender(fd, tmp_path / "r.csv").size == 8
    os.close(fd)


@pytest.mark.parametrize("tail", [1, 3, 4, 5, 64])
@pytest.mark.parametrize("whole", [b"", b"\n", b"one\n", b"one\ntwo\n\n"])
@pytest.mark.parametrize("torn", [b"", b"x", b"abcd", b"abcdefghijk"])
def test_a_torn_tail_of_any_length_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tail: int, whole: bytes, torn: bytes
) -> None:
    """Whatever pieces it is looked for in; it says how much that was."""
    monkeypatch.setattr("bulkcancel.report.files._TAIL", tail)
    path = tmp_path / "r.csv"
    path.write_bytes(whole + torn)
    fd = open_existing(path)
    assert cut_torn_tail(fd) == len(torn)
    assert path.read_bytes() == whole
    os.close(fd)


def test_a_summary_is_on_the_disk_before_it_has_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole; then the name is."""
    path, done, fsync, replace = tmp_path / "s.json", list[tuple[str, int]](), os.fsync, os.replace

    def note_sync(fd: int) -> None:
        found = os.fstat(fd)
        done.append(("sync", -1 if stat.S_ISDIR(found.st_mode) else found.st_size))
        fsync(fd)

    def note_replace(old: Path, new: Path) -> None:
        done.append(("replace", stat.S_IMODE(Path(old).stat().st_mode)))
        replace(old, new)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(os, "replace", note_replace)
    before = descriptors()
    for data in (b"one", b"three"):
        write_private(path, data)
        assert path.read_bytes() == data
    assert done == [
        ("sync", 3),
        ("replace", 0o600),
        ("sync", -1),
        ("sync", 5),
        ("replace", 0o600),
        ("sync", -1),
    ]
    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(OSError, match="Input/output"):
        write_private(path, b"four")
    assert (os.listdir(tmp_path), descriptors()) == (["s.json"], before)  # noqa: PTH208 - hidden files count


def test_a_directory_that_cannot_be_synced_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some file systems can't; and it is closed either way."""
    before = descriptors()
    sync_directory(tmp_path)
    monkeypatch.setattr(os, "fsync", failing)
    sync_directory(tmp_path)
    sync_directory(tmp_path / "none")
    assert descriptors() == before


def test_where_something_stands_nothing_is_created_or_replaced_unseen(tmp_path: Path) -> None:
    """A check before the run says what the run would meet."""
    path = tmp_path / "s.json"
    for check in (check_creatable, check_replaceable):
        check(path)
        with pytest.raises(FileNotFoundError):
            check(tmp_path / "none" / "s.json")
        with pytest.raises(OSError, match="File name too long"):
            check(tmp_path / ("x" * 256))
    path.touch()
    check_replaceable(path)
    with pytest.raises(NotADirectoryError):
        check_replaceable(path / "s.json")
    with pytest.raises(NotADirectoryError):
        check_creatable(path / "s.json")
    with pytest.raises(OSError, match="something other than a regular file stands there"):
        check_replaceable(tmp_path)
