"""A report at work: what happened is told, and said at the end what to do next."""

import json
import os
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from bulkcancel.cli.file_names import spelled
from bulkcancel.cli.page_output import PageOutput
from bulkcancel.cli.report_options import OverviewFormat
from bulkcancel.cli.rows_again import rows_again
from bulkcancel.cli.streams import is_terminal, write_data
from bulkcancel.cli.typed_command import command_line
from bulkcancel.models import ExitCode
from bulkcancel.operations.report_target import STDIO
from bulkcancel.overview.count import overview_of
from bulkcancel.overview.document import document_of
from bulkcancel.overview.facts import ReportFile
from bulkcancel.overview.markdown import markdown_of
from bulkcancel.overview.matching import matched
from bulkcancel.overview.merge import merge
from bulkcancel.overview.summaries import read_summary
from bulkcancel.overview.text import text_of
from bulkcancel.overview.words import notes
from bulkcancel.progress.log_events import LogEvent
from bulkcancel.progress.messages import Messages
from bulkcancel.progress.words import number_of
from bulkcancel.report.saved import open_saved
from bulkcancel.sites import SITES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bulkcancel.cli.invocation import Invocation
    from bulkcancel.cli.report_options import ReportOptions
    from bulkcancel.cli.rows_again import RowsAgain
    from bulkcancel.clock import Clock
    from bulkcancel.overview.facts import Overview, RunSummary
    from bulkcancel.report.saved import SavedReport

_NARROWEST, _WIDEST, _USUAL = 40, 120, 100
_MEGABYTE = 1_000_000
_WORTH_SAYING = 50 * _MEGABYTE
_SANDBOX = "sandbox"


def report(options: "ReportOptions", invocation: "Invocation", clock: "Clock") -> ExitCode:
    """Do what was asked, up to the last word.

    Raises:
        BulkCancelError: A report can't be read, or something can't be written.
    """
    messages = Messages(
        invocation.stderr, clock, run_id=invocation.run_id, log_format=options.log_format, quiet=options.quiet
    )
    page = None if options.html is None else PageOutput(options.html)
    runs = _runs(options.summaries, messages)
    again: RowsAgain | None = None
    with ExitStack() as stack:
        reports = [stack.enter_context(open_saved(name)) for name in _each_once(options.files, messages)]
        size = sum(one.size for one in reports)
        if size >= _WORTH_SAYING:
            messages.info(LogEvent.READING, f"Reading {size / _MEGABYTE:,.0f} MB of reports takes a while.")
        merged = merge(reports)
        files = [_file(one, rows) for one, rows in zip(reports, merged.rows, strict=True)]
        runs = matched(runs, files, merged)
        watchers = [] if page is None else [page.take]
        if options.failed is not None:
            again = stack.enter_context(rows_again(options.failed))
            watchers.append(again.take)
        overview = overview_of(reports, merged, files, watchers, runs)
    _tell(overview, options, messages)
    if page is not None:
        page.write(overview)
    messages.last(
        LogEvent.ENDED,
        _last(overview, options, page, again),
        rows=overview.rows,
        unfinished=overview.unfinished,
        exit_code=int(ExitCode.OK),
    )
    return ExitCode.OK


def _each_once(names: "Iterable[str]", messages: Messages) -> list[str]:
    """The names, without those of a report that was named before."""
    seen: dict[object, str] = {}
    for name in names:
        try:
            found = os.stat(name)  # noqa: PTH116 - its identity alone
            identity: object = (found.st_dev, found.st_ino)
        except (OSError, ValueError):
            identity = name
        if seen.setdefault(identity, name) is not name:
            messages.warning(LogEvent.GIVEN_TWICE, f"{name} is given twice; it is read once.")
    return list(seen.values())


def _runs(names: "Iterable[str]", messages: Messages) -> "Sequence[RunSummary]":
    """What the summaries tell; of two of one run, one is left out."""
    found: dict[str, RunSummary] = {}
    for name in _each_once(names, messages):
        run = read_summary(name)
        first = found.setdefault(run.run_id or name, run)
        if first is not run:
            messages.warning(
                LogEvent.GIVEN_TWICE, f"{name} is of the same run as {first.name}; it is left out."
            )
    return tuple(found.values())


def _file(one: "SavedReport", rows: int) -> ReportFile:
    return ReportFile(one.name, rows, is_torn=one.is_torn, is_being_written=one.is_being_written())


def _tell(overview: "Overview", options: "ReportOptions", messages: Messages) -> None:
    """Write it to standard output; what is written there without its notes has them as warnings."""
    if options.form is OverviewFormat.JSON:
        write_data(json.dumps(document_of(overview), indent=2))
    elif options.form is OverviewFormat.MARKDOWN:
        write_data(markdown_of(overview), ends_line=False)
    elif options.form is OverviewFormat.TEXT:
        write_data(text_of(overview, _width()), ends_line=False)
        return
    for note in notes(overview):
        messages.warning(LogEvent.NOTE, note)


def _width() -> int:
    if not is_terminal(sys.stdout):
        return _USUAL
    return min(max(_NARROWEST, shutil.get_terminal_size().columns), _WIDEST)


def _last(
    overview: "Overview", options: "ReportOptions", page: PageOutput | None, again: "RowsAgain | None"
) -> str:
    """What was written where, and what to do next."""
    said = []
    if page is not None and options.html != STDIO:
        said.append(f"The page is {options.html}: open it in a browser.")
    if not overview.unfinished:
        rows = f"{number_of(overview.rows, 'row')}, none to be tried again."
        return " ".join([*said, rows])
    left = overview.unfinished
    rows = f"{number_of(left, 'row')} {'is' if left == 1 else 'are'} to be tried again"
    return " ".join([*said, f"{rows}: {_command(overview, options, again)}"])


def _command(overview: "Overview", options: "ReportOptions", again: "RowsAgain | None") -> str:
    """The command that tries again what is unfinished."""
    where = []
    if overview.site == _SANDBOX:
        where = ["--sandbox"]
    elif overview.site in SITES:
        where = ["--site", overview.site]
    if again is not None:
        where = ["--any-id", *where] if again.needs_any_id else where
        if options.failed == STDIO:
            return f"they are on standard output, for {command_line(['run', STDIO, '--yes', *where])}"
        return command_line(["run", options.failed or "", *where])
    (first, *others) = options.files
    if not others and Path(first).suffix in {".csv", ".jsonl"} and Path(first).is_file():
        return command_line(["run", "--resume", "-o", spelled(first), *where])
    return command_line(["report", *options.files, "--failed", "again.csv"])
