"""Who may be asked, and what counts as an answer."""

import io
import os
import sys

import pytest

from bulkcancel.cli.ask import DeclinedError, ask, check_askable, refuse_if_read_only
from bulkcancel.errors import ConfigurationError
from bulkcancel.progress.writer import BackgroundWriter

QUESTION = "Cancel them? [y/N] "


class Typing(io.StringIO):
    """A standard input at which somebody types."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def asked(monkeypatch: pytest.MonkeyPatch, typed: str) -> tuple[str, str]:
    """What is shown to somebody who types that, and why nothing is sent, or empty."""
    monkeypatch.setattr(sys, "stdin", Typing(typed))
    screen = io.StringIO()
    writer, why = BackgroundWriter(screen), ""
    writer.write("Plan\n")
    try:
        ask(writer, "Cancel them?")
    except DeclinedError as error:
        why = str(error)
    writer.close(1.0, 1.0)
    return screen.getvalue(), why


@pytest.mark.parametrize("typed", ["y\n", "YES\n", " Yes \n"])
def test_a_yes_is_a_yes(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    """The plan stands above the question."""
    assert asked(monkeypatch, typed) == (f"Plan\n{QUESTION}", "")


@pytest.mark.parametrize("typed", ["n\n", "NO\n", "\n"])
def test_a_no_is_a_no(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    """And so is Enter alone."""
    assert asked(monkeypatch, typed) == (f"Plan\n{QUESTION}", "Declined; nothing was sent.")


def test_no_answer_is_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line is ended, for the next message."""
    shown, why = asked(monkeypatch, "")
    assert (shown, why) == (f"Plan\n{QUESTION}\n", "Declined: there was no answer; nothing was sent.")


def test_anything_else_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it is one or the other."""
    shown, why = asked(monkeypatch, "maybe\nyep\ny\n")
    assert (shown.count(QUESTION), shown.count("Say y to cancel them, or n.\n"), why) == (3, 2, "")


@pytest.mark.parametrize("kind", ["terminal", "pipe", "file", "closed", "memory"])
def test_somebody_must_see_the_question(
    monkeypatch: pytest.MonkeyPatch, tmp_path: os.PathLike[str], kind: str
) -> None:
    """A pipe may go to `tee`; a file is read later, if ever."""
    monkeypatch.setattr(sys, "stdin", Typing())
    ours, theirs = os.openpty() if kind == "terminal" else os.pipe()
    path = os.path.join(tmp_path, "log")  # noqa: PTH118 - a path of any kind
    with open(theirs, "w") as stream, open(path, "w") as file:  # noqa: PTH123 - a descriptor, and its like
        shown = {"terminal": stream, "pipe": stream, "file": file, "closed": None, "memory": io.StringIO()}
        monkeypatch.setattr(sys, "stderr", shown[kind])
        if kind in {"terminal", "pipe"}:
            check_askable(reads_rows=False)
            with pytest.raises(ConfigurationError, match="--yes"):
                check_askable(reads_rows=True)
        else:
            with pytest.raises(ConfigurationError, match="no terminal to ask on: give --yes"):
                check_askable(reads_rows=False)
    os.close(ours)


@pytest.mark.parametrize("value", ["true", "1", "yes", " TRUE ", "on", "fales"])
def test_hands_off_is_heeded_whatever_its_spelling(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """A slip in it must not cancel."""
    monkeypatch.setenv("DD_READ_ONLY", value)
    with pytest.raises(ConfigurationError, match="DD_READ_ONLY is set"):
        refuse_if_read_only()


@pytest.mark.parametrize("value", [None, "", "false", " False ", "0", "no", "off"])
def test_a_clear_no_allows(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    """As the vendor's own command line reads it."""
    monkeypatch.delenv("DD_READ_ONLY", raising=False)
    if value is not None:
        monkeypatch.setenv("DD_READ_ONLY", value)
    refuse_if_read_only()


def test_an_interrupt_in_the_instant_before_the_answer_is_read_is_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A read that has begun is not interrupted by what came before it: so nothing is read before it is there."""
    looks = iter([False, KeyboardInterrupt])

    def look(*_: object) -> tuple[list[object], list[object], list[object]]:
        if next(looks):
            raise KeyboardInterrupt
        return [], [], []

    monkeypatch.setattr("bulkcancel.cli.ask.select.select", look)
    with pytest.raises(KeyboardInterrupt):
        asked(monkeypatch, "y\n")
