"""A sandbox in a process of its own whose record of cancels is on disk, so that killing it loses none of it.

    python -m support.recording PORT RECORD SEED SCENARIO LIMIT/PERIOD/HEADERS

Each line of the record is an answer to a cancel: when, the pair, and its status; 0 stands for a connection
cut off, `page` for a page in its place. `PUT /quota/LIMIT/PERIOD/HEADERS` changes the quota for cancels.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from bulkcancel.sandbox import HeaderMode, Quota, Runaway, SandboxOptions, Scenario
from bulkcancel.sandbox.admission import Served
from bulkcancel.sandbox.quota import QuotaEnforcer
from bulkcancel.sandbox.server import Sandbox, serve

SOUND, LIMITED = "200", "429"
#: What starts one, with the words above as its arguments.
SERVER = "import sys, asyncio; from support import recording; asyncio.run(recording.main(sys.argv[1:]))"

_RUNAWAY = Runaway(alive=40, ended=160, rate=0.5)
_READ_QUOTA = Quota(300, 10)


@dataclass(frozen=True, slots=True)
class Answer:
    """One line of the record.

    Attributes:
        at: Seconds since the epoch.
        workflow_id: Whose instance was to be canceled.
        instance_id: Which.
        status: What was answered.
    """

    at: float
    workflow_id: str
    instance_id: str
    status: str

    @property
    def is_fault(self) -> bool:
        """Whether the request has to be sent again, other than for the rate limit."""
        return self.status not in {SOUND, LIMITED}


def read_record(path: Path) -> list[Answer]:
    """All that the servers answered, one after the other."""
    found = []
    for line in path.read_text(encoding="ascii").splitlines():
        at, pair, status = line.split()
        workflow, instance = pair.split("/")
        found.append(Answer(float(at), workflow, instance, status))
    return found


class RecordingSandbox(Sandbox):
    """A sandbox that writes down an answer before it leaves, and whose quota can be changed."""

    def __init__(self, options: SandboxOptions, record: Path) -> None:
        super().__init__(options)
        self._file = os.open(record, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def app(self) -> web.Application:
        """The API, and what changes its quota."""

        @web.middleware
        async def noted(
            request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
        ) -> web.StreamResponse:
            response = await handler(request)
            if request.path.endswith("/cancel"):
                self._note(request, response)
            return response

        app = super().app()
        app.middlewares.append(noted)
        app.on_cleanup.append(self._close)
        app.router.add_put("/quota/{limit}/{period}/{headers}", self._change)
        return app

    def _note(self, request: web.Request, response: web.StreamResponse) -> None:
        pair = "{workflow_id}/{instance_id}".format(**request.match_info)
        status = "page" if response.content_type == "text/html" else self.record.cancels[pair][-1]
        os.write(self._file, f"{time.time():.3f} {pair} {status}\n".encode())

    async def _close(self, _: web.Application) -> None:
        os.close(self._file)

    async def _change(self, request: web.Request) -> web.Response:
        quota = quota_of("{limit}/{period}/{headers}".format(**request.match_info))
        self._admission.quotas[Served.CANCEL] = QuotaEnforcer(quota, Served.CANCEL.value)
        return web.Response()


def words_of(quota: Quota) -> str:
    """A quota in one word."""
    return f"{quota.limit}/{quota.period}/{quota.headers.value}"


def quota_of(words: str) -> Quota:
    """The quota that such a word means."""
    limit, period, headers = words.split("/")
    return Quota(int(limit), int(period), HeaderMode(headers))


async def main(words: list[str]) -> None:
    """Serve until SIGTERM comes; the first line printed is the URL."""
    port, record, seed, scenario, quota = words
    options = SandboxOptions(
        scenario=Scenario(scenario),
        seed=int(seed),
        quota=quota_of(quota),
        read_quota=_READ_QUOTA,
        runaway=_RUNAWAY,
    )
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    async with serve(RecordingSandbox(options, Path(record)), port=int(port)) as url:
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        await ended.wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
