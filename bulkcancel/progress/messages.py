"""Messages on standard error: sentences for people, or one JSON object each for collectors."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from bulkcancel.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from bulkcancel.clock import Clock


_LONGEST = 20_000  # characters of a message


class LogFormat(StrEnum):
    """How messages are written."""

    TEXT = "text"
    JSON = "json"


class Messages:
    """Writes messages; a reader that is gone ends them quietly.

    Attributes:
        above: Prints a line above a live display while there is one, else None.
    """

    def __init__(
        self,
        stream: "TextIO",
        clock: "Clock",
        *,
        log_format: LogFormat = LogFormat.TEXT,
        quiet: bool = False,
        verbose: bool = False,
    ) -> None:
        self._stream = stream
        self._clock = clock
        self._format = log_format
        self._quiet = quiet
        self._verbose = verbose
        self.above: Callable[[str], None] | None = None

    @property
    def is_verbose(self) -> bool:
        """Whether details are wanted."""
        return self._verbose

    @property
    def is_plain(self) -> bool:
        """Whether people read this, and want more than the end."""
        return self._format is LogFormat.TEXT and not self._quiet

    def detail(self, text: str, **fields: object) -> None:
        """Say what only `-v` shows."""
        if self._verbose:
            self._write("debug", text, fields)

    def info(self, text: str, **fields: object) -> None:
        """Say what `-q` leaves out."""
        if not self._quiet:
            self._write("info", text, fields)

    def warning(self, text: str, **fields: object) -> None:
        """Say what nobody should miss."""
        self._write("warning", text, fields)

    def last(self, text: str, **fields: object) -> None:
        """Say how it ended and what to do next."""
        self._write("info", text, fields)

    def _write(self, level: str, text: str, fields: dict[str, object]) -> None:
        text = printable(text, _LONGEST)  # file names and option values come from anywhere
        if self._format is LogFormat.JSON:
            time = datetime.fromtimestamp(self._clock.wall(), UTC).isoformat(timespec="milliseconds")
            record = {"time": time.replace("+00:00", "Z"), "level": level, "message": text, **fields}
            text = json.dumps(record)
        with suppress(OSError, ValueError):  # the pipe was closed: the report goes on without it
            if self.above is not None:
                self.above(text)
            else:
                self._stream.write(f"{text}\n")
                self._stream.flush()
