"""Whether summaries are of the runs that wrote the reports they are given with."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bulkcancel.errors import ReportError
from bulkcancel.overview.words import run_span_words
from bulkcancel.progress.words import number_of
from bulkcancel.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bulkcancel.overview.facts import ReportFile, RunSummary
    from bulkcancel.overview.merge import Merged

_LONGEST = 4096
_TOLERANCE = 5.0  # seconds by which a run's own times may differ from those of its rows
_STDOUT = "standard output"


def matched(
    runs: "Iterable[RunSummary]", files: "Sequence[ReportFile]", merged: "Merged"
) -> "tuple[RunSummary, ...]":
    """The summaries in the order of their runs, each with what makes it doubtful that it belongs here.

    Raises:
        ReportError: One is of another target.
    """
    ordered = sorted(runs, key=lambda one: (one.started_at is None, one.started_at or 0.0))
    for run in ordered:
        if run.site and merged.site and run.site != merged.site:
            raise ReportError(
                f"{run.name} tells of a run at {run.site}, and {_names(files)} of "
                f"{printable(merged.site, _LONGEST)}: what happened there says nothing about the other. "
                "Give the summaries of these reports."
            )
    return tuple(replace(run, doubts=tuple(_doubts(run, files, merged))) for run in ordered)


def _doubts(run: "RunSummary", files: "Sequence[ReportFile]", merged: "Merged") -> "Iterable[str]":
    own = _own(run, files)
    names = _names([files[index] for index in own] or files)
    if _is_apart(run, merged):
        said = f"tells of a run {run_span_words(run)}, when no row of {names} was sent"
    elif not own:
        said = f"is of a run that wrote {run.report}, which is not among the reports"
    elif not _counts_fit(run, own, files, merged):
        rows = number_of(max(merged.distinct[index] for index in own), "row")
        said = f"counts {number_of(run.rows, 'row')}, and {names} has {rows}"
    else:
        return
    yield f"The summary {run.name} {said}. Do they belong together?"


def _own(run: "RunSummary", files: "Sequence[ReportFile]") -> list[int]:
    """Which of the reports it may have written: by the name, which a file that was moved keeps."""
    if len(files) == 1 or run.report == _STDOUT:
        return list(range(len(files)))
    name = Path(run.report).name
    return [index for index, one in enumerate(files) if Path(one.name).name == name]


def _counts_fit(run: "RunSummary", own: list[int], files: "Sequence[ReportFile]", merged: "Merged") -> bool:
    """Whether a report has the rows that a run counted; a later run may have added some."""
    most = max(merged.distinct[index] for index in own)
    if run.rows >= most or len(own) > 1 or run.ended_at is None or merged.last is None:
        return run.rows <= most
    file = files[own[0]]
    was_last = merged.last <= run.ended_at
    return not was_last or file.is_torn or file.is_being_written


def _is_apart(run: "RunSummary", merged: "Merged") -> bool:
    """Whether no row was sent while it ran, although it sent some."""
    if not run.requests or run.started_at is None or run.ended_at is None:
        return False
    if merged.first is None or merged.last is None:
        return False
    return run.ended_at + _TOLERANCE < merged.first or merged.last + _TOLERANCE < run.started_at


def _names(files: "Sequence[ReportFile]") -> str:
    first, *others = (one.name for one in files)
    return f"{first} and {number_of(len(others), 'other report')}" if others else first
