"""The benchmark's server with a list: each instance stands on one page, newest first."""

import pytest
from bench.list_server import LISTED, ListLedger
from bench.server import Ledger

from bulkcancel.answers import State
from bulkcancel.listings import read_instance_page
from bulkcancel.models import Reply
from bulkcancel.sandbox import Quota

LEDGER = ListLedger(Quota(10, 10**9), 0.0, instances=450, running=180)


def path(number: int) -> bytes:
    """What a page is asked for with."""
    return f"/api/v2/workflows/{LISTED}/instances?page%5Bsize%5D=100&page%5Bnumber%5D={number}".encode()


def test_its_pages_hold_each_instance_once() -> None:
    """As many of them run as were asked for, and behind the end there is nothing."""
    pages = [read_instance_page(Reply(200, {}, LEDGER.granted(path(number))[1])) for number in range(6)]
    found = [item for page in pages if page is not None for item in page.items]
    assert [len(page.items) for page in pages if page is not None] == [100, 100, 100, 100, 50, 0]
    assert len({item.instance_id for item in found}) == len(found) == 450
    assert sum(item.state is State.RUNNING for item in found) == 180
    starts = [item.started_at or 0.0 for item in found]
    assert starts == sorted(starts, reverse=True)


def test_lists_and_cancels_are_told_apart() -> None:
    """Each request is counted by one of the two."""
    cancels = Ledger(Quota(10, 10), 0.0)
    cancel = f"/api/v2/workflows/{LISTED}/instances/i/cancel".encode()
    assert [ledger.serves(b"GET", path(0)) for ledger in (LEDGER, cancels)] == [True, False]
    assert [ledger.serves(b"PUT", cancel) for ledger in (LEDGER, cancels)] == [False, True]


def test_a_reply_is_timed_by_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the request's arrival: that is what an ideal is made of."""
    ledger, now = Ledger(Quota(10, 10), 0.0), 100.0
    monkeypatch.setattr("bench.server.time.time", lambda: now)
    for seconds in (1.0, 2.5):
        ledger.arrived()
        now += seconds
        ledger.answer(b"")
    assert ledger.show()["reply_time"] == pytest.approx(1.75)
