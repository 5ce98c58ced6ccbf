"""The man pages say what `--help` does, and say it as man wants it."""

import shutil
import subprocess
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import pytest
from man_pages import ManPages, _Page, pages

from bulkcancel.cli.program import COMMANDS

PAGES = pages()
MAN = shutil.which("man")


def test_each_command_has_its_page() -> None:
    """And the program has one that leads to them."""
    assert list(PAGES) == ["bulkcancel.1", *(f"bulkcancel-{name}.1" for name in COMMANDS)]
    for name in COMMANDS:
        assert rf"\fBbulkcancel\-{name}\fR(1)" in PAGES["bulkcancel.1"]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_page_has_every_option_and_section(name: str) -> None:
    """With its help."""
    page = PAGES[f"bulkcancel-{name}.1"].replace("\\-", "-")
    for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "ENVIRONMENT", "SEE ALSO"):
        assert f'\n.SH "{section}"\n' in page
    for option in import_module(COMMANDS[name][0]).command.params:
        if isinstance(option, click.Option):
            assert all(word in page for word in option.opts)
            assert option.help is not None
            assert option.help in page
    assert "\n\\fB-h, --help\\fR\n" in page
    assert "\b" not in page


def test_a_page_keeps_what_man_would_take_for_its_own() -> None:
    """Backslashes, hyphens that are to be copied, and lines that begin like a request."""
    page = _Page("a", "b", "1")
    page.write_text("\b\n.begins\n'begins\n\\n --all")
    assert page.getvalue().endswith(".PP\n.nf\n\\&.begins\n\\&'begins\n\\en \\-\\-all\n.fi\n")


def test_the_wheel_gets_each_page() -> None:
    """Where man looks for them, and nothing is left behind."""
    nothing: Any = None
    hook = ManPages(".", {}, nothing, nothing, "", "wheel")
    data: dict[str, dict[str, str]] = {"shared_data": {}}
    hook.initialize("standard", data)
    shared = data["shared_data"]
    assert list(shared.values()) == [f"share/man/man1/{name}" for name in PAGES]
    assert [Path(path).read_text(encoding="utf-8") for path in shared] == list(PAGES.values())
    hook.finalize("standard", data, "")
    assert not any(Path(path).exists() for path in shared)


@pytest.mark.slow
@pytest.mark.skipif(MAN is None, reason="there is no man")
@pytest.mark.parametrize("name", PAGES)
def test_man_shows_a_page_without_a_warning(name: str, tmp_path: Path) -> None:
    """To its end."""
    path = tmp_path / name
    path.write_text(PAGES[name], encoding="utf-8")
    shown = subprocess.run(
        [str(MAN), "--warnings", "-l", path],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANPAGER": "cat"},
    )
    assert not shown.stderr
    assert "SEE ALSO" in shown.stdout
