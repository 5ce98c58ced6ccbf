"""Messages on standard error: sentences for people, or one JSON object each for collectors."""

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from bulkcancel.models import ExitCode
from bulkcancel.progress.folding import fitted
from bulkcancel.progress.log_events import LogEvent
from bulkcancel.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bulkcancel.clock import Clock


_LONGEST = 20_000  # characters of a line
# Of the last line, by the exit status it tells of.
_LEVELS: dict[object, str] = {
    ExitCode.INCOMPLETE: "warning",
    ExitCode.INTERRUPTED: "warning",
    ExitCode.TERMINATED: "warning",
    ExitCode.USAGE: "error",
    ExitCode.STOPPED: "error",
    ExitCode.REPORT_LOST: "error",
}


class LogFormat(StrEnum):
    """How messages are written."""

    TEXT = "text"
    JSON = "json"


class Output(Protocol):
    """Where messages go. Writing there never waits."""

    @property
    def is_behind(self) -> bool:
        """Whether something is still to be written."""
        ...

    @property
    def has_room(self) -> bool:
        """Whether there is room for more."""
        ...

    def write(self, text: str, /) -> object:
        """Take a text."""
        ...

    def flush(self) -> None:
        """Do nothing: streams have it."""
        ...

    def isatty(self) -> bool:
        """Whether a person reads this."""
        ...


class Messages:
    """Writes messages. Where nobody reads them, they are left out and counted; the run goes on.

    Attributes:
        output: Where they go.
        run_id: The run they tell of, in the log.
        above: Prints a line above a live display while there is one, else None.
    """

    def __init__(
        self,
        output: Output,
        clock: "Clock",
        *,
        run_id: str = "",
        log_format: LogFormat = LogFormat.TEXT,
        quiet: bool = False,
        verbose: bool = False,
    ) -> None:
        self.output = output
        self._clock = clock
        self.run_id = run_id
        self._format = log_format
        self._quiet = quiet
        self._verbose = verbose
        self._left_out = 0
        self.above: Callable[[str], None] | None = None

    @property
    def is_verbose(self) -> bool:
        """Whether details are wanted."""
        return self._verbose

    @property
    def is_plain(self) -> bool:
        """Whether people read this, and want more than the end."""
        return self._format is LogFormat.TEXT and not self._quiet

    @property
    def is_log(self) -> bool:
        """Whether programs read this."""
        return self._format is LogFormat.JSON

    def detail(self, event: LogEvent, *lines: str, **fields: object) -> None:
        """Say what only `-v` shows."""
        if self._verbose:
            self._say("debug", event, lines, fields)

    def info(self, event: LogEvent, *lines: str, **fields: object) -> None:
        """Say what `-q` leaves out."""
        if not self._quiet:
            self._say("info", event, lines, fields)

    def warning(self, event: LogEvent, *lines: str, **fields: object) -> None:
        """Say what nobody should miss."""
        self._say("warning", event, lines, fields)

    def last(self, event: LogEvent, *lines: str, **fields: object) -> None:
        """Say how it ended and what to do next, or what a question is about: it is never left out.

        In the log, its level is that of the `exit_code` among the fields.
        """
        self._say(_LEVELS.get(fields.get("exit_code"), "info"), event, lines, fields, is_needed=True)

    def error(self, event: LogEvent, text: str, **fields: object) -> None:
        """Say why it can't be done, in one line or in several."""
        self._say("error", event, text.split("\n"), fields, is_needed=True)

    def _say(
        self,
        level: str,
        event: LogEvent,
        lines: "Sequence[str]",
        fields: dict[str, object],
        *,
        is_needed: bool = False,
    ) -> None:
        if not (self.output.has_room or is_needed):
            self._left_out += 1
            return
        if self._left_out:
            words = f"{self._left_out:,} messages were left out here: nobody was reading standard error."
            count, self._left_out = self._left_out, 0
            self._write("warning", LogEvent.MESSAGES_LOST, [words], {"count": count})
        self._write(level, event, lines, fields)

    def _write(self, level: str, event: LogEvent, lines: "Sequence[str]", fields: dict[str, object]) -> None:
        # File names and option values come from anywhere.
        shown = [printable(line, _LONGEST) for line in lines]
        if self._format is LogFormat.JSON:
            time = datetime.fromtimestamp(self._clock.wall(), UTC).isoformat(timespec="milliseconds")
            own = {"time": time.replace("+00:00", "Z"), "level": level, "event": event.value}
            own |= {"run_id": self.run_id, "message": "\n".join(shown)}
            shown = [json.dumps(own | fields)]
        else:
            shown = [fitted(line, is_terminal=self.output.isatty()) for line in shown]
        for text in shown:
            if self.above is not None:
                self.above(text)
            else:
                self.output.write(f"{text}\n")
