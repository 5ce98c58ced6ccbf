"""CSV records become rows, with any of the usual delimiters, with a header or without one."""

import pytest

from bulkcancel.errors import InputError
from bulkcancel.models import InstanceRef, RejectedRow, Row
from bulkcancel.sources import InputOptions
from bulkcancel.sources.delimited import Delimited, OpenQuoteError, StrayQuoteError, choose_columns

W, V, X, J = (f"{n}abcdef{n}-2222-4333-8444-{n}55555abcdef" for n in "1234")
DECOY = "a,b,c,d"


def row(text: str, *, workflow: int | None = 0, instance: int = 1, **options: str) -> Row:
    """The row that line 7 of a file with `;` and three columns is."""
    return Delimited(";", workflow, instance, InputOptions(**options), 3).row(text, 7)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "want"),
    [
        (f"{W};{X};n", InstanceRef(W, X, 7)),
        (f' {W} ; {X} ;"a;b"', InstanceRef(W, X, 7)),
        (f'"{W}";"{X}"', InstanceRef(W, X, 7)),
        (f'{W};{X};"a"b', InstanceRef(W, X, 7)),
        (f"{W};{X}" + ";" * 998, InstanceRef(W, X, 7)),
        (
            f"{W};{X}" + ";" * 999,
            RejectedRow("", "", 7, "too_many_columns", "the row has more than 1000 columns"),
        ),
        (f" {W} ", RejectedRow(W, "", 7, "missing_id", "the row has 1 of 3 columns")),
        (f"{W};", RejectedRow(W, "", 7, "missing_id", "the instance id is missing")),
        (
            f'{W};"{"x" * 200_000}"',
            RejectedRow(f'{W};"{"x" * 61}…', "", 7, "missing_id", "the row has 1 of 3 columns"),
        ),
    ],
)
def test_a_record_is_the_row_of_its_fields(text: str, want: Row) -> None:
    """Quotes go, and spaces around an id; what is missing is counted; no field is too long to be told of."""
    assert row(text) == want


def test_a_record_that_is_too_short_keeps_the_id_it_has() -> None:
    """Whichever that is, so that a person finds the line again."""
    reason = "the row has 1 of 3 columns"
    assert row(X, workflow=2, instance=0) == RejectedRow("", X, 7, "missing_id", reason)
    assert row(W, workflow=0, instance=1) == RejectedRow(W, "", 7, "missing_id", reason)
    assert row(W, workflow=None, instance=1) == RejectedRow("", "", 7, "missing_id", reason)
    assert row(X, workflow=None, instance=0, workflow_id=W) == InstanceRef(W, X, 7)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (f'{W};{X};"a', OpenQuoteError),
        (f'{W};{X};"a\nb', OpenQuoteError),
        (f'{W};{X};"a\n"b', StrayQuoteError),
    ],
)
def test_an_open_quote_asks_for_the_next_line(text: str, error: type[Exception]) -> None:
    """Unless text stands behind its end in a later line: then it was a slip."""
    with pytest.raises(OpenQuoteError) as caught:
        row(text)
    assert caught.type is error


@pytest.mark.parametrize(
    ("first", "options", "is_row", "record"),
    [
        # A header is found behind any delimiter, also where another one would make more columns.
        (f"workflow_id;instance_id;{DECOY}", {}, False, f"{W};{X};n"),
        ("flow;instance_id;n", {"workflow_column": "flow"}, False, f"{W};{X};n"),
        ("workflow_id;run;n", {"instance_column": "run"}, False, f"{W};{X};n"),
        ("n|run", {"instance_column": "run", "workflow_id": W}, False, f"n|{X}"),
        # A first record that holds ids is a row.
        (f"{W}\t{X}", {}, True, f"{W}\t{X}"),
        (f"{W};{X};{DECOY}", {}, True, f"{W};{X};n"),
        (f"{W.upper()} ; x", {}, True, f"{W};{X}"),
        (f"x;{X}", {}, True, f"{W};{X}"),
        (f"{X};n", {"workflow_id": W}, True, f"{X};n"),
        (f"{W};{J}", {"workflow_id": W}, True, f"{W};{X}"),
        ("job-1;run-1", {"any_id": "yes"}, True, f"{W};{X}"),
    ],
)
def test_the_first_record_tells_delimiter_and_columns(
    first: str,
    options: dict[str, str],
    is_row: bool,  # noqa: FBT001 - a table
    record: str,
) -> None:
    """And whether it is a row itself."""
    found, first_is_row = choose_columns(first, InputOptions(**options), "")  # type: ignore[arg-type]
    assert (found.row(record, 7), first_is_row) == (InstanceRef(W, X, 7), is_row)


@pytest.mark.parametrize(
    ("first", "options", "words"),
    [
        (X, {}, "has bare instance ids in one column; say whose they are with --workflow-id"),
        (f"n;m;{X}", {}, "has bare instance ids in one column"),
        (f"n;m;{X}", {"workflow_id": W}, f"has no usable column.*found: 'n', 'm', '{X}'"),
        ("job;run", {"any_id": "yes"}, "has no usable column.*found: 'job', 'run'"),
        ("job-1;run", {"any_id": "yes"}, "has no usable column"),
        ("job-1;", {"any_id": "yes"}, "has no usable column"),
        ("job", {"workflow_id": "job-1", "any_id": "yes"}, "has no usable column.*found: 'job'"),
        ("a;b", {"instance_column": "run"}, "has no column 'run'.*its columns are: 'a', 'b'"),
        (
            f"flow;run;{DECOY}",
            {"workflow_column": "flow"},
            "has no column 'flow'.*its columns are: 'flow;run;a'",
        ),
        ("a;b", {"workflow_column": "flow"}, "has no column 'flow'.*its columns are: 'a', 'b'"),
    ],
)
def test_a_first_record_that_tells_nothing_is_refused(
    first: str, options: dict[str, str], words: str
) -> None:
    """With what was found in it, by the likeliest delimiter."""
    with pytest.raises(InputError, match=words):
        choose_columns(first, InputOptions(**options), "")  # type: ignore[arg-type]


def test_a_delimiter_that_was_named_is_the_only_one() -> None:
    """A spreadsheet's `sep=` line may name any character."""
    found, _ = choose_columns("workflow_id:instance_id", InputOptions(), ":")
    assert found.row(f"{W}:{X}", 7) == InstanceRef(W, X, 7)
    with pytest.raises(InputError, match="found: 'workflow_id,instance_id'"):
        choose_columns("workflow_id,instance_id", InputOptions(), ":")


def test_the_columns_of_a_first_row_are_what_others_are_counted_against() -> None:
    """Without a header as well as with one."""
    for first in (f"{W};{X};n;m", "workflow_id;instance_id;n;m"):
        found, _ = choose_columns(first, InputOptions(), "")
        assert found.row(W, 7) == RejectedRow(W, "", 7, "missing_id", "the row has 1 of 4 columns")
