"""An overview as plain text."""

import textwrap
from typing import TYPE_CHECKING

from bulkcancel.overview import words
from bulkcancel.overview.run_words import exit_words, pause_words, quota_words
from bulkcancel.progress.words import duration
from bulkcancel.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bulkcancel.overview.facts import Overview, WorkflowTotals

_CAUSES_SHOWN = 10
_LONGEST_ID = 64
_LONGEST_DETAIL = 300
_PAUSES_SHOWN = 5
_RUNS_SHOWN = 10


def text_of(overview: "Overview", width: int) -> str:
    """The whole of it, for a terminal of that width."""
    return "".join(f"{line}\n" for line in _lines(overview, width))


def _lines(overview: "Overview", width: int) -> "Iterator[str]":
    yield from _wrapped(" ".join(words.sentences(overview)), width, "")
    for note in words.notes(overview):
        yield from _wrapped(f"Note: {note}", width, "")
    if not overview.rows:
        return
    yield from _outcomes(overview)
    yield from _runs(overview, width)
    yield from _times(overview, width)
    yield from _workflows(overview)
    yield from _causes(overview, width)


def _outcomes(overview: "Overview") -> "Iterator[str]":
    yield from ("", "Outcomes")
    for outcome, count in overview.outcomes.items():
        if count:
            yield f"{count:>11,}  {words.outcome_words(outcome):<16}  {words.share(count, overview.rows):>7}"


def _runs(overview: "Overview", width: int) -> "Iterator[str]":
    if overview.runs:
        yield from ("", "Run" if len(overview.runs) == 1 else "Runs")
    for run in overview.runs[:_RUNS_SHOWN]:
        yield from _wrapped(f"{words.run_span_words(run)}: {exit_words(run)}", width, "  ")
        facts = [quota_words(run), f"{run.requests:,} requests", run.run_id and f"id {run.run_id}", run.name]
        yield from _wrapped(printable(" · ".join(filter(None, facts)), _LONGEST_DETAIL), width, "    ")
        if run.reason:
            yield from _wrapped(f"reason: {printable(run.reason, _LONGEST_DETAIL)}", width, "    ")
    if len(overview.runs) > _RUNS_SHOWN:
        yield f"  and {len(overview.runs) - _RUNS_SHOWN:,} later runs"


def _times(overview: "Overview", width: int) -> "Iterator[str]":
    if not overview.sent:
        return
    yield from ("", "Time")
    yield f"  {words.requests_words(overview)}"
    yield from _wrapped(f"a row took {words.latency_words(overview)}", width, "  ")
    for pause in sorted(overview.pauses, key=lambda one: one.begin - one.end)[:_PAUSES_SHOWN]:
        why = printable(pause_words(pause), _LONGEST_DETAIL)
        said = f"paused {duration(pause.end - pause.begin)} from {words.moment(pause.begin)[11:]}"
        yield from _wrapped(f"{said}: {why}" if why else said, width, "  ")
    if len(overview.pauses) > _PAUSES_SHOWN:
        yield f"  and {len(overview.pauses) - _PAUSES_SHOWN:,} shorter pauses"


def _workflows(overview: "Overview") -> "Iterator[str]":
    if failing := words.most_failing(overview.workflows):
        yield from ("", "Workflows with the most rows not canceled")
        for one in failing:
            yield f"{one.failures:>11,}  of {one.rows:,}  {_name(one)}"
    if len(overview.workflows) > 1 and (slowest := words.slowest(overview.workflows)):
        yield from ("", "Slowest workflows, by the median of a row")
        for one in slowest:
            took = "" if one.latency is None else words.milliseconds(one.latency.median)
            yield f"{took:>11}  {_name(one)}"


def _causes(overview: "Overview", width: int) -> "Iterator[str]":
    if not overview.causes:
        return
    yield from ("", "Not canceled, by cause")
    for cause in overview.causes[:_CAUSES_SHOWN]:
        yield f"{cause.rows:>11,}  {printable(words.cause_words(cause), _LONGEST_DETAIL)}"
        said = f"line {cause.line}: {printable(cause.detail, _LONGEST_DETAIL)}" if cause.detail else ""
        if said:
            yield from _wrapped(f"for example {said}", width, " " * 13)
        yield from _wrapped(f"-> {cause.hint}", width, " " * 13)
    if len(overview.causes) > _CAUSES_SHOWN:
        yield f"{'':>11}  and {len(overview.causes) - _CAUSES_SHOWN:,} other causes"


def _name(one: "WorkflowTotals") -> str:
    return printable(one.workflow_id, _LONGEST_ID) or "(no workflow id)"


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
