"""What `--help` says of each command, and how it is laid out."""

import re
import shlex
from importlib import import_module

import click
import pytest

from bulkcancel.cli.command import Example, WithSections, lines_of
from bulkcancel.cli.program import COMMANDS, group, main
from bulkcancel.cli.sections import Section, in_section, section_of
from bulkcancel.models import ExitCode
from bulkcancel.sandbox import Scenario

FOUND: dict[str, WithSections] = {
    "bulkcancel": group,
    **{name: import_module(home).command for name, (home, _) in COMMANDS.items()},
}
EXAMPLES = [example for command in FOUND.values() for example in command.examples]
WIDTHS = [40, 60, 80, 120]


@pytest.fixture(params=FOUND)
def name(request: pytest.FixtureRequest) -> str:
    """Each command, and the program."""
    found: str = request.param
    return found


def shown(name: str, width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """The help of a command in a terminal of that width."""
    monkeypatch.setenv("COLUMNS", str(width))
    assert main(["--help"] if name == "bulkcancel" else [name, "--help"]) == 0
    return capsys.readouterr().out


def options_of(name: str) -> list[click.Option]:
    """The options of a command, in the order in which it has them."""
    return [param for param in FOUND[name].params if isinstance(param, click.Option)]


def test_every_option_stands_in_a_section(name: str) -> None:
    """Whoever adds one says where people look for it."""
    for option in options_of(name):
        assert section_of(option) is not None, (
            f"{option.opts[-1]} of `{name}` stands in no section of its help: wrap it as "
            f"in_section(Section.…, click.option(…)), or put it into a group of cli/options.py"
        )


def test_no_option_pushes_the_others_aside(name: str) -> None:
    """A long metavar takes a third of the terminal from every option of the command."""
    context = click.Context(FOUND[name])
    for option in options_of(name):
        words, _ = option.get_help_record(context) or ("", "")
        assert len(words) <= 28, (
            f"`{words}` is too long: give it a short metavar, and say the rest in its help"
        )


def test_an_option_keeps_the_section_it_has_and_one_without_is_shown_all_the_same() -> None:
    """A group within a group stands where it says, and help never fails."""
    inner = in_section(Section.STOP, click.option("--inner", help="a"))

    @click.command(cls=WithSections)
    @click.option("--last")
    @in_section(Section.PACE, click.option("--outer", help="b"), inner)
    @click.option("--first")
    def command() -> None:
        """Do nothing."""

    found = command.options_by_section(click.Context(command))
    names = {title: [one.name for one in options if one.name] for title, options in found.items()}
    assert names.pop("Help")
    assert names == {
        "Pace and quota": ["outer"],
        "When to stop": ["inner"],
        "Other options": ["last", "first"],
    }


@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_of_help_is_longer_than_the_terminal_is_wide(
    name: str, width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for an example's id, which must stay whole; and no line ends within a word with a hyphen."""
    lines = shown(name, width, capsys, monkeypatch).splitlines()
    assert [line for line in lines if len(line) > width and not re.search(r"[0-9a-f-]{36}", line)] == []
    assert [line for line in lines if re.search(r"\w-$", line)] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_help_has_every_option_with_its_default_under_its_title(
    name: str, width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each width, in one order of titles, and each title once."""
    text = shown(name, width, capsys, monkeypatch)
    titles = re.findall(r"^([A-Z].*):$", text, re.MULTILINE)
    of_options = [title for title in titles if title in [section.title for section in Section]]
    assert of_options == [section.title for section in Section if section.title in titles]
    for option in options_of(name):
        section = section_of(option)
        assert section is not None
        below = text.split(f"\n{section.title}:\n")[1].split("\n\n")[0]
        (entry,) = re.findall(
            rf"^  (?:-\w, )?{option.opts[-1]}(?![\w-]).*(?:\n {{4,}}.*)*", below, re.MULTILINE
        )
        default = option.to_info_dict()["default"]
        if isinstance(default, str | int | float) and not option.is_flag:
            assert re.search(rf"\bdefault: {default}(?!\w)|the default leaves none", " ".join(entry.split()))


def test_help_shows_three_examples(name: str) -> None:
    """Of the command itself, each with what it is for."""
    examples = FOUND[name].examples
    assert len(examples) == 3
    for purpose, line in examples:
        assert purpose.endswith((".", "?"))
        assert name in line


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.line)
def test_an_example_can_be_typed(example: Example) -> None:
    """Each command in it is understood, and its options go together; so does what a narrow terminal shows."""
    pasted = "\n".join(lines_of(example, 36)).replace("\\\n", "")
    assert shlex.split(pasted, comments=True) == shlex.split(example.line)
    for part in example.line.split("|"):
        program, command, *words = shlex.split(part)
        assert program == "bulkcancel"
        context = FOUND[command].make_context(command, words)
        options = import_module(COMMANDS[command][0])
        assert context.params
        for typed in (
            "RunOptions",
            "FindOptions",
            "StatusOptions",
            "DrainChoices",
            "ReportOptions",
            "CheckOptions",
        ):
            if hasattr(options, typed):
                getattr(options, typed).of(context.params)


def test_help_says_what_each_exit_code_means(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the end of it, in order; those that cancel have all of them."""
    codes = shown(name, 120, capsys, monkeypatch).split("Exit codes:\n")[1]
    rows = re.findall(r"^  (\d[\d, ]*?)  +\S", codes, re.MULTILINE)
    found = [int(code) for row in rows for code in row.split(", ")]
    assert found == sorted(FOUND[name].exit_codes)
    assert {ExitCode.OK, ExitCode.USAGE} <= {*found}
    if name in {"bulkcancel", "run", "drain"}:
        assert found == list(map(int, ExitCode))


def test_help_of_the_sandbox_has_every_scenario(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what happens in it, in the terminal's width."""
    scenarios = shown("sandbox", 60, capsys, monkeypatch).split("Scenarios:\n")[1].split("\n\n")[0]
    plain = " ".join(scenarios.split())
    assert plain == " ".join(f"{one.value} {one.description}" for one in Scenario)
