"""A prepared run at work: what is around the run itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from support.cliapp import IDS, Call, outcomes, write

from bulkcancel.cli import execute
from bulkcancel.cli.closing import Closing
from bulkcancel.models import Outcome
from bulkcancel.progress.display import ProgressDisplay
from bulkcancel.progress.writer import BackgroundWriter
from bulkcancel.tally import Summary

RUN = ("--sandbox", "-y", "-o", "r.csv")


def test_a_display_that_fails_leaves_the_run_alone(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal may be gone."""

    async def fail(_: ProgressDisplay) -> None:
        raise OSError("the terminal is gone")

    monkeypatch.setattr(ProgressDisplay, "lines", fail)
    ended = call("run", write("in.csv", *IDS), *RUN, "-v")
    assert (ended.code, outcomes("r.csv")) == (0, [Outcome.CANCELED] * 8)
    assert "Progress is not shown any more: the terminal is gone" in ended.err


@pytest.mark.parametrize(("words", "shows"), [([], True), (["-q"], False), (["--no-progress"], False)])
def test_progress_is_shown_unless_it_is_not_wanted(
    call: Call, monkeypatch: pytest.MonkeyPatch, words: list[str], *, shows: bool
) -> None:
    """Without a terminal as lines."""
    shown: list[ProgressDisplay] = []

    async def note(display: ProgressDisplay) -> None:
        shown.append(display)

    monkeypatch.setattr(ProgressDisplay, "lines", note)
    assert call("run", write("in.csv", *IDS), *RUN, *words).code == 0
    assert bool(shown) is shows


@pytest.mark.parametrize(
    ("report", "is_file", "is_terminal", "shows"),
    [
        ("-", False, True, False),
        ("-", True, True, True),
        ("-", False, False, True),
        ("r.csv", False, True, True),
    ],
)
def test_a_report_that_goes_to_the_terminal_is_not_drawn_over(
    call: Call, monkeypatch: pytest.MonkeyPatch, report: str, *, is_file: bool, is_terminal: bool, shows: bool
) -> None:
    """Then there is no progress, but the report's own rows."""
    wanted: list[bool] = []

    @asynccontextmanager
    async def showing(*_: object, is_wanted: bool) -> AsyncIterator[None]:
        wanted.append(is_wanted)
        yield

    monkeypatch.setattr(execute, "showing", showing)
    monkeypatch.setattr(execute, "is_aside", lambda _: is_file)
    monkeypatch.setattr(BackgroundWriter, "isatty", lambda _: is_terminal)
    assert call("run", write("in.csv", *IDS), "--sandbox", "-y", "-o", report).code == 0
    assert wanted == [shows]


def test_the_summary_is_written_before_the_last_word(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for the last word finds it; where none is asked for, nothing is written."""
    steps: list[str] = []
    say, write_summary = Closing.say, Closing.write_summary

    def note_words(closing: Closing, summary: Summary, error: BaseException | None) -> None:
        steps.append("words")
        say(closing, replace(summary), error)

    def note_file(closing: Closing, summary: Summary) -> None:
        steps.append("file")
        write_summary(closing, summary)

    monkeypatch.setattr(Closing, "say", note_words)
    monkeypatch.setattr(Closing, "write_summary", note_file)
    assert call("run", write("in.csv", *IDS), *RUN, "--summary", "s.json").code == 0
    assert steps == ["file", "words"]
    assert call("run", "in.csv", "--sandbox", "-y", "-o", "other.csv").code == 0
    assert steps == ["file", "words", "words"]
