"""Processes that tests start: they never outlive their test, and heed signals whatever their parent ignores."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

#: What runs the command line in a process of its own.
MAIN = "import sys; from bulkcancel.cli import main; sys.exit(main())"
#: Seconds until a child that does not end is killed, so that its test fails instead of hanging.
LONGEST = 120.0

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
