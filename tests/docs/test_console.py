"""What the pages have a reader type works as it stands, and shows what they say."""

import re
import socket
from pathlib import Path

import pytest
from support.pages import ROOT, blocks, typed

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
CONSOLE = re.compile(r"^```console$", re.MULTILINE)
SHELL = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TYPED = [page for page in PAGES if CONSOLE.search(page.read_text(encoding="utf-8"))]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@pytest.mark.slow
@pytest.mark.parametrize("page", TYPED, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_has_typed_works(page: Path, tmp_path: Path) -> None:
    """From its first command to its last, in one shell; what stands below a block is what it showed."""
    with typed(tmp_path, free_port) as reader:
        for example in blocks(page, {"console": reader.type, "text": reader.compare}):
            example.evaluate()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_is_not_typed_in_the_test_is_no_command_of_ours(page: Path) -> None:
    """`sh` marks what needs the network, a package manager or a shell of its own kind, such as an installation."""
    for text in SHELL.findall(page.read_text(encoding="utf-8")):
        assert not re.search(r"^bulkcancel (?:check|find|run|status|drain|report)\b", text, re.MULTILINE), (
            text
        )
