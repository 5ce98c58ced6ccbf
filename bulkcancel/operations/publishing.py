"""Publishes workflows, or stops their automatic triggers, and reads which they are."""

from typing import TYPE_CHECKING

from bulkcancel.answers import Verdict
from bulkcancel.events import Endpoint
from bulkcancel.listings import read_workflow
from bulkcancel.models import InstanceRef, Reply

if TYPE_CHECKING:
    from bulkcancel.answers import Classification
    from bulkcancel.engine.dispatcher import Dispatcher
    from bulkcancel.listings import WorkflowInfo


class PublishingError(Exception):
    """A workflow could not be published, or its triggers not be stopped; the words say why."""


class Publishing:
    """Reads and sets whether workflows are published, through limiters of their own."""

    def __init__(self, dispatcher: "Dispatcher") -> None:
        self._api = dispatcher.api
        self._reads = dispatcher.reader(Endpoint.READ_WORKFLOW)
        self._changes = dispatcher.reader(Endpoint.PUBLISH)

    async def read(self, workflow_id: str) -> "WorkflowInfo | None":
        """What the API shows of a workflow, or None where it shows nothing.

        Raises:
            StoppedError: The operation stops.
        """
        return (await self._read(workflow_id))[0]

    async def set(self, workflow_id: str, *, published: bool) -> None:
        """Set it, and read back whether it is so: what the change was answered is not relied on.

        Raises:
            PublishingError: It is not so, or that can't be seen.
            StoppedError: The operation stops.
        """
        _, meaning = await self._changes.read(
            lambda: self._api.set_published(workflow_id, published=published),
            InstanceRef(workflow_id, "", 0),
        )
        wanted = "publish" if published else "unpublish"
        if meaning.verdict is not Verdict.ACCEPTED:
            lacks = " The keys need the permission workflows_write." if _is_refused(meaning) else ""
            answered = f"{meaning.status or meaning.code} {meaning.detail}".rstrip()
            raise PublishingError(f"could not {wanted} {workflow_id}: {answered}.{lacks}")
        found, _ = await self._read(workflow_id)
        if found is None or found.published is None:
            raise PublishingError(f"{workflow_id} can't be read back, so it can't be seen whether it is.")
        if found.published is not published:
            is_so = "published" if found.published else "unpublished"
            raise PublishingError(f"the API accepted to {wanted} {workflow_id}, but it is still {is_so}.")

    async def _read(self, workflow_id: str) -> "tuple[WorkflowInfo | None, Classification]":
        answer, meaning = await self._reads.read(
            lambda: self._api.get_workflow(workflow_id), InstanceRef(workflow_id, "", 0)
        )
        is_shown = meaning.verdict is Verdict.ACCEPTED and isinstance(answer, Reply)
        return read_workflow(answer) if is_shown and isinstance(answer, Reply) else None, meaning


def _is_refused(meaning: "Classification") -> bool:
    return meaning.verdict is Verdict.FORBIDDEN or meaning.verdict is Verdict.UNAUTHORIZED
