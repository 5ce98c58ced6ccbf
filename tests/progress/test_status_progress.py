"""How far a reading of states is, from what it tells."""

import pytest
from support.faketime import FakeClock

from bulkcancel.events import Endpoint, Paused, StateSeen
from bulkcancel.models import InstanceRef, StateName
from bulkcancel.pacing import WaitReason
from bulkcancel.progress.status_progress import StatusProgress

REF = InstanceRef("w", "i", 1)
SEEN = [
    StateSeen(REF, StateName.RUNNING, None),
    StateSeen(REF, StateName.CANCELED, None),
    StateSeen(REF, StateName.RUNNING, None),
    StateSeen(REF, StateName.ENDED, StateName.RUNNING),
]


@pytest.mark.parametrize(
    ("total", "waits", "done", "shown"),
    [(9, False, 3, 9), (9, True, 2, 9), (None, False, 3, None), (None, True, 2, 3)],
)
def test_a_row_counts_once_whatever_it_was_before(
    total: int | None, done: int, shown: int | None, *, waits: bool
) -> None:
    """Where those that run are waited for, they are not done."""
    progress = StatusProgress(FakeClock(), total, waits=waits)
    for event in SEEN:
        progress.observe(event)
    view = progress.view()
    assert view.counts == {"running": 1, "canceled": 1, "ended": 1}
    assert (view.done, view.total, view.noun) == (done, shown, "row")


def test_a_pause_of_a_reading_is_shown() -> None:
    """As for every operation."""
    clock = FakeClock()
    progress = StatusProgress(clock, 1, waits=False)
    progress.observe(Paused(Endpoint.LIST, WaitReason.QUOTA, clock.now() + 2.0))
    assert progress.view().held == "quota used up, next window in 2 s"
