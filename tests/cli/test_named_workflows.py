"""The workflows that a command was given."""

import io
import sys

import click
import pytest
from support.cliapp import IDS, W

from bulkcancel.cli.named_workflows import named_workflows
from bulkcancel.errors import ConfigurationError

SITE = "datadoghq.eu"


def named(*words: str, lists: bool = False, any_id: bool = False, site: str = SITE) -> list[str] | None:
    """The workflows that those words name."""
    return named_workflows(words, lists=lists, any_id=any_id, site=site)


def test_ids_and_links_name_workflows() -> None:
    """In their order, written as the API writes them."""
    link = f"https://app.datadoghq.eu/workflow/{IDS[0]}?instance={IDS[1]}"
    assert named(W.upper(), link, W.replace("-", "")) == [W, IDS[0], W]
    assert named("any-words", any_id=True, site="") == ["any-words"]
    assert named(link, site="") == [IDS[0]], "a test server has no site that a link could be of"


def test_a_list_of_the_api_needs_no_names() -> None:
    """And takes none."""
    assert named(lists=True) is None
    with pytest.raises(ConfigurationError, match="Name workflows, or take them"):
        named(W, lists=True)
    with pytest.raises(click.UsageError, match="Name a WORKFLOW"):
        named()


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("x", "The workflow id 'x' is not a UUID"),
        (
            f"https://app.datadoghq.com/workflow/{W}",
            "leads to datadoghq.com, but requests go to datadoghq.eu",
        ),
        ("https://[x/workflow/x", "is not a link to a workflow"),
        ("https://app.datadoghq.eu/workflow", "is not a link to a workflow"),
        (f"https://app.datadoghq.eu/dashboard/{W}", "is not a link to a workflow"),
        (f"https://example.com/workflow/{W}", "is not a link to a workflow"),
        ("https://app.datadoghq.eu/workflow/x", "The workflow id 'x' is not a UUID"),
    ],
)
def test_what_names_no_workflow_is_refused(word: str, sentence: str) -> None:
    """Before anything is asked of the API."""
    with pytest.raises(ConfigurationError, match=sentence):
        named(W, word)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"{W}\n{IDS[0]}\n", [W, IDS[0]]),
        (f"# of the incident\n\n  {W}  \r\n", [W]),
        (f"workflow_id,instance_id\n{W},x\n", [W]),
        (f'name, Workflow_ID\n"one, two",{W}\nshort\n', [W]),
        (f"{W},more\n", [W]),
        (f"workflow_id,instance_id\n{W},1\n{W},2\n{IDS[0]},3\n{W},4\n", [W, IDS[0]]),
        ("", []),
    ],
)
def test_standard_input_names_workflows(monkeypatch: pytest.MonkeyPatch, text: str, found: list[str]) -> None:
    """One a line, or in a column; in the place of the dash."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    assert named(IDS[1], "-", IDS[2]) == [IDS[1], *found, IDS[2]]


def test_ids_of_any_kind_may_differ_in_their_case_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then they are two."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("one\nOne\none\n"))
    assert named("-", any_id=True) == ["one", "One"]


def test_standard_input_that_is_no_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a sentence."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe"), encoding="utf-8"))
    with pytest.raises(ConfigurationError, match="Standard input can't be read"):
        named("-")


class Endless:
    """What goes on for ever; it counts what was read of it."""

    def __init__(self, line: str) -> None:
        self.line = line
        self.lines = self.characters = 0

    def readline(self, size: int = -1) -> str:
        """The next line, or as much of it as is asked for."""
        if size < 0:
            raise MemoryError
        self.lines += 1
        found = (self.line or "x" * size).format(self.lines)[:size]
        self.characters += len(found)
        return found


@pytest.mark.parametrize(
    ("line", "sentence"),
    [("w{}\n", "more than 10,000 workflows: give it in parts"), ("", "a line of it is longer than 100,000")],
)
def test_standard_input_that_never_ends_is_refused(
    monkeypatch: pytest.MonkeyPatch, line: str, sentence: str
) -> None:
    """Before it takes up the memory; however it never ends."""
    endless = Endless(line)
    monkeypatch.setattr(sys, "stdin", endless)
    with pytest.raises(ConfigurationError, match=sentence):
        named("-", any_id=True)
    assert endless.characters < 200_000
