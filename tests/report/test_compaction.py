"""A finished report is compacted whole or not at all, under any fault and whatever others do meanwhile."""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bulkcancel.errors import CompactionError, ReportError, ReportLostError
from bulkcancel.models import Outcome, Result
from bulkcancel.report import Format, Report, read_results
from bulkcancel.report.compaction import _keep_owner_and_mode, temporary_for

FAILED = [Result(n, "w", f"i{n}", Outcome.FAILED, finished_at=1.0) for n in range(2, 6)]
DONE = [row._replace(outcome=Outcome.CANCELED) for row in FAILED]
NAMES = ("r.csv", "r.jsonl")


@pytest.fixture(params=NAMES)
def path(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Where a report is, in either format."""
    return tmp_path / str(request.param)


@pytest.fixture
def report(path: Path) -> Iterator[Report]:
    """A report in which each row failed first and was done then."""
    with Report.create(path) as report:
        for row in FAILED + DONE:
            report.take(row)
        report.require_compaction()
        yield report


def files(path: Path) -> list[str]:
    """What is in the report's directory, hidden files too."""
    return sorted(os.listdir(path.parent))  # noqa: PTH208 - hidden files count


def descriptors() -> int:
    """How many this process has open."""
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - numbers alone


def test_what_was_replaced_is_left_out(path: Path, report: Report) -> None:
    """In the order of the rows that stay; afterwards there is nothing left to do."""
    open_before = descriptors()
    list(report.finish())
    assert path.read_bytes() == Format(path.suffix).header + b"".join(map(Format(path.suffix).encode, DONE))
    assert (files(path), descriptors()) == ([path.name], open_before)
    inode = path.stat().st_ino
    assert list(report.finish()) == []
    assert path.stat().st_ino == inode


def test_a_pair_is_both_of_its_ids_in_a_report_of_any_size(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One instance id in two workflows is two pairs; what a report is read in pieces for changes nothing."""
    monkeypatch.setattr("bulkcancel.report.scan._CHUNK", 100)
    others = [row._replace(workflow_id="v") for row in FAILED]
    with Report.create(path) as report:
        for row in [*FAILED, *others, *DONE]:
            report.take(row)
        report.require_compaction()
        list(report.finish())
    assert list(read_results(path)) == [*others, *DONE]


def test_the_new_file_is_appended_to_and_locked(path: Path, report: Report) -> None:
    """As the old one was: the run may go on."""
    list(report.finish())
    with pytest.raises(ReportError, match="being written by another"):
        Report.resume(path)
    report.take(FAILED[0])
    report.sync()
    assert list(read_results(path)) == [*DONE, FAILED[0]]


def test_a_report_without_repeats_stays_the_file_it_is(path: Path) -> None:
    """Nothing is written where nothing was replaced."""
    with Report.create(path) as report:
        for row in DONE:
            report.take(row)
        inode = path.stat().st_ino
        report.require_compaction()
        list(report.finish())
    assert path.stat().st_ino == inode


def test_the_mode_stays(path: Path, report: Report) -> None:
    """Somebody may have let others read it."""
    path.chmod(0o640)
    list(report.finish())
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_the_new_file_is_on_the_disk_before_it_has_the_name(
    path: Path, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it; and the name is, before the run says that it is over."""
    done: list[tuple[str, int, int]] = []
    fsync, replace = os.fsync, os.replace

    def note_sync(fd: int) -> None:
        found = os.fstat(fd)
        done.append(("sync", found.st_ino, 0 if stat.S_ISDIR(found.st_mode) else found.st_size))
        fsync(fd)

    def note_replace(old: Path, new: Path) -> None:
        done.append(("replace", Path(old).stat().st_ino, Path(old).stat().st_size))
        replace(old, new)

    old = path.stat()
    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(os, "replace", note_replace)
    list(report.finish())
    new, folder = path.stat(), path.parent.stat().st_ino
    assert done == [
        ("sync", old.st_ino, old.st_size),
        ("sync", new.st_ino, new.st_size),
        ("replace", new.st_ino, new.st_size),
        ("sync", folder, 0),
    ]


@pytest.mark.parametrize(("name", "call"), [("open", 1), ("fchmod", 1), ("fsync", 2), ("replace", 1)])
def test_a_fault_leaves_the_report_as_it_was(
    path: Path, report: Report, monkeypatch: pytest.MonkeyPatch, name: str, call: int
) -> None:
    """And is a warning: no row is lost, nothing lies about, and the next try succeeds."""
    before, open_before = path.read_bytes(), descriptors()
    real, calls = getattr(os, name), count(1)

    def fail(*args: Any, **kwargs: Any) -> Any:
        if next(calls) == call:
            raise OSError(errno.EIO, "Input/output error")
        return real(*args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(os, name, fail)
        with pytest.raises(CompactionError, match=r"Input/output error\. Nothing in it is lost"):
            list(report.finish())
    assert (path.read_bytes(), files(path), descriptors()) == (before, [path.name], open_before)
    list(report.finish())
    assert list(read_results(path)) == DONE


def test_a_leftover_of_another_process_does_not_matter(path: Path, report: Report) -> None:
    """It is removed, whether it is met at the beginning or at the end."""
    temporary_for(path).write_text("left")
    list(report.finish())
    assert (files(path), list(read_results(path))) == ([path.name], DONE)
    report.close()
    temporary_for(path).write_text("left")
    with Report.resume(path):
        assert files(path) == [path.name]


def test_a_leftover_that_cannot_be_removed_stops_no_run(path: Path, report: Report) -> None:
    """A directory of that name, say: the report is continued, and is not compacted."""
    report.close()
    (temporary_for(path) / "x").mkdir(parents=True)
    with Report.resume(path) as resumed:
        resumed.take(DONE[0])
        resumed.require_compaction()
        with pytest.raises(CompactionError, match="Is a directory"):
            list(resumed.finish())
    assert len(list(read_results(path))) == 9


Meddle = Callable[[Path], object]


def moved(path: Path) -> None:
    """Somebody moves the report away."""
    path.rename(path.with_name("mine"))


def replaced(path: Path) -> None:
    """Somebody puts a file of theirs into its place."""
    moved(path)
    path.write_text("theirs")


def shortened(path: Path) -> None:
    """Somebody cuts rows off its end."""
    os.truncate(path, len(Format(path.suffix).header) + len(Format(path.suffix).encode(FAILED[0])))


@pytest.mark.parametrize(
    ("meddle", "words"),
    [(moved, "deleted or moved"), (replaced, "deleted or moved"), (shortened, "cut short")],
)
def test_what_others_do_meanwhile_is_noticed(path: Path, report: Report, meddle: Meddle, words: str) -> None:
    """The report is lost then, which is no mere warning; a file that came into its place stays."""
    steps = report.finish()
    next(steps)
    meddle(path)
    there = files(path)
    with pytest.raises(ReportLostError, match=f"The report .* was {words}"):
        list(steps)
    assert files(path) == there
    assert meddle is not replaced or path.read_text() == "theirs"


def test_a_new_file_that_others_remove_is_a_warning(
    path: Path, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody removes hidden files: the report is as it was."""
    monkeypatch.setattr("bulkcancel.report.compaction._LINES_PER_STEP", 2)
    before = path.read_bytes()
    steps = report.finish()
    while not temporary_for(path).exists():
        next(steps)
    temporary_for(path).unlink()
    with pytest.raises(CompactionError, match="No such file or directory"):
        list(steps)
    assert (path.read_bytes(), files(path)) == (before, [path.name])


def test_it_works_in_small_steps(path: Path, report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a signal gets its turn in a report of any size; broken off at any, it leaves all as it was."""
    monkeypatch.setattr("bulkcancel.report.compaction._LINES_PER_STEP", 2)
    before, open_before = path.read_bytes(), descriptors()
    for so_many in range(1, 6):
        steps = report.finish()
        for _ in range(so_many):
            next(steps)
        steps.close()
        assert (path.read_bytes(), files(path), descriptors()) == (before, [path.name], open_before)
    assert len(list(report.finish())) == 6
    assert list(read_results(path)) == DONE


def test_the_owner_is_set_where_it_differs_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some file systems have no owners to set; and before the mode, which a change of owner may reset."""
    stats = {
        1: SimpleNamespace(st_uid=5, st_gid=7, st_mode=0o100_640),
        2: SimpleNamespace(st_uid=0, st_gid=7, st_mode=0o100_600),
        3: SimpleNamespace(st_uid=5, st_gid=0, st_mode=0o100_600),
        4: SimpleNamespace(st_uid=5, st_gid=7, st_mode=0o100_600),
    }
    calls: list[tuple[object, ...]] = []
    with monkeypatch.context() as patched:
        patched.setattr(os, "fstat", stats.__getitem__)
        patched.setattr(os, "fchown", lambda *args: calls.append(("own", *args)))
        patched.setattr(os, "fchmod", lambda *args: calls.append(("mode", *args)))
        for new in (2, 3, 4):
            _keep_owner_and_mode(1, new)
    assert calls == [
        ("own", 2, 5, 7), ("mode", 2, 0o640), ("own", 3, 5, 7), ("mode", 3, 0o640), ("mode", 4, 0o640),
    ]  # fmt: skip


@pytest.mark.parametrize("size", [1, 250, 251, 255])
@pytest.mark.parametrize("char", ["r", "é"])
def test_a_temporary_name_fits_and_is_the_reports_own(size: int, char: str) -> None:
    """The same each time, so that the next process finds it; another for another report."""
    name = f"{char * ((size - 1) // len(char.encode()))}x"
    found = temporary_for(Path("folder") / name)
    assert found == temporary_for(Path("folder") / name)
    assert found != temporary_for(Path("folder") / f"{name[:-1]}y")
    assert found.parent == Path("folder")
    assert found.name.startswith(".")
    assert found.name.endswith(".new")
    assert len(os.fsencode(found.name)) <= 255
    assert (found.name == f".{name}.new") == (len(name.encode()) <= 250)
