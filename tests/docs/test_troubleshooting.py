"""Troubleshooting has its entries under the messages' own words."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bulkcancel.models import StopReason
from bulkcancel.progress.words import TROUBLESHOOTING, end_words, entry_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "troubleshooting.md").read_text(encoding="utf-8")
FEWEST_WORDS = 4  # of what is a sentence, and no mere name
#: What stands for what differs.
GAP = "…"
# Headings that gather messages, and are none themselves.
GATHERING = {
    "What is wrong with a key, or with its file",
    "What is wrong with --base-url",
    "What it can't read",
    "What can't be a report",
}
ENTRIES = sorted(
    {*re.findall(r"^### (.+)$", PAGE, re.MULTILINE), *re.findall(r"^- `([^`]+)`", PAGE, re.MULTILINE)}
    - GATHERING
)


def words_of(node: ast.AST) -> str | None:
    """A text in the code, with a gap for each value in it."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(words_of(part) or GAP for part in parts)
        case ast.FormattedValue():
            return GAP
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return f"{words_of(left) or GAP}{words_of(right) or GAP}"
        case _:
            return None


def texts() -> Iterator[str]:
    """Every text in the package."""
    for path in (ROOT / "bulkcancel").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if text := words_of(node):
                yield text.replace("`", "")


TEXTS = "\n".join(texts())
OF_PYTHON = {
    "OSError",
    "PermissionError",
    "TypeError",
    "ValueError",
    "AttributeError",
    "ExceptionGroup",
}  # caught again, and told by other words
# What a programmer meets, not a person.
FOR_PROGRAMS = {
    "__init__.py",
    "session.py",
    "arguments.py",
    "cancel_arguments.py",
    "codec.py",
    "client.py",
    "pool.py",
    "selection.py",
}


def sentences() -> Iterator[str]:
    """What is raised for a person to read, or said as a warning."""
    for path in (ROOT / "bulkcancel").rglob("*.py"):
        if path.name in FOR_PROGRAMS or "sandbox" in str(path):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Raise(exc=ast.Call(func=ast.Name(id=name), args=args)) if name not in OF_PYTHON:
                    pass
                case ast.Call(func=ast.Attribute(attr="warning"), args=args):
                    pass
                case _:
                    continue
            for text in filter(None, map(words_of, args)):
                if text.count(" ") >= FEWEST_WORDS:
                    yield text.replace("`", "")


def pattern(entry: str) -> re.Pattern[str]:
    """What an entry stands for: a heading begins with a capital, wherever its words stand in a sentence."""
    pieces = [re.escape(piece) for piece in entry.split(GAP) if piece.strip()]
    return re.compile(r"[^\n]*".join(pieces), re.IGNORECASE)


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_is_under_words_that_are_said(entry: str) -> None:
    """A message that is worded anew takes its entry along."""
    assert pattern(entry).search(TEXTS), entry


@pytest.mark.parametrize("sentence", sorted(set(sentences())))
def test_what_a_person_is_told_has_its_entry(sentence: str) -> None:
    """Why it can't be done, and each warning: add a line to the page for a new one."""
    assert any(pattern(entry).search(sentence) for entry in ENTRIES), sentence


@pytest.mark.parametrize("reason", StopReason)
def test_each_end_has_its_entry(reason: StopReason) -> None:
    """But for those that a person brings about."""
    if reason not in {StopReason.INTERRUPTED, StopReason.TERMINATED}:
        assert any(end_words(reason).startswith(entry) for entry in ENTRIES), end_words(reason)


@pytest.mark.parametrize("reason", StopReason)
def test_an_end_that_needs_more_words_names_its_entry(reason: StopReason) -> None:
    """By the address of a heading that is there, in the place where the package says its documents are."""
    named = entry_of(reason).removeprefix(f"More: {TROUBLESHOOTING}#")
    anchors = {
        re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-")
        for heading in re.findall(r"^### (.+)$", PAGE, re.MULTILINE)
    }
    assert not named or named in anchors
    where = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]["Documentation"]
    assert f"{where.replace('/tree/', '/blob/')}/how-to/troubleshooting.md" == TROUBLESHOOTING
