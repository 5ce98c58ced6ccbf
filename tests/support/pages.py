"""The examples of a page, as a reader types them: its commands in one shell, against a sandbox."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from support.children import MAIN, child, read_to, unmeasured
from sybil import Example
from sybil.document import Document
from sybil.parsers.markdown import CodeBlockParser

ROOT = Path(__file__).parents[2]
#: What the pages call a server of the reader's own, where `bulkcancel sandbox` listens unless told otherwise.
USUAL = "127.0.0.1:8321"

_KEY = "aaaaaaaaaaaaaaaaaaaaaaaaaaaabbbb"  # pragma: allowlist secret
_LONGEST = 240.0
_ALIVE = "300"  # fewer than a reader meets: to wait for more would show no more
_BASH = shutil.which("bash") or "/bin/bash"
_MAKE = shutil.which("make") or "/usr/bin/make"
# What differs from one run to the next, or from one machine to another.
_VARYING = [
    (re.compile(r"http://127\.0\.0\.1:\d+"), "datadoghq.eu"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "UUID"),
    (re.compile(r"\b\d+ (?:min \d\d s|h \d\d min)|\b\d+\.\d s"), "TIME"),
    (re.compile(r"\d[\d,.:]*"), "0"),
    (re.compile(r"\s+"), " "),
]
# Its exit code is 1 where a row was not canceled, which is no mistake of the page.
_SHELL = """
trap 'code=$?; [ "$code" -le 1 ] || exit "$code"' ERR
[ ! -e .exported ] || . ./.exported
{commands}
export -p > .exported
"""


class Page:
    """Runs the commands of one page, in a folder with the samples."""

    def __init__(self, folder: Path, free_port: Callable[[], int], stack: ExitStack) -> None:
        self._folder = folder
        self._free_port = free_port
        self._stack = stack
        self._usual = ""
        self._shown: tuple[int, str] | None = None
        tools = folder / ".bin"
        tools.mkdir()
        program = tools / "bulkcancel"
        program.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{MAIN}' \"$@\"\n")
        program.chmod(0o755)
        shutil.copytree(ROOT / "samples", folder / "samples")
        (folder / ".venv" / "bin").mkdir(parents=True)
        (folder / ".venv" / "bin" / "activate").touch()
        self._environment = {
            **unmeasured(),
            "PATH": f"{tools}:{os.environ['PATH']}",
            "BULKCANCEL_YES": "1",  # nobody is there to be asked
            "BULKCANCEL_BASE_URL": self._serve("runaway"),
            # A reader waits as long as it takes; some instances of the sandbox never end by themselves.
            "BULKCANCEL_WAIT_TIMEOUT": "3s",
            "BULKCANCEL_SETTLE": "1s",
            "BULKCANCEL_VERIFY_TIMEOUT": "10s",
            **dict.fromkeys(("DD_API_KEY", "DD_APP_KEY"), _KEY),
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "100",
        }

    def _serve(self, scenario: str) -> str:
        """Start a sandbox that ends with the page; gives its address."""
        port = self._free_port()
        options = {"--scenario": scenario, "--port": str(port), "--alive": _ALIVE}
        words = [word for pair in options.items() for word in pair]
        process = self._stack.enter_context(
            child([sys.executable, "-c", MAIN, "sandbox", *words], stderr=subprocess.PIPE, env=unmeasured())
        )
        self._stack.callback(process.terminate)
        read_to(process.stderr, "listens at")
        return f"http://127.0.0.1:{port}"

    def type(self, example: Example) -> str | None:
        """Type a block of commands; says what went wrong."""
        commands = example.parsed.replace("=…", f"={_KEY}")
        for scenario in re.findall(r"^bulkcancel sandbox --scenario (\w+)$", commands, re.MULTILINE):
            self._usual = self._serve(scenario).removeprefix("http://")
        commands = re.sub(r"^make demo$", _demo, commands, flags=re.MULTILINE)
        commands = re.sub(r"^bulkcancel sandbox .*\n", "", commands, flags=re.MULTILINE)
        ended = subprocess.run(
            [_BASH, "-c", _SHELL.format(commands=commands.replace(USUAL, self._usual))],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_LONGEST,
            check=False,
        )
        self._shown = example.region.end, ended.stdout
        return None if ended.returncode == 0 else f"exit {ended.returncode}: {ended.stdout}"

    def compare(self, example: Example) -> str | None:
        """Compare a block of text that follows commands with what they showed; `…` stands for left-out lines."""
        if self._shown is None or example.document.text[self._shown[0] : example.region.start].strip():
            return None
        shown = [_steady(line) for line in self._shown[1].splitlines()]
        rest = iter(shown)
        missing = [
            line for line in example.parsed.splitlines() if line.strip() != "…" and _steady(line) not in rest
        ]
        return f"not shown: {missing}, but {self._shown[1]}" if missing else None


def _demo(_: object) -> str:
    """What `make demo` does, once all is installed."""
    given = [_MAKE, "--silent", "--just-print", "--old-file=.venv/.runs", "BIN=.bin", "demo"]
    return subprocess.run(given, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def _steady(line: str) -> str:
    """A line without what varies."""
    for pattern, word in _VARYING:
        line = pattern.sub(word, line)
    return line.strip()


@contextmanager
def typed(folder: Path, free_port: Callable[[], int]) -> Iterator[Page]:
    """A page whose sandboxes end with it."""
    with ExitStack() as stack:
        yield Page(folder, free_port, stack)


def blocks(path: Path, evaluators: Mapping[str, Callable[[Example], str | None]]) -> list[Example]:
    """The blocks of a page that are of these languages, in order; each can be evaluated."""
    parsers = [CodeBlockParser(language, evaluator) for language, evaluator in evaluators.items()]
    return list(Document.parse(str(path), *parsers).examples())
