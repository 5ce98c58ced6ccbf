"""Counts, exit codes and summaries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcancel.models import ExitCode, Outcome, Result, StopReason
from bulkcancel.tally import Tally, summarize


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


def test_a_summary_has_a_json_form() -> None:
    """Every outcome is present, and shares are rounded."""
    tally = Tally()
    tally.add(result(Outcome.CANCELED))
    shown = summarize(tally, duration=1.23456, quota_used=0.123456, stop=StopReason.MAX_DURATION).as_dict()
    assert shown["outcomes"]["failed"] == 0
    assert (shown["duration_s"], shown["quota_used"], shown["stopped"]) == (1.235, 0.1235, "max_duration")
    assert summarize(tally, duration=0).as_dict()["quota_used"] is None
    assert summarize(tally, duration=0).as_dict()["stopped"] is None
