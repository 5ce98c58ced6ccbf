"""How far a search is, from what it tells."""

from support.faketime import FakeClock

from bulkcancel.events import Endpoint, Listed, PageRead, Paused
from bulkcancel.pacing import WaitReason
from bulkcancel.progress.find_progress import FindProgress
from bulkcancel.progress.view import ProgressView


def view_of(*events: PageRead | Listed, workflows: int | None) -> ProgressView:
    """What is seen of a search that has told this."""
    progress = FindProgress(FakeClock(), workflows)
    for event in events:
        progress.observe(event)
    return progress.view()


def test_the_total_is_known_once_every_list_has_told_its_own() -> None:
    """One that is read to its end needs none."""
    first, second = PageRead("a", 100, 90, 250), PageRead("b", 100, 0, None)
    assert view_of(workflows=1).total is None
    assert view_of(first, workflows=1).total == 250
    assert view_of(first, workflows=2).total is None
    assert view_of(first, second, workflows=2).total is None
    view = view_of(first, second, Listed("b", 120, 10, ""), workflows=2)
    assert (view.done, view.total, view.counts) == (220, 370, {"matching": 100})
    assert view_of(first, workflows=None).total is None


def test_a_list_may_grow_past_what_it_told() -> None:
    """What was read is never more than all."""
    view = view_of(PageRead("a", 100, 0, 99), workflows=1)
    assert (view.done, view.total) == (100, 100)


def test_of_several_workflows_it_says_how_many_are_listed() -> None:
    """Of how many, where that is known."""
    done = Listed("a", 1, 1, "")
    assert view_of(done, workflows=1).note == ""
    assert view_of(done, workflows=12).note == "1 of 12 workflows listed"
    assert view_of(done, workflows=None).note == "1 workflow listed"
    assert view_of(done, workflows=1).noun == "instance"


def test_what_holds_lists_back_is_said_first() -> None:
    """Their quota is their own."""
    clock = FakeClock()
    progress = FindProgress(clock, 1)
    progress.observe(Paused(Endpoint.LIST_WORKFLOWS, WaitReason.QUOTA, clock.now() + 3.0))
    assert progress.view().held == "list of workflows: quota used up, next window in 3 s"
    progress.observe(Paused(Endpoint.LIST, WaitReason.QUOTA, clock.now() + 2.0))
    assert progress.view().held == "quota used up, next window in 2 s"
