"""Runs the command line and sends it a signal at a given instant: INSTANT SIGNAL WORDS….

An instant is a number of lines of Python, counted from the start of the event loop. With 0 there is no
signal, and the last line on standard output says how many lines it took until the engine ran, until it had
ended, and in all.
"""

import os
import signal
import sys
from types import FrameType
from typing import Any

import anyio

from bulkcancel.cli.program import main
from bulkcancel.engine.run import Run


class Instants:
    """Counts lines, and sends the signal when it is time."""

    def __init__(self, instant: int, number: signal.Signals) -> None:
        self._instant = instant
        self._number = number
        self.lines = 0
        self.marks: list[int] = []

    def trace(self, _: FrameType, event: str, __: object) -> Any:
        """Count."""
        if event == "line":
            self.lines += 1
            if self.lines == self._instant:
                sys.settrace(None)
                os.kill(os.getpid(), self._number)
        return self.trace


def watch(instants: Instants) -> None:
    """Have the event loop counted, and marked when the engine runs and when it has ended."""
    run, engine_run = anyio.run, Run.run

    def counted(*args: object) -> object:
        sys.settrace(instants.trace)
        try:
            return run(*args)  # type: ignore[arg-type] # handed through
        finally:
            sys.settrace(None)

    async def marked(self: Run, *args: object, **options: object) -> object:
        instants.marks.append(instants.lines)
        try:
            return await engine_run(self, *args, **options)  # type: ignore[arg-type] # handed through
        finally:
            instants.marks.append(instants.lines)

    anyio.run = counted  # type: ignore[assignment] # the same but for its types
    Run.run = marked  # type: ignore[method-assign, assignment] # the same


if __name__ == "__main__":
    place, name, *words = sys.argv[1:]
    watched = Instants(int(place), signal.Signals[name])
    watch(watched)
    status = main(words)
    if place == "0":
        sys.stdout.write(f"{' '.join(map(str, watched.marks))} {watched.lines}\n")
    sys.exit(status)
