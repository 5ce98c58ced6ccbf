"""The last words of a run."""

import pytest

from bulkcancel.hints import hint_for
from bulkcancel.models import COUNTS_AS_FAILURE, RETRYABLE, Outcome, Result, StopReason
from bulkcancel.progress.closing import closing_lines
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
    ("outcomes", "stop", "resume", "last"),
    [
        ([], None, "again", "Nothing to do: the input has no rows. Report: r.csv"),
        ([Outcome.CANCELED], None, "again", "Done: nothing is left to cancel. Report: r.csv"),
        ([Outcome.REJECTED], None, "again", "Finished: 1 row not canceled. The report says why: r.csv"),
        ([Outcome.FAILED] * 2, None, "again", "Finished: 2 rows not done. Continue: again"),
        (
            [Outcome.FAILED],
            None,
            "",
            "Finished: 1 row not done. Run again with -o FILE to be able to continue",
        ),
        (
            [Outcome.FAILED],
            StopReason.MAX_DURATION,
            "again",
            "Stopped: --max-duration is over. 1 row not done. Continue: again",
        ),
        (
            [Outcome.FAILED],
            StopReason.REPORT_LOST,
            "again",
            "The disk is full. Nothing more was sent; every row that was sent had been recorded. When the report can be written again, continue: again",
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
        assert "paused 1.0 s; at most 50 % of a quota window used" in lines[1]


@pytest.mark.parametrize(
    ("left", "stop", "last"),
    [
        (
            Leftover(LineSet([3, 4]), unreported=7),
            StopReason.INTERRUPTED,
            "Interrupted. 8 rows not done, 2 of them sent and not recorded: input lines 3-4. Continue: again",
        ),
        (Leftover(unreported=7), StopReason.TERMINATED, "Terminated. 8 rows not done. Continue: again"),
        (
            Leftover(may_have_more=True),
            StopReason.INTERRUPTED,
            "Interrupted. 1 row not done, and what was not read. Continue: again",
        ),
        (
            Leftover(unreported=988, is_limited=True),
            None,
            "Canary done: 4 of 993 canceled, 1 failed, 989 remain. Continue: again",
        ),
        (
            Leftover(may_have_more=True, is_limited=True),
            None,
            "Canary done: 4 canceled, 1 failed. If the input has more, continue: again",
        ),
        (
            Leftover(gone=1),
            None,
            "Finished: 1 row not done, 1 of them no longer in the input. Continue: again",
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
        (True, "Every row in the report is done. If the input has more, continue: again"),
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
    more, line = closing_lines(summary, where="r.csv", resume="again")
    assert more.endswith("#stopped-the-report-was-lost")
    assert line == (
        f"{words}Nothing more was sent; sent and not recorded: input lines 4, 7. "
        "When the report can be written again, continue: again"
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


def tally_with(code: str, outcome: Outcome) -> Tally:
    """One row with that code and outcome."""
    tally = Tally()
    tally.add(Result(7, "w", "i", outcome, error_code=code, error_detail="why", attempts=1))
    return tally


@pytest.mark.parametrize(
    ("code", "outcome", "line"),
    [
        (
            "http_timeout",
            Outcome.FAILED,
            "http_timeout (1): No answer in time. Try again; a longer --timeout or a smaller --concurrency may help. E.g. line 7: why",
        ),
        (
            "INSTANCE_NOT_FOUND",
            Outcome.NOT_FOUND,
            "INSTANCE_NOT_FOUND (1): The API knows no such instance. Check that it is of this site and workflow. E.g. line 7: why",
        ),
        ("missing_id", Outcome.INVALID, "missing_id (1): An id is missing. Repair these rows in the input, and run them. E.g. line 7: why"),
        ("odd", Outcome.ALREADY_FINISHED, "odd (1): line 7: why"),
    ],
)  # fmt: skip
def test_a_cause_has_a_hint_and_an_example(code: str, outcome: Outcome, line: str) -> None:
    """By its code, else by what became of its row."""
    summary = summarize(tally_with(code, outcome), duration=1.0)
    assert closing_lines(summary, where="r.csv", resume="again")[2] == line


@pytest.mark.parametrize(
    "outcome", sorted(RETRYABLE | COUNTS_AS_FAILURE | {Outcome.NOT_FOUND, Outcome.INVALID})
)
def test_every_outcome_that_needs_one_has_a_hint(outcome: Outcome) -> None:
    """The same as a report has."""
    summary = summarize(tally_with("some code of the server", outcome), duration=1.0)
    line = closing_lines(summary, where="r.csv", resume="again")[2]
    assert line == f"some code of the server (1): {hint_for(outcome)} E.g. line 7: why"


def test_of_many_causes_the_most_frequent_are_shown() -> None:
    """How many more there are is said."""
    tally = Tally()
    for number in range(7):
        tally.errors[f"code {number}"] = 10 - number
        tally.examples[f"code {number}"] = "line 1: why"
    *causes, more, last = closing_lines(summarize(tally, duration=1.0), where="r.csv", resume="")
    assert causes == [f"code {number} ({10 - number}): line 1: why" for number in range(5)]
    assert more == "and 2 more causes: the report has them"
    assert last.startswith("Nothing to do")


def test_of_several_workflows_the_worst_and_the_slowest_are_named() -> None:
    """Three of each; one alone is no news."""
    tally = Tally()
    tally.workflows.add("a", 100, is_failed=True)
    assert "workflows" not in " ".join(closing_lines(summarize(tally, duration=1.0), where="r", resume=""))
    for workflow_id, milliseconds in (("b", 2_000), ("c", 300), ("d", 1_400), ("a", 100), ("b", 2_000)):
        tally.workflows.add(workflow_id, milliseconds, is_failed=workflow_id == "b")
    lines = closing_lines(summarize(tally, duration=1.0), where="r", resume="")
    assert lines[:2] == [
        "Most failures: b (2 of 2), a (1 of 2)",
        "Slowest workflows: b (2.0 s each), d (1.4 s each)",
    ]
    tally.workflows.is_whole = False
    lines = closing_lines(summarize(tally, duration=1.0), where="r", resume="")
    assert all(line.endswith("; of those met first") for line in lines[:2])


def test_a_canary_that_sent_nothing_counts_none() -> None:
    """All of it remains."""
    summary = summarize(Tally(), duration=1.0, left=Leftover(unreported=9, is_limited=True))
    assert closing_lines(summary, where="r.csv", resume="again") == [
        "Canary done: 0 of 9 canceled, 9 remain. Continue: again"
    ]
