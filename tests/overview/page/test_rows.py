"""The failures as the page holds them."""

import json

import pytest
from support.reports import BEGIN, row, uuid

from bulkcancel.models import Outcome
from bulkcancel.overview.page import rows as rows_module
from bulkcancel.overview.page.rows import OWN_ID, FailureRows


def test_texts_that_differ_in_the_row_s_own_id_alone_are_one() -> None:
    """A server names the instance in its sentence, and there may be a hundred thousand of them."""
    rows = FailureRows()
    for line in range(1000):
        rows.take(
            row(line, Outcome.NOT_FOUND, error_detail=f"instance {uuid(line)} not found", error_code="X")
        )
    data = rows.data()
    assert data["texts"].count(f"instance {OWN_ID} not found") == 1
    assert len(data["texts"]) == 4
    assert len(json.dumps(data)) < 1000 * 120
    first = {name: column[0] for name, column in data.items() if name != "texts"}
    assert first == {
        "line": 0,
        "workflow": 0,
        "instance": uuid(0),
        "outcome": 1,
        "status": None,
        "code": 2,
        "detail": 3,
        "attempts": 1,
        "took": 20,
        "at": BEGIN + 0.02,
    }


def test_a_text_cannot_stand_for_an_id_that_is_not_there() -> None:
    """What marks the place is a character that no text has left in it."""
    rows = FailureRows()
    rows.take(row(2, Outcome.INVALID, instance_id="", error_detail=f"a{OWN_ID}b"))
    assert "a\\x00b" in rows.data()["texts"]


def test_what_is_too_much_for_a_page_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first rows stay."""
    monkeypatch.setattr(rows_module, "MOST_ROWS", 3)
    rows = FailureRows()
    for line in range(5):
        rows.take(row(line, Outcome.FAILED))
    assert rows.data()["line"] == [0, 1, 2]
    assert rows.left_out == 2


def test_a_row_without_a_time_has_none() -> None:
    """A report may be altered."""
    rows = FailureRows()
    rows.take(row(2, Outcome.FAILED, finished_at=None))
    assert rows.data()["at"] == [None]
