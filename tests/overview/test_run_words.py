"""Runs and their pauses, in words."""

import re
from dataclasses import replace

import pytest
from support.reports import BEGIN, Rows, held, overview, row, run

from bulkcancel.events import Endpoint
from bulkcancel.models import StopReason
from bulkcancel.overview import words
from bulkcancel.overview.facts import Overview, Pause, RunSummary
from bulkcancel.overview.run_words import (
    exit_words,
    pause_causes,
    pause_words,
    quota_words,
    run_sentence,
    short_pause_words,
)
from bulkcancel.tally import Held, HeldBy

OUTAGE = held(3, 6, HeldBy.OUTAGE, status=503, detail="ServerError: upstream is away")


def told(*runs: RunSummary, at: float = 9.0) -> Overview:
    """What two rows and those runs come to."""
    return overview(Rows(row(2), row(3, at=at)), runs=runs)


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        ([], ""),
        ([run(reason="")], "The run ended with exit code 0."),
        ([run(reason="Why not.", exit_code=1)], "The run ended with exit code 1. Reason given: Why not."),
        (
            [run(exit_code=3, stopped="max_failures"), run(5), run(7, reason="the rest", exit_code=130, stopped="interrupted")],
            "There were 3 runs; the last ended with exit code 130, interrupted. Reasons given: INC-4711; the rest.",
        ),
        ([run(), run(5)], "There were 2 runs; the last ended with exit code 0. Reason given: INC-4711."),
    ],
)  # fmt: skip
def test_how_it_ended_and_why_it_was_done_is_a_sentence(runs: list[RunSummary], said: str) -> None:
    """Of one run, or of several; among those that tell what happened."""
    found = told(*runs)
    assert run_sentence(found) == said
    assert words.sentences(found)[2:-1] == ([said] if said else [])


@pytest.mark.parametrize("reason", StopReason)
def test_each_end_has_its_words(reason: StopReason) -> None:
    """Those that the run itself said, without what was to be done then."""
    said = exit_words(run(exit_code=int(reason.exit_code), stopped=reason.value))
    assert re.fullmatch(rf"exit code {int(reason.exit_code)}, [^_;?]+", said)


def test_an_end_that_a_later_version_knows_is_told_by_its_name() -> None:
    """Better than not at all."""
    assert exit_words(run(exit_code=3, stopped="too_late")) == "exit code 3, stopped: too late"


@pytest.mark.parametrize(
    ("used", "said"),
    [(None, ""), (0.0, "at most 0 % of the quota"), (0.834, "at most 83 % of the quota"), (1.0, "at most 100 % of the quota")],
)  # fmt: skip
def test_the_quota_that_was_used_is_a_share(used: float | None, said: str) -> None:
    """Of one window."""
    assert quota_words(run(quota_used=used)) == said


@pytest.mark.parametrize(
    ("one", "long", "short"),
    [
        (held(1, 2), "quota used up", "quota used up"),
        (held(1, 2, HeldBy.LIMIT), "rate limit reached", "rate limit reached"),
        (OUTAGE, "API errors (503): upstream is away", "API errors (503)"),
        (held(1, 2, HeldBy.OUTAGE, status=503, detail="Service Unavailable"), "API errors (503)", "API errors (503)"),
        (held(1, 2, HeldBy.OUTAGE, detail="refused"), "no answer from the API: refused", "no answer from the API"),
        (held(1, 2, endpoint=Endpoint.READ), "reads of instances: quota used up", "reads of instances: quota used up"),
        (None, "", "no row began or ended"),
    ],
)  # fmt: skip
def test_a_pause_is_told_by_its_cause(one: Held | None, long: str, short: str) -> None:
    """With what the API said, or without."""
    pause = Pause(BEGIN, BEGIN + 1, one)
    assert (pause_words(pause), short_pause_words(pause)) == (long, short)


def test_a_time_between_two_runs_is_called_so() -> None:
    """Nobody held anything back."""
    pause = Pause(0.0, 1.0, is_between_runs=True)
    assert pause_words(pause) == short_pause_words(pause) == "between two runs"


def test_pauses_are_summed_up_by_cause_the_longest_first() -> None:
    """Three causes, and the number of others; where none is known, nothing."""
    reads = held(6.5, 7, endpoint=Endpoint.READ)
    limit = held(7, 7.2, HeldBy.LIMIT)
    found = told(run(pauses=(held(0.5, 1), OUTAGE, held(1, 2), reads, limit)))
    assert (
        pause_causes(found)
        == "API errors (503) 3.0 s, quota used up 1.5 s, reads of instances: quota used up 0.5 s, 1 other cause"
    )
    assert pause_causes(told(run())) == ""


def test_the_sentence_says_what_the_pauses_were() -> None:
    """And how long they were in all; those that overlap count once."""
    reads = held(2, 8.5, endpoint=Endpoint.READ)
    found = told(run(pauses=(held(1, 8), reads)), run(pauses=(held(2, 3),)))
    assert found.paused == 7.5
    assert (
        "with 3 pauses (7.5 s in all: quota used up 7.0 s, reads of instances: quota used up 6.5 s)."
        in words.sentences(found)[1]
    )


def test_when_a_run_was_is_told_as_far_as_it_is_known() -> None:
    """An earlier version says how long it took."""
    assert words.run_span_words(run(0, 65)) == "from 2027-01-15 08:00:00 to 08:01:05 UTC"
    assert words.run_span_words(replace(run(0, 65), started_at=None)) == "1 min 05 s long"


def test_what_speaks_against_a_summary_is_noted() -> None:
    """And what it left out."""
    found = told(run(doubts=("Is it?",), pauses_left_out=1), run(name="t.json", pauses_left_out=2))
    assert words.notes(found) == [
        "Is it?",
        "s.json has the longest of its pauses; 1 shorter one is left out.",
        "t.json has the longest of its pauses; 2 shorter ones are left out.",
    ]
