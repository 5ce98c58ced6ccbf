"""The command line as a process of its own: how it begins, and how it ends."""

import os
import sys
from contextlib import suppress
from typing import NoReturn

from bulkcancel.cli.program import main as run_command_line
from bulkcancel.cli.signals import Signals
from bulkcancel.cli.streams import fill_closed_streams
from bulkcancel.models import ExitCode


def main() -> NoReturn:
    """Run the command line and end the process, without the end that the interpreter gives itself.

    That one waits for threads, though a disk or a name server may never answer them; lets a signal end
    with its own exit status what is done and said; and reports a failure where standard error is closed.
    """
    fill_closed_streams()
    signals = Signals()
    try:
        signals.take_over()
        code = run_command_line(signals=signals)
    except KeyboardInterrupt:  # between our own steps: it has been said, or there is nothing to say
        code = ExitCode.INTERRUPTED
    with suppress(AttributeError, OSError, ValueError):  # None, or closed at the other end
        sys.stdout.flush()
    os._exit(code)
