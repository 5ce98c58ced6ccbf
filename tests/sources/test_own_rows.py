"""What we wrote ourselves as an input: a report, and the output of `status`."""

import json
from uuid import UUID

import pytest

from bulkcancel.errors import InputError
from bulkcancel.models import InstanceRef, InstanceStatus, Outcome, RejectedRow, Result, Row, StateName
from bulkcancel.report.codec import EARLIER_HEADER, Format, to_earlier_csv
from bulkcancel.sources import DUPLICATE, InputOptions, Parser, TargetCheck

W, X = str(UUID(int=1)), str(UUID(int=2))
RESULTS = [
    Result(7, W, X, Outcome.CANCELED, 200, site="eu"),
    Result(8, W, "=x", Outcome.INVALID, error_code="invalid_id", error_detail='no, "id"', site="eu"),
    Result(3, W, X, Outcome.DUPLICATE, error_detail="earlier", site="eu"),
]
ROWS: list[Row] = [
    InstanceRef(W, X, 7),
    RejectedRow(W, "=x", 8, "invalid_id", 'no, "id"'),
    RejectedRow(W, X, 3, DUPLICATE, "earlier"),
]


def rows_of(data: bytes, check: TargetCheck | None, *, any_id: bool = False) -> list[Row]:
    """What is read of an input, where requests go to that target."""
    return list(Parser(InputOptions(check_target=check, any_id=any_id)).feed(data, final=True))


@pytest.mark.parametrize("form", Format)
def test_a_report_is_read_with_its_own_lines_and_refusals(form: Format) -> None:
    """Each row as it stands there: a spreadsheet's quotes are no part of it."""
    check = TargetCheck("eu")
    assert rows_of(form.header + b"".join(map(form.encode, RESULTS)), check) == ROWS
    assert not check.lacks_target


@pytest.mark.parametrize("form", Format)
def test_a_report_as_an_input_of_another_target_is_refused(form: Format) -> None:
    """Whichever row says so; both are named."""
    report = form.header + b"".join(map(form.encode, [RESULTS[0]._replace(site="sandbox"), *RESULTS]))
    with pytest.raises(InputError, match=r"belongs to sandbox, and requests go to eu: .* Read it at sandbox"):
        rows_of(report, TargetCheck("eu"))


def test_a_report_of_an_earlier_version_is_read_and_noticed() -> None:
    """It does not say where it belongs."""
    check = TargetCheck("eu")
    assert rows_of(EARLIER_HEADER + to_earlier_csv(RESULTS[0]), check) == ROWS[:1]
    assert check.lacks_target


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_spreadsheet_may_have_saved_it_anew(delimiter: str) -> None:
    """With another delimiter, with quotes, with columns of its own."""
    cells = [InstanceStatus._fields, (9, W, X, "running", *[""] * 7, "sandbox")]
    text = "\n".join(delimiter.join(f'"{cell}"' for cell in (*row, "more")) for row in cells)
    assert rows_of(text.encode(), TargetCheck("sandbox")) == [InstanceRef(W, X, 9)]
    with pytest.raises(InputError, match="belongs to sandbox"):
        rows_of(text.encode(), TargetCheck("eu"))


def test_what_status_wrote_is_read_again() -> None:
    """An invalid row stays one."""
    written = [
        InstanceStatus(4, W, X, StateName.UNREADABLE, site="eu"),
        InstanceStatus(5, "", "", StateName.INVALID, error_code="too_long", error_detail="long", site="eu"),
    ]
    text = "\n".join(json.dumps(status._asdict()) for status in written)
    assert rows_of(text.encode(), TargetCheck("eu")) == [
        InstanceRef(W, X, 4),
        RejectedRow("", "", 5, "too_long", "long"),
    ]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("x", "missing_id"),
        (f"1,{W},{X[:9]}", "invalid_id"),
        (f'"1,{W},{X}', "missing_id"),
        (f"1,../..,{X},canceled", "invalid_id"),
    ],
)
def test_a_torn_or_altered_record_is_a_row_that_can_not_be_used(line: str, code: str) -> None:
    """Nothing from a file changes a request's path."""
    (row,) = rows_of(Format.CSV.header + line.encode(), TargetCheck("eu"))
    assert isinstance(row, RejectedRow)
    assert row.code == code


@pytest.mark.parametrize("line", ["[]", "{", "[" * 5000])
def test_a_line_that_is_no_object_is_told_by_its_place(line: str) -> None:
    """There is no other number for it."""
    first = Format.JSON_LINES.encode(RESULTS[0])
    assert rows_of(first + line.encode(), TargetCheck("eu"))[1:] == [
        RejectedRow("", "", 2, "unreadable", "the line was not written by bulkcancel")
    ]


def test_a_line_number_that_is_none_gives_way_to_the_place() -> None:
    """So does one that nobody could have written."""
    for number in ("", "-3", "4" * 19, "٣"):
        text = Format.CSV.header + f"{number},{W},{X},canceled\n".encode()
        assert rows_of(text, TargetCheck("eu")) == [InstanceRef(W, X, 2)]


@pytest.mark.parametrize(
    "header",
    [f"{W},{X},1", "workflow_id,instance_id,site", '{"workflow_id": "w", "instance_id": "i", "site": "us1"}'],
)
def test_another_input_is_read_as_ever(header: str) -> None:
    """Although a column may be called like one of ours."""
    check = TargetCheck("eu")
    rows_of(header.encode(), check, any_id=True)
    assert not check.lacks_target
    assert rows_of(Format.CSV.header + Format.CSV.encode(RESULTS[2]), None) == [InstanceRef(W, X, 2)]
