"""What `bulkcancel run` asks before it cancels, whom, and when it refuses instead."""

import io
import sys
from pathlib import Path

import pytest
from support.cliapp import IDS, Call, write


class Terminal(io.StringIO):
    """A standard input that someone types at."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("what\nYES\n", 0), ("n\n", 2), ("\n", 2), ("", 2)])
def test_a_person_is_asked(call: Call, monkeypatch: pytest.MonkeyPatch, answer: str, code: int) -> None:
    """With the plan before it, also where little is to be said; and a no is a no."""
    screen = Terminal()
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    monkeypatch.setattr(sys, "stderr", screen)
    ended = call("run", write("in.csv", IDS[0]), "--sandbox", "-q", "-o", "r.csv", "--reason", "INC-7")
    assert ended.code == code
    assert Path("r.csv").exists() == (code == 0)
    plan, asked, _ = screen.getvalue().partition(
        "Cancel 1 instance of 1 workflow at the sandbox (calm), on this machine? [y/N] "
    )
    assert plan.startswith("Plan: cancel 1 instance of 1 workflow at the sandbox")
    assert plan.endswith("Reason: INC-7\n")
    assert asked


@pytest.mark.parametrize("closed", [True, False])
def test_a_question_that_nobody_can_see_is_not_asked(
    call: Call, monkeypatch: pytest.MonkeyPatch, *, closed: bool
) -> None:
    """Standard error is closed, or goes to a file: it would wait for an answer to nothing."""
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    if closed:
        monkeypatch.setattr(sys, "stderr", None)
    ended = call("run", write("in.csv", IDS[0]), "--sandbox", "-o", "r.csv")
    assert (ended.code, Path("r.csv").exists()) == (2, False)
    assert closed or "There is no terminal to ask on" in ended.err


def test_someone_at_a_terminal_must_name_an_input(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits for typed rows unasked."""
    monkeypatch.setattr(sys, "stdin", Terminal())
    assert "Name an INPUT" in call("run", "--sandbox").err
    monkeypatch.setattr(sys, "stdin", None)
    assert "standard input is closed" in call("run", "--sandbox", "-y").err


def test_read_only_refuses(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """But not a rehearsal or a dry run."""
    monkeypatch.setenv("DD_READ_ONLY", "true")
    monkeypatch.setenv("DD_API_KEY", "a" * 32)
    monkeypatch.setenv("DD_APP_KEY", "b" * 40)
    write("in.csv", IDS[0])
    assert "DD_READ_ONLY" in call("run", "in.csv", "-y").err
    ended = call("run", "in.csv", "--dry-run")
    assert ended.code == 0
    assert "at datadoghq.com, with the application key ending in bbbb" in ended.err
    assert call("run", "in.csv", "-y", "--sandbox").code == 0
