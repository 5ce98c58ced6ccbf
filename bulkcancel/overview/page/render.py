"""Makes the page of an overview. What servers said stands in it as text and as data, never as markup."""

import json
from base64 import b64encode
from hashlib import sha256
from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from bulkcancel._version import __version__
from bulkcancel.models import CLEAN, RETRYABLE
from bulkcancel.overview import words
from bulkcancel.overview.page.rows import FailureRows
from bulkcancel.overview.pauses import longest
from bulkcancel.overview.run_words import exit_words, pause_words, quota_words, short_pause_words
from bulkcancel.progress.words import duration
from bulkcancel.tally import HeldBy
from bulkcancel.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bulkcancel.models import Outcome, Result
    from bulkcancel.overview.facts import Latency, Overview, Pause, RunSummary, Timeline, WorkflowTotals

#: How each of our pages begins, and no other file.
MARK = b"<!doctype html>\n<!-- bulkcancel report -->\n"
_SCRIPTS = ("vendor/uplot.min.js", "vendor/datatables.min.js", "page.js")
_STYLES = ("vendor/uplot.min.css", "page.css")
_LICENCES = ("vendor/uplot.LICENSE.txt", "vendor/datatables.LICENSE.txt")
_NOTHING_ELSE = "default-src 'none'; base-uri 'none'; form-action 'none'"
_MOST_WORKFLOWS = 10_000
_MOST_CAUSES = 100
_MOST_PAUSES = 500
_PRINTED_ROWS = 200  # of the failures, on paper
_SLICES = 12  # of the table that says what a chart shows
_MOST_RUNS = 500
_LONGEST_NAME = 4096
_KINDS = {
    "quota": "held back by the quota or a rate limit",
    "outage": "held back by an outage",
    "between": "between two runs",
    "pause": "no row began or ended",
}


class Page:
    """Takes the rows that were not canceled, and makes a page of them and the overview."""

    def __init__(self) -> None:
        self._rows = FailureRows()

    def take(self, row: "Result") -> None:
        """Take a row that was not canceled."""
        self._rows.take(row)

    def render(self, overview: "Overview") -> str:
        """The page."""
        environment = Environment(
            autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        template = environment.from_string(_asset("page.html.jinja"))
        pauses = longest(overview.pauses, _MOST_PAUSES)
        scripts = [_asset(name) for name in _SCRIPTS]
        return template.render(
            title=f"Cancel at {overview.site}" if overview.site else "Cancel of workflow executions",
            verdict=words.verdict(overview),
            is_good=bool(overview.rows) and not overview.failures,
            is_open=bool(overview.unfinished),
            overview=overview,
            sentences=words.sentences(overview),
            notes=words.notes(overview),
            outcomes=list(_outcomes(overview)),
            causes=[(words.cause_words(cause), cause) for cause in overview.causes[:_MOST_CAUSES]],
            more_causes=max(0, len(overview.causes) - _MOST_CAUSES),
            more_workflows=max(0, len(overview.workflows) - _MOST_WORKFLOWS),
            left_out=self._rows.left_out,
            printed_rows=_PRINTED_ROWS,
            files=[(printable(one.name, _LONGEST_NAME), one.rows) for one in overview.files],
            slices=[] if overview.timeline is None else list(_slices(overview.timeline)),
            runs=[_run(one) for one in overview.runs[:_MOST_RUNS]],
            more_runs=max(0, len(overview.runs) - _MOST_RUNS),
            pauses=[
                (
                    words.moment(one.begin),
                    duration(one.end - one.begin),
                    pause_words(one) or short_pause_words(one),
                )
                for one in pauses
            ],
            pause_kinds=_pause_kinds(pauses),
            requests=words.requests_words(overview),
            latency=words.latency_words(overview),
            version=__version__,
            policy=_policy(scripts),
            styles=[Markup(_asset(name)) for name in _STYLES],  # noqa: S704 - our own files
            scripts=[Markup(script) for script in scripts],  # noqa: S704 - the same
            licences=[_asset(name) for name in _LICENCES],
            data=_as_script(self._data(overview)),
            printable=printable,
        )

    def _data(self, overview: "Overview") -> dict[str, Any]:
        return {
            "timeline": _timeline(overview.timeline),
            "pauses": [
                [one.begin, one.end, _pause_kind(one), short_pause_words(one)]
                for one in longest(overview.pauses, _MOST_PAUSES)
            ],
            "workflows": [_workflow(one) for one in overview.workflows[:_MOST_WORKFLOWS]],
            "failures": self._rows.data(),
            "printedRows": _PRINTED_ROWS,
        }


def _asset(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _run(one: "RunSummary") -> tuple[str, ...]:
    return (
        words.run_span_words(one),
        exit_words(one),
        one.reason,
        f"{one.requests:,}",
        quota_words(one),
        one.run_id,
        printable(one.name, _LONGEST_NAME),
    )


def _pause_kind(one: "Pause") -> str:
    """What it is colored by."""
    if one.held is None:
        return "between" if one.is_between_runs else "pause"
    return "outage" if one.held.reason is HeldBy.OUTAGE else "quota"


def _pause_kinds(pauses: "list[Pause]") -> list[tuple[str, str]]:
    """Each kind that occurs, and what it means; none where summaries tell of none."""
    found = {_pause_kind(one) for one in pauses}
    return [] if found <= {"pause"} else [(kind, said) for kind, said in _KINDS.items() if kind in found]


def _policy(scripts: list[str]) -> str:
    """What the page may do: run these scripts, and load nothing at all."""
    sums = (b64encode(sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{one}'" for one in sums)
    return f"{_NOTHING_ELSE}; script-src {allowed}; style-src 'unsafe-inline'; img-src data:"


def _as_script(data: dict[str, Any]) -> Markup:
    """Data as JSON in which nothing can end the element it stands in."""
    text = json.dumps(data, separators=(",", ":"))
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)  # noqa: S704 - it has no markup left


def _outcomes(overview: "Overview") -> "Iterator[tuple[str, str, int, str]]":
    for outcome, count in overview.outcomes.items():
        if count:
            yield words.outcome_words(outcome), _kind(outcome), count, words.share(count, overview.rows)


def _kind(outcome: "Outcome") -> str:
    """Good, to be tried again, or neither: what it is colored by."""
    if outcome in CLEAN:
        return "good"
    return "open" if outcome in RETRYABLE else "refused"


def _timeline(timeline: "Timeline | None") -> dict[str, Any] | None:
    if timeline is None:
        return None
    steps = range(1, len(timeline.done) + 1)
    return {
        "at": [round(timeline.begin + step * timeline.step, 3) for step in steps],
        "begin": timeline.begin,
        "done": timeline.done,
        "refused": timeline.refused,
        "open": timeline.open,
        "median": timeline.median,
        "p95": timeline.p95,
        "longest": timeline.longest,
    }


def _slices(timeline: "Timeline") -> "Iterator[tuple[str, int, int, int, str]]":
    """What the charts show, in a few rows."""
    steps = len(timeline.done)
    for end in range(steps // _SLICES, steps + 1, steps // _SLICES):
        medians = [one for one in timeline.median[end - steps // _SLICES : end] if one is not None]
        yield (
            words.moment(timeline.begin + end * timeline.step),
            timeline.done[end - 1],
            timeline.refused[end - 1],
            timeline.open[end - 1],
            words.milliseconds(sorted(medians)[len(medians) // 2]) if medians else "",
        )


def _workflow(one: "WorkflowTotals") -> list[Any]:
    counts = one.outcomes
    again = sum(count for outcome, count in counts.items() if outcome in RETRYABLE)
    return [
        printable(one.workflow_id, _LONGEST_NAME) or "(no workflow id)",
        one.rows,
        one.rows - one.failures,
        one.failures - again,
        again,
        *_took(one.latency),
    ]


def _took(latency: "Latency | None") -> tuple[int | None, int | None, int | None]:
    return (None, None, None) if latency is None else (latency.median, latency.p90, latency.longest)
