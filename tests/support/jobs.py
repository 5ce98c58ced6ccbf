"""The jobs of samples/schedulers, as their schedulers start them: in an environment of their own, against a sandbox."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from support.children import MAIN, child, read_to, unmeasured

ROOT = Path(__file__).parents[2]
JOBS = ROOT / "samples" / "schedulers"
KEYS = "DD_API_KEY=aaaaaaaaaaaaaaaaaaaaaaaaaaaabbbb\nDD_APP_KEY=aaaaaaaaaaaaaaaaaaaaaaaaaaaabbbb\n"  # pragma: allowlist secret

_LONGEST = 120.0


@contextmanager
def sandbox(*words: str) -> Iterator[str]:
    """A sandbox in a process of its own; gives its address."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    command = [sys.executable, "-c", MAIN, "sandbox", "--port", str(port), "--alive", "60", *words]
    with child(command, stderr=subprocess.PIPE, env=unmeasured()) as server:
        read_to(server.stderr, "listens at")
        yield f"http://127.0.0.1:{port}"
        server.terminate()


def install(folder: Path) -> Path:
    """Put a `bulkcancel` and a private file of keys there; gives the folder that belongs on the PATH."""
    tools = folder / "bin"
    tools.mkdir()
    program = tools / "bulkcancel"
    # What a scheduler leaves out of the environment, the program finds again.
    program.write_text(
        f"#!/bin/sh\nPYTHONPATH='{ROOT}' exec '{sys.executable}' -c '{MAIN}' \"$@\"\n", encoding="utf-8"
    )
    program.chmod(0o755)
    keys = folder / "keys"
    keys.write_text(KEYS, encoding="utf-8")
    keys.chmod(0o600)
    return tools


def started(
    words: Sequence[str | Path], folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a command in that folder with these variables and no others, to its end."""
    return subprocess.run(
        words,
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_LONGEST,
        check=False,
    )


def path_with(tools: Path) -> str:
    """A PATH with our program, and what every system has."""
    return os.pathsep.join([str(tools), "/usr/bin", "/bin"])
