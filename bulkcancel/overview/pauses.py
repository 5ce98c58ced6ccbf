"""The pauses of a whole: what summaries tell of them, and what else the rows show."""

from bisect import bisect_right
from operator import itemgetter
from typing import TYPE_CHECKING

from bulkcancel.overview.facts import Pause, spans_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bulkcancel.overview.facts import RunSummary

_MOSTLY = 0.5  # of a gap in the rows: so much of it is explained by what a summary tells


def pauses_of(
    gaps: "Iterable[Pause]", runs: "Sequence[RunSummary]", begin: float, end: float
) -> tuple[Pause, ...]:
    """All of them, in order.

    Args:
        gaps: Times in which no row began and none ended.
        runs: The runs that there are summaries of.
        begin: When the first request was sent.
        end: When the last outcome was known.
    """
    told = [
        Pause(max(held.begin, begin), min(held.end, end), held)
        for run in runs
        for held in run.pauses
        if held.begin < end and held.end > begin
    ]
    covered = spans_of(told)
    others = [
        Pause(gap.begin, gap.end, is_between_runs=_is_between(gap, runs))
        for gap in gaps
        if _covered(gap, covered) < _MOSTLY * (gap.end - gap.begin)
    ]
    return tuple(sorted([*told, *others], key=lambda one: one.begin))


def longest(pauses: "Iterable[Pause]", count: int) -> list[Pause]:
    """The longest of them, in the order they happened in."""
    found = sorted(pauses, key=lambda one: one.begin - one.end)[:count]
    return sorted(found, key=lambda one: one.begin)


def _covered(gap: Pause, spans: "Sequence[tuple[float, float]]") -> float:
    """Seconds of a gap in which requests were held back."""
    seconds, index = 0.0, bisect_right(spans, gap.begin, key=itemgetter(1))
    while index < len(spans) and spans[index][0] < gap.end:
        begin, end = spans[index]
        seconds += min(end, gap.end) - max(begin, gap.begin)
        index += 1
    return seconds


def _is_between(gap: Pause, runs: "Iterable[RunSummary]") -> bool:
    """Whether the middle of a gap lies after a run and before another, and in none."""
    middle = (gap.begin + gap.end) / 2
    spans = [(run.started_at, run.ended_at) for run in runs]
    known = [(begin, end) for begin, end in spans if begin is not None and end is not None]
    return (
        any(end <= middle for _, end in known)
        and any(begin >= middle for begin, _ in known)
        and not any(begin < middle < end for begin, end in known)
    )
