"""The man pages, made of what `--help` says when the wheel is built: `share/man/man1` in it has them."""

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_WIDTH = 72  # of the examples' lines: the others are filled by man
_SECTIONS = {"EXIT CODES": "EXIT STATUS"}
_ENVIRONMENT = [
    (
        "DD_API_KEY, DD_APP_KEY",
        "The keys; DATADOG_API_KEY and DATADOG_APP_KEY are read where they are missing.",
    ),
    ("DD_SITE", "The site, where --site is not given."),
    ("DD_READ_ONLY", "With true, nothing is canceled."),
    ("HTTPS_PROXY, ALL_PROXY, NO_PROXY", "The way to the API."),
    ("BULKCANCEL_<OPTION>", "Any option of a command, such as BULKCANCEL_HEADROOM=20%."),
]


class _Page(click.HelpFormatter):
    """Takes what a command says of itself, and writes it in man's own language."""

    def __init__(self, name: str, what: str, version: str) -> None:
        super().__init__(width=_WIDTH)
        self._is_described = False
        self._titles = {section.title for section in import_module("bulkcancel.cli.sections").Section}
        self._has_options = False
        self._line(f'.TH "{name.upper()}" 1 "" "bulkcancel {version}" "bulkcancel"')
        self.write_heading("NAME")
        self._line(f"{_escaped(name)} \\- {_escaped(what)}")

    def _line(self, text: str) -> None:
        self.write(f"{text}\n")

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:  # noqa: ARG002 - click's
        """How it is called."""
        self.write_heading("SYNOPSIS")
        self._line(f"\\fB{_escaped(prog)}\\fR {_escaped(args)}")

    def write_heading(self, heading: str) -> None:
        """Begin a section, or a part of the options."""
        if heading not in self._titles:
            self._line(f'.SH "{_SECTIONS.get(heading.upper(), heading.upper())}"')
            return
        if not self._has_options:
            self._line('.SH "OPTIONS"')
            self._has_options = True
        self._line(f'.SS "{_escaped(heading)}"')

    def write_paragraph(self) -> None:
        """Do nothing: sections and paragraphs begin by themselves."""

    def write_text(self, text: str) -> None:
        """A description, or what is to stay in its lines."""
        if not self._is_described:
            self._line('.SH "DESCRIPTION"')
            self._is_described = True
        for paragraph in re.split(r"\n\s*\n", text.strip("\n")):
            if not paragraph.lstrip().startswith("\b"):
                self._line(f".PP\n{_escaped(' '.join(paragraph.split()))}")
                continue
            lines = paragraph.lstrip().removeprefix("\b").strip("\n").split("\n")
            self._line("\n".join([".PP", ".nf", *map(_escaped, lines), ".fi"]))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:  # noqa: ARG002 - click's
        """A list of words and what they mean."""
        for word, meaning in rows:
            self._line(f".TP\n\\fB{_escaped(word)}\\fR\n{_escaped(meaning)}")

    @contextmanager
    def section(self, name: str) -> Iterator[None]:
        """A section, and what is in it."""
        self.write_heading(name)
        yield


def _escaped(text: str) -> str:
    """A line of text that man shows as it is."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{text}" if text.startswith((".", "'")) else text


def pages() -> dict[str, str]:
    """Each page by the name of its file."""
    program = import_module("bulkcancel.cli.program")
    version: str = import_module("bulkcancel._version").__version__
    words = "Cancel many Datadog workflow executions at once, within the rate limit."
    top = program.group.make_context("bulkcancel", [], resilient_parsing=True)
    made = {"bulkcancel": (top, words)}
    for name, (home, what) in program.COMMANDS.items():
        command: click.Command = import_module(home).command
        context = command.make_context(name, [], parent=top, resilient_parsing=True)
        made[f"bulkcancel-{name}"] = context, what
    found = {}
    for name, (context, what) in made.items():
        page = _Page(name, what, version)
        context.command.format_help(context, page)
        with page.section("ENVIRONMENT"):
            page.write_dl(_ENVIRONMENT)
        with page.section("SEE ALSO"):
            page.write(", ".join(f"\\fB{_escaped(other)}\\fR(1)" for other in made if other != name) + "\n")
        found[f"{name}.1"] = page.getvalue()
    return found


class ManPages(BuildHookInterface[Any]):
    """Puts them in the wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's
        """Write them where the wheel takes them from."""
        sys.path.insert(0, self.root)
        self._folder = TemporaryDirectory()
        for name, text in pages().items():
            path = Path(self._folder.name) / name
            path.write_text(text, encoding="utf-8")
            build_data["shared_data"][str(path)] = f"share/man/man1/{name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002 - the same
        """Leave nothing behind."""
        self._folder.cleanup()
