"""When a run was held back, and why, from the events."""

from dataclasses import replace

import pytest
from support.faketime import EPOCH, FakeClock

from bulkcancel.engine import held_times
from bulkcancel.engine.held_times import HeldTimes
from bulkcancel.events import Concern, Concerned, Endpoint, Event, OutageBegan, OutageEnded, Paused, Resumed
from bulkcancel.pacing import WaitReason
from bulkcancel.tally import Held, HeldBy

CANCEL, READ = Endpoint.CANCEL, Endpoint.READ
QUOTA = Paused(CANCEL, WaitReason.QUOTA.value, 99.0)
REFUSED = Paused(CANCEL, WaitReason.REFUSED.value, 99.0)
PROBE = Paused(CANCEL, WaitReason.OUTAGE.value, 99.0)
RATE = Paused(CANCEL, WaitReason.RATE.value, 99.0, 5.0)
GO_ON = Resumed(CANCEL)
DOWN = OutageBegan(CANCEL, 9.0, "unavailable", 503)
UP = OutageEnded(CANCEL, 1.0)


def held_in(*told: Event | float) -> list[Held]:
    """What is kept of events, told from second 10 on, and the seconds between them."""
    clock = FakeClock(10.0)
    times = HeldTimes(clock)
    for one in told:
        if isinstance(one, float):
            clock.advance(one)
        else:
            times.observe(one)
    return list(times.all())


def held(begin: float, end: float, reason: HeldBy, *more: object) -> Held:
    """One, in seconds on that clock."""
    return Held(EPOCH + begin, EPOCH + end, reason, *more)  # type: ignore[arg-type] # as they come


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ([QUOTA, 3.0, GO_ON, 1.0, GO_ON], [held(10, 13, HeldBy.QUOTA)]),
        ([QUOTA, 3.0, QUOTA, 1.0, GO_ON], [held(10, 14, HeldBy.QUOTA)]),
        ([QUOTA, 3.0, REFUSED, 1.0, GO_ON], [held(10, 13, HeldBy.QUOTA), held(13, 14, HeldBy.LIMIT)]),
        ([QUOTA, 3.0, GO_ON, 1.0, QUOTA, 2.0], [held(10, 13, HeldBy.QUOTA), held(14, 16, HeldBy.QUOTA)]),
        ([QUOTA, 0.05, GO_ON], []),
        ([RATE, 3.0, GO_ON], []),
        ([PROBE, 3.0, GO_ON], []),
        ([Concerned(Concern.SLOW_DISK), 1.0, UP, GO_ON], []),
        ([DOWN, PROBE, 3.0, GO_ON, 1.0, PROBE, 9.0, UP, GO_ON], [held(9, 23, HeldBy.OUTAGE, CANCEL, 503, "unavailable")]),
        ([DOWN, 3.0], [held(9, 13, HeldBy.OUTAGE, CANCEL, 503, "unavailable")]),
        ([QUOTA, 3.0, OutageBegan(CANCEL, 11.0, "x"), 4.0, UP], [held(10, 11, HeldBy.QUOTA), held(11, 17, HeldBy.OUTAGE, CANCEL, None, "x")]),
        ([QUOTA, 3.0, DOWN, 4.0, UP], [held(9, 17, HeldBy.OUTAGE, CANCEL, 503, "unavailable")]),
        ([QUOTA, 3.0, GO_ON, 0.3, QUOTA, 9.0, GO_ON, 0.05, QUOTA, 1.0], [held(10, 23.35, HeldBy.QUOTA)]),
        ([QUOTA, 3.0, GO_ON, 0.1, REFUSED, 3.0], [held(10, 13, HeldBy.QUOTA), held(13.1, 16.1, HeldBy.LIMIT)]),
        ([QUOTA, 0.5, GO_ON, 2.0, REFUSED, 1.0, GO_ON, 1.0, REFUSED, 1.0, OutageBegan(CANCEL, 12.0, "x"), 4.0, UP], [held(10, 10.5, HeldBy.QUOTA), held(12, 19.5, HeldBy.OUTAGE, CANCEL, None, "x")]),
        ([DOWN, 3.0, UP, 0.1, OutageBegan(CANCEL, 13.1, "x"), 4.0, UP], [held(9, 13, HeldBy.OUTAGE, CANCEL, 503, "unavailable"), held(13.1, 17.1, HeldBy.OUTAGE, CANCEL, None, "x")]),
        ([Paused(READ, WaitReason.QUOTA.value, 9.0), 1.0, Resumed(READ), DOWN, 4.0, UP], [held(9, 15, HeldBy.OUTAGE, CANCEL, 503, "unavailable"), held(10, 11, HeldBy.QUOTA, READ)]),
        (
            [QUOTA, 1.0, Paused(READ, WaitReason.QUOTA.value, 9.0), 1.0, GO_ON, 1.0, Resumed(READ)],
            [held(10, 12, HeldBy.QUOTA), held(11, 13, HeldBy.QUOTA, READ)],
        ),
    ],
)  # fmt: skip
def test_each_time_is_kept_with_its_reason(told: list[Event | float], kept: list[Held]) -> None:
    """An outage is one, and so is a pause with mere questions in it; a rate is none; what goes on lasts until now."""
    assert [replace(one, begin=round(one.begin, 3), end=round(one.end, 3)) for one in held_in(*told)] == kept


def test_of_very_many_the_longest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order they came in, and the others are counted."""
    monkeypatch.setattr(held_times, "_MOST", 3)
    clock = FakeClock(0.0)
    times = HeldTimes(clock)
    for seconds in (5.0, 1.0, 3.0, 1.0, 4.0):
        times.observe(QUOTA)
        clock.advance(seconds)
        times.observe(GO_ON)
        clock.advance(1.0)
    assert [round(one.seconds) for one in times.all()] == [5, 3, 4]
    assert times.left_out == 2


def test_a_clock_that_is_set_back_makes_no_time_that_ends_before_it_began() -> None:
    """It is left out, for nobody knows how long it was."""
    clock = FakeClock(10.0)
    times = HeldTimes(clock)
    times.observe(QUOTA)
    clock._now = 5.0
    assert times.all() == ()
