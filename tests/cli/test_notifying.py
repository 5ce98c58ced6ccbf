"""The command at the end: what it reads, what it sees, and that it harms nothing."""

import os
import sys
from pathlib import Path

import pytest

from bulkcancel.cli.notifying import notify, without_keys

PYTHON = sys.executable
KEY = "0123456789abcdef0123456789abcdef"  # pragma: allowlist secret


async def run(code: str, *, document: bytes = b"{}\n", longest: float = 30.0) -> tuple[str, list[str]]:
    """Run a Python program as the command."""
    return await notify([PYTHON, "-c", code], document, dict(os.environ), longest=longest)


async def test_the_document_is_its_standard_input() -> None:
    """To the last byte, however long it is."""
    document = b"x" * 1_000_000
    code = "import sys; print(len(sys.stdin.buffer.read()))"
    assert await run(code, document=document) == ("", ["1000000"])


async def test_no_shell_reads_it(tmp_path: Path) -> None:
    """A word is a word, whatever stands in it."""
    made = tmp_path / "made"
    wrong, lines = await notify(["echo", f"$(touch {made})", "&&", "true"], b"", dict(os.environ))
    assert (wrong, lines) == ("", [f"$(touch {made}) && true"])
    assert not made.exists()


@pytest.mark.parametrize(
    ("code", "wrong", "lines"),
    [
        ("import sys; print('no'); sys.exit(3)", "it ended with exit code 3", ["no"]),
        ("import os; os.kill(os.getpid(), 9)", "it was ended by SIGKILL", []),
        ("import sys; sys.stdin.close(); print('unread')", "", ["unread"]),
        ("import sys; sys.stderr.write('aside\\n')", "", ["aside"]),
        ("print('\\x1b[31mred')", "", ["\\x1b[31mred"]),
        ("print('x' * 100_000); print('last')", "", [f"{'x' * 499}…", "last"]),
    ],
)
async def test_what_it_does_is_known(code: str, wrong: str, lines: list[str]) -> None:
    """Its end, and its last words, which steer no terminal."""
    assert await run(code) == (wrong, lines)


async def test_a_command_that_can_not_be_run_is_known() -> None:
    """It was there when the options were read."""
    wrong, _ = await notify(["/no/such/program"], b"", {})
    assert wrong == "it can't be run: No such file or directory"


@pytest.mark.slow
async def test_a_command_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    """Whatever it has started goes with it."""
    code = f"""
import os, pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path({str(tmp_path / "pid")!r}).write_text(str(child.pid))
time.sleep(600)
"""
    wrong, _ = await run(code, longest=1.0)
    assert wrong == "it was killed after 1 s"
    child = Path(f"/proc/{(tmp_path / 'pid').read_text()}/stat")
    assert not child.exists() or child.read_text().split()[2] == "Z"


async def test_what_it_leaves_behind_does_not_keep_us() -> None:
    """A child that holds on to the output."""
    code = "import subprocess, sys; subprocess.Popen(['sleep', '600']); print('started')"
    assert await run(code) == ("", ["started"])


def test_the_keys_are_not_in_its_environment() -> None:
    """Neither by our names nor by any other."""
    environ = {
        "DD_API_KEY": "x",
        "DD_APP_KEY": "x",
        "DATADOG_API_KEY": "x",
        "DATADOG_APP_KEY": "x",
        "COPY": f"Bearer {KEY}",
        "PATH": "/bin",
        "DD_SITE": "datadoghq.eu",
    }
    assert without_keys(environ, (KEY, "")) == {"PATH": "/bin", "DD_SITE": "datadoghq.eu"}
