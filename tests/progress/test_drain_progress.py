"""How far a drain is."""

import pytest
from support.faketime import FakeClock

from bulkcancel.events import Attempted, Endpoint, Event, Finished, PageRead, PassEnded, Started
from bulkcancel.models import InstanceRef, Outcome, Result
from bulkcancel.progress.drain_progress import DrainProgress


def finished(outcome: Outcome, previous: Outcome | None = None) -> Finished:
    """One row has its outcome."""
    return Finished(Result(1, "w", "i", outcome), previous)


def after(*events: Event, seconds: float = 60.0) -> tuple[int, int | None, str]:
    """Done, total and note, when these were told and so much time has passed."""
    clock = FakeClock()
    progress = DrainProgress(clock)
    for event in events:
        progress.observe(event)
    clock.advance(seconds)
    view = progress.view()
    assert (view.noun, view.elapsed) == ("instance", seconds)
    return view.done, view.total, view.note


LOSING = "this will not end, stop the source (--unpublish)"
CANCELED, UNCONFIRMED = finished(Outcome.CANCELED), finished(Outcome.UNCONFIRMED)
FOUND = PageRead("w", 100, 10, 100)


@pytest.mark.parametrize(
    ("events", "seen"),
    [
        ((), (0, 0, "pass 1: 0 running")),
        ((Started(None, {Outcome.CANCELED: 3, Outcome.FAILED: 1}),), (3, 4, "pass 1: 0 running")),
        ((FOUND, CANCELED, CANCELED), (2, 10, "pass 1: 8 running")),
        ((FOUND, CANCELED, UNCONFIRMED), (1, 10, "pass 1: 8 running")),
        ((FOUND, UNCONFIRMED, PassEnded(1, 10, 10, 5.0, is_whole=True)), (0, 1, "pass 2: 0 running")),
        (
            (
                FOUND,
                *[CANCELED] * 9,
                UNCONFIRMED,
                PassEnded(1, 10, 10, 5.0, is_whole=True),
                FOUND,
                finished(Outcome.CANCELED, Outcome.UNCONFIRMED),
            ),
            (10, 19, "pass 2: 9 running"),
        ),
        (
            (FOUND, *[CANCELED] * 10, PassEnded(2, 10, 3, 30.0, is_whole=True), FOUND),
            (10, 20, "pass 3: 10 running, 6 arriving and 10 ending a minute, empty in about 2:30"),
        ),
        (
            (FOUND, *[CANCELED] * 10, PassEnded(2, 10, 3, 30.0, is_whole=True)),
            (10, 10, "pass 3: 0 running, 6 arriving and 10 ending a minute"),
        ),
        (
            (FOUND, *[CANCELED] * 10, PassEnded(2, 10, 10, 30.0, is_whole=True), FOUND),
            (
                10,
                20,
                f"pass 3: 10 running, 20 arriving and 10 ending a minute: {LOSING}",
            ),
        ),
        (
            (Attempted(Endpoint.CANCEL, InstanceRef("w", "i", 1), 200, None, 0.1),),
            (0, 0, "pass 1: 0 running"),
        ),
    ],
)
def test_it_says_how_many_run_arrive_and_end(
    events: tuple[Event, ...], seen: tuple[int, int | None, str]
) -> None:
    """And when nothing would run, or that it is losing."""
    assert after(*events) == seen
