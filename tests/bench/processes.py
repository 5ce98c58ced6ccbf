"""Processes of a journey: servers of ours, and the command that is measured, each on a core of its own."""

import json
import os
import re
import subprocess
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any

from bench.clients import BULKCANCEL_CODE, python

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from typing import IO

#: Where servers run; the command that is measured runs on the first.
LAST_CORE = (os.cpu_count() or 1) - 1

_PATIENCE = 280.0


@dataclass(frozen=True)
class Done:
    """A command that has ended: its exit status, the seconds and MiB it took, and what it said at the end."""

    code: int
    seconds: float
    memory: float
    said: str


@contextmanager
def served(words: list[str]) -> "Iterator[str]":
    """A server of ours while the context lasts; the first line that it prints has its URL, which this gives."""
    with subprocess.Popen(
        words, env=environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout is not None
        try:
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found is not None
            yield found[0]
        finally:
            process.terminate()


def sandbox(*words: str) -> "AbstractContextManager[str]":
    """The embedded sandbox while the context lasts; gives its URL."""
    return served([*python(BULKCANCEL_CODE, LAST_CORE), "sandbox", "--port", "0", *words])


def bulkcancel(*words: str, output: str = os.devnull, standard_input: "IO[bytes] | None" = None) -> Done:
    """Run a command to its end."""
    with tempfile.TemporaryFile() as said, Path(output).open("wb") as out:
        began = time.monotonic()
        process = subprocess.Popen(
            [*python(BULKCANCEL_CODE, 0), *words],
            env=environment(),
            stdin=standard_input or subprocess.DEVNULL,
            stdout=out,
            stderr=said,
        )
        stop = Timer(_PATIENCE, process.kill)
        stop.start()
        _, status, usage = os.wait4(process.pid, 0)
        stop.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)  # else it would be waited for again
        seconds = time.monotonic() - began
        said.seek(0)
        words_said = said.read()[-2000:].decode(errors="replace")
    return Done(process.returncode, seconds, usage.ru_maxrss / 1024, words_said)


def environment() -> dict[str, str]:
    """What processes are started with."""
    keys = {"DD_API_KEY": "a", "DD_APP_KEY": "b"}
    return {**os.environ, **keys, "PYTHONPATH": str(Path(__file__).parents[1])}


def fetch(url: str) -> Any:
    """What a server tells of itself."""
    with urllib.request.urlopen(url) as response:  # noqa: S310 - loopback
        return json.load(response)
