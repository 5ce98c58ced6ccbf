"""A report's own unfinished rows as work."""

from pathlib import Path

import pytest

from bulkcancel.errors import ReportError
from bulkcancel.ledger import Ledger
from bulkcancel.models import InstanceRef, Outcome, Result, Row
from bulkcancel.operations.recorded_rows import RecordedRows
from bulkcancel.report import Report, read_recorded

W = "6e1d8a52-3c4b-4f0e-9a57-0b6a2c1d9e10"


def instance(number: int) -> str:
    """An instance's id."""
    return f"b7c4f3de-51a2-4c8b-8f66-{number:012d}"


def recorded(path: Path, *outcomes: Outcome, workflow: str = W) -> RecordedRows:
    """The rows of a report with these outcomes, which a ledger has loaded."""
    with Report.create(path) as report:
        for line, outcome in enumerate(outcomes, 2):
            report.take(Result(line, workflow, instance(line), outcome))
    ledger = Ledger()
    ledger.load(read_recorded(path))
    return RecordedRows(path, ledger)


async def taken(rows: RecordedRows) -> list[Row]:
    """All of them, as a run takes them."""
    return [row async for batch in rows.batches() for row in batch]


async def test_only_what_is_to_be_tried_again_is_given_with_its_line(tmp_path: Path) -> None:
    """Ahead of a run, and in it."""
    outcomes = (Outcome.CANCELED, Outcome.FAILED, Outcome.NOT_FOUND, Outcome.THROTTLED, Outcome.NOT_ATTEMPTED)
    rows = recorded(tmp_path / "r.csv", *outcomes)
    want = [InstanceRef(W, instance(line), line) for line in (3, 5, 6)]
    assert list(rows.scan()) == want
    assert await taken(rows) == want
    assert (rows.name, rows.is_replayable) == (str(tmp_path / "r.csv"), True)


async def test_a_pair_that_stands_there_twice_is_given_by_its_last_outcome(tmp_path: Path) -> None:
    """Once, and not at all where it is done by now."""
    path = tmp_path / "r.csv"
    rows = recorded(path, Outcome.FAILED, Outcome.FAILED)
    with Report.resume(path) as report:
        report.take(Result(2, W, instance(2), Outcome.CANCELED))
        report.take(Result(3, W, instance(3), Outcome.THROTTLED))
    rows._ledger.load(read_recorded(path))
    given = []
    async for batch in rows.batches():
        for row in batch:
            given.append(row)
            rows._ledger.claim(row)
    assert given == [InstanceRef(W, instance(3), 3)]


def test_an_altered_id_is_never_sent(tmp_path: Path) -> None:
    """Where its row is done, it is nobody's business."""
    path = tmp_path / "r.csv"
    rows = recorded(path, Outcome.CANCELED, Outcome.FAILED, workflow="../validate")
    with pytest.raises(ReportError, match="can't be sent: it was altered"):
        list(rows.check(read_recorded(path)))
    done = recorded(tmp_path / "d.csv", Outcome.CANCELED, workflow="../validate")
    assert len(list(done.check(read_recorded(tmp_path / "d.csv")))) == 1
