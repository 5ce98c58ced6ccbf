"""Counts and ends of runs in words."""

import pytest

from bulkcancel.models import Outcome, Result, StopReason
from bulkcancel.progress.words import (
    closing_lines,
    counts_of,
    duration,
    end_words,
    lines_of,
    named_counts,
    number_of,
    rate_words,
    span,
)
from bulkcancel.tally import Leftover, LineSet, ReportLoss, Tally, summarize


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


def test_every_reason_to_stop_has_words() -> None:
    """Of its own, so that a person knows what to mend."""
    assert len({end_words(reason) for reason in StopReason}) == len(StopReason)


def test_counts_are_words() -> None:
    """Those that occur, in a fixed order."""
    assert counts_of({Outcome.FAILED: 1200, Outcome.NOT_FOUND: 1}) == "1 not found, 1,200 failed"
    assert (number_of(1, "row"), number_of(0, "row")) == ("1 row", "0 rows")


@pytest.mark.parametrize(
    ("seconds", "short", "clock"),
    [
        (-5.0, "0 s", "0:00"),
        (12.9, "12 s", "0:12"),
        (59.99, "59 s", "0:59"),
        (60.0, "1:00", "1:00"),
        (3_599.0, "59:59", "59:59"),
        (3_725.0, "1:02:05", "1:02:05"),
        (86_399.0, "23:59:59", "23:59:59"),
        (3 * 86_400 + 4 * 3_600.0, "3 d 04 h", "3 d 04 h"),
        (1e300, "9,999 d 00 h", "9,999 d 00 h"),
        (float("inf"), "9,999 d 00 h", "9,999 d 00 h"),
        (float("nan"), "9,999 d 00 h", "9,999 d 00 h"),
    ],
)
def test_spans_are_short(seconds: float, short: str, clock: str) -> None:
    """From what is over to what nobody lives to see."""
    assert (span(seconds), span(seconds, as_clock=True)) == (short, clock)


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (97.26, "97/s"),
        (1_234.5, "1,234/s"),
        (9.96, "10/s"),
        (4.25, "4.2/s"),
        (1.0, "1/s"),
        (0.5, "30/min"),
        (1 / 900, "4/h"),
        (1 / 7_200, "0.5/h"),
        (0.0, "0/s"),
        (-1.0, "0/s"),
    ],
)
def test_rates_are_words(rate: float, words: str) -> None:
    """In a unit that makes a number one can picture."""
    assert rate_words(rate) == words


def test_numbers_have_names() -> None:
    """Those that are not zero, in the order given."""
    assert named_counts({"not_found": 4, "failed": 0, "canceled": 12_396}) == [
        "4 not found",
        "12,396 canceled",
    ]


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
    loss = ReportLoss("The disk is full.") if stop is StopReason.REPORT_LOST else None
    summary = summarize(tally_of(*outcomes), duration=3.0, paused=1.0, quota_used=0.5, stop=stop, loss=loss)
    lines = closing_lines(summary, where="r.csv", resume=resume)
    assert lines[-1] == last
    if outcomes:
        assert "throttled (100 %)" in lines[1]
        assert "paused 1.0 s; at most 50% of a quota window used" in lines[1]


@pytest.mark.parametrize(
    ("left", "stop", "last"),
    [
        (
            Leftover(LineSet([3, 4]), unreported=7),
            StopReason.INTERRUPTED,
            "Interrupted. 8 rows not done, 2 of them sent and not recorded: input lines 3-4; continue with: again",
        ),
        (Leftover(unreported=7), StopReason.TERMINATED, "Terminated. 8 rows not done; continue with: again"),
        (
            Leftover(may_have_more=True),
            StopReason.INTERRUPTED,
            "Interrupted. 1 row not done, and what was not read; continue with: again",
        ),
        (
            Leftover(unreported=988, is_limited=True),
            None,
            "Canary done: 4 canceled, 1 failed of 993 rows, 989 remain; continue with: again",
        ),
        (
            Leftover(may_have_more=True, is_limited=True),
            None,
            "Canary done: 4 canceled, 1 failed. --limit ended it; if the input has more, continue with: again",
        ),
        (
            Leftover(gone=1),
            None,
            "Finished, with 1 row not done, 1 of them no longer in the input; continue with: again",
        ),
    ],
)
def test_the_last_line_counts_what_the_report_does_not_have(
    left: Leftover, stop: StopReason | None, last: str
) -> None:
    """Of five rows in the report, one of which failed."""
    tally = tally_of(*[Outcome.CANCELED] * 4, Outcome.FAILED)
    summary = summarize(tally, duration=3.0, stop=stop, left=left)
    assert closing_lines(summary, where="r.csv", resume="again")[-1] == last


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (False, "Every row is done. Report: r.csv"),
        (True, "Every row in the report is done; if the input has more, continue with: again"),
    ],
)
def test_a_run_that_is_stopped_at_its_end_says_whether_more_is_to_do(*, more: bool, words: str) -> None:
    """As far as is known."""
    left = Leftover(may_have_more=more)
    summary = summarize(tally_of(Outcome.CANCELED), duration=1.0, stop=StopReason.INTERRUPTED, left=left)
    assert closing_lines(summary, where="r.csv", resume="again")[-1] == f"Interrupted. {words}"


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (
            ReportLoss("It is gone.", LineSet([2, 3]), is_gone=True, earlier=5),
            "It is gone. Recorded there alone: input lines 2-3 and 5 rows of earlier runs. ",
        ),
        (
            ReportLoss("It is gone.", is_gone=True, earlier=1),
            "It is gone. Recorded there alone: 1 row of earlier runs. ",
        ),
        (ReportLoss("It is gone.", is_gone=True), "It is gone. "),
        (
            ReportLoss("The disk broke.", LineSet([2])),
            "The disk broke. Taken, but perhaps not on the disk: input lines 2. ",
        ),
        (ReportLoss("The disk is full."), "The disk is full. "),
    ],
)
def test_a_lost_report_says_what_went_with_it(loss: ReportLoss, words: str) -> None:
    """And which rows were sent and never stood in it."""
    left = Leftover(LineSet([4, 7]))
    summary = summarize(Tally(), duration=1.0, stop=StopReason.REPORT_LOST, left=left, loss=loss)
    (line,) = closing_lines(summary, where="r.csv", resume="again")
    assert line == (
        f"{words}Nothing more was sent; sent and not recorded: input lines 4, 7. Then continue with: again"
    )


@pytest.mark.parametrize(
    ("throttled", "requests", "words"),
    [
        (1000, 1000, "100 %"),
        (999, 1000, "99 %"),
        (995, 1000, "99 %"),
        (994, 1000, "99 %"),
        (1, 3, "33 %"),
        (5, 1000, "0.5 %"),
        (1, 10_000, "0.01 %"),
        (1, 10_001, "under 0.01 %"),
    ],
)
def test_a_share_of_429s_is_never_rounded_to_all_or_nothing(
    throttled: int, requests: int, words: str
) -> None:
    """Nor written with an exponent."""
    tally = Tally(requests=requests, throttled=throttled)
    lines = closing_lines(summarize(tally, duration=1.0), where="r.csv", resume="")
    assert lines[0] == f"{requests:,} requests in 1.0 s, {throttled:,} throttled ({words})"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([5], "input lines 5"),
        ([3, 1, 2, 9, 64, 63, 65], "input lines 1-3, 9, 63-65"),
        (range(1, 200, 2), f"input lines {', '.join(map(str, range(1, 101, 2)))} and 50 more"),
    ],
)
def test_input_lines_are_named_by_spans(lines: list[int], words: str) -> None:
    """At most fifty of them."""
    assert lines_of(LineSet(lines)) == words
