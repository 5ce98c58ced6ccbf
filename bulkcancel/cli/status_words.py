"""What a reading of states came to, in words: the counts, and what to do about what is left."""

from typing import TYPE_CHECKING

from bulkcancel.cli.resume_command import without
from bulkcancel.cli.typed_command import command_line
from bulkcancel.models import ExitCode, StateName
from bulkcancel.operations.report_target import STDIO
from bulkcancel.progress.words import end_words, named_counts, number_of, span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bulkcancel.cli.status_options import StatusOptions
    from bulkcancel.models import StopReason
    from bulkcancel.operations.status import StatusReading
    from bulkcancel.sources import Source

_OF_OUTPUT = ("-o", "--output")  # it names a new file
_OF_STATUS = (*_OF_OUTPUT, "--format", "--timeout", "--request-timeout")


class StatusWords:
    """Says how a reading ended.

    Attributes:
        exit_code: What that calls for.
    """

    def __init__(
        self,
        reading: "StatusReading",
        stop: "StopReason | None",
        words: list[str],
        options: "StatusOptions",
        source: "Source",
        *,
        is_read: bool,
    ) -> None:
        """Take what it came to.

        Args:
            reading: The reading.
            stop: Why it ended early, or None.
            words: The command line.
            options: The same, typed.
            source: INPUT.
            is_read: Whether somebody read the output to its end.
        """
        self._counts = reading.counts
        self._is_timed_out = reading.is_timed_out
        self._stop = stop
        self._words = words
        self._options = options
        self._source = source
        self._is_read = is_read
        settled = all(state.is_settled for state, count in self._counts.items() if count)
        self.exit_code = stop.exit_code if stop else ExitCode.OK if settled else ExitCode.INCOMPLETE
        if not is_read:
            self.exit_code = ExitCode.OK

    def last(self) -> str:
        """The last words."""
        total = self._counts.total()
        counts = named_counts({state.value: self._counts[state] for state in StateName})
        text = f"{number_of(total, 'row')}: {', '.join(counts)}." if total else f"{self._nothing}."
        if not self._is_read:
            return f"Stopped, because nobody reads the output any more. {text}"
        if self._stop is not None:
            return f"{end_words(self._stop)}. {text} Read again: {self._again()}"
        return " ".join((text, *self._advice()))

    def before(self) -> str:
        """What else can be done, or empty."""
        if self._stop or self._options.wait or not self._counts[StateName.RUNNING]:
            return ""
        return f"To wait until they have ended: {self._again('--wait')}"

    def counts(self) -> dict[str, object]:
        """The same for the log."""
        return {"counts": dict(self._counts)}

    @property
    def _nothing(self) -> str:
        return f"There is no row in {self._source.name}"

    def _advice(self) -> "Iterator[str]":
        running = self._counts[StateName.RUNNING]
        if running:
            after = f" after {span(self._options.wait_timeout)}" if self._is_timed_out else ""
            runs = "1 still runs" if running == 1 else f"{running:,} still run"
            yield f"{runs}{after}. Cancel: {self._run()}"
        elif self._counts[StateName.UNREADABLE]:
            yield f"Read again: {self._again()}"
        elif self._counts.total():
            yield "None of those that can be read runs." if self._counts[StateName.INVALID] else "None runs."

    def _again(self, *more: str) -> str:
        """This command once more, its output not in the same file."""
        return self._command([*without(_OF_OUTPUT, self._words), *more])

    def _run(self) -> str:
        """The command that cancels the same rows at the same target."""
        words = [word for word in without(_OF_STATUS, self._words) if word != "--wait"]
        words[words.index("status")] = "run"
        return self._command(words if self._source.is_replayable else [*words, "--yes"])

    def _command(self, words: list[str]) -> str:
        """A command as it can be pasted; rows that came through a pipe have to come once more."""
        if self._options.input is None or self._source.is_replayable:
            command = command_line(words)
            return command if self._options.input not in {None, STDIO} else f"<the same rows> | {command}"
        words = [STDIO if word == self._options.input else word for word in words]
        return f"<the same rows> | {command_line(words)}"
