"""The journal under every truncation, writer and file system: nothing recorded is lost, nothing foreign is touched."""

import fcntl
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bulkcancel.errors import CompactionError, ReportError, ReportLostError
from bulkcancel.models import Outcome, Result
from bulkcancel.report import Format, Report, read_recorded, read_results
from bulkcancel.report.scan import newest_first

ROWS = [
    Result(n, "w", f"i{n}", Outcome.CANCELED, 200, "", "it's", 1, 0, 1.8e9, 1.8e9, 20) for n in range(2, 5)
]
NAMES = ("r.csv", "r.jsonl")


def written(path: Path, rows: list[Result]) -> bytes:
    """A report with those rows."""
    form = Format(path.suffix)
    data = form.header + b"".join(map(form.encode, rows))
    path.write_bytes(data)
    return data


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_report_torn_at_any_byte_keeps_every_whole_row(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is continued there."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    path = tmp_path / name
    data = written(path, ROWS)
    for size in range(len(data)):
        path.write_bytes(data[:size])
        whole = max(0, data[:size].count(b"\n") - bool(Format(path.suffix).header))
        with Report.resume(path) as report:
            assert list(read_results(path)) == ROWS[:whole]
            for row in ROWS[whole:]:
                report.take(row)
        assert path.read_bytes() == data


@pytest.mark.parametrize("chunk", [1, 7, 64, 300, 1 << 20])
@pytest.mark.parametrize("name", NAMES)
def test_a_report_reads_the_same_in_any_pieces(
    tmp_path: Path, name: str, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forwards, newest first, and with a torn end."""
    monkeypatch.setattr("bulkcancel.report.scan._CHUNK", chunk)
    path = tmp_path / name
    for tail in (b"", b"torn"):
        path.write_bytes(written(path, ROWS) + tail)
        assert list(read_results(path)) == ROWS
        recorded = list(read_recorded(path))
        assert [record.line for record in recorded] == [2, 3, 4]
        assert [one for batch in newest_first(path) for one in batch] == recorded[::-1]
        start = len(Format(path.suffix).header + b"".join(map(Format(path.suffix).encode, ROWS[:2])))
        assert list(read_recorded(path, start)) == recorded[:2]
    written(path, [])
    assert list(newest_first(path)) == []


def test_a_json_line_that_was_written_by_another_hand_is_read_as_well(tmp_path: Path) -> None:
    """Spaces and escapes are the writer's choice."""
    path = tmp_path / "r.jsonl"
    data = written(path, ROWS[:1])
    path.write_bytes(data + data.replace(b'": "i2"', b'":"i\\u0032"'))
    assert {record.instance_id for record in read_recorded(path)} == {"i2"}


def test_damage_is_named_by_its_line_also_in_compaction(tmp_path: Path) -> None:
    """The report stays as it is."""
    path = tmp_path / "r.csv"
    with Report.create(path) as report:
        report.take(ROWS[0])
        with path.open("ab") as file:
            file.write(b"damaged\n")
        report.require_compaction()
        before = path.read_bytes()
        with pytest.raises(CompactionError, match=r"Line 3.*that line\. Nothing.*more than once"):
            list(report.finish())
    assert path.read_bytes() == before


def test_a_report_is_locked_under_each_of_its_names(tmp_path: Path) -> None:
    """And nothing but the report is in its folder."""
    path = tmp_path / "r.csv"
    with Report.create(path):
        (tmp_path / "s.csv").hardlink_to(path)
        with pytest.raises(ReportError, match="being written by another"):
            Report.resume(tmp_path / "s.csv")
        (tmp_path / "s.csv").unlink()
        assert os.listdir(tmp_path) == ["r.csv"]  # noqa: PTH208 - hidden files count


def test_a_lock_taken_on_a_file_that_was_replaced_meanwhile_is_not_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who finishes a report puts another in its place: that one must be opened then."""
    path = tmp_path / "r.csv"
    written(path, ROWS[:1])
    real = fcntl.flock
    calls: list[int] = []

    def flock(fd: int, operation: int) -> None:
        if not calls:
            written(tmp_path / "new.csv", ROWS)
            (tmp_path / "new.csv").replace(path)
        calls.append(fd)
        real(fd, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    with Report.resume(path) as report:
        report.take(ROWS[0])
    assert len(calls) == 2
    assert len(list(read_results(path))) == 4


def test_a_file_system_without_locks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two writers could not be told apart there."""

    def flock(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(ReportError, match="No locks available; name one on another file system"):
        Report.create(tmp_path / "r.csv")


@contextmanager
def small_disk(size: int) -> Iterator[None]:
    """Meanwhile files may have so many bytes, as if the disk were full then."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_takes_whole_rows_only(tmp_path: Path) -> None:
    """What did not fit leaves no trace; compaction needs room, and without it leaves all as it is."""
    path = tmp_path / "r.csv"
    with Report.create(path) as report:
        for row in [*ROWS, *ROWS, *ROWS]:
            report.take(row)
        before = path.read_bytes()
        with small_disk(len(before) + 50), pytest.raises(ReportLostError, match="File too large"):
            report.take(ROWS[0])
        assert path.read_bytes() == before
        report.require_compaction()
        with small_disk(200), pytest.raises(CompactionError, match="Nothing in it is lost"):
            list(report.finish())
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["r.csv"]  # noqa: PTH208 - hidden files count


def test_a_report_that_was_moved_is_noticed_and_its_place_is_not_taken(tmp_path: Path) -> None:
    """Somebody else's file may stand there now."""
    path = tmp_path / "r.csv"
    with Report.create(path) as report:
        for row in [*ROWS, *ROWS]:
            report.take(row)
        path.rename(tmp_path / "mine.csv")
        path.write_text("theirs")
        report.require_compaction()
        with pytest.raises(ReportLostError, match="deleted or moved"):
            list(report.finish())
    assert path.read_text() == "theirs"
    assert len(list(read_results(tmp_path / "mine.csv"))) == 6


def test_compaction_can_be_broken_off(tmp_path: Path) -> None:
    """The report is as it was, and the next one who finishes it compacts it."""
    path = tmp_path / "r.csv"
    with Report.create(path) as report:
        for row in [*ROWS, *ROWS]:
            report.take(row)
        report.require_compaction()
        steps = report.finish()
        next(steps)
        next(steps)
        del steps
    assert len(list(read_results(path))) == 6
    with Report.resume(path) as report:
        report.require_compaction()
        list(report.finish())
    assert list(read_results(path)) == ROWS
    assert os.listdir(tmp_path) == ["r.csv"]  # noqa: PTH208 - hidden files count
