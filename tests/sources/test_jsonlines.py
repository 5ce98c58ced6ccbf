"""JSON objects become rows, one a line."""

import json
import sys

import pytest

from bulkcancel.errors import InputError
from bulkcancel.models import InstanceRef, RejectedRow, Row
from bulkcancel.sources import InputOptions
from bulkcancel.sources.jsonlines import JsonLines, expect_columns

W, V, X, J = (f"{n}abcdef{n}-2222-4333-8444-{n}55555abcdef" for n in "1234")


def nested(levels: int, value: object) -> object:
    """A value in so many objects, each with one name."""
    for _ in range(levels):
        value = {"a": value}
    return value


def rejected(code: str, reason: str) -> RejectedRow:
    """Line 7, of which nothing could be used."""
    return RejectedRow("", "", 7, code, reason)


IDS = {"workflow_id": W, "instance_id": X}
TABLE: list[tuple[object, Row]] = [
    (IDS, InstanceRef(W, X, 7)),
    ({"workflow_id": f" {W.upper()}\n", "instance_id": f"\t{X} "}, InstanceRef(W, X, 7)),
    ({"workflow": {"id": W, "name": "n"}, "instance": {"id": X}}, InstanceRef(W, X, 7)),
    ({"workflow": {"id": W, "instance_id": X}, "n": [1, {"instance_id": J}]}, InstanceRef(W, X, 7)),
    (nested(5, IDS), InstanceRef(W, X, 7)),
    (nested(6, IDS), RejectedRow("", "", 7, "missing_id", "the workflow id is missing")),
    ({}, RejectedRow("", "", 7, "missing_id", "the workflow id is missing")),
    ({"workflow_id": W}, RejectedRow(W, "", 7, "missing_id", "the instance id is missing")),
    ({"instance_id": X}, RejectedRow("", X, 7, "missing_id", "the workflow id is missing")),
    ({"workflow_id": None, "instance_id": X}, RejectedRow("", X, 7, "missing_id", "the workflow id is missing")),
    ({"workflow_id": W, "instance_id": None}, RejectedRow(W, "", 7, "missing_id", "the instance id is missing")),
    ({"workflow_id": 1.5, "instance_id": X}, rejected("invalid_id", "the workflow id is not a text: 1.5")),
    ({"workflow_id": W, "instance_id": [X]}, rejected("invalid_id", f'the instance id is not a text: ["{X}"]')),
    ({"workflow_id": W, "instance_id": False}, rejected("invalid_id", "the instance id is not a text: false")),
    (
        {"workflow_id": W, "instance_id": ["x" * 200]},
        rejected("invalid_id", f'the instance id is not a text: ["{"x" * 97}…'),
    ),
    ([IDS], rejected("invalid_json", "not a JSON object")),
    (X, rejected("invalid_json", "not a JSON object")),
    (None, rejected("invalid_json", "not a JSON object")),
    (
        {"a.instance_id": X, "b.instance_id": J},
        rejected(
            "missing_id",
            "the object has several columns for the instance id: 'a.instance_id', 'b.instance_id'; "
            "choose one with --instance-column",
        ),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("found", "want"), TABLE)
def test_an_object_is_the_row_of_its_two_ids(found: object, want: Row) -> None:
    """Up to five levels deep; what can't be used is shown."""
    assert JsonLines(InputOptions()).row(json.dumps(found), 7) == want


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("", "not JSON: Expecting value: line 1 column 1 (char 0)"),
        ('{"a":' * 100_000, "not JSON: it is nested too deep"),
    ],
)
def test_what_is_not_json_says_where(text: str, reason: str) -> None:
    """In the reader's own words."""
    assert JsonLines(InputOptions()).row(text, 7) == rejected("invalid_json", reason)


def test_objects_may_differ_in_their_names() -> None:
    """Each is read by its own; one that can't be read changes nothing for the next."""
    lines = JsonLines(InputOptions())
    other = {"n": 1, "instance": X, "workflow": W}
    twice = {"a.instance_id": X, "b.instance_id": J}
    for found in (IDS, other, other, IDS, twice, IDS, twice, twice, other):
        row = lines.row(json.dumps(found), 7)
        assert (row == InstanceRef(W, X, 7)) is (found is not twice)
        assert isinstance(row, RejectedRow) is (found is twice)


def test_the_names_of_one_kind_of_object_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A million lines have the same ones."""
    looks: list[int] = []
    real = sys.modules[JsonLines.__module__].find_columns

    def count(*words: object) -> object:
        looks.append(1)
        return real(*words)

    monkeypatch.setattr(sys.modules[JsonLines.__module__], "find_columns", count)
    lines = JsonLines(InputOptions())
    for _ in range(3):
        assert lines.row(json.dumps(IDS), 7) == InstanceRef(W, X, 7)
    assert len(looks) == 1


def test_names_and_workflow_that_were_given_hold_for_objects() -> None:
    """As they do for columns."""
    options = InputOptions(workflow_id=W, instance_column="run")
    assert JsonLines(options).row(json.dumps({"run": X}), 7) == InstanceRef(W, X, 7)
    missing = "the object has no column 'run' (--instance-column); its columns are: "
    assert JsonLines(options).row("{}", 7) == rejected("missing_id", missing)
    assert JsonLines(options).row(json.dumps(IDS), 7) == rejected(
        "missing_id", f"{missing}'workflow_id', 'instance_id'"
    )


def test_a_value_too_deep_to_be_shown_is_named_by_its_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """It could be read with a little less on the stack."""

    def too_deep(_: object) -> str:
        raise RecursionError

    text = json.dumps({"workflow_id": W, "instance_id": [1]})
    monkeypatch.setattr(json, "dumps", too_deep)
    want = rejected("invalid_id", "the instance id is not a text: a list nested too deep")
    assert JsonLines(InputOptions()).row(text, 7) == want


@pytest.mark.parametrize(
    ("first", "workflow_id", "words"),
    [
        ({"workflow_id": W}, None, "has no column with the instance ids"),
        ({"workflow_id": W}, W, "has no column with the instance ids"),
        ({"instance_id": X}, None, "has no column with the workflow ids"),
        ({"a": {"b": 1}}, None, "has no usable column.*found: 'a.b'"),
        ({"a.instance": X, "b.instance": X}, W, "has several columns for the instance id"),
    ],
)
def test_a_first_object_without_ids_is_refused(first: object, workflow_id: str | None, words: str) -> None:
    """Before anything is sent."""
    with pytest.raises(InputError, match=words):
        expect_columns(json.dumps(first), InputOptions(workflow_id=workflow_id))


@pytest.mark.parametrize("first", [json.dumps(IDS), "{", "[1]", "1", '{"a":' * 100_000])
def test_a_first_line_that_is_no_object_is_left_to_its_row(first: str) -> None:
    """The others may be good."""
    expect_columns(first, InputOptions())
    expect_columns(json.dumps({"instance_id": X}), InputOptions(workflow_id=W))
