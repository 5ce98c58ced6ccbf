"""The rows to be tried again, as the next input."""

import json
from pathlib import Path

import pytest
from support.cliapp import Call, outcomes
from support.reports import row, uuid, write_report

from bulkcancel.models import Outcome

ROWS = [row(2), row(3, Outcome.FAILED, at=1, error_code="http_5xx"), row(4, Outcome.NOT_FOUND, at=2)]


@pytest.fixture
def report(call: Call) -> Call:
    """The command, with a report in the directory."""
    write_report("a.csv", ROWS)
    return lambda *words: call("report", *words)


def test_rows_to_be_tried_again_are_the_next_input(report: Call, call: Call) -> None:
    """Private, and only those; `run` takes them as they are."""
    rows = [
        row(2),
        *(row(n, Outcome.FAILED, error_code="=1+1", site="sandbox") for n in (3, 4)),
        row(5, Outcome.NOT_FOUND),
    ]
    write_report("r.csv", [one._replace(site="sandbox") for one in rows])
    ended = report("r.csv", "--failed", "again.csv")
    assert ended.last == "2 rows are to be tried again: bulkcancel run again.csv --sandbox"
    path = Path("again.csv")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text().splitlines()[0] == "workflow_id,instance_id,outcome,error_code"
    assert "2 instances" in call("run", "again.csv", "--sandbox", "--dry-run").err


@pytest.mark.slow
def test_a_second_try_and_the_first_come_to_one_story(report: Call, call: Call) -> None:
    """Failed rows, tried again at the sandbox, are canceled in the end."""
    write_report("r.csv", [row(n, Outcome.FAILED, site="sandbox", at=-1e6) for n in (3, 4)])
    report("r.csv", "--failed", "again.csv")
    assert call("run", "again.csv", "--sandbox", "--yes", "-o", "second.csv").code == 0
    assert outcomes("second.csv") == [Outcome.CANCELED] * 2
    found = json.loads(report("r.csv", "second.csv", "--json").out)
    assert (found["rows"], found["outcomes"]["canceled"], found["unfinished"]) == (2, 2, 0)


def test_failed_rows_can_go_to_the_next_program(report: Call) -> None:
    """In place of the text."""
    ended = report("a.csv", "--failed", "-")
    assert ended.out.splitlines() == [
        "workflow_id,instance_id,outcome,error_code",
        f"{uuid(0)},{uuid(3)},failed,http_5xx",
    ]


def test_failed_rows_can_be_json_lines(report: Call) -> None:
    """Where the file is called so."""
    report("a.csv", "--failed", "x.jsonl")
    want = {"workflow_id": uuid(0), "instance_id": uuid(3), "outcome": "failed", "error_code": "http_5xx"}
    assert json.loads(Path("x.jsonl").read_text()) == want


def test_a_list_that_could_not_be_finished_goes_again(report: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a list would be taken for a whole one."""
    monkeypatch.setattr(
        "bulkcancel.cli.rows_again.cell", lambda _: (_ for _ in ()).throw(OSError(28, "No space left"))
    )
    ended = report("a.csv", "--failed", "x.csv")
    assert (ended.code, ended.last) == (2, "x.csv can't be written: No space left.")
    assert not Path("x.csv").exists()
