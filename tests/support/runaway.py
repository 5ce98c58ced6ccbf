"""A fake API with a workflow that keeps starting instances: the sandbox's own, in virtual time."""

import json
from collections import Counter
from typing import Any

from support.fakeapi import UNKNOWN, FakeApi
from support.faketime import FakeClock

from bulkcancel.models import Failure, InstanceRef, Reply
from bulkcancel.sandbox.bodies import instance_shown, page_shown, workflow_shown
from bulkcancel.sandbox.options import Ends, Runaway, SandboxOptions
from bulkcancel.sandbox.workflow import Workflow

W = "49057bbd-1024-4dc7-b35e-c0455c9695e3"
FORBIDDEN = Reply(403, {}, b'{"errors":["Missing required permission: \'workflows_write\'"]}')


class RunawayApi(FakeApi):
    """One workflow, as the sandbox has it. `refuses` answers for an endpoint instead of it."""

    def __init__(self, *, alive: int = 300, rate: float = 0.0, late: int = 0, **ends: Any) -> None:
        super().__init__(FakeClock(0.0), latency=0.02)
        options = SandboxOptions(ends=Ends(**ends))
        runaway = Runaway(alive=alive, rate=rate, late=late)
        self.workflow = Workflow(W, options, self.clock.wall(), runaway)
        self.refuses: dict[str, Reply | Failure] = {}
        self.calls: Counter[str] = Counter()

    @property
    def running(self) -> int:
        """How many run or wait to start, by the server's own record."""
        count = self.workflow.count(self.clock.wall())
        return count.running + count.waiting

    async def _answer(self, name: str, workflow_id: str) -> Reply | Failure | None:
        self.calls[name] += 1
        await self.clock.sleep(self.latency)
        return self.refuses.get(name) or (None if workflow_id == W else UNKNOWN)

    async def cancel(self, ref: InstanceRef) -> Reply | Failure:
        """Ask it to end."""
        refused = await self._answer("cancel", ref.workflow_id)
        if refused is not None:
            return refused
        status, _ = self.workflow.cancel(ref.instance_id, self.clock.wall())
        return Reply(status, {}, b"{}")

    async def get_instance(self, ref: InstanceRef) -> Reply | Failure:
        """Show it."""
        refused = await self._answer("read", ref.workflow_id)
        wall = self.clock.wall()
        return refused or shown(instance_shown(self.workflow.instance(ref.instance_id, wall), wall))

    async def list_instances(self, workflow_id: str, *, size: int, number: int) -> Reply | Failure:
        """Show a page."""
        refused = await self._answer("list", workflow_id)
        if refused is not None:
            return refused
        wall = self.clock.wall()
        page = page_shown(self.workflow.page(number, size, wall), self.workflow.count(wall), wall)
        return Reply(200, {}, json.dumps(page).encode())

    async def list_workflows(self, *, limit: int, page: int, query: str = "") -> Reply | Failure:  # noqa: ARG002 - the protocol
        """Have the one."""
        refused = await self._answer("list_workflows", W)
        return refused or shown([] if page else [workflow_shown(self.workflow)])

    async def get_workflow(self, workflow_id: str) -> Reply | Failure:
        """Show it."""
        return await self._answer("get_workflow", workflow_id) or shown(workflow_shown(self.workflow))

    async def set_published(self, workflow_id: str, *, published: bool) -> Reply | Failure:
        """Set it."""
        refused = await self._answer("publish", workflow_id)
        if refused is None:
            self.workflow.set_published(self.clock.wall(), published=published)
        return refused or shown(workflow_shown(self.workflow))


def shown(data: object) -> Reply:
    """A reply with a document."""
    return Reply(200, {}, json.dumps({"data": data}).encode())
