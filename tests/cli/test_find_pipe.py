"""`find | run -`: canceling starts while finding goes on."""

import asyncio
import csv
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from support.children import MAIN, child

from bulkcancel.sandbox import Quota, Runaway, SandboxOptions
from bulkcancel.sandbox.chances import workflow_id_of
from bulkcancel.sandbox.server import Sandbox

pytestmark = pytest.mark.slow

ALIVE = 3000
W = workflow_id_of(0, 0)
FAR_AWAY = Quota(100_000, 10)
SHOWN_AT_ONCE = 5  # pages


def withholding(sandbox: Sandbox) -> web.Application:
    """The sandbox, which gives no further page until a cancel has come."""
    canceled = asyncio.Event()

    @web.middleware
    async def withhold(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if request.method == "PUT":
            canceled.set()
        elif int(request.query.get("page[number]", "0")) >= SHOWN_AT_ONCE:
            await canceled.wait()
        return await handler(request)

    app = sandbox.app()
    app.middlewares.append(withhold)
    return app


def find_and_run(url: str, report: Path) -> tuple[int, int]:
    """Pipe one command into the other; gives both exit statuses."""
    bulkcancel = [sys.executable, "-c", MAIN]
    base = ["--base-url", url, "-c", "4"]
    keys = {**os.environ, "DD_API_KEY": "a", "DD_APP_KEY": "b"}
    finding = [*bulkcancel, "find", W, *base]
    running = [*bulkcancel, "run", "-", "--yes", "-q", "-o", str(report), *base]
    with (
        child(finding, env=keys, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as finder,
        child(running, env=keys, stdin=finder.stdout, stderr=subprocess.DEVNULL) as runner,
    ):
        return finder.wait(), runner.wait()


async def test_canceling_starts_while_finding_goes_on(tmp_path: Path) -> None:
    """Else neither would end here; and each instance that was found is canceled once."""
    options = SandboxOptions(quota=FAR_AWAY, latency=0.0, runaway=Runaway(alive=ALIVE, rate=0.0))
    sandbox = Sandbox(options)
    async with TestServer(withholding(sandbox)) as server:
        url = str(server.make_url("")).rstrip("/")
        codes = await asyncio.to_thread(find_and_run, url, tmp_path / "report.csv")
    assert codes == (0, 0)
    assert len(sandbox.record.accepted) == sandbox.record.accepted.total() == ALIVE
    with (tmp_path / "report.csv").open(newline="") as file:
        assert {row["outcome"] for row in csv.DictReader(file)} == {"canceled"}
