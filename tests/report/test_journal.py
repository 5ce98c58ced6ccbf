"""The report: written whole, read back exactly, never somebody else's."""

import os
import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcancel.errors import ReportError, ReportLostError
from bulkcancel.models import Outcome, Recorded, Result
from bulkcancel.report import Format, Report, read_recorded, read_results

MOMENT = 1_800_000_000.123
ROW = Result(2, "w", "i", Outcome.CANCELED, 200, "", "", 1, 0, MOMENT, MOMENT, 20)
NAMES = ("r.csv", "r.jsonl")

texts = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=30)
moments = st.none() | st.integers(0, 4 * 10**12).map(lambda ms: ms / 1000)
results = st.builds(
    Result,
    line=st.integers(1, 10**9),
    workflow_id=texts,
    instance_id=texts,
    outcome=st.sampled_from(Outcome),
    http_status=st.none() | st.integers(100, 599),
    error_code=texts,
    error_detail=texts,
    attempts=st.integers(0, 99),
    throttled=st.integers(0, 99),
    started_at=moments,
    finished_at=moments,
    duration_ms=st.integers(0, 10**9),
    site=texts,
)


def recorded_in(lines: bytes, form: Format) -> list[Recorded]:
    """What a report with these lines has on record."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"r{form.value}"
        path.write_bytes(form.header + lines)
        return list(read_recorded(path))


@given(results, st.sampled_from(Format))
def test_a_result_comes_back_as_it_was(result: Result, form: Format) -> None:
    """In both formats, on one line, and never as a formula."""
    line = form.encode(result)
    assert line.count(b"\n") == 1
    assert form.decode(line.decode()) == result
    (recorded,) = recorded_in(line, form)
    assert recorded == Recorded(
        result.workflow_id,
        result.instance_id,
        result.outcome,
        result.error_code,
        result.line,
        result.site,
    )


def test_control_characters_are_escaped_in_csv() -> None:
    """Nothing breaks the line or steers a terminal."""
    assert b"a\\x1b\\x0ab" in Format.CSV.encode(ROW._replace(error_detail="a\x1b\nb"))


@pytest.mark.parametrize(
    "line", ["", "a,b", "x,w,i,canceled,,,,0,0,,,0", '{"line":1}', "[]", '{"line":"1"}', ',,"']
)
@pytest.mark.parametrize("form", list(Format))
def test_what_is_not_a_record_is_refused(line: str, form: Format) -> None:
    """As a ValueError, whatever it is."""
    with pytest.raises(ValueError):  # noqa: PT011 - any text
        form.decode(line)


def test_a_json_value_of_another_type_is_refused() -> None:
    """A text where a number belongs."""
    line = Format.JSON_LINES.encode(ROW).decode().replace('"attempts": 1', '"attempts": "1"')
    with pytest.raises(ValueError, match="another type"):
        Format.JSON_LINES.decode(line)


@pytest.mark.parametrize(
    "line",
    [
        "2,w,i,odd,200,,,1,0,,,20,\n",
        "2,w,i,canceled,200,,,1,0,,,20\n",
        "2,w,i,canceled,200,,,1,0,,,20,,\n",
        "x\n",
    ],
)
def test_the_fast_way_refuses_as_well(line: str) -> None:
    """What a resumed run needs must be there."""
    with pytest.raises(ReportError, match="Line 2"):
        recorded_in(line.encode(), Format.CSV)


@pytest.mark.parametrize("name", NAMES)
def test_a_report_is_private_and_complete_at_any_moment(tmp_path: Path, name: str) -> None:
    """Each row is readable as soon as it is appended."""
    path = tmp_path / name
    with Report.create(path) as report:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        report.take(ROW)
        assert list(read_results(path)) == [ROW]
        list(report.finish())
    assert os.listdir(tmp_path) == [name]  # noqa: PTH208 - hidden files count


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    """Neither a report, nor a link that leads nowhere."""
    path = tmp_path / "r.csv"
    path.write_text("precious")
    with pytest.raises(ReportError, match="exists already"):
        Report.create(path)
    link = tmp_path / "l.csv"
    link.symlink_to(tmp_path / "elsewhere.csv")
    with pytest.raises(ReportError, match="exists already"):
        Report.create(link)
    with pytest.raises(ReportError, match="symbolic link"):
        Report.resume(link)
    assert path.read_text() == "precious"


@pytest.mark.parametrize("name", ["r.txt", "r", "r.csv.bak"])
def test_a_report_of_no_known_format_is_refused(tmp_path: Path, name: str) -> None:
    """Its name says how it is written."""
    with pytest.raises(ReportError, match=r"named \.csv or \.jsonl"):
        Report.create(tmp_path / name)


def test_a_report_that_cannot_be_created_is_an_error(tmp_path: Path) -> None:
    """With a sentence."""
    with pytest.raises(ReportError, match="can't be created"):
        Report.create(tmp_path / "missing" / "r.csv")
    (tmp_path / "d.csv").mkdir()
    with pytest.raises(ReportError, match=r"can.t be opened|not a regular"):
        Report.resume(tmp_path / "d.csv")
    os.mkfifo(tmp_path / "f.csv")
    with pytest.raises(ReportError, match="not a regular"):
        Report.resume(tmp_path / "f.csv")


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    """The second is told so."""
    path = tmp_path / "r.csv"
    with Report.create(path), pytest.raises(ReportError, match="being written"):
        Report.resume(path)
    with Report.resume(path) as report:
        report.take(ROW)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [1, 30, 200, 10**6])
def test_a_torn_tail_is_cut_off(tmp_path: Path, name: str, size: int) -> None:
    """A crash loses at most the row it tore."""
    path = tmp_path / name
    with Report.create(path) as report:
        report.take(ROW)
    whole = path.read_bytes()
    path.write_bytes(whole + Format(path.suffix).encode(ROW)[:size].rstrip(b"\n") + b"x" * (size // 10))
    assert list(read_results(path)) == [ROW]
    with Report.resume(path) as report:
        report.take(ROW)
    assert len(list(read_results(path))) == 2


@pytest.mark.parametrize("name", NAMES)
def test_a_report_torn_in_its_first_line_begins_anew(tmp_path: Path, name: str) -> None:
    """Also an empty one, and one that is not there."""
    for start in (b"", (Format(Path(name).suffix).header or b'{"line": 2')[:7], None):
        path = tmp_path / name
        if start is not None:
            path.write_bytes(start)
        with Report.resume(path) as report:
            report.take(ROW)
        assert list(read_results(path)) == [ROW]
        path.unlink()


@pytest.mark.parametrize("text", ["precious\n", "a,b\n1,2\n", "precious"])
@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_is_not_a_report_is_refused(tmp_path: Path, name: str, text: str) -> None:
    """And left as it is."""
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ReportError, match="not a report"):
        Report.resume(path)
    assert path.read_text() == text


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    """So that it can be repaired."""
    path = tmp_path / "r.csv"
    path.write_bytes(Format.CSV.header + Format.CSV.encode(ROW) + b"damaged\n" + Format.CSV.encode(ROW))
    with pytest.raises(ReportError, match="Line 3"):
        list(read_recorded(path))
    with pytest.raises(ReportError, match="can't be read"):
        list(read_recorded(tmp_path / "none.csv"))


@pytest.mark.parametrize("name", NAMES)
def test_finishing_leaves_one_row_for_each(tmp_path: Path, name: str) -> None:
    """What was replaced goes; duplicates and unusable rows all stay."""
    path = tmp_path / name
    failed = ROW._replace(outcome=Outcome.FAILED)
    duplicate, invalid = ROW._replace(outcome=Outcome.DUPLICATE), ROW._replace(outcome=Outcome.INVALID)
    rows = [failed, duplicate, duplicate, invalid, invalid, failed, ROW]
    with Report.create(path) as report:
        for row in rows:
            report.take(row)
        report.require_compaction()
        list(report.finish())
        report.take(ROW._replace(instance_id="j"))
        report.require_compaction()
        list(report.finish())
    assert list(read_results(path)) == [*rows[1:5], ROW, ROW._replace(instance_id="j")]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_disk_that_fails_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in a row nor in a sync, and both are told."""
    path = tmp_path / "r.csv"

    def fail(*_: object) -> int:
        raise OSError(5, "Input/output error")

    with Report.create(path) as report:
        report.take(ROW)
        before = path.read_bytes()
        with monkeypatch.context() as failing:
            failing.setattr(os, "write", fail)
            with pytest.raises(ReportLostError, match="Input/output"):
                report.take(ROW)
        assert path.read_bytes() == before
        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(ReportLostError, match="Input/output"):
            report.sync()


def test_a_deleted_report_is_noticed(tmp_path: Path) -> None:
    """Rows into a file without a name would be lost."""
    path = tmp_path / "r.csv"
    with Report.create(path) as report:
        path.unlink()
        with pytest.raises(ReportLostError, match="deleted"):
            report.sync()
