"""A report as one who only reads it opens it."""

import gzip
import os
import sys
from pathlib import Path

import pytest
from support.reports import row, write_report

from bulkcancel.errors import ReportError
from bulkcancel.models import Result
from bulkcancel.report import Report
from bulkcancel.report.codec import EARLIER_HEADER, Format, to_earlier_csv
from bulkcancel.report.saved import open_saved

ROWS = [row(n) for n in range(2, 6)]
CSV = Format.CSV.header + b"".join(map(Format.CSV.encode, ROWS))
JSON = b"".join(map(Format.JSON_LINES.encode, ROWS))


def read(path: Path) -> list[Result]:
    """Its rows, read twice."""
    with open_saved(str(path)) as report:
        rows = list(report.results())
        assert list(report.results()) == rows
        return rows


def file(folder: Path, data: bytes, name: str = "r") -> Path:
    """A file of those bytes."""
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "data",
    [
        CSV,
        JSON,
        gzip.compress(CSV, mtime=0),
        gzip.compress(JSON[:200], mtime=0) + gzip.compress(JSON[200:], mtime=0),
        b"\xef\xbb\xbf" + CSV,
        CSV.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + JSON,
    ],
    ids=["csv", "json", "gzip", "gzip in two", "bom", "crlf", "bom json"],
)
def test_a_report_is_known_by_what_it_holds(tmp_path: Path, data: bytes) -> None:
    """Whatever its name."""
    assert read(file(tmp_path, data, "report.txt")) == ROWS


def test_a_report_of_an_earlier_version_is_read_from_a_pipe() -> None:
    """It has no column `site`; and a pipe can be read only once, so that it is copied aside."""
    reading, writing = os.pipe()
    os.write(writing, EARLIER_HEADER + b"".join(map(to_earlier_csv, ROWS)))
    os.close(writing)
    assert read(Path(f"/dev/fd/{reading}")) == [one._replace(site="") for one in ROWS]
    os.close(reading)


def test_standard_input_is_a_report(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By the name `-`."""
    with file(tmp_path, CSV).open() as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert read(Path("-")) == ROWS
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(ReportError, match="Standard input is closed"):
        read(Path("-"))


@pytest.mark.parametrize("form", list(Format), ids=lambda form: form.name)
@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_torn_last_line_is_left_out_and_known(tmp_path: Path, form: Format, cut: int) -> None:
    """Even where what is left of it could be read: its last column may be cut."""
    data = form.header + b"".join(map(form.encode, ROWS))
    with open_saved(str(file(tmp_path, data[:-cut]))) as report:
        assert report.is_torn
        assert list(report.results()) == ROWS[:-1]
    with open_saved(str(file(tmp_path, data))) as report:
        assert not report.is_torn


def test_a_header_alone_is_a_report_without_rows(tmp_path: Path) -> None:
    """As a run leaves it that had nothing to do."""
    assert read(file(tmp_path, Format.CSV.header)) == []


def test_what_is_appended_meanwhile_is_left_out(tmp_path: Path) -> None:
    """Both readings see the same rows; that it grows is known."""
    path = file(tmp_path, CSV)
    with open_saved(str(path)) as report:
        assert list(report.results()) == ROWS
        assert not report.is_being_written()
        with path.open("ab") as more:
            more.write(Format.CSV.encode(row(9)))
        assert list(report.results()) == ROWS
        assert report.is_being_written()


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="needs Linux's list of locks")
def test_a_report_that_is_locked_is_being_written_and_stays_so(tmp_path: Path) -> None:
    """The run that writes it never notices."""
    path = tmp_path / "r.csv"
    running = Report.create(path)
    running.take(ROWS[0])
    with open_saved(str(path)) as report:
        assert report.is_being_written()
        assert list(report.results()) == ROWS[:1]
    running.take(ROWS[1])
    running.close()
    with open_saved(str(path)) as report:
        assert not report.is_being_written()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "it is empty"),
        (b"\n \n", "it is empty"),
        (b"line,workflow_id,ins", "no row was written"),
        (b"workflow_id,instance_id,status,started_at,ended_at,source\nw,i,running,,,\n", "find"),
        (b'{"workflow_id": "w", "instance_id": "i"}\n', "find"),
        (b"line,workflow_id,instance_id,state,kind,started_at,ended_at,age_s,http_status\n", "status"),
        (b'{\n  "rows": 3\n}\n', "The summary of a run is given with --summary"),
        (b"PK\x03\x04rest", "unzip -p"),
        (b"BZh91AY", "bunzip2"),
        (b"\xfd7zXZ", "xz -dc"),
        (b"\x28\xb5\x2f\xfdx", "zstd"),
        (gzip.compress(gzip.compress(CSV, mtime=0), mtime=0), "gzipped twice"),
        (gzip.compress(CSV, mtime=0)[:-20], "damaged or cut off"),
        (gzip.compress(CSV, mtime=0)[:40] + b"?" * 40, "damaged or cut off"),
        (b"hello\n", "line 1 is not its header"),
        (CSV.replace(b",", b";"), "line 1 is not its header"),
        (bytes(range(256)), "line 1 is not its header"),
    ],
)
def test_what_is_no_report_is_told_with_what_to_do(tmp_path: Path, data: bytes, said: str) -> None:
    """By the name of the file."""
    path = file(tmp_path, data)
    with pytest.raises(ReportError, match=said) as refusal, open_saved(str(path)):
        pass
    assert str(path) in str(refusal.value)


def test_a_name_that_leads_to_no_file_is_told(tmp_path: Path) -> None:
    """Nothing there, a directory, or no name at all."""
    for name, said in [
        ("none", "No such file"),
        ("", "directory; name the reports in it"),
        ("\0", "can't be read"),
    ]:
        with (
            pytest.raises(ReportError, match=said),
            open_saved(str(tmp_path / name) if name != "\0" else name),
        ):
            pass


@pytest.mark.parametrize(
    "line", [b"x,y\n", b"\xff\xfe\n", b"a" * (1 << 25) + b"\n"], ids=["cells", "not text", "endless"]
)
def test_a_line_that_is_no_row_is_named(tmp_path: Path, line: bytes) -> None:
    """With its number, so that it can be repaired."""
    path = file(tmp_path, CSV + line)
    with open_saved(str(path)) as report, pytest.raises(ReportError, match=r"Line 6 of the report .* repair"):
        list(report.results())


def test_a_disk_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the midst of it."""

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    with open_saved(str(file(tmp_path, CSV))) as report:
        monkeypatch.setattr("bulkcancel.report.saved.records_in", fail)
        with pytest.raises(ReportError, match="can't be read: Input/output error"):
            list(report.results())


def test_writing_a_report_and_reading_it_saved_agree(tmp_path: Path) -> None:
    """Both formats."""
    for name in ("a.csv", "a.jsonl"):
        assert read(Path(write_report(tmp_path / name, ROWS))) == ROWS
