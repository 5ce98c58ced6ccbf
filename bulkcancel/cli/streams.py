"""The standard streams: whether a person is there, and what stands in for a closed one."""

import os
from typing import Any

_STANDARD_STREAMS = 3


def is_terminal(stream: Any) -> bool:  # noqa: ANN401 - a standard stream is None where there is none
    """Whether a person is at the other end."""
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):
        return False


def fill_closed_streams() -> None:
    """Have the null device stand where a standard stream is closed.

    Else the next file to be opened, the report perhaps, would be what anybody writes to as standard error.
    """
    while (fd := os.open(os.devnull, os.O_RDWR)) < _STANDARD_STREAMS:
        pass
    os.close(fd)
