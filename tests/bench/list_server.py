"""The benchmark's server with a list: one workflow's instances, in pages that are made before it begins.

Cancels and pages are counted apart, each with a quota of its own. A cancel does not change the list.

    python -m bench.list_server INSTANCES RUNNING LATENCY LIMIT/PERIOD
"""

import asyncio
import json
import math
import re
import sys
import time

from bench.server import Ledger, serve

from bulkcancel.sandbox import Quota, Runaway, SandboxOptions
from bulkcancel.sandbox.bodies import page_shown
from bulkcancel.sandbox.chances import workflow_id_of
from bulkcancel.sandbox.workflow import Workflow

#: The workflow that has a list.
LISTED = workflow_id_of(0, 0)
#: The endpoints in the order of the record.
CANCELS, LISTS = 0, 1

_PAGE_SIZE = 100
_NUMBER = re.compile(rb"page(?:\[|%5B)number(?:\]|%5D)=(\d+)")
_FAR_AWAY = Quota(10**9, 3600)


class ListLedger(Ledger):
    """The endpoint that lists a workflow's instances, newest first, in pages of a hundred."""

    def __init__(self, quota: Quota, latency: float, *, instances: int, running: int) -> None:
        super().__init__(quota, latency, "workflow_instance_list")
        now = time.time()
        runaway = Runaway(alive=running, ended=instances - running, rate=0.0)
        workflow = Workflow(LISTED, SandboxOptions(), now, runaway)
        count = workflow.count(now)
        # One more than there are: behind the last one is an empty one.
        self._pages = [
            json.dumps(page_shown(workflow.page(number, _PAGE_SIZE, now), count, now)).encode()
            for number in range(math.ceil(instances / _PAGE_SIZE) + 1)
        ]

    def serves(self, method: bytes, path: bytes) -> bool:
        """Whether a request is one of this endpoint's."""
        return method == b"GET" and b"/instances?" in path

    def granted(self, path: bytes) -> tuple[str, bytes]:
        """A page; far behind the end they are empty."""
        found = _NUMBER.search(path)
        number = int(found[1]) if found else 0
        return "200 OK", self._pages[min(number, len(self._pages) - 1)]


async def main(words: list[str]) -> None:
    """Serve until the process is ended; the first line printed is the URL."""
    instances, running, latency, size = words
    limit, period = map(int, size.split("/"))
    lists = ListLedger(Quota(limit, period), float(latency), instances=int(instances), running=int(running))
    await serve(Ledger(_FAR_AWAY, float(latency)), lists)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
