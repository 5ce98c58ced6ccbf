"""A report read back: the quick way says what the whole way says, and damage is named by its line."""

from pathlib import Path

import pytest

from bulkcancel.errors import ReportError
from bulkcancel.models import Outcome, Recorded, Result
from bulkcancel.report import Format, read_recorded, read_results
from bulkcancel.report.codec import EARLIER_HEADER, to_earlier_csv
from bulkcancel.report.scan import check_ours, format_of, newest_first

ROWS = [
    Result(n, "w", f"i{n}", Outcome.FAILED, 500, f"c{n}", "d,e", 1, 0, 1.8e9, 1.8e9, 20, "datadoghq.eu")
    for n in range(2, 6)
]
NAMES = ("r.csv", "r.jsonl")
RECORDED = [Recorded("w", f"i{n}", Outcome.FAILED, f"c{n}", n, "datadoghq.eu") for n in range(2, 6)]


def lines_of(path: Path, rows: list[Result]) -> list[bytes]:
    """Those rows as a report has them."""
    form = Format(path.suffix)
    return [form.header, *map(form.encode, rows)] if form.header else list(map(form.encode, rows))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("detail", ["plain", 'a "quoted" one', 'x", "site": "y"}', "it's", "a\\b", "é"])
@pytest.mark.parametrize("status", [None, 500])
def test_the_quick_way_reads_what_the_whole_way_reads(
    tmp_path: Path, name: str, detail: str, status: int | None
) -> None:
    """Whatever stands in the columns it passes over."""
    path = tmp_path / name
    rows = [row._replace(error_detail=detail, http_status=status) for row in ROWS]
    path.write_bytes(b"".join(lines_of(path, rows)))
    assert list(read_results(path)) == rows
    assert list(read_recorded(path)) == RECORDED
    assert [one for batch in newest_first(path) for one in batch] == RECORDED[::-1]


@pytest.mark.parametrize("name", NAMES)
def test_most_rows_are_read_the_quick_way(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report of a million rows would take several times as long, were each of them decoded."""
    path = tmp_path / name
    rows = [
        row._replace(error_detail="plain, with a comma" if name == "r.jsonl" else "plain") for row in ROWS
    ]
    path.write_bytes(b"".join(lines_of(path, rows)))
    monkeypatch.setattr(Format, "decode", None)
    assert list(read_recorded(path)) == RECORDED


@pytest.mark.parametrize("cell", ["'=1", "a;'=1", "=1", "'x"])
def test_an_id_that_was_escaped_is_read_as_it_was(tmp_path: Path, cell: str) -> None:
    """The quick way leaves it to the whole way; a pair is found by its ids."""
    path = tmp_path / "r.csv"
    rows = [
        ROWS[0]._replace(workflow_id=cell, error_detail=""),
        ROWS[1]._replace(instance_id=cell, error_detail=""),
    ]
    path.write_bytes(b"".join(lines_of(path, rows)))
    assert [(one.workflow_id, one.instance_id) for one in read_recorded(path)] == [(cell, "i2"), ("w", cell)]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("chunk", [1, 7, 64, 150, 400])
@pytest.mark.parametrize("torn", [0, 1, 100])
def test_a_report_is_read_in_pieces_of_any_size(
    tmp_path: Path, name: str, chunk: int, torn: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From either end; no piece is much larger, and a row that a crash has torn is in none."""
    path = tmp_path / name
    lines = lines_of(path, ROWS * 10)
    path.write_bytes(b"".join(lines) + b"x" * torn)
    monkeypatch.setattr("bulkcancel.report.scan._CHUNK", chunk)
    batches = list(newest_first(path))
    assert [one for batch in batches for one in batch] == RECORDED[::-1] * 10
    assert max(map(len, batches)) <= 1 + chunk // min(map(len, lines[1:]))
    assert list(read_recorded(path)) == RECORDED * 10
    assert list(read_results(path)) == ROWS * 10


@pytest.mark.parametrize("site", ["host ", "HOSTX", " host"])
def test_nothing_but_a_line_end_is_taken_off_the_last_column(tmp_path: Path, site: str) -> None:
    """In either way of reading."""
    path = tmp_path / "r.csv"
    path.write_bytes(b"".join(lines_of(path, [ROWS[0]._replace(error_detail="", site=site)])))
    assert [one.site for one in read_recorded(path)] == [one.site for one in read_results(path)] == [site]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_an_earlier_report_is_read_without_site(tmp_path: Path, end: bytes) -> None:
    """By its header, also after an editor that changes line ends."""
    path = tmp_path / "r.csv"
    lines = [EARLIER_HEADER, *(to_earlier_csv(row._replace(error_detail="d")) for row in ROWS)]
    path.write_bytes(b"".join(line.replace(b"\n", end) for line in lines))
    assert [row.site for row in read_results(path)] == [""] * 4
    assert list(read_recorded(path)) == [one._replace(site="") for one in RECORDED]
    assert [one for batch in newest_first(path) for one in batch] == [
        one._replace(site="") for one in RECORDED[::-1]
    ]


def test_a_changed_line_end_is_no_part_of_the_site(tmp_path: Path) -> None:
    """An editor may have made it CR LF."""
    path = tmp_path / "r.csv"
    rows = [row._replace(error_detail="d") for row in ROWS]
    path.write_bytes(b"".join(lines_of(path, rows)).replace(b"\n", b"\r\n"))
    assert list(read_recorded(path)) == RECORDED
    assert list(read_results(path)) == rows


DAMAGE = [
    b"damaged\n",
    b"\xff\n",
    b"\n",
    b"2,w,i,odd,500,c,d,1,0,,,20,s\n",
    Format.JSON_LINES.encode(ROWS[0]).replace(b"failed", b"odd"),
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("before", [0, 1, 3])
def test_damage_is_named_by_its_line(tmp_path: Path, name: str, damage: bytes, before: int) -> None:
    """By a person's count, the header included, in each way of reading."""
    path = tmp_path / name
    lines = lines_of(path, ROWS)
    at = before + bool(Format(path.suffix).header)
    path.write_bytes(b"".join([*lines[:at], damage, *lines[at:]]))
    for read in (read_results, read_recorded, newest_first):
        with pytest.raises(ReportError) as caught:
            list(read(path))
        line = (
            f"Line {at + 1} of the report {path} was not written by bulkcancel; repair or remove that line."
        )
        assert str(caught.value) == line


def test_a_report_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """With the system's words."""
    with pytest.raises(ReportError, match=r"none.csv can't be read: No such file or directory\.$"):
        list(read_results(tmp_path / "none.csv"))


@pytest.mark.parametrize("name", ["r.csv", "R.CSV", "r.jsonl", "r.x.JsonL"])
def test_a_name_says_its_format(name: str) -> None:
    """In any case."""
    assert format_of(Path(name)).value == Path(name).suffix.lower()


BEGINNINGS = [
    ("r.csv", Format.CSV.header, True),
    ("r.csv", EARLIER_HEADER, True),
    ("r.csv", Format.CSV.header.replace(b"\n", b"\r\n"), True),
    ("r.csv", Format.CSV.header[:-1], True),
    ("r.csv", Format.CSV.header[:1], True),
    ("r.csv", b"", True),
    ("r.csv", b"line,workflow_id\n", False),
    ("r.csv", b"line,x", False),
    ("r.csv", Format.CSV.header[:-1] + b",more", False),
    ("r.csv", Format.CSV.header[:-1] + b" \n", False),
    ("r.csv", Format.CSV.header[:-1] + b"X\n", False),
    ("r.csv", b"\n", False),
    ("r.jsonl", b'{"line": 2, "workflow_id": "w"}\n', True),
    ("r.jsonl", b'{"line": 2, "workflow', True),
    ("r.jsonl", b'{"li', True),
    ("r.jsonl", b"", True),
    ("r.jsonl", b'{"lx', False),
    ("r.jsonl", b'{"li\n', False),
    ("r.jsonl", b'{"time": 2}\n', False),
    ("r.jsonl", b"\n", False),
]


@pytest.mark.parametrize(("name", "start", "is_ours"), BEGINNINGS)
def test_a_beginning_shows_whose_file_it_is(name: str, start: bytes, *, is_ours: bool) -> None:
    """Ours may be torn anywhere; nothing else is taken for it."""
    if is_ours:
        check_ours(start, Path(name))
    else:
        with pytest.raises(ReportError, match=f"{name} is not a report of bulkcancel; choose another name"):
            check_ours(start, Path(name))


@pytest.mark.parametrize("name", NAMES)
def test_reading_ends_where_it_is_told_to(tmp_path: Path, name: str) -> None:
    """What was appended since is left out, and a row that the end cuts is not on record."""
    path = tmp_path / name
    whole = b"".join(lines_of(path, ROWS))
    path.write_bytes(whole)
    for end in range(len(whole) + 2):
        want = max(0, whole[:end].count(b"\n") - bool(Format(path.suffix).header))
        assert list(read_recorded(path, end)) == RECORDED[:want]
    assert list(read_recorded(path)) == RECORDED
