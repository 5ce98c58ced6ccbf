"""The soak's server: the sandbox, with a record on disk that outlives it and a quota that can be changed.

    python -m soak.server PORT JOURNAL SEED CALM|FLAKY LIMIT/PERIOD/HEADERS

`PUT /soak/quota/LIMIT/PERIOD/HEADERS` changes the quota for cancels. Each line of the journal is an answer to
a cancel: when, the pair, and its status; 0 stands for a connection cut off, `page` for a page in its place.
"""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from bulkcancel.sandbox import HeaderMode, Quota, Runaway, SandboxOptions, Scenario
from bulkcancel.sandbox.admission import Served
from bulkcancel.sandbox.quota import QuotaEnforcer
from bulkcancel.sandbox.server import Sandbox, serve

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_RUNAWAY = Runaway(alive=40, ended=160, rate=0.5)
_READ_QUOTA = Quota(300, 10)


class SoakSandbox(Sandbox):
    """A sandbox whose record of cancels is on disk before an answer leaves, so that killing it loses none."""

    def __init__(self, options: SandboxOptions, journal: Path) -> None:
        super().__init__(options)
        self._journal = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def app(self) -> web.Application:
        """The API, and what changes its quota."""

        @web.middleware
        async def noted(
            request: web.Request, handler: "Callable[[web.Request], Awaitable[web.StreamResponse]]"
        ) -> web.StreamResponse:
            response = await handler(request)
            if request.path.endswith("/cancel"):
                self._note(request, response)
            return response

        app = super().app()
        app.middlewares.append(noted)
        app.router.add_put("/soak/quota/{limit}/{period}/{headers}", self._change)
        return app

    def _note(self, request: web.Request, response: web.StreamResponse) -> None:
        pair = "{workflow_id}/{instance_id}".format(**request.match_info)
        status = "page" if response.content_type == "text/html" else self.record.cancels[pair][-1]
        os.write(self._journal, f"{time.time():.3f} {pair} {status}\n".encode())

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
    port, journal, seed, scenario, quota = words
    options = SandboxOptions(
        scenario=Scenario(scenario),
        seed=int(seed),
        quota=quota_of(quota),
        read_quota=_READ_QUOTA,
        runaway=_RUNAWAY,
    )
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    async with serve(SoakSandbox(options, Path(journal)), port=int(port)) as url:
        print(url, flush=True)
        await ended.wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
