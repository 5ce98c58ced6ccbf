"""How a run is closed: its summary as a file, and the last words on standard error."""

import json
from typing import TYPE_CHECKING, Any

from bulkcancel._version import __version__
from bulkcancel.cli.own_faults import fault, fit_to_show, trace
from bulkcancel.cli.resume_command import resume_command
from bulkcancel.errors import BulkCancelError, words_of
from bulkcancel.models import StopReason
from bulkcancel.progress.closing import closing_lines
from bulkcancel.progress.log_events import LogEvent
from bulkcancel.report import write_private
from bulkcancel.text import printable

if TYPE_CHECKING:
    from bulkcancel.cli.ok_exit import Ending
    from bulkcancel.cli.prepared_run import PreparedRun
    from bulkcancel.progress.messages import Messages
    from bulkcancel.tally import Summary

_LONGEST_NAME = 4096


class Closing:
    """Writes and says what a run came to."""

    def __init__(self, prepared: "PreparedRun", messages: "Messages", *, words: list[str]) -> None:
        self._prepared = prepared
        self._messages = messages
        self._words = words

    def write_summary(self, summary: "Summary") -> None:
        """Write the summary where `--summary` says, if it does."""
        path = self._prepared.options.summary
        if path is None:
            return
        try:
            write_private(path, f"{json.dumps(self.document(summary), indent=2)}\n".encode())
        except (OSError, ValueError) as error:
            self._messages.warning(
                LogEvent.SUMMARY_NOT_WRITTEN, f"The summary {path} can't be written: {words_of(error)}."
            )

    def document(self, summary: "Summary") -> dict[str, Any]:
        """The summary as `--summary` writes it, and as `--notify-command` reads it."""
        reason, shown = self._prepared.options.reason, summary.as_dict()
        return {
            "schema_version": shown["schema_version"],
            "bulkcancel": __version__,
            "run_id": self._messages.run_id,
            "target": self._prepared.connection.name,
            # A file's name need not be text: what is not is escaped, so that any reader takes the document.
            "input": printable(self._prepared.source.name, _LONGEST_NAME),
            "report": printable(self._prepared.target.name, _LONGEST_NAME),
            "reason": reason and printable(reason, _LONGEST_NAME),
            **shown,
            **self.ending(summary).as_dict(),
        }

    def say(self, summary: "Summary", error: BaseException | None) -> None:
        """Say what happened and, last, what to do next.

        Args:
            summary: What the run came to.
            error: What ended it, where something failed.
        """
        cause = ""
        if isinstance(error, BulkCancelError):
            cause = f"Stopped: {error}"
        elif error is not None:
            self._messages.info(LogEvent.TRACE, *trace(error, verbose=self._messages.is_verbose))
            cause = fit_to_show(fault(error))
        *lines, last = closing_lines(
            summary, where=self._prepared.target.name, resume=self.resume_command(summary), cause=cause
        )
        if summary.stop is StopReason.REFUSED:
            refusal = self._prepared.connection.refusal(_refused_with(summary), "workflows_run")
            self._messages.error(LogEvent.KEYS_REFUSED, refusal)
        if lines:
            self._messages.info(LogEvent.RESULT, *lines)
        ending = self.ending(summary)
        fields = summary.counts() | ending.as_dict()
        self._messages.last(LogEvent.ENDED, ending.said(self.last_words(summary, last)), **fields)

    def ending(self, summary: "Summary") -> "Ending":
        """What the process ends with."""
        return self._prepared.options.ok_exit.ending(summary.exit_code, summary.stop)

    def last_words(self, summary: "Summary", last: str) -> str:  # noqa: ARG002 - for other operations
        """The last line, from what a run would say."""
        return last

    def resume_command(self, summary: "Summary") -> str:
        """The command that goes on where this run ends, or empty where its report is no file."""
        target, options = self._prepared.target, self._prepared.options
        if target.path is None:
            return ""
        command = resume_command(
            self._words,
            str(target.path),
            options,
            is_replayable=self._prepared.source.is_replayable,
            needs_input=not summary.left.gone,
        )
        if summary.loss is not None and summary.loss.is_gone and options.input is None and options.resume:
            return command.replace(" run", " run INPUT", 1)  # it was taken from the report
        return command


def _refused_with(summary: "Summary") -> int | None:
    """The status that the keys were refused with, as far as the summary tells."""
    return next((status for status in (401, 403) if f"http_4xx_{status}" in summary.errors), None)
