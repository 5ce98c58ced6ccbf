"""An overview in words, the same for the terminal, for Markdown and for the page."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bulkcancel.models import CLEAN, Outcome
from bulkcancel.overview.run_words import pause_causes, run_sentence
from bulkcancel.progress.words import duration, number_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bulkcancel.overview.facts import Cause, Overview, RunSummary, WorkflowTotals

SHOWN = 3  # workflows, of the slowest and of the most failing
_SECOND = 1000  # milliseconds
_ALL = 100.0
_LEAST, _MOST = 0.1, 99.9


def outcome_words(outcome: Outcome) -> str:
    """`not_found` as a person says it."""
    return outcome.value.replace("_", " ")


def verdict(overview: "Overview") -> str:
    """How it stands, in a few words."""
    if not overview.rows:
        return "No rows"
    if overview.unfinished:
        return "Not done"
    return "Done, with rows to look at" if overview.failures else "Done"


def sentences(overview: "Overview") -> list[str]:
    """What happened, when, and what is left to do."""
    if not overview.rows:
        return [f"No row was written yet{_at(overview)}."]
    lines = [_what(overview)]
    if overview.begin is not None and overview.end is not None and overview.sent:
        lines.append(_when(overview))
    if said := run_sentence(overview):
        lines.append(said)
    lines.append(_left(overview))
    return lines


def _at(overview: "Overview") -> str:
    return f" at {overview.site}" if overview.site else ""


def _what(overview: "Overview") -> str:
    counts = overview.outcomes
    canceled, ended = counts[Outcome.CANCELED], counts[Outcome.ALREADY_FINISHED]
    distinct = overview.rows - counts[Outcome.DUPLICATE]
    all_of_them = "all " if canceled == distinct and distinct > 1 else ""
    rows = f"Of {number_of(overview.rows, 'row')}{_at(overview)}"
    number_canceled = f"{canceled:,}" if canceled else "none"
    words = f"{rows}, {all_of_them}{number_canceled} {_were(canceled or 1)} canceled"
    if ended:
        words += f" and {ended:,} had ended already"
    others = [
        f"{count:,} {outcome_words(outcome)}"
        for outcome, count in counts.items()
        if count and (outcome not in CLEAN or outcome is Outcome.DUPLICATE)
    ]
    return f"{words}{'; ' if others else ''}{', '.join(others)}."


def _when(overview: "Overview") -> str:
    words = f"It took {duration(overview.span)}, {span_words(overview)}"
    if overview.rate is not None:
        words += f": {number(overview.rate)} rows a second"
    if overview.pauses:
        in_all = "" if len(overview.pauses) == 1 else " in all"
        causes = pause_causes(overview)
        words += f", with {number_of(len(overview.pauses), 'pause')} ({duration(overview.paused)}{in_all}"
        words += f": {causes})" if causes else ")"
    return f"{words}."


def _left(overview: "Overview") -> str:
    left, look = overview.unfinished, overview.failures - overview.unfinished
    again = number_of(left, "row") if left else "No row"
    words = f"{again} {_are(left or 1)} to be tried again"
    if look:
        words += f"; {look:,} {'needs' if look == 1 else 'need'} a look, where trying again would not help"
    return f"{words}."


def notes(overview: "Overview") -> list[str]:
    """What one must know to trust the numbers."""
    lines = [
        f"{one.name} is being written by a run: this is how far it is."
        for one in overview.files
        if one.is_being_written
    ]
    lines += [
        f"{one.name} ends in the middle of a line, as after a crash; that line is left out."
        for one in overview.files
        if one.is_torn
    ]
    if overview.replaced:
        lines.append(
            f"{number_of(overview.replaced, 'row')} {_are(overview.replaced)} left out: another row of the "
            "same pair got further or is later."
        )
    lines += [doubt for run in overview.runs for doubt in run.doubts]
    lines += [
        f"{run.name} has the longest of its pauses; {number_of(run.pauses_left_out, 'shorter one')} "
        f"{_are(run.pauses_left_out)} left out."
        for run in overview.runs
        if run.pauses_left_out
    ]
    if overview.lacks_site:
        lines.append("Some rows do not say which site they belong to: an earlier version wrote them.")
    return lines


def span_words(overview: "Overview") -> str:
    """From when to when: the date stands once where it is the same."""
    return "" if overview.begin is None or overview.end is None else _span(overview.begin, overview.end)


def run_span_words(run: "RunSummary") -> str:
    """When a run began and when it was over, as far as its summary says."""
    if run.started_at is None or run.ended_at is None:
        return f"{duration(run.duration)} long"
    return _span(run.started_at, run.ended_at)


def _span(first: float, last: float) -> str:
    begin, end = moment(first), moment(last)
    same_day = begin[:10] == end[:10]
    return f"from {begin} to {end[11:] if same_day else end} UTC"


def latency_words(overview: "Overview") -> str:
    """How long a row took."""
    latency = overview.latency
    if latency is None:
        return ""
    return (
        f"{milliseconds(latency.median)} in the median, {milliseconds(latency.p90)} for 9 of 10, "
        f"{milliseconds(latency.p99)} for 99 of 100, {milliseconds(latency.longest)} at most"
    )


def requests_words(overview: "Overview") -> str:
    """How many requests there were, and how many of them too many."""
    throttled = f"{overview.throttled:,} of them throttled" if overview.throttled else "none throttled"
    return f"{number_of(overview.requests, 'request')}, {throttled}"


def moment(seconds: float) -> str:
    """A moment as date and time, in UTC."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}"


def milliseconds(count: int) -> str:
    """A duration from the report."""
    return f"{count} ms" if count < _SECOND else duration(count / _SECOND)


def number(value: float) -> str:
    """A rate with as many digits as mean something."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"  # noqa: PLR2004 - two digits


def share(part: int, whole: int) -> str:
    """A share; what is not all is never rounded to it, nor what is something to nothing."""
    if not whole or not part or part == whole:
        return "100 %" if part else "0 %"
    return f"{min(max(_ALL * part / whole, _LEAST), _MOST):.1f} %"


def cause_words(cause: "Cause") -> str:
    """What a cause is called."""
    return " · ".join(filter(None, (outcome_words(cause.outcome), cause.code)))


def slowest(workflows: "Iterable[WorkflowTotals]") -> "list[WorkflowTotals]":
    """The workflows whose rows took longest in the median."""
    timed = [one for one in workflows if one.latency is not None]
    return sorted(timed, key=_median, reverse=True)[:SHOWN]


def _median(one: "WorkflowTotals") -> int:
    return 0 if one.latency is None else one.latency.median


def most_failing(workflows: "Iterable[WorkflowTotals]") -> "list[WorkflowTotals]":
    """The workflows with the most rows that were not canceled."""
    failing = [one for one in workflows if one.failures]
    return sorted(failing, key=lambda one: one.failures, reverse=True)[:SHOWN]


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
