"""What a search finds: instances, and what came of each workflow's list."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from bulkcancel.answers import State
from bulkcancel.operations.selection import ENDED, RUNNING

if TYPE_CHECKING:
    from bulkcancel.listings import InstanceState
    from bulkcancel.operations.list_block import ListingProblem


class FoundInstance(NamedTuple):
    """One instance that was found.

    Attributes:
        workflow_id: Its workflow's id.
        instance_id: Its id.
        status: `running`; or the API's own word for how it ended, `ended` where there is none.
        started_at: When it started, in seconds since the epoch, or None where that is not told.
        ended_at: When it ended, the same.
        source: What started it: `api`, `manual`, `schedule`, …; may be empty.
    """

    workflow_id: str
    instance_id: str
    status: str
    started_at: float | None
    ended_at: float | None
    source: str

    @property
    def pair(self) -> tuple[str, str]:
        """What `Session.cancel` takes."""
        return self.workflow_id, self.instance_id


@dataclass(slots=True)
class WorkflowListing:
    """What came of one workflow's list.

    Attributes:
        workflow_id: The workflow.
        name: Its name, as far as it was read; may be empty.
        read: Instances read so far.
        matching: How many of them were asked for.
        undated: Instances that would have matched if their start were told.
        others: Running ones that were not asked for.
        unusable: Items of its list that name no instance, or whose state can't be told.
        as_of: Since when the picture holds, by the server's clock in seconds since the epoch, or None.
        is_whole: Whether it was read to its end.
        problem: Why it could not be, or None.
    """

    workflow_id: str
    name: str = ""
    read: int = 0
    matching: int = 0
    undated: int = 0
    others: int = 0
    unusable: int = 0
    as_of: float | None = None
    is_whole: bool = False
    problem: "ListingProblem | None" = None


def found_in(workflow_id: str, item: "InstanceState") -> FoundInstance:
    """An instance as a page of its workflow's list shows it."""
    status = RUNNING if item.state is State.RUNNING else item.kind or ENDED
    return FoundInstance(workflow_id, item.instance_id, status, item.started_at, item.ended_at, item.source)
