"""What several reports come to, as plain values."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulkcancel.models import CLEAN, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bulkcancel.tally import Held


@dataclass(frozen=True, slots=True)
class ReportFile:
    """One of the reports.

    Attributes:
        name: As it was given.
        rows: How many rows it has.
        is_torn: Whether its last line is cut off, and left out.
        is_being_written: Whether a run goes on that writes it.
    """

    name: str
    rows: int
    is_torn: bool = False
    is_being_written: bool = False


@dataclass(frozen=True, slots=True)
class Latency:
    """How long rows took from their first request to their outcome, waits included, in milliseconds.

    Attributes:
        median: Half of them took so long at most.
        p90: Nine of ten.
        p99: Ninety-nine of a hundred.
        longest: All.
    """

    median: int
    p90: int
    p99: int
    longest: int

    @classmethod
    def of(cls, ordered: "Sequence[int]") -> "Latency":
        """Of durations in ascending order, at least one."""
        count = len(ordered)
        median, p90, p99 = (ordered[min(count - 1, count * share // 100)] for share in (50, 90, 99))
        return cls(median, p90, p99, ordered[-1])


@dataclass(frozen=True, slots=True)
class WorkflowTotals:
    """What became of the rows of one workflow.

    Attributes:
        workflow_id: Its id.
        outcomes: Its rows by outcome, those that occur.
        latency: Of its rows that were sent, or None where none was.
    """

    workflow_id: str
    outcomes: dict[Outcome, int]
    latency: Latency | None

    @property
    def rows(self) -> int:
        """All of its rows."""
        return sum(self.outcomes.values())

    @property
    def failures(self) -> int:
        """Those that are neither canceled, nor had ended, nor are duplicates."""
        return sum(count for outcome, count in self.outcomes.items() if outcome not in CLEAN)


@dataclass(frozen=True, slots=True)
class Cause:
    """Rows that were not canceled for one and the same reason.

    Attributes:
        outcome: Their outcome.
        code: Their error code, or empty.
        rows: How many they are.
        line: The input line of one of them.
        detail: What was said of that one.
        hint: What to do.
    """

    outcome: Outcome
    code: str
    rows: int
    line: int
    detail: str
    hint: str


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which requests were held back, or one in which no row was begun and none ended.

    Attributes:
        begin: When it began, in seconds since the epoch.
        end: When it was over.
        held: What held requests back, as a summary tells; None where the rows alone show a pause.
        is_between_runs: Whether one run was over then, and the next had not begun.
    """

    begin: float
    end: float
    held: "Held | None" = None
    is_between_runs: bool = False


def spans_of(pauses: "Iterable[Pause]") -> list[tuple[float, float]]:
    """The times that pauses cover, in order, each once."""
    spans: list[tuple[float, float]] = []
    for pause in sorted(pauses, key=lambda one: one.begin):
        if spans and pause.begin <= spans[-1][1]:
            spans[-1] = spans[-1][0], max(spans[-1][1], pause.end)
        else:
            spans.append((pause.begin, pause.end))
    return spans


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run, as its summary tells of it; texts are printable.

    Attributes:
        name: The file that it was read from.
        run_id: The run's own name, or empty.
        reason: Why it was done, as whoever did it said, or empty.
        report: What it called its report.
        site: The target, or empty where an earlier version wrote it.
        started_at: When it began, in seconds since the epoch, or None where an earlier version wrote it.
        ended_at: When it was over, likewise.
        exit_code: The process's exit status.
        stopped: Why it ended early, as a `StopReason` or what a later version has, or empty.
        rows: Rows that its report had.
        requests: Requests it sent to cancel instances.
        throttled: How many of them were answered 429, or 503 by a rate limit.
        duration: Seconds it took.
        paused: Seconds for which every request was held back.
        quota_used: The largest share of one quota window that went to it, or None.
        pauses: When requests were held back, and why; of very many, the longest.
        pauses_left_out: How many others there were.
        doubts: What speaks against its having written one of the reports, as sentences.
    """

    name: str
    run_id: str
    reason: str
    report: str
    site: str
    started_at: float | None
    ended_at: float | None
    exit_code: int
    stopped: str
    rows: int
    requests: int
    throttled: int
    duration: float
    paused: float
    quota_used: float | None
    pauses: "tuple[Held, ...]" = ()
    pauses_left_out: int = 0
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Timeline:
    """What happened when, in steps of the same length, of rows that were sent.

    Attributes:
        begin: When the first step begins, in seconds since the epoch.
        step: How long each is, in seconds.
        done: Rows that were canceled or had ended already, up to the end of each step.
        refused: Rows not found or rejected, likewise.
        open: Rows to be tried again, likewise.
        median: The median duration of the rows that ended in each step, in milliseconds, or None.
        p95: What 95 of 100 of them took at most.
        longest: What all of them took at most.
    """

    begin: float
    step: float
    done: list[int]
    refused: list[int]
    open: list[int]
    median: list[int | None]
    p95: list[int | None]
    longest: list[int | None]


@dataclass(frozen=True, slots=True)
class Overview:
    """What happened.

    Attributes:
        files: The reports.
        site: The target, or empty where no report says.
        lacks_site: Whether rows do not say which target they belong to.
        replaced: Rows that do not count, for another row of the same pair does.
        outcomes: The rows that count, by outcome; every outcome is present.
        sent: How many of them were sent.
        requests: Requests that were sent to cancel them.
        throttled: How many of these were answered 429, or 503 by a rate limit.
        begin: When the first request was sent, in seconds since the epoch, or None.
        end: When the last outcome was known, or None.
        pauses: Times in which requests were held back, or nothing happened.
        latency: Of all rows that were sent, or None.
        workflows: What became of the rows of each workflow, most rows first.
        causes: Why rows were not canceled, most frequent first.
        timeline: What happened when, or None where nothing was sent.
        runs: What summaries tell of the runs that wrote the reports, in order.
    """

    files: tuple[ReportFile, ...]
    site: str
    lacks_site: bool
    replaced: int
    outcomes: dict[Outcome, int]
    sent: int
    requests: int
    throttled: int
    begin: float | None
    end: float | None
    pauses: tuple[Pause, ...]
    latency: Latency | None
    workflows: tuple[WorkflowTotals, ...]
    causes: tuple[Cause, ...]
    timeline: Timeline | None
    runs: tuple[RunSummary, ...] = ()

    @property
    def rows(self) -> int:
        """The rows that count."""
        return sum(self.outcomes.values())

    @property
    def unfinished(self) -> int:
        """Those of them that `--resume` would try again."""
        return sum(count for outcome, count in self.outcomes.items() if not outcome.is_done)

    @property
    def failures(self) -> int:
        """Those of them that are neither canceled, nor had ended, nor are duplicates."""
        return sum(count for outcome, count in self.outcomes.items() if outcome not in CLEAN)

    @property
    def span(self) -> float:
        """Seconds from the first request to the last outcome."""
        return 0.0 if self.begin is None or self.end is None else self.end - self.begin

    @property
    def paused(self) -> float:
        """Seconds of all pauses; those of several runs, or of several kinds of requests, may overlap."""
        return sum(end - begin for begin, end in spans_of(self.pauses))

    @property
    def rate(self) -> float | None:
        """Rows per second over the whole span, or None where there is none."""
        return self.sent / self.span if self.span > 0.0 else None
