"""The sandbox's workflows, and which of what is asked for there is."""

from typing import TYPE_CHECKING

from bulkcancel.sandbox.chances import workflow_id_of
from bulkcancel.sandbox.record import Record
from bulkcancel.sandbox.workflow import Workflow, WorkflowCount

if TYPE_CHECKING:
    from bulkcancel.sandbox.options import SandboxOptions

#: Ids of workflows and instances that begin like this are unknown to every sandbox.
UNKNOWN_PREFIX = "00000000-"

_WORKFLOWS = 3


class World:
    """All workflows of one sandbox.

    Attributes:
        record: What it was asked and what it answered.
    """

    def __init__(self, options: "SandboxOptions", epoch: float) -> None:
        self._options = options
        self._epoch = epoch
        self._workflows: dict[str, Workflow] = {}
        self.record = Record()
        runaway = options.runaway_in_force
        for number in range(_WORKFLOWS):
            workflow_id = workflow_id_of(options.seed, number)
            self._workflows[workflow_id] = Workflow(
                workflow_id, options, epoch, runaway if number == 0 else None
            )

    def workflow(self, workflow_id: str) -> Workflow | None:
        """A workflow, or None where there is none; one that nobody has listed may be there all the same."""
        found = self._workflows.get(workflow_id)
        is_unknown = self._options.only_known or workflow_id.startswith(UNKNOWN_PREFIX)
        if found is None and not is_unknown:
            found = self._workflows[workflow_id] = Workflow(workflow_id, self._options, self._epoch)
        return found

    def workflows(self) -> list[Workflow]:
        """Those seen so far and those made up."""
        return list(self._workflows.values())

    def knows(self, workflow_id: str, instance_id: str, wall: float) -> bool:
        """Whether there is such an instance."""
        workflow = self.workflow(workflow_id)
        if workflow is None or instance_id.startswith(UNKNOWN_PREFIX):
            return False
        return not self._options.only_known or workflow.has(instance_id, wall)

    def cancel(self, workflow_id: str, instance_id: str, wall: float) -> int:
        """Ask an instance to end; returns the status that this is answered with."""
        workflow = self.workflow(workflow_id)
        if workflow is None or not self.knows(workflow_id, instance_id, wall):
            return 404
        status, is_accepted = workflow.cancel(instance_id, wall)
        if is_accepted:
            self.record.accepted[f"{workflow_id}/{instance_id}"] += 1
        return status

    def counts(self, wall: float) -> dict[str, WorkflowCount]:
        """How many instances each workflow has."""
        return {workflow.workflow_id: workflow.count(wall) for workflow in self.workflows()}
