"""Looking into a refused cancel: how often, and what follows."""

import pytest
from support.fakeapi import DOWN, ENDED, UNKNOWN, FakeApi
from support.faketime import FakeClock

from bulkcancel.answers import Classification, Verdict
from bulkcancel.engine.dispatcher import Dispatcher
from bulkcancel.engine.refusal_lookup import RefusalLookup
from bulkcancel.engine.work_item import WorkItem
from bulkcancel.models import Failure, InstanceRef, Outcome, Reply, StopReason
from bulkcancel.settings import Settings

REFUSED = Classification(Verdict.REJECTED, 400, "CODE", "words")
AS_IT_WAS = (Outcome.REJECTED, "CODE", "words")
HAD_ENDED = (Outcome.ALREADY_FINISHED, "", "it had ended before its cancel was answered 400")
FAILED = Reply(200, {}, ENDED % b"FAILED")


def lookup_of(*answers: Reply | Failure) -> tuple[RefusalLookup, FakeApi, Dispatcher]:
    """One whose reads are answered like this, the last again and again."""
    api = FakeApi(FakeClock(0.0), latency=0.0)
    api.reads = list(answers)
    dispatcher = Dispatcher(api, Settings(), clock=api.clock, jitter=lambda: 0.0)
    return RefusalLookup(dispatcher.states, api.clock, dispatcher.stop_signal), api, dispatcher


def item() -> WorkItem:
    """A row whose cancel was refused."""
    return WorkItem(InstanceRef("w", "i", 1), classification=REFUSED)


@pytest.mark.parametrize(
    ("answers", "result", "looks"),
    [
        ([FAILED], HAD_ENDED, 1),
        ([Reply(200, {}, ENDED % b"CANCELED")], HAD_ENDED, 1),
        ([Reply(200, {}, ENDED % b"IN_PROGRESS")], AS_IT_WAS, 1),
        ([UNKNOWN], AS_IT_WAS, 1),
        ([DOWN, FAILED], HAD_ENDED, 2),
        ([DOWN], AS_IT_WAS, 3),
        ([Reply(403, {}, b"{}")], AS_IT_WAS, 1),
    ],
)
async def test_a_refused_cancel_is_looked_into(
    answers: list[Reply | Failure], result: tuple[Outcome, str, str], looks: int
) -> None:
    """By one read; where that goes wrong, by a few."""
    lookup, api, _ = lookup_of(*answers)
    async with api.clock.autojump():
        assert await lookup.outcome_of(item(), Outcome.REJECTED) == result
    assert api.looks == looks


async def test_keys_that_may_not_read_its_workflow_are_not_tried_again() -> None:
    """Nor is anything waited for, though they read another."""
    lookup, api, dispatcher = lookup_of(FAILED, Reply(403, {}, b"{}"))
    async with api.clock.autojump():
        other = InstanceRef("w0", "i", 1)
        await dispatcher.states.look(other)
        assert await lookup.outcome_of(item(), Outcome.REJECTED) == AS_IT_WAS
    assert (api.looks, api.clock.now()) == (2, 0.0)
    assert [lookup.can_tell(Outcome.REJECTED, ref) for ref in (item().ref, other)] == [False, True]


async def test_a_stop_leaves_the_outcome_as_it_was() -> None:
    """And asks nothing."""
    lookup, api, dispatcher = lookup_of(FAILED)
    dispatcher.stop_signal.request(StopReason.INTERRUPTED)
    assert await lookup.outcome_of(item(), Outcome.REJECTED) == AS_IT_WAS
    assert api.looks == 0


async def test_only_a_400_or_404_is_looked_into_and_only_with_keys_that_may_read() -> None:
    """For other outcomes a read tells nothing."""
    lookup, _, dispatcher = lookup_of(Reply(403, {}, b"{}"))
    ref = InstanceRef("w", "i", 1)
    told = [outcome for outcome in Outcome if lookup.can_tell(outcome, ref)]
    assert told == [Outcome.NOT_FOUND, Outcome.REJECTED]
    await dispatcher.states.look(ref)
    assert not any(lookup.can_tell(outcome, ref) for outcome in Outcome)
