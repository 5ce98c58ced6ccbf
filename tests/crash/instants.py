"""Dies at every call to the system that a report makes, one process per instant, and looks at what is left.

Run as a script: prints how many instants there were, or fails with the first that lost a row.
"""

import fcntl
import os
import sys
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from bulkcancel.ledger import Ledger
from bulkcancel.models import Outcome, Result
from bulkcancel.report import Report, read_recorded, read_results

ROWS = [Result(n, "w", f"i{n}", Outcome.CANCELED, 200, "", "", 1, 0, 1.8e9, 1.8e9, 20) for n in range(2, 8)]
FIRST = [row._replace(outcome=Outcome.FAILED) if row.line % 2 else row for row in ROWS]
MODES = ("before", "after", "torn")
_DIED = 9
_WRITE = os.write


class Reaper:
    """Counts calls to the system, and ends the process at one of them without any cleaning up."""

    def __init__(self, at: int, mode: str) -> None:
        self._left = at
        self._mode = mode

    def watch(self, owner: Any, name: str) -> None:
        """Count the calls of one function."""
        real = getattr(owner, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self._left -= 1
            if self._left == 0:
                if self._mode == "torn" and name == "write":
                    real(args[0], args[1][: len(args[1]) // 2])
                elif self._mode != "before":
                    real(*args, **kwargs)
                os._exit(_DIED)
            return real(*args, **kwargs)

        setattr(owner, name, call)


def work(path: Path, recorded: Callable[[Result], None]) -> None:
    """Go on with a report until it is finished, whatever state it is in."""
    ledger = Ledger()
    with Report.resume(path) as report:
        ledger.load(read_recorded(path))
        report.require_compaction(ledger)
        known = {result.line: result.outcome for result in read_results(path)}
        for row in ROWS:
            if not known.get(row.line, Outcome.FAILED).is_done:
                report.take(row)
                recorded(row)
        list(report.finish())


def live(path: Path, recorded: Callable[[Result], None]) -> None:
    """Begin a report, leave some rows undone, and finish it in a second run."""
    with Report.create(path) as report:
        for row in FIRST:
            report.take(row)
            recorded(row)
        list(report.finish())
    work(path, recorded)


def die(path: Path, at: int, mode: str) -> tuple[list[Result], bool]:
    """What was recorded before that instant, and whether there was one."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        reaper = Reaper(at, mode)
        for name in ("open", "write", "fsync", "ftruncate", "fchmod", "close", "replace", "rename", "unlink"):
            reaper.watch(os, name)
        reaper.watch(fcntl, "flock")

        def say(row: Result) -> None:
            _WRITE(writer, f"{row.line} {row.outcome.value}\n".encode())

        live(path, say)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as file:
        lines = [line.split() for line in file]
    _, status = os.waitpid(child, 0)
    said = [ROWS[int(line) - 2]._replace(outcome=Outcome(outcome)) for line, outcome in lines]
    code = os.waitstatus_to_exitcode(status)
    assert code in {0, _DIED}, f"{mode} call {at}: ended with {code}"
    return said, code == _DIED


def check(folder: Path, suffix: str, at: int, mode: str) -> bool:
    """Die there, see that nothing recorded is lost, finish, and see that one row stands for each."""
    path = folder / f"{at}{mode}{suffix}"
    said, died = die(path, at, mode)
    found = set(read_results(path)) if path.exists() and path.stat().st_size else set()
    newest = {row.line: row for row in said}
    assert set(newest.values()) <= found, f"{mode} call {at}: a recorded row is lost"
    again: list[Result] = []
    work(path, again.append)
    assert sorted(row.line for row in read_results(path)) == [row.line for row in ROWS]
    assert set(read_results(path)) == set(ROWS)
    done = {row.line for row in said if row.outcome.is_done}
    assert not done & {row.line for row in again}, f"{mode} call {at}: a row that was done is done again"
    left = [name for name in os.listdir(folder) if not name.endswith(suffix) or name.startswith(".")]  # noqa: PTH208
    assert not left, f"{mode} call {at}: {left} is left behind"
    path.unlink()
    return died


def main() -> None:
    """Go through all instants."""
    instants = 0
    with tempfile.TemporaryDirectory() as name:
        for suffix in (".csv", ".jsonl"):
            for mode in MODES:
                for at in count(1):
                    if not check(Path(name), suffix, at, mode):
                        break
                    instants += 1
    sys.stdout.write(f"{instants} instants, nothing lost\n")


if __name__ == "__main__":
    main()
