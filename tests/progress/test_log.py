"""The log's own lines, and that the set of events is one: in the code, the schema and the documents."""

import json
import re
from pathlib import Path

import pytest
from support.cliapp import Shown
from support.faketime import FakeClock
from support.logs import LOG, check_line

from bulkcancel.events import (
    Attempted,
    Concern,
    Concerned,
    Ended,
    Endpoint,
    Event,
    Finished,
    Listed,
    PageRead,
    PassEnded,
    Paused,
    QuotaSeen,
    Resumed,
    Started,
    StateSeen,
    Stopping,
)
from bulkcancel.models import ExitCode, InstanceRef, Outcome, Result, StateName, StopReason
from bulkcancel.pacing import WaitReason
from bulkcancel.progress.log import message_observers
from bulkcancel.progress.log_events import LogEvent
from bulkcancel.progress.messages import LogFormat, Messages

REF = InstanceRef("w", "i", 7)
PAGE = (Path(__file__).parents[2] / "docs/reference/log.md").read_text(encoding="utf-8")
NAMES = [event.value for event in LogEvent]


def told(event: Event, *, form: LogFormat = LogFormat.JSON, verbose: bool = True) -> str:
    """What stands on standard error after an event."""
    stream, clock = Shown(), FakeClock()
    for observer in message_observers(
        Messages(stream, clock, run_id="r", log_format=form, verbose=verbose), clock
    ):
        observer.observe(event)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("event", "name", "message", "fields"),
    [
        (Started(9, {}), "started", "Started: 9 rows.", {"total": 9, "recorded": {}}),
        (
            Started(None, {Outcome.CANCELED: 2, Outcome.FAILED: 0}),
            "started",
            "Started: rows, 2 of them on record.",
            {"total": None, "recorded": {"canceled": 2}},
        ),
        (
            PageRead("w", 100, 3, 250),
            "page_read",
            "w: 100 instances read.",
            {"read": 100, "matching": 3, "total": 250},
        ),
        (Listed("w", 1, 0, ""), "listed", "w: listed, 1 instance read.", {"problem": None}),
        (Listed("w", 0, 0, "gone"), "listed", "w: listed, 0 instances read.", {"problem": "gone"}),
        (
            StateSeen(REF, StateName.RUNNING, None),
            "state_seen",
            "line 7: running",
            {"line": 7, "state": "running"},
        ),
        (
            PassEnded(2, 1_000, 7, 1.23456, is_whole=True),
            "pass_ended",
            "Pass 2: 1,000 running, 7 of them new.",
            {"number": 2, "running": 1_000, "new": 7, "seconds": 1.235, "is_whole": True},
        ),
        (
            Paused(Endpoint.CANCEL, WaitReason.QUOTA.value, FakeClock().now() + 2.0),
            "paused",
            "Cancels: quota used up, next window in 2 s.",
            {"endpoint": "cancel", "seconds": 2.0, "rate": None},
        ),
        (
            Paused(Endpoint.LIST, "by --rate", float("inf"), 5.0),
            "paused",
            "Lists of instances: 5/s by --rate.",
            {"endpoint": "list", "seconds": None, "rate": 5.0},
        ),
        (Resumed(Endpoint.READ), "resumed", "Going on with reads of instances.", {"endpoint": "read"}),
        (
            QuotaSeen(Endpoint.CANCEL, 480.0, 12.0, 9.0, None),
            "quota_seen",
            "About 480 cancels of each quota window are ours.",
            {"share": 480.0, "left": 12.0, "period_s": None},
        ),
        (
            Stopping(StopReason.MAX_FAILURES, 1),
            "stopping",
            "Stopping: max_failures; 1 request on the way.",
            {"reason": "max_failures", "in_flight": 1},
        ),
    ],
)
def test_what_the_progress_shows_the_log_has_as_lines(
    event: Event, name: str, message: str, fields: dict[str, object]
) -> None:
    """Each as its schema says; where people read, the progress is enough."""
    record = json.loads(told(event))
    check_line(record)
    assert (record["event"], record["message"]) == (name, message)
    assert fields.items() <= record.items()
    assert not told(event, form=LogFormat.TEXT)


@pytest.mark.parametrize(("seconds", "said"), [(4.9, []), (5.1, ["paused", "resumed"])])
def test_short_pauses_are_no_lines(seconds: float, said: list[str]) -> None:
    """A quota of a second would fill the log; with -v they are there."""
    stream, clock = Shown(), FakeClock()
    (_, log) = message_observers(Messages(stream, clock, log_format=LogFormat.JSON), clock)
    for event in (Paused(Endpoint.CANCEL, "why", clock.now() + seconds), Resumed(Endpoint.CANCEL)):
        log.observe(event)
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == said


@pytest.mark.parametrize(
    "event",
    [
        Attempted(Endpoint.CANCEL, REF, 200, None, 0.1),
        Ended(ExitCode.OK, None, {}, 0, 0.0),
        Finished(Result(1, "w", "i", Outcome.CANCELED), None),
    ],
)
def test_single_requests_and_rows_are_not_in_the_log(event: Event) -> None:
    """Rows are with -v; the last line has what an operation ended with."""
    assert not told(event, verbose=False)


@pytest.mark.parametrize("concern", Concern)
def test_each_concern_is_an_event_of_the_log(concern: Concern) -> None:
    """By its own name."""
    record = json.loads(told(Concerned(concern, "detail")))
    check_line(record)
    assert record["event"] == concern.value


def test_the_events_of_the_log_are_one_closed_set() -> None:
    """In the code, the schema and the page, in one order; each has a schema of its own."""
    described = LOG["$defs"]
    assert LOG["properties"]["event"]["enum"] == NAMES
    assert [name for name in described if name not in {"count", "exit_code"}] == NAMES
    assert [part["$ref"] for part in LOG["oneOf"]] == [f"#/$defs/{name}" for name in NAMES]
    rows = re.findall(r"^\| `(\w+)` \| ([\w, ]+) \| ([^|]*) \| ([^|]+) \|$", PAGE, re.MULTILINE)
    assert [row[0] for row in rows] == NAMES
    for name, levels, fields, words in rows:
        own = described[name]["properties"]
        level = own["level"]
        assert levels.split(", ") == ([level["const"]] if "const" in level else level["enum"])
        assert re.findall(r"`(\w+)`", fields) == [field for field in own if field not in {"event", "level"}]
        assert words.strip() == described[name]["description"]


def test_each_event_of_the_log_is_said_somewhere() -> None:
    """None is a name alone; concerns are said by their own."""
    package = Path(__file__).parents[2] / "bulkcancel"
    said = set(
        re.findall(r"LogEvent\.([A-Z_0-9]+)", "".join(path.read_text() for path in package.rglob("*.py")))
    )
    assert {event.name for event in LogEvent} == said | {concern.name for concern in Concern}
