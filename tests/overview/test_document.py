"""An overview as a JSON document."""

import json

from support.reports import Rows, W, held, overview, row, run, uuid

from bulkcancel.events import Endpoint
from bulkcancel.models import Outcome
from bulkcancel.overview.document import document_of
from bulkcancel.tally import HeldBy


def test_the_document_holds_every_number() -> None:
    """Under the names of the report's columns, where it has them."""
    found = document_of(
        overview(
            Rows(
                row(2),
                row(3, Outcome.FAILED, at=1, attempts=3, error_code="http_5xx", error_detail="down"),
                row(2, at=2),
            )
        )
    )
    assert json.loads(json.dumps(found)) == found
    outcomes = {outcome.value: 0 for outcome in Outcome} | {"canceled": 1, "failed": 1}
    latency = {"median": 20, "p90": 20, "p99": 20, "max": 20}
    assert found.pop("causes")[0].pop("hint").startswith("A fault of the API")
    assert found == {
        "schema_version": 1,
        "summary": found["summary"],
        "site": "datadoghq.eu",
        "reports": [{"name": "a.csv", "rows": 3, "torn": False, "being_written": False}],
        "rows": 2,
        "replaced": 1,
        "outcomes": outcomes,
        "unfinished": 1,
        "failures": 1,
        "sent": 2,
        "requests": 4,
        "throttled": 0,
        "started_at": "2027-01-15T08:00:00.000Z",
        "finished_at": "2027-01-15T08:00:02.020Z",
        "duration_s": 2.02,
        "rows_per_s": 0.99,
        "paused_s": found["paused_s"],
        "pauses": found["pauses"],
        "latency_ms": latency,
        "workflows": [
            {
                "workflow_id": W,
                "rows": 2,
                "failures": 1,
                "outcomes": {"failed": 1, "canceled": 1},
                "latency_ms": latency,
            }
        ],
        "runs": [],
    }


def test_a_document_of_nothing_has_the_same_keys() -> None:
    """So that a program need not ask which are there."""
    empty, full = document_of(overview(Rows())), document_of(overview(Rows(row(2)), runs=[run()]))
    assert list(empty) == list(full)
    assert (empty["site"], empty["started_at"], empty["latency_ms"], empty["rows_per_s"]) == (None,) * 4


def test_the_document_has_the_runs_and_what_held_them_back() -> None:
    """As their summaries tell; a gap that none explains has no reason."""
    outage = held(1, 4, HeldBy.OUTAGE, endpoint=Endpoint.READ, status=503, detail="away")
    one = run(quota_used=0.5, stopped="max_failures", exit_code=3, pauses=(outage,), doubts=("Is it?",))
    rows = Rows(row(2), row(3, at=8), row(4, at=30))
    found = document_of(overview(rows, runs=[one, run(20, 31, run_id="", reason="", report="")]))
    assert [
        (pause["reason"], pause["endpoint"], pause["status"], pause["detail"]) for pause in found["pauses"]
    ] == [
        (None, None, None, ""),
        ("outage", "read", 503, "away"),
        ("between_runs", None, None, ""),
    ]
    first, second = found["runs"]
    assert first == {
        "summary": "s.json",
        "run_id": uuid(4711),
        "reason": "INC-4711",
        "report": "a.csv",
        "started_at": "2027-01-15T08:00:00.000Z",
        "ended_at": "2027-01-15T08:00:10.000Z",
        "exit_code": 3,
        "stopped": "max_failures",
        "rows": 2,
        "requests": 2,
        "throttled": 0,
        "duration_s": 10.0,
        "paused_s": 0.0,
        "quota_used": 0.5,
        "doubts": ["Is it?"],
    }
    assert [second[key] for key in ("run_id", "reason", "report", "stopped", "quota_used")] == [None] * 5
