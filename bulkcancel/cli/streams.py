"""The standard streams: whether a person is there, and what stands in for a closed one."""

import os
import stat
import sys
from typing import Any

import click

from bulkcancel.errors import ConfigurationError, words_of

_STANDARD_STREAMS = 3


def is_terminal(stream: Any) -> bool:  # noqa: ANN401 - a standard stream is None where there is none
    """Whether a person is at the other end."""
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):
        return False


def is_aside(fd: int) -> bool:
    """Whether what is written there meanwhile can't appear on the terminal that progress is drawn on.

    Rows that appear there would be drawn over; and behind a pipe there may be another command that writes or
    draws there, such as `run` behind `find`.
    """
    try:
        mode = os.fstat(fd).st_mode
    except OSError:
        return True
    return not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(fd))


def write_data(text: str, *, ends_line: bool = True) -> None:
    """Write data to standard output. Whoever closes the pipe has read enough.

    Args:
        text: The data.
        ends_line: Whether to end the line after it.

    Raises:
        ConfigurationError: It can't be written.
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        click.echo(text.encode(encoding, "backslashreplace").decode(encoding), nl=ends_line)
    except BrokenPipeError:
        pass
    except OSError as error:
        raise ConfigurationError(f"Standard output can't be written: {words_of(error)}.") from None


def fill_closed_streams() -> None:
    """Have the null device stand where a standard stream is closed.

    Else the next file to be opened, the report perhaps, would be what anybody writes to as standard error.
    """
    while (fd := os.open(os.devnull, os.O_RDWR)) < _STANDARD_STREAMS:
        pass
    os.close(fd)
