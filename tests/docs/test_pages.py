"""README, help and documentation say the same."""

import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, cast, get_args
from uuid import UUID

import anyio
import click
import pytest
from support.children import MAIN
from test_architecture import ALLOWED

import bulkcancel
from bulkcancel.cli.exit_codes import RUN, rows_of
from bulkcancel.cli.program import COMMANDS
from bulkcancel.cli.run import command as run_command
from bulkcancel.cli.sandbox import command as sandbox_command
from bulkcancel.datadog import Target
from bulkcancel.events import Event
from bulkcancel.models import ExitCode, Outcome
from bulkcancel.operations.findings import CheckName
from bulkcancel.report import COLUMNS
from bulkcancel.sandbox import SandboxOptions, Scenario
from bulkcancel.sandbox.server import Sandbox, serve

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {
    str(path.relative_to(ROOT / "docs")): path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "docs").rglob("*.md"))
}


#: Options that pages name, of podman, kubectl, systemctl, pip and sha256sum.
OF_OTHERS = {
    *("--build-arg", "--cap-drop", "--env", "--read-only", "--rm", "--security-opt", "--time", "--volume"),
    *("--for", "--from", "--from-file", "--now"),
    *("--check", "--dest", "--find-links", "--ignore-missing", "--no-deps", "--no-index", "--only-binary"),
    *("--platform", "--python-version", "--require-hashes"),
}


def options_of(command: click.Command) -> set[str]:
    """Every spelling of a command's options."""
    found = (option for option in command.params if isinstance(option, click.Option))
    return {name for option in found for name in option.opts}


def every_option() -> set[str]:
    """Those of all commands."""
    return {"--help", "--version"}.union(
        *(options_of(import_module(home).command) for home, _ in COMMANDS.values())
    )


def test_the_documentation_has_every_command() -> None:
    """In its table, in the order of the help, and on a page of its own that is made of its code."""
    table = PAGES["reference/commands/index.md"].split("| command | what it does |")[1].split("\n\n")[0]
    assert re.findall(r"^\| \[`bulkcancel (\w+)`\]\(\1\.md\)", table, re.MULTILINE) == list(COMMANDS)
    for name, (home, _) in COMMANDS.items():
        assert (
            f".. click:: {home}:command\n   :prog: bulkcancel {name}\n"
            in PAGES[f"reference/commands/{name}.md"]
        )


def test_the_readme_names_every_option_and_no_other() -> None:
    """In its list, and in its examples."""
    section = README.split("## Options of `run`")[1].split("##")[0]
    listed = {part for words in re.findall(r"`(-[^`]+)`", section) for part in words.split("/")}
    assert listed == options_of(run_command)
    used = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README))
    assert used <= every_option()


@pytest.mark.parametrize("name", PAGES)
def test_the_documentation_knows_no_option_that_is_not_there(name: str) -> None:
    """Every word with two dashes is an option, of ours or of another tool."""
    used = set(re.findall(r"(?<![\w|-])--[a-z][a-z-]+", PAGES[name]))
    assert used <= every_option() | OF_OTHERS


def test_the_documentation_names_every_option_of_the_sandbox() -> None:
    """In its table."""
    table = PAGES["reference/commands/sandbox.md"].split("| option of `sandbox` |")[1].split("\n\n")[0]
    assert set(re.findall(r"--[a-z-]+[a-z]", table)) == options_of(sandbox_command)


def test_the_documentation_has_every_line_of_a_check() -> None:
    """In its table, in its order, and in the sample of the README."""
    table = PAGES["reference/commands/check.md"].split("| line | what is looked at |")[1].split("\n\n")[0]
    labels = [name.label for name in CheckName]
    assert re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE) == labels
    sample = README.split("copied in part:\n\n```text\n")[1].split("```")[0]
    lines = [line for line in sample.splitlines() if not line.startswith(" ")]
    assert [line[6:21].rstrip() for line in lines] == labels


def test_the_readme_has_every_outcome_and_exit_code() -> None:
    """As the code has them."""
    outcomes = README.split("## Outcomes")[1].split("## Exit codes")[0]
    assert re.findall(r"^\| `(\w+)`", outcomes, re.MULTILINE) == [outcome.value for outcome in Outcome]
    again = re.findall(r"^\| `(\w+)`.*tries again", outcomes, re.MULTILINE)
    assert again == [outcome.value for outcome in Outcome if not outcome.is_done]
    assert outcomes[outcomes.index("| outcome") :].strip() in PAGES["reference/report.md"]
    codes = README.split("## Exit codes\n\n")[1].split("\n\n")[0]
    rows = re.findall(r"^\| ([\d, ]+) \|", codes, re.MULTILINE)
    assert {int(code) for row in rows for code in row.split(",")} == set(map(int, ExitCode))
    assert codes in PAGES["reference/exit-codes.md"]
    plain = codes.replace("`", "")
    for numbers, meaning in rows_of(RUN):
        assert f"\n| {numbers} | {meaning}" in plain


@pytest.mark.parametrize("where", ["README.md", "docs/how-to/incident.md", "docs/how-to/nightly.md"])
def test_who_decides_is_told_what_the_default_spends(where: str) -> None:
    """In bold, with what leaves something to others in the same paragraph or beside it."""
    text = (ROOT / where).read_text(encoding="utf-8")
    bold = [match for match in re.finditer(r"\*\*([^*]+)\*\*", text) if "default" in match[1]]
    assert bold
    assert all("--headroom" in text[match.start() - 200 : match.end() + 200] for match in bold)
    (option,) = (one for one in run_command.params if one.name == "headroom")
    assert "default leaves none" in str(getattr(option, "help", ""))


def test_the_documentation_has_every_column_and_scenario() -> None:
    """In their tables."""
    assert [
        name
        for row in re.findall(
            r"^\| (`[a-z_`, ]+) \|", PAGES["reference/report.md"].split("## Outcomes")[0], re.MULTILINE
        )
        for name in re.findall(r"\w+", row)
    ] == list(COLUMNS)
    for scenario in Scenario:
        assert f"| `{scenario.value}` | {scenario.description} |" in PAGES["reference/commands/sandbox.md"]


@pytest.mark.slow
@pytest.mark.parametrize("words", [["--help"], *([name, "--help"] for name in COMMANDS)])
def test_help_is_the_same_without_docstrings(words: list[str]) -> None:
    """`PYTHONOPTIMIZE=2` takes them away; and no mark of the layout is left standing in it."""
    texts = [
        subprocess.run(
            [
                sys.executable,
                *flags,
                "-c",
                MAIN,
                *words,
            ],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for flags in ([], ["-OO"])
    ]
    assert texts[0] == texts[1]
    assert len(texts[0]) > 500
    assert "\\b" not in texts[0]
    assert "\b" not in texts[0]


def test_every_promise_has_tests_that_exist() -> None:
    """One without a test would be a wish: the sentences and the table are the same set, in one order."""
    text = PAGES["explanation/promises.md"]
    promises = re.findall(r"^- \*\*(.+?)\.\*\* ", text.split("## What is not promised")[0], re.MULTILINE)
    rows = re.findall(r"^\| (.+?) \| (`.+`) \|$", text.split("## The tests of each")[1], re.MULTILINE)
    assert [name for name, _ in rows] == promises
    for name, cell in rows:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", cell)
        assert named or cell == "`make bench-resume`", name
        for path, test in named:
            assert f"def {test}(" in (ROOT / path).read_text(encoding="utf-8"), test


def test_the_table_of_rooms_is_the_one_that_imports_are_held_to() -> None:
    """Every room stands in it, with what it may import, and no other does."""
    text = PAGES["explanation/architecture.md"]
    rows = re.findall(r"^\| (\d) \| ([^|]+) \| [^|]+ \| ([^|]+) \|$", text, re.MULTILINE)
    layers: dict[str, set[str]] = {}
    for layer, rooms, _ in rows:
        layers.setdefault(layer, set()).update(names_in(rooms))
    table: dict[str, set[str]] = {}
    for layer, rooms, cell in rows:
        below = [number for number in layers if number < layer] if cell == "all above" else [layer]
        numbers = below if cell in {"all above", "each other"} else re.findall(r"\d", cell)
        for room in names_in(rooms):
            table[room] = names_in(cell).union(*(layers[number] for number in numbers)) | {room}
    assert table == {room: found - {"_version"} for room, found in ALLOWED.items() if room != "_version"}


def names_in(cell: str) -> set[str]:
    """The rooms that a cell of the table names."""
    return {name.rstrip("/") for name in re.findall(r"`([\w/]+)`", cell)}


def test_the_table_of_events_is_complete() -> None:
    """With their fields, in order."""
    rows = re.findall(r"^\| `([A-Z]\w+)` \| ([^|]+) \|", PAGES["reference/events.md"], re.MULTILINE)
    listed = {name: re.findall(r"`(\w+)`", fields) for name, fields in rows}
    assert listed == {event.__name__: list(event.__match_args__) for event in get_args(Event)}


def test_the_reference_has_all_that_the_library_exports() -> None:
    """Each by a directive that takes its docstring."""
    page = PAGES["reference/library.md"]
    named = re.findall(r"^\.\. auto(?:class|function):: (\w+)$", page, re.MULTILINE)
    of_metrics = {"Agent", "AgentAddress", "StatsdMetrics"}
    assert sorted(named) == sorted(set(bulkcancel.__all__) - {"__version__"} | of_metrics)


EXAMPLES = re.findall(r"```python\n(.*?)```", PAGES["how-to/python.md"], re.DOTALL)


@asynccontextmanager
async def sandboxed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Have every site be a sandbox, with keys in the environment, and files in that folder."""
    monkeypatch.chdir(folder)
    for name in ("DD_API_KEY", "DD_APP_KEY"):
        monkeypatch.setenv(name, "a")
    async with serve(Sandbox(SandboxOptions(latency=0.0))) as url:
        monkeypatch.setattr(Target, "of_site", lambda _: Target.of_url(url))
        yield


@pytest.mark.parametrize("code", EXAMPLES, ids=lambda code: code.splitlines()[0])
async def test_the_examples_of_the_library_run(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each by itself, against the sandbox, with nothing but pairs and keys given."""
    pairs = [(str(UUID(int=1 << 127, version=4)), str(UUID(int=(1 << 127) + n, version=4))) for n in range(8)]
    async with sandboxed(tmp_path, monkeypatch):
        given = {"pairs": pairs, "api_key": "a", "app_key": "b"}
        body = "".join(f"    {line}\n" for line in code.splitlines())
        exec(compile(f"async def example():\n{body}", "python.md", "exec"), given)  # noqa: S102 - our own page
        await cast("Any", given["example"])()


async def test_the_example_of_the_readme_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a program of its own would, in a thread with an event loop of its own."""
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    async with sandboxed(tmp_path, monkeypatch):
        await anyio.to_thread.run_sync(exec, compile(code, "README.md", "exec"), {})
    row, counts = capsys.readouterr().out.splitlines()
    assert row.startswith("1 b7c4f3de-51a2-4c8b-8f66-2a9d0e7c3b41 ")
    assert sum(counts.count(f"{outcome!r}: 1") for outcome in Outcome) == 1
