"""The commands that messages have people type."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from bulkcancel.cli import typed_command
from bulkcancel.cli.typed_command import called_as, command_line, quoted

HOSTILE = [
    "plain", "with space", "it's", "a\nb", "tab\t", "\x1b[31mred", "back\\slash\n'quote'", "\u202eevil", "é\n",
    os.fsdecode(b"\xff\xfe"), "7\x0177", "$HOME", "!x\n", "\u2028", "\U0001f600", "",
]  # fmt: skip


@pytest.mark.parametrize("word", HOSTILE)
def test_a_quoted_word_is_that_word_to_a_shell(word: str) -> None:
    """And every character of it can be seen: nothing happens at a paste."""
    text = quoted(word)
    assert text.isprintable()
    done = subprocess.run(["/bin/bash", "-c", f"printf %s {text}"], capture_output=True, check=True)
    assert done.stdout == os.fsencode(word)


def test_a_quoted_word_is_as_plain_as_it_can_be() -> None:
    """What can be read stays readable."""
    words = ["plain", "two words", "it's\n", "é\\\t", os.fsdecode(b"\xff")]
    found = ["plain", "'two words'", r"$'it\'s\012'", r"$'é\\\011'", r"$'\377'"]
    assert list(map(quoted, words)) == found


@pytest.fixture
def single_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A file that bulkcancel's code is in, and nothing of its name on PATH."""
    file = tmp_path / "the tools" / "bulkcancel.pyz"
    file.parent.mkdir()
    file.touch(mode=0o755)
    monkeypatch.setattr(typed_command, "__spec__", SimpleNamespace(loader=SimpleNamespace(archive=str(file))))
    monkeypatch.setenv("PATH", str(tmp_path))
    return file


def test_what_is_installed_is_called_by_its_name() -> None:
    """Whatever started it."""
    assert command_line(["run", "a b"]) == "bulkcancel run 'a b'"


def test_a_single_file_is_called_as_it_was(single_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the Python that was chosen for it, and that one's options."""
    monkeypatch.setattr(sys, "argv", [str(single_file), "run"])
    monkeypatch.setattr(sys, "orig_argv", ["python3.12", "-I", str(single_file), "run"])
    assert called_as() == f"python3.12 -I '{single_file}'"


def test_a_single_file_that_something_else_runs_is_named(
    single_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program may have put it on its own path."""
    monkeypatch.setattr(sys, "argv", [str(single_file)])
    monkeypatch.setattr(sys, "orig_argv", ["python3", "-c", "..."])
    assert called_as() == f"python3 '{single_file}'"


def test_a_single_file_on_the_path_has_a_name(single_file: Path, tmp_path: Path) -> None:
    """Where it was put there as `bulkcancel`."""
    (tmp_path / "bulkcancel").symlink_to(single_file)
    assert called_as() == "bulkcancel"
