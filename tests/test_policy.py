"""What follows from answers, as tables of (what happened, what is done)."""

import pytest

from bulkcancel import answers, policy
from bulkcancel.models import Failure, FailureKind, Outcome, Reply, StopReason


@pytest.mark.parametrize(
    ("failures", "jitter", "seconds"),
    [(1, 1.0, 1.0), (2, 1.0, 2.0), (3, 0.5, 2.0), (9, 1.0, 20.0), (10_000, 1.0, 20.0), (4, 0.0, 0.0)],
)
def test_backoff_doubles_to_its_cap(failures: int, jitter: float, seconds: float) -> None:
    """Exponential, with full jitter, and capped."""
    assert policy.backoff(failures, jitter) == seconds


@pytest.mark.parametrize(
    ("failed", "finished", "value", "is_percent", "want"),
    [
        (2, 2, 3.0, False, False),
        (3, 3, 3.0, False, True),
        (19, 19, 10.0, True, False),
        (2, 20, 10.0, True, True),
        (1, 20, 10.0, True, False),
        (7, 100, 10.0, True, False),
        (9, 100, 10.0, True, False),
        (10, 100, 10.0, True, True),
        (10, 101, 10.0, True, False),
        (5, 1000, 0.5, True, True),
        (4, 1000, 0.5, True, False),
    ],
)
def test_max_failures_is_judged(
    failed: int, finished: int, value: float, *, is_percent: bool, want: bool
) -> None:
    """A share is judged from 20 rows on."""
    assert policy.too_many_failures(failed, finished, value, is_percent=is_percent) is want


def test_an_outage_is_waited_out_for_minutes() -> None:
    """Longer where the API has answered before."""
    assert not policy.is_out_of_reach(299, has_answered=True)
    assert policy.is_out_of_reach(300, has_answered=True)
    assert policy.is_out_of_reach(120, has_answered=False)
    assert not policy.is_out_of_reach(119.9, has_answered=False)
    assert not policy.is_out_of_reach(120, has_answered=True)


def test_a_row_cut_short_says_so() -> None:
    """Without an answer it was not attempted; else its last answer counts."""
    words = "the run stopped first (interrupted)"
    assert policy.cut_short(None, StopReason.INTERRUPTED) == (Outcome.NOT_ATTEMPTED, words)
    slow = answers.classify(Failure(FailureKind.TIMEOUT, "slow"))
    assert policy.cut_short(slow, StopReason.INTERRUPTED)[1] == "slow (the run stopped: interrupted)"
    outcome, detail = policy.cut_short(answers.classify(Reply(500, {}, b"")), StopReason.MAX_DURATION)
    assert (outcome, detail) == (Outcome.FAILED, "(the run stopped: max_duration)")
