"""How far a search is."""

from typing import TYPE_CHECKING

from bulkcancel.events import Endpoint, Listed, PageRead
from bulkcancel.progress.activity import Activity
from bulkcancel.progress.words import number_of

if TYPE_CHECKING:
    from bulkcancel.clock import Clock
    from bulkcancel.events import Event
    from bulkcancel.progress.view import ProgressView


class FindProgress:
    """Counts instances that were read, of those that the lists say there are.

    Args:
        clock: Where the time comes from.
        workflows: How many workflows are looked into, or None where that is not known.
    """

    def __init__(self, clock: "Clock", workflows: int | None) -> None:
        self._activity = Activity(Endpoint.LIST, clock)
        self._workflows = workflows
        self._totals: dict[str, int | None] = {}  # instances by workflow, as far as its list tells
        self._read: dict[str, int] = {}
        self._matching: dict[str, int] = {}
        self._listed = 0

    def observe(self, event: "Event") -> None:
        """Take note of what changes the picture."""
        if isinstance(event, PageRead | Listed):
            self._read[event.workflow_id] = event.read
            self._matching[event.workflow_id] = event.matching
            is_whole = isinstance(event, Listed)
            self._listed += is_whole
            self._totals[event.workflow_id] = event.read if isinstance(event, Listed) else event.total
        else:
            self._activity.observe(event)

    def view(self) -> "ProgressView":
        """How far it is now. There is a total once each list has told its own."""
        read, known = (
            sum(self._read.values()),
            [total for total in self._totals.values() if total is not None],
        )
        has_total = len(known) == self._workflows
        return self._activity.view(
            done=read,
            total=max(read, sum(known)) if has_total else None,
            counts={"matching": sum(self._matching.values())},
            noun="instance",
            note=self._note(),
        )

    def _note(self) -> str:
        if self._workflows == 1:
            return ""
        if self._workflows is None:
            return f"{number_of(self._listed, 'workflow')} listed"
        return f"{self._listed:,} of {self._workflows:,} workflows listed"
