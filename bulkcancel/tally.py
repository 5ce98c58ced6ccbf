"""Results become counts, and counts become a summary and an exit code."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from bulkcancel.models import COUNTS_AS_FAILURE, ExitCode, Outcome, Result, StopReason

_STOP_CODES = {
    StopReason.INTERRUPTED: ExitCode.INTERRUPTED,
    StopReason.TERMINATED: ExitCode.TERMINATED,
    StopReason.REPORT_LOST: ExitCode.REPORT_LOST,
}
_MOST_CODES = 100  # a server may give each row a code of its own
_OTHER_CODES = "other"
_CLEAN = frozenset({Outcome.CANCELED, Outcome.ALREADY_FINISHED, Outcome.DUPLICATE})


@dataclass(slots=True)
class Tally:
    """Running counts over the rows of a report.

    Attributes:
        outcomes: Rows per outcome, this run's and those of the report it resumed.
        finished: Rows this run gave an outcome by sending something.
        failed: Those of them that count against `--max-failures`.
        requests: Requests this run sent to cancel instances.
        throttled: How many of them were answered 429.
        errors: Rows per error code, this run's; past a hundred different ones, the rest as `other`.
        examples: One row's detail per error code.
    """

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    finished: int = 0
    failed: int = 0
    requests: int = 0
    throttled: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

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
            self.requests += result.attempts
            self.throttled += result.throttled
            if result.outcome in COUNTS_AS_FAILURE:
                self.failed += 1
        if code := result.error_code:
            if code not in self.examples and len(self.examples) >= _MOST_CODES:
                code = _OTHER_CODES
            self.errors[code] += 1
            if code not in self.examples:
                self.examples[code] = f"line {result.line}: {result.error_detail}"

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
            return _STOP_CODES.get(stop, ExitCode.STOPPED)
        clean = _CLEAN | {Outcome.NOT_FOUND} if ignore_not_found else _CLEAN
        if any(count and outcome not in clean for outcome, count in self.outcomes.items()):
            return ExitCode.INCOMPLETE
        return ExitCode.OK


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run came to.

    Attributes:
        outcomes: Rows per outcome; every outcome is present.
        rows: The input rows these add up to.
        requests: Requests this run sent to cancel instances.
        throttled: How many of them were answered 429.
        duration: Seconds the run took.
        paused: Seconds for which a used-up quota, 429s or an outage held back every request.
        quota_used: The largest share of one quota window that went to this run, 0.0 to 1.0, or None.
        stop: Why the run ended early, or None.
        exit_code: The process's exit status.
        errors: Rows per error code, most frequent first.
        examples: One row's detail per error code.
        unrecorded: Results that the report could not take, when it was lost.
    """

    outcomes: dict[Outcome, int]
    rows: int
    requests: int
    throttled: int
    duration: float
    paused: float
    quota_used: float | None
    stop: StopReason | None
    exit_code: ExitCode
    errors: dict[str, int]
    examples: dict[str, str]
    unrecorded: tuple[Result, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The summary's JSON form, as `--summary` writes it."""
        return {
            "rows": self.rows,
            "outcomes": {outcome.value: count for outcome, count in self.outcomes.items()},
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


def summarize(
    tally: Tally,
    *,
    duration: float,
    paused: float = 0.0,
    quota_used: float | None = None,
    stop: StopReason | None = None,
    ignore_not_found: bool = False,
    unrecorded: tuple[Result, ...] = (),
) -> Summary:
    """Close the books: turn the running counts into a `Summary`."""
    return Summary(
        outcomes={outcome: tally.outcomes[outcome] for outcome in Outcome},
        rows=tally.rows,
        requests=tally.requests,
        throttled=tally.throttled,
        duration=duration,
        paused=paused,
        quota_used=quota_used,
        stop=stop,
        exit_code=tally.exit_code(stop, ignore_not_found=ignore_not_found),
        errors=dict(tally.errors.most_common()),
        examples=tally.examples,
        unrecorded=unrecorded,
    )
