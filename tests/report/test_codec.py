"""Records byte for byte: what a report's lines look like, and what is taken for one."""

import json
from typing import Any

import pytest

from bulkcancel.models import Outcome, Result
from bulkcancel.report import COLUMNS, Format
from bulkcancel.report.codec import EARLIER_COLUMNS, EARLIER_HEADER, to_earlier_csv

MOMENT = 1_800_000_000.1234
ROW = Result(
    2, "w", "i", Outcome.REJECTED, 400, "C", "why", 3, 1, MOMENT, MOMENT + 0.8762, 876, "datadoghq.eu"
)
BARE = Result(7, "w", "i", Outcome.NOT_ATTEMPTED)
NAMES = "line workflow_id instance_id outcome http_status error_code error_detail attempts throttled started_at finished_at duration_ms site"


def test_the_columns_stand_in_their_order() -> None:
    """In the header, in JSON's keys, and without the last as an earlier version had them."""
    assert " ".join(COLUMNS) == NAMES
    assert Format.CSV.header == NAMES.replace(" ", ",").encode() + b"\n"
    assert Format.JSON_LINES.header == b""
    assert Format.CSV.header.replace(b",site", b"") == EARLIER_HEADER
    assert list(json.loads(Format.JSON_LINES.encode(ROW))) == list(COLUMNS)


def test_a_row_of_csv() -> None:
    """Times in UTC with milliseconds, rounded; nothing stands where there is nothing."""
    times = b"2027-01-15T08:00:00.123Z,2027-01-15T08:00:01.000Z"
    assert Format.CSV.encode(ROW) == b"2,w,i,rejected,400,C,why,3,1," + times + b",876,datadoghq.eu\n"
    assert Format.CSV.encode(BARE) == b"7,w,i,not_attempted,,,,0,0,,,0,\n"
    assert to_earlier_csv(ROW) == b"2,w,i,rejected,400,C,why,3,1," + times + b",876\n"
    early = Format.CSV.encode(BARE._replace(finished_at=0.045))
    assert early == b"7,w,i,not_attempted,,,,0,0,,1970-01-01T00:00:00.045Z,0,\n"


def test_a_row_of_json() -> None:
    """The same names and times; null where there is nothing."""
    want = {"line": 2, "workflow_id": "w", "instance_id": "i", "outcome": "rejected", "http_status": 400,
            "error_code": "C", "error_detail": "why", "attempts": 3, "throttled": 1,
            "started_at": "2027-01-15T08:00:00.123Z", "finished_at": "2027-01-15T08:00:01.000Z",
            "duration_ms": 876, "site": "datadoghq.eu"}  # fmt: skip
    assert Format.JSON_LINES.encode(ROW) == f"{json.dumps(want)}\n".encode()
    bare = json.loads(Format.JSON_LINES.encode(BARE))
    assert (bare["http_status"], bare["started_at"], bare["finished_at"]) == (None, None, None)


CELLS = [
    ("", ""),
    ("plain text: a-b_c.d~e", "plain text: a-b_c.d~e"),
    ("=1", "'=1"),
    ("+1", "'+1"),
    ("-1", "'-1"),
    ("@x", "'@x"),
    ("'x", "''x"),
    (" =1", "' =1"),
    ("\uff1d1", "'\uff1d1"),
    ("\uff0b1", "'\uff0b1"),
    ("\uff201", "'\uff201"),
    ("\uff0d1", "'\uff0d1"),
    ("1=1", "1=1"),
    ("a;=1", "a;'=1"),
    ("a|=1", "a|'=1"),
    ("a; '+1", "a; ''+1"),
    ("a;b", "a;b"),
    ("a;=1|-1", "a;'=1|'-1"),
    ("a,b", '"a,b"'),
    ('a"b', '"a""b"'),
    ("=a,b", '"\'=a,b"'),
    ("é", "é"),
    ("a\tb", "a\\x09b"),
    ("a\rb", "a\\x0db"),
    ("a\nb", "a\\x0ab"),
    ("\t=1", "\\x09=1"),
    ("x\x1b" + "y" * 3000, "x\\x1b" + "y" * 1994 + "…"),
    ("y" * 3000, "y" * 3000),
]


@pytest.mark.parametrize("place", [1, 2, 5, 6, 12])
@pytest.mark.parametrize(("text", "cell"), CELLS, ids=range(len(CELLS)))
def test_a_text_as_a_cell(text: str, cell: str, place: int) -> None:
    """In each place alone: no formula, no line end, nothing that steers a terminal; and back again."""
    values: list[Any] = [*ROW._replace(error_code="", error_detail="")]
    values[place] = text
    row = Result._make(values)
    line = Format.CSV.encode(row).decode()
    texts = ["w", "i", "", "", "datadoghq.eu"]
    texts[[1, 2, 5, 6, 12].index(place)] = cell
    w, i, code, detail, site = texts
    times = "2027-01-15T08:00:00.123Z,2027-01-15T08:00:01.000Z"
    assert line == f"2,{w},{i},rejected,400,{code},{detail},3,1,{times},876,{site}\n"
    if text.isprintable():
        assert Format.CSV.decode(line)[place] == text


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
@pytest.mark.parametrize("text", ["w", "a,b"])
def test_any_line_end_is_taken(text: str, end: str) -> None:
    """An editor may have changed them."""
    line = Format.CSV.encode(ROW._replace(workflow_id=text)).decode().removesuffix("\n")
    found = Format.CSV.decode(line + end)
    assert (found.workflow_id, found.site, found.duration_ms) == (text, "datadoghq.eu", 876)


def test_an_earlier_row_has_no_site() -> None:
    """And is taken for one only where the header says so; JSON shows by itself what it has."""
    line = to_earlier_csv(ROW).decode()
    known = ROW._replace(started_at=1_800_000_000.123, finished_at=1_800_000_001.0)
    assert Format.CSV.decode(line, len(EARLIER_COLUMNS)) == known._replace(site="")
    with pytest.raises(ValueError, match="12 columns"):
        Format.CSV.decode(line)
    with pytest.raises(ValueError, match="13 columns"):
        Format.CSV.decode(Format.CSV.encode(ROW).decode(), len(EARLIER_COLUMNS))
    record = json.loads(Format.JSON_LINES.encode(ROW))
    del record["site"]
    assert Format.JSON_LINES.decode(json.dumps(record)) == known._replace(site="")


TIMES = [
    ("1970-01-01T00:00:00.000Z", 0.0),
    ("9998-12-31T23:59:59.999Z", 253_370_764_799.999),
    ("2027-01-15T09:00:00.123+01:00", 1_800_000_000.123),
    ("1969-12-31T23:59:59.999Z", None),
    ("9999-01-01T00:00:00.000Z", None),
    ("soon", None),
]


@pytest.mark.parametrize(("text", "moment"), TIMES)
@pytest.mark.parametrize("form", list(Format))
def test_a_time_is_one_that_can_be_written_again(form: Format, text: str, moment: float | None) -> None:
    """From the epoch to the year 9998; any zone."""
    line = form.encode(ROW).decode().replace("2027-01-15T08:00:00.123Z", text)
    if moment is None:
        with pytest.raises(ValueError):  # noqa: PT011 - any text
            form.decode(line)
    else:
        assert form.decode(line).started_at == moment


WRONG: list[tuple[str, Any]] = [
    *((name, value) for name in ("workflow_id", "instance_id", "error_code", "error_detail", "site") for value in (1, None, ["x"])),
    *((name, value) for name in ("line", "attempts", "throttled", "duration_ms") for value in ("1", 1.0, None, True)),
    *(("http_status", value) for value in ("200", 200.0, False)),
    *(("outcome", value) for value in ("odd", 1, None, ["canceled"])),
    *((name, value) for name in ("started_at", "finished_at") for value in (1, ["x"], "x")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_value_of_another_type_is_refused(name: str, value: object) -> None:
    """In each key."""
    record = json.loads(Format.JSON_LINES.encode(ROW)) | {name: value}
    with pytest.raises(ValueError):  # noqa: PT011 - any text
        Format.JSON_LINES.decode(json.dumps(record))


@pytest.mark.parametrize("name", COLUMNS[:-1])
def test_a_key_that_is_missing_is_refused(name: str) -> None:
    """Each of them but the one that earlier versions did not know."""
    record = json.loads(Format.JSON_LINES.encode(ROW))
    del record[name]
    with pytest.raises(ValueError):  # noqa: PT011 - any text
        Format.JSON_LINES.decode(json.dumps(record))


@pytest.mark.parametrize(
    "line",
    [
        "[" * 5000,
        '"x"',
        "null",
        '{"line": ' + "1" * 5000 + "}",
        '2,"w,i',
        '2,"w"x,i',
        "1," * 12,
        '2,w,i,failed,500,c,"d"x,1,0,,,20,s',
    ],
)
@pytest.mark.parametrize("form", list(Format))
def test_nothing_else_is_raised_for_a_broken_line(form: Format, line: str) -> None:
    """Whatever its parser stumbles over is a ValueError."""
    with pytest.raises(ValueError):  # noqa: PT011 - any text
        form.decode(line)
