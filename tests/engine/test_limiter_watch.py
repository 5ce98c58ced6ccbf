"""What is told of a limiter: each change once, with what a person would ask."""

import pytest
from support.faketime import FakeClock
from support.pacing import force
from support.runs import Heard

from bulkcancel.engine.limiter_watch import LimiterWatch
from bulkcancel.engine.observers import Observers
from bulkcancel.events import (
    Concern,
    Concerned,
    Endpoint,
    OutageBegan,
    OutageEnded,
    Paused,
    QuotaSeen,
    Resumed,
)
from bulkcancel.models import Failure, FailureKind, Reply
from bulkcancel.pacing import Pacer, Wait, WaitReason, read_rate_limit_headers

QUOTA = Wait(3.0, WaitReason.QUOTA, 13.0)
RATE = Wait(0.1, WaitReason.RATE, 10.1, 10.0)
DOWN = Failure(FailureKind.CONNECTION, "refused")


class PacerSays(Pacer):
    """A pacer of which one can say what it knows."""

    down_since: float | None = None

    def __init__(self) -> None:
        super().__init__(concurrency=1)

    @property
    def is_down(self) -> bool:
        """Whether the API counts as down."""
        return self.down_since is not None

    def down_for(self, now: float) -> float:
        """Seconds."""
        return 0.0 if self.down_since is None else now - self.down_since


def watching(*, heard: Heard | None = None) -> tuple[LimiterWatch, PacerSays, FakeClock]:
    """A watch at time 10, and what it works with."""
    clock, pacer = FakeClock(10.0), PacerSays()
    observers = Observers(() if heard is None else (heard,))
    return LimiterWatch(Endpoint.READ, pacer, observers, clock), pacer, clock


@pytest.mark.parametrize(
    ("first", "second", "is_news"),
    [
        (QUOTA, QUOTA, False),
        (QUOTA, Wait(3.0, WaitReason.QUOTA, 13.04), False),
        (QUOTA, Wait(3.0, WaitReason.QUOTA, 13.06), True),
        (QUOTA, Wait(3.0, WaitReason.QUOTA, 12.9), True),
        (QUOTA, Wait(3.0, WaitReason.OUTAGE, 13.0), True),
        (RATE, Wait(0.1, WaitReason.RATE, 99.0, 10.0), False),
        (RATE, Wait(0.1, WaitReason.RATE, 10.1, 10.5), False),
        (RATE, Wait(0.1, WaitReason.RATE, 10.1, 10.6), True),
        (RATE, Wait(0.1, WaitReason.RATE, 10.1, 9.4), True),
        (RATE, Wait(0.1, WaitReason.PACE, 10.1, 10.0), True),
        (Wait(3.0, WaitReason.PACE, 13.0, 10.0), Wait(3.0, WaitReason.PACE, 13.0), True),
        (QUOTA, Wait(9.0), False),
    ],
)  # fmt: skip
def test_a_pause_is_told_again_when_a_person_would_see_a_difference(
    first: Wait, second: Wait, *, is_news: bool
) -> None:
    """Another reason, another end, another rate."""
    heard = Heard()
    watch, _, _ = watching(heard=heard)
    watch.held(first)
    watch.held(second)
    assert first.reason is not None
    assert heard.events[0] == Paused(Endpoint.READ, first.reason.value, first.until, first.rate)
    assert len(heard.events) == 1 + is_news


def test_only_a_pause_in_which_nothing_is_sent_ends_with_the_next_request() -> None:
    """A rate goes on."""
    heard = Heard()
    watch, _, _ = watching(heard=heard)
    paused = [watch.is_paused]
    for wait in (RATE, QUOTA):
        watch.held(wait)
        paused.append(watch.is_paused)
    watch.resumed()
    assert [*paused, watch.is_paused] == [False, False, True, False]
    assert watch.told is None
    assert heard.events[-1] == Resumed(Endpoint.READ)


def test_an_outage_is_told_with_its_beginning_and_its_last_words() -> None:
    """And its end with how long it was."""
    heard = Heard()
    watch, pacer, clock = watching(heard=heard)
    watch.answered(Reply(200, {}, b"{}"))
    pacer.down_since = 7.0
    watch.answered(DOWN)
    watch.answered(DOWN)
    clock.advance(20.0)
    pacer.down_since = None
    watch.answered(Reply(200, {}, b"{}"))
    watch.answered(Reply(200, {}, b"{}"))
    assert heard.events == [OutageBegan(Endpoint.READ, 7.0, "refused"), OutageEnded(Endpoint.READ, 23.0)]
    pacer.down_since = 30.0
    watch.answered(Reply(500, {}, b""))
    assert heard.events[-1] == OutageBegan(Endpoint.READ, 30.0, "http_5xx", 500)


def test_what_is_odd_about_the_api_is_told_once() -> None:
    """A header that can't be true, and a rate limit that answers 503: once another answer shows that it is none of an outage."""
    heard = Heard()
    watch, pacer, _ = watching(heard=heard)
    pacer.broken_header, pacer.limit_answers_503 = "X-RateLimit-Reset", True
    watch.answered(Reply(503, {}, b""))
    watch.answered(DOWN)
    assert heard.events == [Concerned(Concern.BROKEN_HEADER, "X-RateLimit-Reset")]
    watch.answered(Reply(200, {}, b"{}"))
    watch.answered(Reply(200, {}, b"{}"))
    assert heard.events == [
        Concerned(Concern.BROKEN_HEADER, "X-RateLimit-Reset"),
        Concerned(Concern.RATE_LIMIT_503, ""),
    ]


def test_a_quota_is_told_with_each_window_and_when_more_is_known_of_it() -> None:
    """Not with each reply."""
    heard = Heard()
    watch, pacer, clock = watching(heard=heard)

    def reply(remaining: int, reset: int, *, limit: int = 100) -> None:
        headers = {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Period": "10",
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": str(reset),
        }
        permit = force(pacer, clock.now())
        answer = Reply(200, headers, b"{}")
        pacer.record_accepted(permit, clock.now(), read_rate_limit_headers(headers, 0.0))
        watch.answered(answer)

    watch.answered(Reply(200, {}, b"{}"))
    reply(99, 4)
    reply(98, 4)
    clock.advance(4.5)
    reply(99, 10)
    reply(98, 10)
    reply(197, 10, limit=200)
    first, second, third = (event for event in heard.events if isinstance(event, QuotaSeen))
    assert first == QuotaSeen(Endpoint.READ, 100.0, 99.0, 14.0, 10.0)
    assert (second.share, second.left, second.period) == (100.0, 99.0, 10.0)
    assert second.ends == pytest.approx(24.0, abs=0.6)
    assert (third.share, third.left) == (200.0, 98.0)


def test_where_nobody_listens_nothing_is_kept() -> None:
    """Nor told later."""
    watch, pacer, _ = watching()
    pacer.down_since = 1.0
    watch.held(QUOTA)
    watch.answered(DOWN)
    assert (watch.told, watch._down_since) == (None, None)
