"""Processes that tests start: they never outlive their test, and heed signals whatever their parent ignores."""

import fcntl
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from uuid import UUID

#: What runs the command line in a process of its own.
MAIN = "from bulkcancel.cli.process import main; main()"
#: Seconds until a child that does not end is killed, so that its test fails instead of hanging.
LONGEST = 120.0
#: A workflow's id.
W = str(UUID(int=1 << 127, version=4))

_PATIENCE = 30.0
_IGNORED_AT_TIMES = (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM)
_OURS = ("DD_", "DATADOG_", "BULKCANCEL_")
_OTHERS = frozenset(
    [
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "NETRC",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "SSLKEYLOGFILE",
        "COLUMNS",
        "LINES",
        "NO_COLOR",
        "FORCE_COLOR",
        "CLICOLOR",
        "CLICOLOR_FORCE",
        "TTY_COMPATIBLE",
        "TTY_INTERACTIVE",
    ]
)
_WHERE_PYTHON_IS = frozenset(
    ["PYTHONPATH", "PYTHONHOME", "PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"]
)


def forget_surroundings() -> None:
    """Drop the variables that would change what is tested, and have signals that are ignored heeded again.

    A shell starts what stands before `&` with SIGINT ignored, and `nohup` with SIGHUP, and children
    inherit that. What has a handler, on the other hand, begins with the default action in a child.
    """
    for name in list(os.environ):
        changes_python = name.startswith("PYTHON") and name not in _WHERE_PYTHON_IS
        if name.startswith(_OURS) or name.upper() in _OTHERS or changes_python:
            del os.environ[name]
    for number in _IGNORED_AT_TIMES:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


def unmeasured() -> dict[str, str]:
    """The environment for a child in which no coverage is measured: that costs time and memory."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}


@contextmanager
def child(command: Sequence[str | Path], **options: Any) -> "Iterator[subprocess.Popen[str]]":
    """Start a process that is killed where its test fails, or when it takes far too long."""
    with subprocess.Popen(command, text=True, **options) as process:
        limit = threading.Timer(LONGEST, process.kill)
        limit.start()
        try:
            yield process
        except BaseException:
            process.kill()
            raise
        finally:
            limit.cancel()


def read_to(stream: IO[str] | None, words: str) -> str:
    """Read lines until one holds these words; gives it, and fails where the stream ends before."""
    assert stream is not None
    seen = []
    for line in stream:
        if words in line:
            return line
        seen.append(line)
    raise AssertionError(f"{words!r} was never said: {seen[-20:]}")


def write(path: Path, count: int = 2000) -> None:
    """An input of so many rows."""
    ids = (UUID(int=(1 << 127) + n, version=4) for n in range(count))
    path.write_text("workflow_id,instance_id\n" + "".join(f"{W},{one}\n" for one in ids))


def until(condition: Callable[[], bool], patience: float = _PATIENCE) -> None:
    """Wait for what another process does: that can only be looked at."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def is_asleep(pid: int) -> bool:
    """Whether a process waits for something."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"


def unread(fd: int) -> int:
    """Bytes that wait in a pipe, seen from either end."""
    return int.from_bytes(fcntl.ioctl(fd, termios.FIONREAD, b"\0" * 4), sys.byteorder)


def is_full(pid: int, fd: int) -> bool:
    """Whether the pipe a process writes to takes no more: how many bytes that is, depends on their pieces."""
    writer = os.open(f"/proc/{pid}/fd/{fd}", os.O_WRONLY)
    try:
        return not select.select([], [writer], [], 0)[1]
    finally:
        os.close(writer)


@contextmanager
def on_terminal(path: Path, *words: str) -> Iterator[tuple[int, int]]:
    """The command line with a terminal of its own; gives its process and our end of the terminal."""
    pid, terminal = pty.fork()
    if not pid:
        os.chdir(path)
        os.execve(sys.executable, [sys.executable, "-c", MAIN, *words], {**os.environ, "TERM": "xterm"})  # noqa: S606 - on purpose
    try:
        yield pid, terminal
    finally:
        os.close(terminal)


def read_until(terminal: int, words: bytes) -> bytes:
    """What is shown until these words are, or to the end."""
    seen = b""
    while words not in seen:
        assert select.select([terminal], [], [], _PATIENCE)[0], f"nothing follows {seen!r}"
        try:
            data = os.read(terminal, 4096)
        except OSError:  # how a terminal whose last process is gone says it
            data = b""
        if not data:
            break
        seen += data
    return seen


def exit_of(pid: int) -> int:
    """How a process ends."""
    limit = threading.Timer(LONGEST, os.kill, (pid, signal.SIGKILL))
    limit.start()
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    finally:
        limit.cancel()
