"""Results become counts, and counts become a summary and an exit code."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from bulkcancel.models import CLEAN, COUNTS_AS_FAILURE, ExitCode, Outcome, Result, StopReason
from bulkcancel.tally.held import Held
from bulkcancel.tally.lines import LineSet
from bulkcancel.tally.workflows import WorkflowCounts
from bulkcancel.text import rfc3339

_MOST_CODES = 100  # counted apart, for a server may give each row a code of its own
_OTHER_CODES = "other"


@dataclass(slots=True)
class Tally:
    """Running counts over the rows of a report.

    Attributes:
        outcomes: Rows per outcome, this run's and those of the report it resumed.
        finished: Rows this run gave an outcome by sending something.
        failed: Those of them that count against `--max-failures`.
        requests: Requests this run sent to cancel instances.
        throttled: How many of them were answered 429, or 503 by a rate limit.
        errors: Rows per error code, this run's; past a hundred different ones, the rest as `other`.
        examples: One row's detail per error code.
        causes: That row's outcome.
        sent: The lines of the rows that this run sent and gave an outcome.
        workflows: What came of the rows of each workflow that this run sent.
    """

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    finished: int = 0
    failed: int = 0
    requests: int = 0
    throttled: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    causes: dict[str, Outcome] = field(default_factory=dict)
    sent: LineSet = field(default_factory=LineSet)
    workflows: WorkflowCounts = field(default_factory=WorkflowCounts)

    def recorded(self, outcome: Outcome, previous: Outcome | None = None) -> None:
        """Count a row that stands in the report from an earlier run."""
        if previous is not None:
            self.outcomes[previous] -= 1
        self.outcomes[outcome] += 1

    def add(self, result: Result, previous: Outcome | None = None) -> None:
        """Count a new result; `previous` is the recorded outcome it takes the place of."""
        self.recorded(result.outcome, previous)
        if result.attempts:
            self.finished += 1
            self.sent.add(result.line)
            self.requests += result.attempts
            self.throttled += result.throttled
            is_failed = result.outcome in COUNTS_AS_FAILURE
            self.failed += is_failed
            self.workflows.add(result.workflow_id, result.duration_ms, is_failed=is_failed)
        if code := result.error_code:
            if code not in self.examples and len(self.examples) >= _MOST_CODES:
                code = _OTHER_CODES
            self.errors[code] += 1
            if code not in self.examples:
                self.examples[code] = f"line {result.line}: {result.error_detail}"
                self.causes[code] = result.outcome

    @property
    def rows(self) -> int:
        """All rows counted: equal to the input rows of a finished run."""
        return self.outcomes.total()

    @property
    def unfinished(self) -> int:
        """Rows that `--resume` would try again."""
        return sum(count for outcome, count in self.outcomes.items() if not outcome.is_done)

    def exit_code(self, stop: StopReason | None = None, *, ignore_not_found: bool = False) -> ExitCode:
        """The exit status these counts and this end of the run call for."""
        if stop is not None:
            return stop.exit_code
        clean = CLEAN | {Outcome.NOT_FOUND} if ignore_not_found else CLEAN
        if any(count and outcome not in clean for outcome, count in self.outcomes.items()):
            return ExitCode.INCOMPLETE
        return ExitCode.OK


@dataclass(frozen=True, slots=True)
class ReportLoss:
    """How a run's report was lost, and what with it.

    Attributes:
        words: What happened, as a sentence.
        sent: The input lines of rows that this run sent, that the report had taken, and that may be lost.
        is_gone: Whether the report itself is gone. Else those rows are perhaps not on the disk.
        earlier: Rows that stood in it before this run, where it is gone.
    """

    words: str
    sent: LineSet = field(default_factory=LineSet)
    is_gone: bool = False
    earlier: int = 0


@dataclass(frozen=True, slots=True)
class Leftover:
    """What a run leaves that is not in the counts over its report.

    Attributes:
        unrecorded: Input lines of rows that were sent and have no outcome on record: the run was left
            before their answer came, or the report could not take it.
        requests: Requests that were sent for them.
        throttled: How many of these were answered 429.
        unreported: Input rows that are known of and have no row in the report, those above included.
        may_have_more: Whether the input may have more rows than are known of.
        is_limited: Whether reading ended because of the setting `limit`.
        gone: Rows on record that are to be tried again, and that are not in the input any more.
    """

    unrecorded: LineSet = field(default_factory=LineSet)
    requests: int = 0
    throttled: int = 0
    unreported: int = 0
    may_have_more: bool = False
    is_limited: bool = False
    gone: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run came to.

    Attributes:
        outcomes: Rows per outcome; every outcome is present.
        rows: The input rows these add up to.
        unfinished: Those of them that `--resume` would try again.
        requests: Requests this run sent to cancel instances.
        throttled: How many of them were answered 429, or 503 by a rate limit.
        duration: Seconds the run took.
        paused: Seconds for which a used-up quota, 429s or an outage held back every request.
        quota_used: The largest share of one quota window that went to this run, 0.0 to 1.0, or None.
        stop: Why the run ended early, or None.
        exit_code: The process's exit status.
        errors: Rows per error code, most frequent first.
        examples: One row's detail per error code.
        causes: That row's outcome.
        workflows: What came of the rows of each workflow that this run sent.
        left: What is not in these counts: rows that were sent and not recorded, and those not reached.
        loss: How the report was lost, or None.
        site: What the report calls the API, or empty.
        started_at: When the run began, in seconds since the epoch, or None.
        ended_at: When it was over.
        pauses: When requests were held back, and why; of very many, the longest.
        pauses_left_out: How many others there were.
    """

    outcomes: dict[Outcome, int]
    rows: int
    unfinished: int
    requests: int
    throttled: int
    duration: float
    paused: float
    quota_used: float | None
    stop: StopReason | None
    exit_code: ExitCode
    errors: dict[str, int]
    examples: dict[str, str]
    causes: dict[str, Outcome] = field(default_factory=dict)
    workflows: WorkflowCounts = field(default_factory=WorkflowCounts)
    left: Leftover = field(default_factory=Leftover)
    loss: ReportLoss | None = None
    site: str = ""
    started_at: float | None = None
    ended_at: float | None = None
    pauses: tuple[Held, ...] = ()
    pauses_left_out: int = 0

    def as_dict(self) -> dict[str, Any]:
        """The summary's JSON form, as `--summary` writes it, and `schemas/summary.v1.json` describes it."""
        return {
            **self.counts(),
            "causes": {code: outcome.value for code, outcome in self.causes.items()},
            "workflows": self.workflows.as_dict(),
            "site": self.site,
            "started_at": None if self.started_at is None else rfc3339(self.started_at),
            "ended_at": None if self.ended_at is None else rfc3339(self.ended_at),
            "pauses": [one.as_dict() for one in self.pauses],
            "pauses_left_out": self.pauses_left_out,
        }

    def counts(self) -> dict[str, Any]:
        """The part of it that fits into the last line of a log."""
        return {
            "schema_version": 1,
            "rows": self.rows,
            "outcomes": {outcome.value: count for outcome, count in self.outcomes.items()},
            "unreported": self.left.unreported,
            "may_have_more": self.left.may_have_more,
            "unrecorded": len(self.left.unrecorded),
            "requests": self.requests,
            "throttled": self.throttled,
            "duration_s": round(self.duration, 3),
            "paused_s": round(self.paused, 3),
            "quota_used": None if self.quota_used is None else round(self.quota_used, 4),
            "stopped": None if self.stop is None else self.stop.value,
            "exit_code": int(self.exit_code),
            "errors": self.errors,
            "examples": self.examples,
        }


def summarize(  # noqa: PLR0913 - what a run came to, by name
    tally: Tally,
    *,
    duration: float,
    paused: float = 0.0,
    quota_used: float | None = None,
    stop: StopReason | None = None,
    ignore_not_found: bool = False,
    left: Leftover | None = None,
    loss: ReportLoss | None = None,
) -> Summary:
    """Close the account: turn the running counts into a `Summary`.

    Args:
        tally: The counts over the report's rows.
        duration: Seconds the run took.
        paused: Seconds for which every request was held back.
        quota_used: The largest share of one quota window that went to this run, or None.
        stop: Why the run ended early, or None.
        ignore_not_found: Whether `not_found` rows leave the exit code at 0.
        left: What is not in those counts.
        loss: How the report was lost, or None.
    """
    left = left or Leftover()
    return Summary(
        outcomes={outcome: tally.outcomes[outcome] for outcome in Outcome},
        rows=tally.rows,
        unfinished=tally.unfinished,
        requests=tally.requests + left.requests,
        throttled=tally.throttled + left.throttled,
        duration=duration,
        paused=paused,
        quota_used=quota_used,
        stop=stop,
        exit_code=tally.exit_code(stop, ignore_not_found=ignore_not_found),
        errors=dict(tally.errors.most_common()),
        examples=tally.examples,
        causes=tally.causes,
        workflows=tally.workflows,
        left=left,
        loss=loss,
    )
