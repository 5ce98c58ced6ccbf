"""An overview as Markdown, for a ticket or a post-mortem; what servers said stands in it as code."""

import re
from typing import TYPE_CHECKING

from bulkcancel.overview import words
from bulkcancel.overview.pauses import longest
from bulkcancel.overview.run_words import exit_words, pause_detail, quota_words, short_pause_words
from bulkcancel.progress.words import duration
from bulkcancel.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bulkcancel.overview.facts import Overview, WorkflowTotals

_CAUSES_SHOWN = 20
_WORKFLOWS_SHOWN = 20
_RUNS_SHOWN = 20
_PAUSES_SHOWN = 20
_LONGEST = 300
_TICKS = re.compile(r"`+")


def markdown_of(overview: "Overview") -> str:
    """The whole of it."""
    return "".join(f"{line}\n" for line in _lines(overview))


def _lines(overview: "Overview") -> "Iterator[str]":
    site = f" at {code(overview.site)}" if overview.site else ""
    yield f"# Cancel of workflow executions{site}: {words.verdict(overview)}"
    yield ""
    yield plain(" ".join(words.sentences(overview)))
    for note in words.notes(overview):
        yield from ("", f"> {plain(note)}")
    if not overview.rows:
        return
    yield from _section("Outcomes", ("outcome", "rows", "share"), _outcomes(overview))
    if overview.runs:
        more = len(overview.runs) - _RUNS_SHOWN
        columns = ("when (UTC)", "ended with", "reason", "requests", "quota used", "run")
        yield from _section("Runs", columns, _runs(overview), more)
    if overview.sent:
        yield from ("", f"{words.requests_words(overview)}. A row took {words.latency_words(overview)}.")
    if overview.runs and overview.pauses:
        more = len(overview.pauses) - _PAUSES_SHOWN
        yield from _section("Pauses", ("since (UTC)", "for", "why"), _pauses(overview), more)
    if overview.causes:
        more = len(overview.causes) - _CAUSES_SHOWN
        yield from _section(
            "Not canceled, by cause", ("rows", "cause", "for example", "what to do"), _causes(overview), more
        )
    more = len(overview.workflows) - _WORKFLOWS_SHOWN
    yield from _section(
        "Workflows", ("workflow", "rows", "not canceled", "median", "longest"), _workflows(overview), more
    )
    yield from ("", "## Reports", "")
    for one in overview.files:
        yield f"- {code(one.name)}: {one.rows:,} rows"


def _outcomes(overview: "Overview") -> "Iterator[Sequence[str]]":
    for outcome, count in overview.outcomes.items():
        if count:
            yield words.outcome_words(outcome), f"{count:,}", words.share(count, overview.rows)


def _runs(overview: "Overview") -> "Iterator[Sequence[str]]":
    for run in overview.runs[:_RUNS_SHOWN]:
        yield (
            words.run_span_words(run),
            plain(exit_words(run)),
            code(run.reason) if run.reason else "",
            f"{run.requests:,}",
            quota_words(run),
            code(run.run_id) if run.run_id else "",
        )


def _pauses(overview: "Overview") -> "Iterator[Sequence[str]]":
    for pause in longest(overview.pauses, _PAUSES_SHOWN):
        detail = pause_detail(pause)
        why = plain(short_pause_words(pause)) + (f", {code(detail)}" if detail else "")
        yield words.moment(pause.begin), duration(pause.end - pause.begin), why


def _causes(overview: "Overview") -> "Iterator[Sequence[str]]":
    for cause in overview.causes[:_CAUSES_SHOWN]:
        name = words.outcome_words(cause.outcome) + (f", {code(cause.code)}" if cause.code else "")
        example = f"line {cause.line}: {code(cause.detail)}" if cause.detail else f"line {cause.line}"
        yield f"{cause.rows:,}", name, example, cause.hint


def _workflows(overview: "Overview") -> "Iterator[Sequence[str]]":
    for one in overview.workflows[:_WORKFLOWS_SHOWN]:
        yield _name(one), f"{one.rows:,}", f"{one.failures:,}", *_took(one)


def _name(one: "WorkflowTotals") -> str:
    return code(one.workflow_id) if one.workflow_id else "no workflow id"


def _took(one: "WorkflowTotals") -> tuple[str, str]:
    if one.latency is None:
        return "", ""
    return words.milliseconds(one.latency.median), words.milliseconds(one.latency.longest)


def _section(
    title: str, columns: "Sequence[str]", rows: "Iterator[Sequence[str]]", more: int = 0
) -> "Iterator[str]":
    yield from ("", f"## {title}", "", _row(columns), _row(["---"] * len(columns)))
    yield from map(_row, rows)
    if more > 0:
        yield from ("", f"And {more:,} more.")


def _row(cells: "Sequence[str]") -> str:
    return f"| {' | '.join(cells)} |"


def code(text: str) -> str:
    """A text as code, whatever it holds: no mark-up, no mention, no end of a cell."""
    shown = printable(text, _LONGEST).replace("|", "\\|").strip() or " "
    fence = "`" * (max(map(len, _TICKS.findall(shown)), default=0) + 1)
    space = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{space}{shown}{space}{fence}"


def plain(text: str) -> str:
    """A sentence of ours, with names in it that may hold anything."""
    return re.sub(r"([\\`*_{}\[\]<>#|~@])", r"\\\1", printable(text, 20 * _LONGEST))
