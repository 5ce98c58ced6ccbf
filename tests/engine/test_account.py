"""What a run has begun, recorded and left, and how it loses its report."""

import pytest
from support.fakeapi import Rows, refs
from support.faketime import FakeClock

from bulkcancel.answers import Verdict
from bulkcancel.engine.account import RunAccount
from bulkcancel.engine.intake import Intake
from bulkcancel.engine.limiter import Limiter
from bulkcancel.engine.stop_signal import StopSignal
from bulkcancel.engine.work_item import WorkItem
from bulkcancel.ledger import Ledger
from bulkcancel.models import InstanceRef, Outcome, Recorded, Reply, Result, Row
from bulkcancel.pacing import Pacer
from bulkcancel.settings import Settings
from bulkcancel.tally import LineSet, Summary, Tally


def item(line: int, attempts: int = 0) -> WorkItem:
    """A row on its way."""
    return WorkItem(InstanceRef("w", f"i{line}", line), attempts=attempts)


def limiter() -> Limiter:
    """One that has held back nothing."""
    return Limiter(Pacer(concurrency=1), FakeClock(), StopSignal())


def summary_of(account: RunAccount, limits: Limiter, intake: Intake | None = None) -> Summary:
    """What it has come to."""
    return account.summary(intake, limits, duration=1.0, stop=None, ignore_not_found=False)


async def read(rows: int, ledger: Ledger | None = None, **settings: int) -> Intake:
    """What has read so many rows."""

    async def settle(_row: Row, _outcome: Outcome, _code: str, _detail: str) -> None:
        pass

    asked = Settings(**settings)  # type: ignore[arg-type] # keywords of a table
    intake = Intake(Rows(refs(rows)), ledger or Ledger(), asked, StopSignal(), settle, anew=False)
    while await intake.next_item() is not None:
        pass
    return intake


def test_a_row_that_is_left_is_nobody_s_any_more() -> None:
    """The report says of it what there is to say; the others are still to be reported."""
    account, limits = RunAccount(), limiter()
    account.begin(None, limits)
    sent, left = item(1, attempts=2), item(2, attempts=1)
    sent.throttled = left.throttled = 1
    account.take(sent)
    account.take(left)
    account.leave(left)
    summary = summary_of(account, limits)
    assert (list(summary.left.unrecorded), summary.left.unreported) == ([1], 1)
    assert (summary.left.requests, summary.left.throttled) == (2, 1)


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


async def test_before_it_begins_nothing_is_on_record() -> None:
    """A report may be lost as early as that; and how many rows there are is not known."""
    account, limits = RunAccount(), limiter()
    account.lose("gone", [], is_gone=True)
    summary = summary_of(account, limits)
    assert (summary.loss, summary.paused) == (account.loss, 0.0)
    assert account.loss is not None
    assert account.loss.earlier == 0
    assert (summary.left.unreported, summary.left.may_have_more) == (0, True)
    assert summary_of(RunAccount(), limits, await read(1)).left.gone == 0


@pytest.mark.parametrize(("on_record", "limit", "gone"), [(0, None, 1), (1, None, 0), (0, 1, 0)])
async def test_rows_on_record_that_the_input_has_no_more_are_gone(
    on_record: int, limit: int | None, gone: int
) -> None:
    """Once it was read to its end: one is on record to be tried again, and was met or was not."""
    tally, ledger = Tally(), Ledger()
    tally.recorded(Outcome.FAILED)
    if on_record:
        ledger.load([Recorded("w0", "i1", Outcome.FAILED, "", 2)])
    account, limits = RunAccount(tally), limiter()
    account.begin(None, limits)
    intake = await read(2, ledger, **({} if limit is None else {"limit": limit}))
    assert summary_of(account, limits, intake).left.gone == gone


async def test_the_quota_used_is_that_of_the_limiter() -> None:
    """The largest share of one window that went to this run."""
    account, limits = RunAccount(), limiter()
    account.begin(None, limits)
    assert summary_of(account, limits).quota_used is None
    window = {
        "X-RateLimit-Limit": "5",
        "X-RateLimit-Period": "10",
        "X-RateLimit-Remaining": "4",
        "X-RateLimit-Reset": "9",
    }
    limits.complete(await limits.acquire(), Reply(200, window, b"{}"), Verdict.ACCEPTED)
    assert summary_of(account, limits).quota_used == limits.pacer.quota_used == 0.2
