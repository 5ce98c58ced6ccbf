"""How a report begins, is continued and is let go of, whatever the disk does."""

import errno
import os
from pathlib import Path
from typing import Any, NoReturn

import pytest

from bulkcancel.errors import ReportError
from bulkcancel.models import Outcome, Result
from bulkcancel.report import Format, Report, check_free, read_results

ROW = Result(2, "w", "i", Outcome.CANCELED, 200, finished_at=1.0)
EIO = OSError(errno.EIO, "Input/output error")


def descriptors() -> int:
    """How many this process has open."""
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - numbers alone


def failing(*_: Any, **__: Any) -> NoReturn:
    """Fail as a broken disk does."""
    raise EIO


def test_a_report_that_cannot_begin_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a file nor an open descriptor; an error of the report, for nothing was sent."""
    before = descriptors()
    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(ReportError, match="can't be written: Input/output error"):
        Report.create(tmp_path / "r.csv")
    assert (os.listdir(tmp_path), descriptors()) == ([], before)  # noqa: PTH208 - hidden files count


def test_a_report_s_name_is_on_the_disk_when_it_has_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first line, and its directory."""
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(os.fstat(fd).st_ino))
    with Report.create(tmp_path / "r.csv"):
        assert synced == [(tmp_path / "r.csv").stat().st_ino, tmp_path.stat().st_ino]


def test_a_file_that_came_and_went_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else is at work under that name."""

    def there(_: Path) -> NoReturn:
        raise FileExistsError

    monkeypatch.setattr("bulkcancel.report.journal.create_private", there)
    with pytest.raises(ReportError, match=r"The report .*r.csv came and went; try again\.$"):
        Report.create(tmp_path / "r.csv")


@pytest.mark.parametrize("fault", [EIO, KeyboardInterrupt()])
def test_a_report_that_cannot_be_continued_is_let_go_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    """Nothing stays open, and nothing is changed; what is not ours as well."""

    def fail(*_: object) -> NoReturn:
        raise fault

    path = tmp_path / "r.csv"
    path.write_bytes(Format.CSV.header + b"torn")
    before = descriptors()
    with monkeypatch.context() as patched:
        patched.setattr(os, "ftruncate", fail)
        with pytest.raises((ReportError, KeyboardInterrupt)) as caught:
            Report.resume(path)
    assert isinstance(fault, KeyboardInterrupt) or "can't be continued: Input/output" in str(caught.value)
    path.write_text("precious\n")
    with pytest.raises(ReportError, match="is not a report"):
        Report.resume(path)
    assert (path.read_text(), descriptors()) == ("precious\n", before)


def test_an_empty_report_knows_that_it_is(tmp_path: Path) -> None:
    """With its header alone, in either format; and it may be closed twice."""
    for name in ("r.csv", "r.jsonl"):
        before = descriptors()
        report = Report.create(tmp_path / name)
        found = [report.is_empty]
        report.take(ROW)
        assert [*found, report.is_empty] == [True, False]
        report.close()
        taken = os.dup(1)  # which has the report's number now
        report.close()
        os.close(taken)
        assert descriptors() == before
        assert list(read_results(tmp_path / name)) == [ROW]


def test_a_report_can_begin_where_nothing_stands(tmp_path: Path) -> None:
    """And nowhere else."""
    check_free(tmp_path / "r.csv")
    (tmp_path / "l.csv").symlink_to("none")
    with pytest.raises(ReportError, match="exists already; continue it with --resume, or name another"):
        check_free(tmp_path / "l.csv")
    with pytest.raises(ReportError, match=r"can't be created: No such file or directory\.$"):
        check_free(tmp_path / "none" / "r.csv")
    with pytest.raises(ReportError, match="can't be created: "):
        check_free(tmp_path / "a\0.csv")
