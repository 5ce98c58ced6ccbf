"""How far a run is, from what it tells."""

from support.faketime import FakeClock

from bulkcancel.events import (
    Attempted,
    Concern,
    Concerned,
    Endpoint,
    Event,
    Finished,
    OutageBegan,
    OutageEnded,
    Paused,
    QuotaSeen,
    Resumed,
    Started,
    Stopping,
)
from bulkcancel.models import InstanceRef, Outcome, Result, StopReason
from bulkcancel.pacing import WaitReason
from bulkcancel.progress.run_progress import RunProgress

REF = InstanceRef("w", "i", 1)
SENT = Attempted(Endpoint.CANCEL, REF, 200, None, 0.1)


def finished(outcome: Outcome, previous: Outcome | None = None) -> Finished:
    """A row that came to this."""
    return Finished(Result(1, "w", "i", outcome, attempts=1), previous)


def told(*events: Event, clock: FakeClock | None = None) -> tuple[RunProgress, FakeClock]:
    """A run that has told this."""
    clock = clock or FakeClock()
    progress = RunProgress(clock)
    for event in events:
        progress.observe(event)
    return progress, clock


def test_rows_that_are_tried_again_are_not_done_yet() -> None:
    """Those that an earlier run finished are; an outcome that is replaced is not counted twice."""
    recorded = {Outcome.CANCELED: 5, Outcome.FAILED: 2, Outcome.NOT_ATTEMPTED: 3}
    progress, _ = told(Started(10, recorded))
    view = progress.view()
    assert (view.done, view.total, view.counts) == (5, 10, {"canceled": 5})
    progress.observe(finished(Outcome.CANCELED, Outcome.FAILED))
    progress.observe(finished(Outcome.FAILED, Outcome.NOT_ATTEMPTED))
    view = progress.view()
    assert (view.done, view.counts) == (7, {"canceled": 6, "failed": 1})


def test_only_rows_that_were_attempted_fill_the_bar() -> None:
    """A run that is refused at its first row has done one, however many it leaves."""
    progress, _ = told(Started(100, {}), finished(Outcome.FORBIDDEN), finished(Outcome.INVALID))
    for _ in range(98):
        progress.observe(finished(Outcome.NOT_ATTEMPTED))
    view = progress.view()
    assert (view.done, view.total) == (2, 100)
    assert view.counts == {"invalid": 1, "forbidden": 1, "not_attempted": 98}


def test_counts_stand_in_the_order_of_the_outcomes() -> None:
    """Whichever came first: numbers keep their places."""
    progress, _ = told(Started(3, {}), finished(Outcome.FAILED), finished(Outcome.CANCELED))
    assert list(progress.view().counts) == ["canceled", "failed"]


def test_the_pace_is_counted_from_the_start() -> None:
    """Not from what an earlier run did, nor from what came before the first row."""
    progress, clock = told()
    clock.advance(50.0)
    progress.observe(Started(100, {Outcome.CANCELED: 20}))
    clock.advance(2.0)
    for _ in range(40):
        progress.observe(finished(Outcome.CANCELED))
    view = progress.view()
    assert (view.elapsed, view.rate, view.eta) == (2.0, 20.0, 2.0)


def test_the_time_left_knows_the_quota_of_cancels() -> None:
    """That of other requests is no matter."""
    progress, clock = told(Started(1_000, {}))
    now = clock.now()
    progress.observe(SENT)
    progress.observe(QuotaSeen(Endpoint.CANCEL, 100.0, 100.0, now + 10.0, 10.0))
    progress.observe(QuotaSeen(Endpoint.READ, 10_000.0, 9.0, now + 1.0, 1.0))
    for _ in range(99):
        progress.observe(SENT._replace(endpoint=Endpoint.READ))
        progress.observe(SENT)
    for _ in range(100):
        progress.observe(finished(Outcome.CANCELED))
    clock.advance(1.0)
    progress.observe(Paused(Endpoint.CANCEL, WaitReason.QUOTA, now + 10.0))
    clock.advance(1.0)
    eta = progress.view().eta
    assert eta is not None
    assert 88.0 < eta < 91.0


def test_what_holds_it_back_is_said_while_it_does() -> None:
    """Pauses of cancels before those of reads; an outage until it is over, and a stop to the end."""
    progress, clock = told(Started(9, {}))
    now = clock.now()
    said = []
    for event in (
        Paused(Endpoint.READ, WaitReason.QUOTA, now + 9.0),
        Paused(Endpoint.CANCEL, WaitReason.QUOTA, now + 2.0),
        OutageBegan(Endpoint.CANCEL, now - 5.0, "Bad Gateway", 502),
        Resumed(Endpoint.CANCEL),
        OutageEnded(Endpoint.CANCEL, 5.0),
        Resumed(Endpoint.READ),
        Concerned(Concern.SLOW_DISK),
        Stopping(StopReason.INTERRUPTED, 4),
    ):
        progress.observe(event)
        said.append(progress.view().held)
    assert said == [
        "reads of instances: quota used up, next window in 9 s",
        "quota used up, next window in 2 s",
        "API errors for 5 s (502), asking again in 2 s",
        "API errors for 5 s (502), asking again now",
        "reads of instances: quota used up, next window in 9 s",
        "",
        "",
        "stopping: requests on their way may finish",
    ]
    assert progress.view().eta is None


def test_an_outage_does_not_count_for_the_time_left_and_a_rate_is_no_pause() -> None:
    """Ten rows a second, then the API is gone for a hundred seconds."""
    progress, clock = told(Started(200, {}))
    progress.observe(Paused(Endpoint.CANCEL, WaitReason.RATE, clock.now() + 0.1, 10.0))
    for _ in range(100):
        progress.observe(finished(Outcome.CANCELED))
    clock.advance(10.0)
    assert progress.view().eta == 10.0
    progress.observe(Paused(Endpoint.CANCEL, WaitReason.OUTAGE, clock.now() + 104.0))
    clock.advance(100.0)
    assert progress.view().eta == 10.0 + 4.0
    progress.observe(Paused(Endpoint.CANCEL, WaitReason.RATE, clock.now() + 0.1, 10.0))
    clock.advance(10.0)
    assert progress.view().eta == 20.0
