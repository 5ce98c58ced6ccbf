"""Before anything is canceled: who may be asked, how, and what forbids it."""

import os
import select
import stat
import sys
import termios
from contextlib import suppress
from typing import TYPE_CHECKING

from bulkcancel.cli.streams import is_terminal
from bulkcancel.errors import ConfigurationError
from bulkcancel.progress.folding import fitted

if TYPE_CHECKING:
    from typing import TextIO

    from bulkcancel.progress.writer import BackgroundWriter

# Whatever else it is set to refuses: a switch that means "hands off" is not to be missed for its spelling.
_NOT_READ_ONLY = frozenset({"", "0", "false", "no", "off", "n", "f"})
_MOMENT = 0.2  # seconds
_YES, _NO = frozenset({"y", "yes"}), frozenset({"", "n", "no"})


class DeclinedError(ConfigurationError):
    """The person said no."""


def refuse_if_read_only() -> None:
    """Heed `DD_READ_ONLY`, as the vendor's own command line does.

    Raises:
        ConfigurationError: It is set.
    """
    if os.environ.get("DD_READ_ONLY", "").strip().lower() not in _NOT_READ_ONLY:
        raise ConfigurationError(
            "DD_READ_ONLY is set, so nothing may be canceled; unset it, or rehearse with --sandbox or "
            "--dry-run."
        )


def check_askable(*, reads_rows: bool) -> None:
    """See that there is somebody to ask, before anything is read.

    Args:
        reads_rows: Whether standard input holds the rows.

    Raises:
        ConfigurationError: There is nobody: no terminal, or nothing to show the question on.
    """
    if reads_rows or not is_terminal(sys.stdin) or not _is_seen(sys.stderr):
        raise ConfigurationError("There is no terminal to ask on: give --yes to cancel without being asked.")


def ask(output: "BackgroundWriter", question: str) -> None:
    """Ask on the terminal whether to go on; no answer at all is a no.

    Args:
        output: Standard error. What was written there before is read first: it is what the question is about.
        question: What is asked.

    Raises:
        DeclinedError: It is not to go on. Nothing was sent.
    """
    output.drain()
    with suppress(OSError, ValueError, termios.error):  # an Enter typed ahead answers nothing
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
    while True:
        asked = fitted(f"{question} [y/N]", is_terminal=output.isatty())
        output.write(f"{asked} ")
        output.drain()
        answer = _line()
        if not answer:
            output.write("\n")
            raise DeclinedError("Declined: there was no answer; nothing was sent.")
        word = answer.strip().lower()
        if word in _YES:
            return
        if word in _NO:
            raise DeclinedError("Declined; nothing was sent.")
        output.write("Say y to cancel them, or n.\n")


def _line() -> str:
    """A line that is typed.

    A signal that comes in the instant before a read begins is heard only when it has ended: whoever presses
    Ctrl-C then would have to press it again. So nothing is read before there is something, and signals are
    heard meanwhile.
    """
    with suppress(OSError, ValueError):
        while not select.select([sys.stdin], [], [], _MOMENT)[0]:
            pass
    return sys.stdin.readline()


def _is_seen(stream: "TextIO | None") -> bool:
    """Whether a person may see what is written there: on a terminal, or through a pipe, as with `tee`."""
    if stream is None or is_terminal(stream):
        return stream is not None
    try:
        mode = os.fstat(stream.fileno()).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
