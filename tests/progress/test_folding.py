"""How what is said is broken into lines on a terminal."""

import os
import pty
import termios
from pathlib import Path
from uuid import UUID

import pytest
from support.cliapp import Shown
from support.faketime import FakeClock

from bulkcancel.progress import folding
from bulkcancel.progress.folding import fitted, folded
from bulkcancel.progress.log_events import LogEvent
from bulkcancel.progress.messages import LogFormat, Messages

W = str(UUID(int=1 << 127, version=4))
ROW = f"     39,900  {W}  Nightly import of what nobody reads"
DOWN = "API errors for 12 s (503). Paused, asking again every 1 to 10 s. Nothing is lost."
CANARY = "Canary done: 5 of 993 canceled, 988 remain. Continue: bulkcancel run in.csv -o report.csv --resume"
PIPED = (
    "Terminated. If the input has more, continue: <the same rows> | bulkcancel run - -o 'a b.csv' --resume"
)
WAIT = "To wait until they have ended: bulkcancel status c.csv --wait -o 'a b.csv'"


class Terminal(Shown):
    """A standard error that somebody looks at."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.mark.parametrize(
    ("text", "width", "want"),
    [
        (DOWN, 80, ["API errors for 12 s (503). Paused, asking again every 1 to 10 s. Nothing is", "  lost."]),
        (DOWN, 40, ["API errors for 12 s (503). Paused,", "  asking again every 1 to 10 s. Nothing", "  is lost."]),
        (DOWN, 63, ["API errors for 12 s (503). Paused, asking again every 1 to", "  10 s. Nothing is lost."]),
        (DOWN, len(DOWN), [DOWN]),
        ("Check: 1. DD_SITE 2. expired or revoked", 20, ["Check: 1. DD_SITE", "  2. expired or", "  revoked"]),
        (CANARY, 80, ["Canary done: 5 of 993 canceled, 988 remain.", "Continue: bulkcancel run in.csv -o report.csv --resume"]),
        (CANARY, 40, ["Canary done: 5 of 993 canceled, 988", "  remain. Continue:", "bulkcancel run in.csv -o report.csv --resume"]),
        (PIPED, 40, ["Terminated. If the input has more,", "  continue:", "<the same rows> | bulkcancel run - -o 'a b.csv' --resume"]),
        (WAIT, 60, ["To wait until they have ended:", "bulkcancel status c.csv --wait -o 'a b.csv'"]),
        (ROW, 80, [f"     39,900  {W}  Nightly import of what nobody", "             reads"]),
        (ROW, 40, ["     39,900", f"  {W}", "  Nightly import of what nobody reads"]),
        (f"See {W}{W} there", 40, ["See", f"  {W}{W}", "  there"]),
    ],
)  # fmt: skip
def test_lines_end_at_words(text: str, width: int, want: list[str]) -> None:
    """Further lines are indented; ids stay whole, and so does a command, which is to be pasted."""
    assert folded(text, width).split("\n") == want


@pytest.mark.parametrize("width", range(1, 120, 7))
@pytest.mark.parametrize("text", [DOWN, CANARY, PIPED, ROW])
def test_no_word_is_lost_or_broken(text: str, width: int) -> None:
    """At any width."""
    assert folded(text, width).split() == text.split()


def test_a_terminal_has_lines_of_its_width_and_nothing_else_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read by a program stays in one line; so does a message in JSON, wherever it goes."""
    monkeypatch.setenv("COLUMNS", "40")
    assert fitted(DOWN, is_terminal=False) == DOWN
    for output, form, count in ((Shown(), "text", 1), (Terminal(), "text", 3), (Terminal(), "json", 1)):
        Messages(output, FakeClock(), run_id="r", log_format=LogFormat(form)).warning(LogEvent.NOTE, DOWN)
        assert output.getvalue().count("\n") == count


def test_the_width_is_that_of_the_terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whichever descriptor it is on; where none tells, lines stay whole."""
    monkeypatch.setenv("COLUMNS", "")
    main_end, far_end = pty.openpty()
    with (tmp_path / "file").open("w") as file:
        termios.tcsetwinsize(far_end, (24, 33))
        monkeypatch.setattr(folding, "_DESCRIPTORS", (file.fileno(), far_end))
        assert folding._columns() == 33
        monkeypatch.setattr(folding, "_DESCRIPTORS", (file.fileno(),))
        assert fitted(DOWN, is_terminal=True) == DOWN
    os.close(main_end)
    os.close(far_end)
