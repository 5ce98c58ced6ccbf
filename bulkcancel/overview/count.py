"""Counts the rows that stand for a pair, into an overview."""

from array import array
from collections import Counter, defaultdict
from itertools import groupby
from typing import TYPE_CHECKING

from bulkcancel.hints import hint_for
from bulkcancel.models import CLEAN, Outcome
from bulkcancel.overview.facts import Cause, Latency, Overview, Pause, ReportFile, WorkflowTotals
from bulkcancel.overview.merge import counted
from bulkcancel.overview.moments import Moments, duration_of
from bulkcancel.overview.pauses import pauses_of
from bulkcancel.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bulkcancel.models import Result
    from bulkcancel.overview.facts import RunSummary
    from bulkcancel.overview.merge import Merged, ReportRows

_MOST_CAUSES = 100  # counted apart, for a server may give each row a code of its own
_OTHER = "other"
_LONGEST_SITE = 253
_DURATION_BITS = 32
_DURATION = (1 << _DURATION_BITS) - 1


def overview_of(
    reports: "Sequence[ReportRows]",
    merged: "Merged",
    files: "Sequence[ReportFile]",
    watchers: "Sequence[Callable[[Result], object]]" = (),
    runs: "Sequence[RunSummary]" = (),
) -> Overview:
    """Read reports a second time, and count the rows that count.

    Args:
        reports: The reports.
        merged: What the first reading found.
        files: What to say of each report.
        watchers: Are given each row that counts and is neither canceled, nor had ended, nor is a duplicate.
        runs: What summaries tell of the runs that wrote them.

    Raises:
        ReportError: One can't be read.
    """
    counting = _Counting(merged)
    for row in counted(reports, merged):
        counting.add(row)
        if row.outcome not in CLEAN:
            for watch in watchers:
                watch(row)
    return counting.end(merged, tuple(files), tuple(runs))


class _Counting:
    def __init__(self, merged: "Merged") -> None:
        self._outcomes: Counter[Outcome] = Counter()
        self._sent = self._requests = self._throttled = 0
        self._workflows: defaultdict[str, int] = defaultdict(lambda: len(self._workflows))
        self._by_workflow: Counter[tuple[int, Outcome]] = Counter()
        self._durations = array("Q")  # a workflow's number, and what one of its rows took
        self._causes: Counter[tuple[Outcome, str]] = Counter()
        self._examples: dict[tuple[Outcome, str], tuple[int, str]] = {}
        self._moments = None
        if merged.first is not None and merged.last is not None:
            self._moments = Moments(merged.first, merged.last)

    def add(self, row: "Result") -> None:
        outcome = row.outcome
        workflow = self._workflows[row.workflow_id]
        self._outcomes[outcome] += 1
        self._by_workflow[workflow, outcome] += 1
        if row.attempts:
            self._sent += 1
            self._requests += row.attempts
            self._throttled += row.throttled
            self._durations.append(workflow << _DURATION_BITS | duration_of(row))
            if self._moments is not None:
                self._moments.add(row)
        if outcome not in CLEAN:
            self._explain(row)

    def _explain(self, row: "Result") -> None:
        key = row.outcome, row.error_code
        if key not in self._examples and len(self._examples) >= _MOST_CAUSES:
            key = row.outcome, _OTHER
        self._causes[key] += 1
        self._examples.setdefault(key, (row.line, row.error_detail))

    def end(
        self, merged: "Merged", files: tuple[ReportFile, ...], runs: "tuple[RunSummary, ...]"
    ) -> Overview:
        moments = self._moments if self._sent else None
        latency = None if moments is None else moments.latency()
        usual = 0.0 if latency is None else latency.median / 1000
        pauses: tuple[Pause, ...] = ()
        if moments is not None and merged.first is not None and merged.last is not None:
            pauses = pauses_of(moments.pauses(usual), runs, merged.first, merged.last)
        return Overview(
            files=files,
            site=printable(merged.site, _LONGEST_SITE),
            lacks_site=merged.lacks_site,
            replaced=merged.replaced,
            outcomes={outcome: self._outcomes[outcome] for outcome in Outcome},
            sent=self._sent,
            requests=self._requests,
            throttled=self._throttled,
            begin=merged.first,
            end=merged.last,
            pauses=pauses,
            latency=latency,
            workflows=self._totals(),
            causes=tuple(self._cause(*key, rows) for key, rows in self._causes.most_common()),
            timeline=None if moments is None else moments.timeline(),
            runs=runs,
        )

    def _cause(self, outcome: Outcome, code: str, rows: int) -> Cause:
        line, detail = self._examples[outcome, code]
        return Cause(outcome, code, rows, line, detail, hint_for(outcome, code))

    def _totals(self) -> tuple[WorkflowTotals, ...]:
        latencies = {
            workflow: Latency.of([duration & _DURATION for duration in durations])
            for workflow, durations in groupby(sorted(self._durations), key=lambda one: one >> _DURATION_BITS)
        }
        outcomes: defaultdict[int, dict[Outcome, int]] = defaultdict(dict)
        for (workflow, outcome), count in self._by_workflow.items():
            outcomes[workflow][outcome] = count
        totals = [
            WorkflowTotals(name, outcomes[workflow], latencies.get(workflow))
            for name, workflow in self._workflows.items()
        ]
        return tuple(sorted(totals, key=lambda one: (-one.rows, one.workflow_id)))
