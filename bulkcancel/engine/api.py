"""What the engine needs of the API."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bulkcancel.models import Failure, InstanceRef, Reply


class Api(Protocol):
    """What the engine needs of the API."""

    async def cancel(self, ref: "InstanceRef") -> "Reply | Failure":
        """Ask for one instance to be canceled."""
        ...

    async def get_instance(self, ref: "InstanceRef") -> "Reply | Failure":
        """Read one instance."""
        ...

    async def list_instances(self, workflow_id: str, *, size: int, number: int) -> "Reply | Failure":
        """Read one page of a workflow's instances."""
        ...

    async def list_workflows(self, *, limit: int, page: int, query: str = "") -> "Reply | Failure":
        """Read one page of the workflows."""
        ...

    async def get_workflow(self, workflow_id: str) -> "Reply | Failure":
        """Read one workflow."""
        ...

    async def set_published(self, workflow_id: str, *, published: bool) -> "Reply | Failure":
        """Publish a workflow, or stop its automatic triggers."""
        ...

    async def check_keys(self) -> "Reply | Failure":
        """Ask whether both keys are good."""
        ...
