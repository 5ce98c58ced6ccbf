"""The command at the end: what it reads, what it sees, and that it harms nothing."""

import os
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from support.children import until

from bulkcancel.cli.notifying import notify

PYTHON = sys.executable


async def run(code: str, *, document: bytes = b"{}\n", longest: float = 30.0) -> tuple[str, list[str]]:
    """Run a Python program as the command."""
    return await notify([PYTHON, "-c", code], document, dict(os.environ), longest=longest)


async def test_the_document_is_its_standard_input() -> None:
    """To the last byte, however long it is."""
    document = b"x" * 1_000_000
    code = "import sys; print(len(sys.stdin.buffer.read()))"
    assert await run(code, document=document) == ("", ["1000000"])


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


async def test_a_command_that_hangs_is_killed() -> None:
    """It has its time, and no more."""
    assert await notify(["sleep", "600"], b"", dict(os.environ), longest=0.05) == (
        "it was killed after 0.05 s",
        [],
    )


async def test_who_leaves_at_once_leaves_no_command_behind(tmp_path: Path) -> None:
    """Nor what it has started."""
    told = tmp_path / "pid"
    command = ["sh", "-c", 'sleep 600 & echo $! > "$0.new"; mv "$0.new" "$0"; wait', str(told)]
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(notify, command, b"", dict(os.environ))
        while not await anyio.Path(told).exists():  # noqa: ASYNC110 - another process makes it
            await anyio.sleep(0.005)
        tasks.cancel_scope.cancel()
    until(lambda: has_ended(int(told.read_text())))


def has_ended(pid: int) -> bool:
    """Whether a process is gone, or waits for its parent to take note of that."""
    words = ["ps", "-o", "stat=", "-p", str(pid)]
    found = subprocess.run(words, capture_output=True, text=True, check=False)
    return found.stdout.strip()[:1] in {"", "Z"}


async def test_what_it_leaves_behind_does_not_keep_us() -> None:
    """A child that holds on to the output."""
    code = "import subprocess, sys; subprocess.Popen(['sleep', '600']); print('started')"
    assert await run(code) == ("", ["started"])
