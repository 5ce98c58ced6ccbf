"""What was asked of `bulkcancel report`: the options as typed, each with its type."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

import click

from bulkcancel.progress.messages import LogFormat

if TYPE_CHECKING:
    from collections.abc import Mapping

_STDIO = "-"


class OverviewFormat(StrEnum):
    """How what happened is told on standard output."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """Everything `report` was given.

    Attributes:
        files: The reports.
        summaries: Summaries of the runs that wrote them.
        form: What to write to standard output, or None where a page or rows go there.
        html: Where to write the page, or None.
        failed: Where to write the rows to be tried again, or None.
        log_format: How messages are written.
        quiet: Whether to say only how it ended.
    """

    files: tuple[str, ...]
    summaries: tuple[str, ...]
    form: OverviewFormat | None
    html: str | None
    failed: str | None
    log_format: LogFormat
    quiet: bool

    @classmethod
    def of(cls, values: "Mapping[str, Any]") -> Self:
        """The options that click read, by their names.

        Raises:
            click.UsageError: Two things are to go to standard output, or come from standard input.
        """
        html, failed = values["html"], values["failed"]
        to_stdout = {
            "--json": values["json"],
            "--markdown": values["markdown"],
            "--html -": html == _STDIO,
            "--failed -": failed == _STDIO,
        }
        named = [name for name, goes_there in to_stdout.items() if goes_there]
        if len(named) > 1:
            raise click.UsageError(f"{named[0]} and {named[1]} both go to standard output; choose one.")
        if values["files"].count(_STDIO) > 1:
            raise click.UsageError("Standard input can be read once; name a file for the others.")
        form = OverviewFormat.JSON if values["json"] else OverviewFormat.TEXT
        if values["markdown"]:
            form = OverviewFormat.MARKDOWN
        return cls(
            files=values["files"],
            summaries=values["summary"],
            form=None if _STDIO in (html, failed) else form,
            html=html,
            failed=failed,
            log_format=LogFormat(values["log_format"]),
            quiet=values["quiet"],
        )
