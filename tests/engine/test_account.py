"""What a run has begun, recorded and left, and how it loses its report."""

import pytest
from support.faketime import FakeClock

from bulkcancel.engine.account import RunAccount
from bulkcancel.engine.limiter import Limiter
from bulkcancel.engine.stop_signal import StopSignal
from bulkcancel.engine.work_item import WorkItem
from bulkcancel.models import InstanceRef, Outcome, Result
from bulkcancel.pacing import Pacer
from bulkcancel.tally import LineSet, Summary, Tally


def item(line: int, attempts: int = 0) -> WorkItem:
    """A row on its way."""
    return WorkItem(InstanceRef("w", f"i{line}", line), attempts=attempts)


def limiter() -> Limiter:
    """One that has held back nothing."""
    return Limiter(Pacer(concurrency=1), FakeClock(), StopSignal())


def summary_of(account: RunAccount, limits: Limiter) -> Summary:
    """What it has come to."""
    return account.summary(None, limits, duration=1.0, stop=None, ignore_not_found=False)


def test_a_row_that_is_left_is_nobody_s_any_more() -> None:
    """The report says of it what there is to say; the others are still to be reported."""
    account, limits = RunAccount(), limiter()
    account.begin(None, limits)
    sent, left = item(1, attempts=2), item(2, attempts=1)
    account.take(sent)
    account.take(left)
    account.leave(left)
    summary = summary_of(account, limits)
    assert (list(summary.left.unrecorded), summary.left.requests, summary.left.unreported) == ([1], 2, 1)


@pytest.mark.parametrize("is_gone", [True, False])
def test_a_lost_report_takes_with_it_what_it_held(*, is_gone: bool) -> None:
    """All of it where it is gone, with what earlier runs had recorded; else perhaps the newest rows."""
    tally = Tally()
    tally.recorded(Outcome.CANCELED)
    tally.recorded(Outcome.FAILED)
    account, limits = RunAccount(tally), limiter()
    account.begin(None, limits)
    for line in (3, 4):
        account.record(Result(line, "w", "i", Outcome.CANCELED, attempts=1), item(line, attempts=1))
    account.lose("It is lost.", [4], is_gone=is_gone)
    assert account.is_closed is True
    loss = summary_of(account, limits).loss
    assert loss is not None
    assert (loss.words, loss.is_gone) == ("It is lost.", is_gone)
    assert (loss.sent, loss.earlier) == ((LineSet([3, 4]), 2) if is_gone else (LineSet([4]), 0))


def test_only_the_first_loss_counts_unless_the_report_is_gone() -> None:
    """What came first is why."""
    account = RunAccount()
    account.lose("first", [1], is_gone=False)
    account.lose("second", [2], is_gone=False)
    assert account.loss is not None
    assert account.loss.words == "first"
    account.lose("gone", [], is_gone=True)
    assert account.loss.words == "gone"


def test_pauses_of_an_earlier_run_are_not_this_one_s() -> None:
    """A session's limiter serves one run after the other."""
    account, limits = RunAccount(), limiter()
    limits.paused = 5.0
    account.begin(None, limits)
    limits.paused = 7.5
    assert summary_of(account, limits).paused == 2.5
