"""Counts, exit codes and summaries."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcancel.events import Endpoint
from bulkcancel.models import ExitCode, Outcome, Result, StopReason
from bulkcancel.tally import Held, HeldBy, Leftover, LineSet, Tally, WorkflowCount, summarize


def result(outcome: Outcome, *, attempts: int = 1, code: str = "") -> Result:
    """A result with that outcome."""
    return Result(1, "w", "i", outcome, error_code=code, error_detail="why", attempts=attempts)


@pytest.mark.parametrize(
    ("outcomes", "stop", "ignore", "want"),
    [
        ([], None, False, ExitCode.OK),
        ([Outcome.CANCELED, Outcome.DUPLICATE, Outcome.ALREADY_FINISHED], None, False, ExitCode.OK),
        ([Outcome.CANCELED, Outcome.NOT_FOUND], None, False, ExitCode.INCOMPLETE),
        ([Outcome.CANCELED, Outcome.NOT_FOUND], None, True, ExitCode.OK),
        ([Outcome.INVALID], None, True, ExitCode.INCOMPLETE),
        ([Outcome.CANCELED], StopReason.REFUSED, False, ExitCode.STOPPED),
        ([Outcome.CANCELED], StopReason.REPORT_LOST, False, ExitCode.REPORT_LOST),
        ([Outcome.CANCELED], StopReason.INTERRUPTED, False, ExitCode.INTERRUPTED),
        ([Outcome.CANCELED], StopReason.TERMINATED, False, ExitCode.TERMINATED),
    ],
)
def test_the_exit_code_follows_from_the_counts(
    outcomes: list[Outcome], stop: StopReason | None, want: ExitCode, *, ignore: bool
) -> None:
    """The end of the run counts before its rows."""
    tally = Tally()
    for outcome in outcomes:
        tally.add(result(outcome))
    assert tally.exit_code(stop, ignore_not_found=ignore) is want


@given(st.lists(st.sampled_from(Outcome)))
def test_counts_add_up_to_the_rows(outcomes: list[Outcome]) -> None:
    """Whatever happens, every row is counted once."""
    tally = Tally()
    for outcome in outcomes:
        tally.add(result(outcome))
    summary = summarize(tally, duration=1.0)
    assert summary.rows == sum(summary.outcomes.values()) == len(outcomes)
    assert tally.unfinished == sum(not outcome.is_done for outcome in outcomes)


def test_what_is_not_found_counts_unless_it_is_told_not_to() -> None:
    """In the exit code and in the summary's."""
    tally = Tally()
    tally.add(result(Outcome.NOT_FOUND))
    assert tally.exit_code() is summarize(tally, duration=0.0).exit_code is ExitCode.INCOMPLETE
    assert summarize(tally, duration=0.0, ignore_not_found=True).exit_code is ExitCode.OK


def test_a_retried_row_is_counted_once() -> None:
    """Its new outcome takes the place of the recorded one."""
    tally = Tally()
    tally.recorded(Outcome.FAILED)
    tally.recorded(Outcome.THROTTLED, Outcome.FAILED)
    tally.add(result(Outcome.CANCELED), Outcome.THROTTLED)
    assert tally.rows == 1
    assert tally.outcomes[Outcome.CANCELED] == 1


def test_a_server_that_invents_codes_does_not_fill_the_memory() -> None:
    """A hundred are counted apart, the rest together."""
    tally = Tally()
    for number in range(250):
        tally.add(result(Outcome.REJECTED, code=f"CODE_{number % 150}"))
    assert len(tally.errors) == len(tally.examples) == 101
    assert (tally.errors["CODE_7"], tally.errors["other"]) == (2, 50)


def test_errors_are_counted_with_an_example() -> None:
    """The first row of each code stands for the others."""
    tally = Tally()
    for attempts in (1, 0, 2):
        tally.add(result(Outcome.FAILED, attempts=attempts, code="http_5xx"))
    assert tally.errors == {"http_5xx": 3}
    assert tally.examples == {"http_5xx": "line 1: why"}
    assert (tally.finished, tally.failed, tally.requests) == (2, 2, 3)
    tally.add(result(Outcome.REJECTED, code="http_5xx"))
    assert summarize(tally, duration=1.0).causes == {"http_5xx": Outcome.FAILED}


def test_workflows_are_counted_by_what_was_sent() -> None:
    """Not by rows that needed no request."""
    tally = Tally()
    for outcome, attempts in ((Outcome.FAILED, 1), (Outcome.CANCELED, 2), (Outcome.INVALID, 0)):
        tally.add(result(outcome, attempts=attempts)._replace(duration_ms=500))
    assert summarize(tally, duration=1.0).workflows.most_failing(9) == [WorkflowCount("w", 2, 1, 0.5)]


def test_a_summary_has_a_json_form() -> None:
    """Other programs read it: these keys, in this order, and what they count."""
    tally = Tally()
    tally.recorded(Outcome.FAILED)
    for line, outcome in enumerate((Outcome.CANCELED, Outcome.CANCELED, Outcome.REJECTED), 1):
        tally.add(
            Result(line, "w", "i", outcome, error_code="c", error_detail="why", attempts=4, throttled=2)
        )
    summary = summarize(
        tally,
        duration=1.23456,
        paused=0.98765,
        quota_used=0.123456,
        stop=StopReason.MAX_DURATION,
        left=Leftover(LineSet([8, 9]), requests=5, throttled=1, unreported=30, may_have_more=True),
    )
    counts = {
        "schema_version": 1,
        "rows": 4,
        "outcomes": {outcome.value: 0 for outcome in Outcome} | {"canceled": 2, "rejected": 1, "failed": 1},
        "unreported": 30,
        "may_have_more": True,
        "unrecorded": 2,
        "requests": 17,
        "throttled": 7,
        "duration_s": 1.235,
        "paused_s": 0.988,
        "quota_used": 0.1235,
        "stopped": "max_duration",
        "exit_code": 3,
        "errors": {"c": 3},
        "examples": {"c": "line 1: why"},
    }
    assert list(summary.counts().items()) == list(counts.items())
    shown = counts | {
        "causes": {"c": "canceled"},
        "workflows": {
            "counted": 1,
            "are_all": True,
            "most_failing": [{"workflow_id": "w", "sent": 3, "failed": 1, "average_s": 0.0}],
        },
        "site": "",
        "started_at": None,
        "ended_at": None,
        "pauses": [],
        "pauses_left_out": 0,
    }
    assert list(summary.as_dict().items()) == list(shown.items())
    assert type(summary.as_dict()["exit_code"]) is int
    assert summary.unfinished == tally.unfinished == 1


def test_a_summary_says_when_it_was_and_what_held_it_back() -> None:
    """As RFC 3339 has it; what a server said is printable, and short."""
    outage = Held(10.0, 70.5, HeldBy.OUTAGE, Endpoint.READ, 503, "\u202e\x1b" + "x" * 9999)
    summary = replace(
        summarize(Tally(), duration=1.0),
        site="here",
        started_at=0.0,
        ended_at=86_400.025,
        pauses=(Held(1.0, 2.0, HeldBy.QUOTA), outage),
        pauses_left_out=7,
    )
    shown = summary.as_dict()
    assert shown["started_at"] == "1970-01-01T00:00:00.000Z"
    assert shown["ended_at"] == "1970-01-02T00:00:00.025Z"
    assert (shown["site"], shown["pauses_left_out"]) == ("here", 7)
    quota, read = shown["pauses"]
    assert quota == {
        "started_at": "1970-01-01T00:00:01.000Z",
        "ended_at": "1970-01-01T00:00:02.000Z",
        "reason": "quota_used_up",
        "endpoint": "cancel",
        "status": None,
        "detail": "",
    }
    assert (read["reason"], read["endpoint"], read["status"]) == ("outage", "read", 503)
    assert read["detail"].isprintable()
    assert len(read["detail"]) == 500


def test_a_summary_names_the_workflows_that_failed_most() -> None:
    """Twenty at most, worst first, and says of how many."""
    tally = Tally()
    for number in range(1, 41):
        for _ in range(number):
            tally.add(result(Outcome.FAILED)._replace(workflow_id=f"w{number}", duration_ms=1500))
    shown = summarize(tally, duration=1.0).as_dict()["workflows"]
    assert (shown["counted"], shown["are_all"]) == (40, True)
    assert [one["failed"] for one in shown["most_failing"]] == list(range(40, 20, -1))
    assert shown["most_failing"][0] == {"workflow_id": "w40", "sent": 40, "failed": 40, "average_s": 1.5}


def test_a_summary_of_nothing_has_the_same_keys() -> None:
    """With what is not known as null."""
    shown = summarize(Tally(), duration=0.0).as_dict()
    assert (shown["quota_used"], shown["stopped"], shown["exit_code"], shown["paused_s"]) == (
        None,
        None,
        0,
        0.0,
    )
    assert (shown["unreported"], shown["may_have_more"], shown["unrecorded"]) == (0, False, 0)


def test_errors_stand_in_the_order_of_their_number() -> None:
    """The most frequent first; the last code of a hundred is counted apart as well."""
    tally = Tally()
    for number in range(101):
        tally.add(result(Outcome.REJECTED, code=f"c{number}"))
    for code in ("c7", "c99", "c99"):
        tally.add(result(Outcome.REJECTED, code=code))
    errors = summarize(tally, duration=0.0).errors
    assert list(errors.items())[:2] == [("c99", 3), ("c7", 2)]
    assert errors["other"] == 1


def test_only_rows_that_were_sent_count_as_finished() -> None:
    """And their lines are known; what was throttled on the way is counted."""
    tally = Tally()
    tally.add(Result(5, "w", "i", Outcome.INVALID))
    tally.add(Result(6, "w", "i", Outcome.CANCELED, attempts=3, throttled=2))
    tally.add(Result(9, "w", "i", Outcome.THROTTLED, attempts=2, throttled=2))
    assert (tally.finished, tally.failed, tally.requests, tally.throttled) == (2, 1, 5, 4)
    assert list(tally.sent) == [6, 9]


@given(st.sets(st.integers(-200, 200) | st.integers(1, 10**12)))
def test_lines_are_a_set_in_order(lines: set[int]) -> None:
    """Whatever numbers a caller gives his rows."""
    found = LineSet(lines)
    assert list(found) == sorted(lines)
    assert len(found) == len(lines)
    spans = list(found.spans())
    assert [line for first, last in spans for line in range(first, last + 1)] == sorted(lines)
    assert all(before[1] + 1 < after[0] for before, after in pairwise(spans))
    assert found == LineSet(sorted(lines, reverse=True))
    assert found != LineSet(lines ^ {7})
    assert found != lines


def test_lines_show_themselves() -> None:
    """Where a test fails, say."""
    assert repr(LineSet([3, 1])) == "LineSet([1, 3])"
