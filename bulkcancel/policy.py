"""What follows from answers: when to try again, when to stop, and what a row that is cut short comes to.

These are pure functions. Nothing here waits, sends or knows the time.
"""

from typing import TYPE_CHECKING

from bulkcancel.answers import outcome_of
from bulkcancel.models import Outcome

if TYPE_CHECKING:
    from bulkcancel.answers import Classification
    from bulkcancel.models import StopReason

_BACKOFF_FIRST = 1.0
_BACKOFF_CAP = 20.0
_PERCENT_NEEDS_ROWS = 20
_OUTAGE_LIMIT = 300.0
_OUTAGE_LIMIT_AT_FIRST = 120.0


def backoff(failures: int, jitter: float) -> float:
    """Seconds to wait after a row's n-th fault: exponential with full jitter, capped at 20 s.

    Args:
        failures: Faults so far, from 1.
        jitter: A random number from 0.0 to 1.0, so that the function itself stays pure.
    """
    return min(_BACKOFF_CAP, _BACKOFF_FIRST * 2.0 ** min(failures - 1, 16)) * jitter


def too_many_failures(failed: int, finished: int, value: float, *, is_percent: bool) -> bool:
    """Whether `--max-failures` is reached; a share is judged from 20 finished rows on."""
    if not is_percent:
        return failed >= value
    return finished >= _PERCENT_NEEDS_ROWS and failed * 100.0 >= value * finished


def is_out_of_reach(down_for: float, *, has_answered: bool) -> bool:
    """Whether an outage has lasted so long that the run should stop and be resumed later.

    Args:
        down_for: Seconds since the API last gave a usable answer.
        has_answered: Whether it ever gave one in this run.
    """
    return down_for >= (_OUTAGE_LIMIT if has_answered else _OUTAGE_LIMIT_AT_FIRST)


def cut_short(classification: "Classification | None", reason: "StopReason") -> tuple[Outcome, str]:
    """The outcome and detail of a row that was not decided when the run ended, by its last answer if any."""
    if classification is None:
        return Outcome.NOT_ATTEMPTED, f"the run stopped first ({reason.value})"
    return outcome_of(
        classification.verdict
    ), f"{classification.detail} (the run stopped: {reason.value})".strip()
