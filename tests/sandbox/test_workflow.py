"""The sandbox's workflows: what runs in them at which time, and how it ends."""

from itertools import count, takewhile
from uuid import UUID

import pytest

from bulkcancel.sandbox import Ends, Runaway, SandboxOptions, Scenario
from bulkcancel.sandbox.workflow import Workflow
from bulkcancel.sandbox.world import UNKNOWN_PREFIX, World

W, X = str(UUID(int=1 << 127 | 1, version=4)), str(UUID(int=1 << 127 | 2, version=4))
NOON = 1_200_000_000.0


def flow(options: SandboxOptions | None = None) -> Workflow:
    """A workflow of nobody's own, which lists what is made up."""
    return Workflow(W, options or SandboxOptions(), NOON)


def runaway(alive: int = 10, rate: float = 2.0, late: int = 0, **more: object) -> Workflow:
    """A workflow that starts two instances a second."""
    options = SandboxOptions(runaway=Runaway(alive=alive, rate=rate, late=late, late_within=4.0), **more)  # type: ignore[arg-type] # keywords of a table
    return World(options, NOON).workflows()[0]


def ids(workflow: Workflow, wall: float) -> list[str]:
    """All it lists, newest first, by pages of 7."""
    pages = takewhile(bool, (workflow.page(number, 7, wall) for number in count()))
    return [instance.instance_id for page in pages for instance in page]


def test_an_instance_ends_a_while_after_its_cancel() -> None:
    """And a second cancel changes nothing."""
    world = World(SandboxOptions(ends=Ends(delay=0.4)), NOON)
    assert world.cancel(W, X, NOON) == world.cancel(W, X, NOON + 0.2) == 200
    assert world.record.accepted == {f"{W}/{X}": 2}
    workflow = world.workflow(W)
    assert workflow is not None
    assert workflow.instance(X, NOON + 0.3).kind(NOON + 0.3) == "IN_PROGRESS"
    assert workflow.instance(X, NOON + 0.4).kind(NOON + 0.4) == "CANCELED"
    assert ids(workflow, NOON + 1.0).count(X) == 1


@pytest.mark.parametrize(
    ("ends", "cancels", "running_until"),
    [
        (Ends(delay=0.5), [0.0], 0.5),
        (Ends(delay=0.5, slow=1.0, slow_delay=5.0), [0.0, 3.0], 5.0),
        (Ends(delay=0.5, stubborn=1.0), [0.0], None),
        (Ends(delay=0.5, stubborn=1.0), [0.0, 9.0], 9.5),
        (Ends(delay=0.5, stubborn=1.0, slow=1.0, slow_delay=5.0), [0.0, 9.0], 14.0),
    ],
)
def test_some_end_late_and_some_not_at_their_first_cancel(
    ends: Ends, cancels: list[float], running_until: float | None
) -> None:
    """Whatever the cancel was answered."""
    workflow = flow(SandboxOptions(ends=ends))
    assert [workflow.cancel(X, NOON + moment) for moment in cancels] == [(200, True)] * len(cancels)
    last = NOON + (1000.0 if running_until is None else running_until - 0.01)
    assert workflow.instance(X, last).ended_at(last) is None
    if running_until is not None:
        after = NOON + running_until
        assert workflow.instance(X, after).ended_at(after) == pytest.approx(after)
        assert workflow.count(after).canceled == 1


def test_some_end_by_themselves() -> None:
    """Each at a time of its own; a cancel that comes before ends them as canceled, one that comes later does not."""
    workflow = flow(SandboxOptions(ends=Ends(own=1.0, own_within=10.0), listed=40))
    assert workflow.count(NOON).running == 40
    half = workflow.count(NOON + 5.0)
    assert 5 < half.running < 35
    early, late = ids(workflow, NOON + 5.0)[:2]
    over = workflow.count(NOON + 10.0)
    assert (over.running, over.succeeded + over.failed, over.canceled) == (0, 40, 0)
    assert over.succeeded
    assert over.failed
    again = flow(SandboxOptions(ends=Ends(own=1.0, own_within=10.0), listed=40))
    assert again.cancel(early, NOON - 1.0) == (200, True)
    assert again.count(NOON + 10.0).canceled == 1
    assert again.instance(late, NOON + 10.0).kind(NOON + 10.0) in {"SUCCEEDED", "FAILED"}
    assert again.count(NOON + 10.0).started == 40


@pytest.mark.parametrize("answer", [200, 400, 404])
def test_ended_instances_answer_as_told(answer: int) -> None:
    """Also those that were canceled."""
    workflow = flow(SandboxOptions(ends=Ends(delay=0.5, answer=answer)))
    assert workflow.cancel(X, NOON) == (200, True)
    assert workflow.cancel(X, NOON + 0.4) == (200, True)
    assert workflow.cancel(X, NOON + 0.5) == (answer, False)


def test_ended_instances_answer_in_every_possible_way() -> None:
    """What the API answers is not known."""
    workflow = flow(SandboxOptions(scenario=Scenario.FINISHED))
    many = [str(UUID(int=1 << 127 | n, version=4)) for n in range(300)]
    ended = [one for one in many if workflow.instance(one, NOON).ended_at(NOON) is not None]
    assert 60 < len(ended) < 180
    assert {workflow.cancel(one, NOON)[0] for one in ended} == {200, 400, 404}
    assert not workflow.has(ended[0], NOON)


def test_what_is_known_is_what_is_listed_where_that_is_asked() -> None:
    """Else any workflow and any instance, but for those with the prefix."""
    for only_known in (False, True):
        world = World(SandboxOptions(only_known=only_known), NOON)
        own = world.workflows()[0]
        assert world.knows(own.workflow_id, ids(own, NOON)[0], NOON)
        assert world.knows(own.workflow_id, X, NOON) is world.knows(W, X, NOON) is not only_known
        assert not world.knows(own.workflow_id, f"{UNKNOWN_PREFIX}{X[9:]}", NOON)
        assert world.workflow(f"{UNKNOWN_PREFIX}{W[9:]}") is None
        assert world.cancel(W, f"{UNKNOWN_PREFIX}{X[9:]}", NOON) == 404


def test_a_runaway_starts_instances_while_it_is_published() -> None:
    """At its rate; newest first in its list, and the same at every time for the same seed."""
    one, other = runaway(), runaway()
    first = ids(one, NOON)
    assert len(first) == 10
    assert len(ids(one, NOON + 0.49)) == 10
    later = ids(one, NOON + 30.0)
    assert later[60:] == first
    assert ids(other, NOON + 30.0) == later
    assert len(set(later)) == 70
    starts = [instance.started_at for instance in one.page(0, 70, NOON + 30.0)]
    assert starts == sorted(starts, reverse=True)
    assert ids(runaway(seed=1), NOON + 30.0) != later


def test_every_list_is_newest_first() -> None:
    """Also where an instance that started long ago joins it."""
    workflow = flow()
    workflow.page(0, 1, NOON)
    workflow.cancel(X, NOON)
    starts = [instance.started_at for instance in workflow.page(0, 100, NOON)]
    assert len(starts) == 26
    assert starts == sorted(starts, reverse=True)


def test_unpublishing_ends_the_starts_but_for_what_is_buffered() -> None:
    """Those begin late; published again, it starts more."""
    workflow = runaway(late=4)
    assert workflow.count(NOON + 10.0).started == 30
    workflow.set_published(NOON + 10.0, published=False)
    workflow.set_published(NOON + 10.0, published=False)
    assert [(workflow.count(NOON + at).started, workflow.count(NOON + at).waiting) for at in (10.9, 11.0, 13.5, 14.0, 99.0)] == [
        (30, 4), (31, 3), (33, 1), (34, 0), (34, 0),
    ]  # fmt: skip
    workflow.set_published(NOON + 100.0, published=True)
    assert workflow.count(NOON + 105.0).started == 44
    assert workflow.count(NOON + 105.0).running == 44


def test_a_runaway_has_a_past() -> None:
    """Instances that had ended before stand evenly among those that run."""
    workflow = World(SandboxOptions(runaway=Runaway(alive=20, ended=30, rate=2.0)), NOON).workflows()[0]
    counted = workflow.count(NOON)
    assert (counted.started, counted.running, counted.succeeded + counted.failed) == (50, 20, 30)
    kinds = [instance.kind(NOON) == "IN_PROGRESS" for instance in workflow.page(0, 50, NOON)]
    assert all(sum(kinds[n : n + 10]) == 4 for n in range(0, 50, 10))
    assert workflow.page(0, 50, NOON)[-1].started_at == NOON - 25.0


def test_a_runaway_is_empty_when_all_was_canceled() -> None:
    """And the other workflows are as they were."""
    world = World(SandboxOptions(scenario=Scenario.RUNAWAY), NOON)
    workflow = world.workflows()[0]
    workflow.set_published(NOON, published=False)
    for turn in range(3):
        wall = NOON + 10.0 * (turn + 1)
        for instance_id in ids(workflow, wall):
            if workflow.instance(instance_id, wall).ended_at(wall) is None:
                workflow.cancel(instance_id, wall)
    counts = list(world.counts(NOON + 40.0).values())
    assert (counts[0].running, counts[0].waiting, counts[0].started) == (0, 0, 3012)
    assert counts[0].canceled > 2900
    assert [count.running for count in counts[1:]] == [25, 25]
