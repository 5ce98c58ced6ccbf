"""The two events of a run."""

from typing import Any

import pytest

from bulkcancel.metrics import RunNotice
from bulkcancel.models import ExitCode, Outcome, StopReason
from bulkcancel.tally import Summary, Tally, summarize


def notice(**changed: Any) -> RunNotice:
    """What is known of a run where it begins."""
    known = {
        "operation": "run",
        "run_id": "6e1d8a52-3c4b-4f0e-9a57-0b6a2c1d9e10",
        "where": "datadoghq.eu",
        "site": "datadoghq.eu",
        "reason": "INC-1",
        "report": "r.csv",
        "tags": ("site:datadoghq.eu", "env:prod"),
    }
    return RunNotice(**(known | changed))


def came_to(stop: StopReason | None = None, **outcomes: int) -> Summary:
    """A summary of those rows."""
    tally = Tally()
    for outcome, count in outcomes.items():
        tally.outcomes[Outcome(outcome)] += count
    return summarize(tally, duration=12.3, stop=stop)


def test_a_run_begins_with_an_event() -> None:
    """With the reason, links to the workflows, the report, and the run's own name."""
    assert notice().begun(["w1", "w2"]) == {
        "title": "bulkcancel cancels instances at datadoghq.eu",
        "text": "%%% \nReason: INC-1\n\nWorkflows: [w1](https://app.datadoghq.eu/workflow/w1), "
        "[w2](https://app.datadoghq.eu/workflow/w2)\n\nReport: r.csv\n\n"
        "Run: 6e1d8a52-3c4b-4f0e-9a57-0b6a2c1d9e10\n %%%",
        "alert_type": "info",
        "aggregation_key": "bulkcancel-6e1d8a52-3c4b-4f0e-9a57-0b6a2c1d9e10",
        "tags": [
            "operation:run",
            "run_id:6e1d8a52-3c4b-4f0e-9a57-0b6a2c1d9e10",
            "site:datadoghq.eu",
            "env:prod",
        ],
    }


def test_a_run_ends_with_an_event_of_the_same_key() -> None:
    """With the counts and the exit code."""
    event = notice().ended(came_to(canceled=1_200, failed=3), ["w1"])
    assert event["title"] == "bulkcancel run ended, not everything is done at datadoghq.eu"
    assert "Exit code 1, after 12 s\n\n- 1,200 canceled\n- 3 failed\n\nWorkflows: [w1]" in event["text"]
    assert event["aggregation_key"] == notice().begun()["aggregation_key"]
    assert event["tags"][-1] == "exit_code:1"


@pytest.mark.parametrize(
    ("summary", "alert", "title"),
    [
        (came_to(canceled=1), "success", "done"),
        (came_to(failed=1), "warning", "ended, not everything is done"),
        (came_to(StopReason.REFUSED), "error", "stopped early"),
        (came_to(StopReason.REPORT_LOST), "error", "stopped early"),
        (came_to(StopReason.INTERRUPTED), "warning", "interrupted"),
        (came_to(StopReason.TERMINATED), "warning", "terminated"),
    ],
)
def test_the_event_is_as_grave_as_the_exit_code(summary: Summary, alert: str, title: str) -> None:
    """So that a monitor can tell them apart."""
    event = notice(operation="drain").ended(summary)
    assert (event["alert_type"], event["title"]) == (alert, f"bulkcancel drain {title} at datadoghq.eu")
    assert int(summary.exit_code) in set(map(int, ExitCode))


def test_where_there_are_no_pages_there_are_no_links() -> None:
    """A sandbox and a test server have none."""
    assert "Workflows: w1\n" in notice(site="").begun(["w1"])["text"]


def test_many_workflows_are_counted() -> None:
    """Ten are linked."""
    text = notice().begun([f"w{number}" for number in range(1_000)])["text"]
    assert text.count("https://") == 10
    assert "and 990 more" in text


def test_an_event_keeps_to_the_vendor_s_limits() -> None:
    """Whatever stands in the reason and in names; and it is text."""
    long = "x\n\x1b\ud800" * 4_000
    event = notice(reason=long, report=long, where=long).begun([])
    assert len(event["text"]) <= 4_000
    assert len(event["title"]) <= 100
    assert event["title"].isprintable()
    event["text"].encode()
