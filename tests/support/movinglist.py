"""A fake API whose list of instances grows, and whose instances end, while it is read."""

import json
import random
from typing import Any

from support.fakeapi import UNKNOWN, FakeApi
from support.faketime import FakeClock

from bulkcancel.models import Reply


class MovingList(FakeApi):
    """One workflow, or several: pages are cut from what there is at some instant within each call."""

    def __init__(
        self,
        count: int,
        *,
        seed: int = 0,
        cap: int = 100,
        grows: float = 0.0,
        ends: float = 0.0,
        first: int = 0,
        refuses_zero: bool = False,
        tells_total: bool = True,
        workflow_id: str = "w",
    ) -> None:
        super().__init__(FakeClock(0.0), latency=0.0)
        self.chance = random.Random(seed)  # noqa: S311 - nothing here is secret
        self.workflow_id = workflow_id
        self.ids = [f"i{number}" for number in range(count)]
        self.ended: set[str] = set()
        self.cap, self.grows, self.ends = cap, grows, ends
        self.first, self.refuses_zero, self.tells_total = first, refuses_zero, tells_total
        self.requests: list[int] = []
        self.headers: dict[str, str] = {}

    async def list_instances(self, workflow_id: str, *, size: int, number: int) -> Reply:
        """Give a page, newest first; then the list grows, and some end."""
        self.requests.append(number)
        await self.clock.sleep(self.chance.random())
        reply = self.reply_to(workflow_id, min(size, self.cap), number)
        grown = int(self.grows) + (self.chance.random() < self.grows % 1.0)
        self.ids += [f"i{len(self.ids) + more}" for more in range(grown)]
        if self.ids and self.chance.random() < self.ends:
            self.ended.add(self.chance.choice(self.ids))
        await self.clock.sleep(self.chance.random())
        return reply

    def reply_to(self, workflow_id: str, size: int, number: int) -> Reply:
        """The page as it is now."""
        if workflow_id != self.workflow_id:
            return UNKNOWN
        if number < self.first and self.refuses_zero:
            return Reply(400, {}, b'{"errors":[{"code":"INVALID_FIELD_VALUE"}]}')
        begin = max(0, number - self.first) * size
        shown = [self.item(one) for one in self.ids[::-1][begin : begin + size]]
        document: dict[str, Any] = {"data": shown}
        if self.tells_total:
            document["meta"] = {"page": {"totalCount": len(self.ids)}}
        return Reply(200, self.headers, json.dumps(document).encode())

    def item(self, instance_id: str) -> dict[str, Any]:
        """One instance."""
        kind = "SUCCEEDED" if instance_id in self.ended else "IN_PROGRESS"
        return {
            "id": instance_id,
            "attributes": {"instanceStatus": {"detailsKind": kind}, "source": {"api": {}}},
        }
