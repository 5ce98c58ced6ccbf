"""What a person reads while it runs and when it ends."""

import io
import json
from datetime import UTC, datetime

import anyio
import pytest
from faketime import FakeClock

from bulkcancel.models import Outcome, Result, StopReason
from bulkcancel.pacing import Hold, HoldReason
from bulkcancel.progress import LogFormat, Messages, Watch, closing_lines, counts_of, number_of, status_line
from bulkcancel.progress.words import duration, hold_words, rate_words
from bulkcancel.tally import Tally, summarize


def tally_of(*outcomes: Outcome) -> Tally:
    """Counts over these, one request each."""
    tally = Tally()
    for line, outcome in enumerate(outcomes, 1):
        tally.add(
            Result(line, "w", "i", outcome, error_code="c", error_detail="why", attempts=1, throttled=1)
        )
    return tally


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.04, "0.0 s"), (59.94, "59.9 s"), (61, "1 min 01 s"), (7500, "2 h 05 min")]
)
def test_durations_are_words(seconds: float, words: str) -> None:
    """As people say them."""
    assert duration(seconds) == words


def test_counts_are_words() -> None:
    """Those that occur, in a fixed order."""
    assert counts_of({Outcome.FAILED: 1200, Outcome.NOT_FOUND: 1}) == "1 not found, 1,200 failed"
    assert (number_of(1, "row"), number_of(0, "row")) == ("1 row", "0 rows")


def test_the_status_says_why_nothing_moves() -> None:
    """And until when, by the clock on the wall; or what rate is kept to."""
    held = hold_words(Hold(12.0, HoldReason.QUOTA), 10.0, 1_800_000_000.0)
    until = datetime.fromtimestamp(1_800_000_002.0, UTC).astimezone()
    assert held == f"paused until {until:%H:%M:%S} (2.0 s): the quota is used up"
    line = status_line(tally_of(Outcome.CANCELED), 5, held)
    assert line == f"1 of 5 rows · 1 canceled · {held}"
    assert status_line(Tally(), None, "") == "0 rows"
    assert hold_words(Hold(12.0, HoldReason.RATE, 5.0), 10.0, 0.0) == "at 5/s: --rate"


@pytest.mark.parametrize(
    ("rate", "words"), [(97.26, "97.3/s"), (0.5, "30/min"), (1.0, "1/s"), (1 / 900, "4/h")]
)
def test_rates_are_words(rate: float, words: str) -> None:
    """In a unit that makes a number one can picture."""
    assert rate_words(rate) == words


@pytest.mark.parametrize(
    ("outcomes", "stop", "resume", "last"),
    [
        ([], None, "again", "Nothing to do: the input has no rows. Report: r.csv"),
        ([Outcome.CANCELED], None, "again", "Done: every row is settled. Report: r.csv"),
        ([Outcome.REJECTED], None, "again", "Finished, with 1 row not canceled; the report says why: r.csv"),
        ([Outcome.FAILED] * 2, None, "again", "Finished, with 2 rows not done; continue with: again"),
        (
            [Outcome.FAILED],
            None,
            "",
            "Finished, with 1 row not done; run again with -o FILE to be able to continue",
        ),
        (
            [Outcome.FAILED],
            StopReason.MAX_DURATION,
            "again",
            "Stopped: --max-duration is over. 1 row not done; continue with: again",
        ),
        (
            [Outcome.CANCELED],
            StopReason.INTERRUPTED,
            "again",
            "Interrupted. Every row in the report is done; if the input has more, continue with: again",
        ),
        (
            [Outcome.FAILED],
            StopReason.REPORT_LOST,
            "again",
            "The disk is full. Nothing more was sent; sent and not recorded: nothing. Then continue with: again",
        ),
    ],
)
def test_the_last_line_says_what_to_do_next(
    outcomes: list[Outcome], stop: StopReason | None, resume: str, last: str
) -> None:
    """Whatever the end."""
    summary = summarize(tally_of(*outcomes), duration=3.0, paused=1.0, quota_used=0.5, stop=stop)
    error = "The disk is full." if stop is StopReason.REPORT_LOST else ""
    lines = closing_lines(summary, where="r.csv", resume=resume, report_error=error)
    assert lines[-1] == last
    if outcomes:
        assert "answered 429 (1e+02 %)" in lines[1] or "answered 429 (100 %)" in lines[1]
        assert "paused 1.0 s; at most 50% of a quota window used" in lines[1]


def test_rows_that_were_sent_and_not_recorded_are_named() -> None:
    """Their input lines."""
    lost = (Result(4, "w", "i", Outcome.CANCELED), Result(7, "w", "j", Outcome.CANCELED))
    summary = summarize(Tally(), duration=1.0, stop=StopReason.REPORT_LOST, unrecorded=lost)
    (line,) = closing_lines(summary, where="r.csv", resume="again", limit=5)
    assert "The report was lost. Nothing more was sent; sent and not recorded: input lines 4, 7." in line


def test_messages_have_levels() -> None:
    """Quiet, usual and verbose, as text or JSON."""
    clock = FakeClock()
    for quiet, verbose, want in ((True, False, "wl"), (False, False, "iwl"), (False, True, "diwl")):
        stream = io.StringIO()
        messages = Messages(stream, clock, quiet=quiet, verbose=verbose)
        messages.detail("d")
        messages.info("i")
        messages.warning("w")
        messages.last("l")
        assert stream.getvalue().replace("\n", "") == want
    stream = io.StringIO()
    Messages(stream, clock, log_format=LogFormat.JSON).info("hello", rows=3)
    assert json.loads(stream.getvalue()) == {
        "time": "2027-01-15T08:16:40.000Z",
        "level": "info",
        "message": "hello",
        "rows": 3,
    }
    stream.close()
    Messages(stream, clock).last("to nobody")


async def test_without_a_terminal_a_line_comes_now_and_then() -> None:
    """Every ten seconds."""
    clock, stream = FakeClock(), io.StringIO()
    watch = Watch(Messages(stream, clock), clock, tally_of(Outcome.CANCELED), lambda: None, 9)
    async with clock.autojump(), anyio.create_task_group() as tasks:
        tasks.start_soon(watch.lines)
        await clock.sleep(25.0)
        tasks.cancel_scope.cancel()
    assert stream.getvalue() == "1 of 9 rows · 1 canceled\n" * 2


async def test_on_a_terminal_a_bar_is_redrawn(capfd: pytest.CaptureFixture[str]) -> None:
    """And messages stand above it."""
    clock = FakeClock()
    messages = Messages(io.StringIO(), clock)
    hold = Hold(clock.now() + 5.0, HoldReason.OUTAGE)
    watch = Watch(messages, clock, tally_of(Outcome.CANCELED), lambda: hold, 9)
    async with clock.autojump(), anyio.create_task_group() as tasks:
        tasks.start_soon(watch.live)
        await clock.sleep(1.0)
        messages.info("a message [above]")
        tasks.cancel_scope.cancel()
    shown = capfd.readouterr().err
    assert "a message [above]" in shown
    assert "1/9" in shown
    assert messages.above is None
