"""A real nginx in front of the API, with `limit_req` as it is when nobody has set a status: it answers 503."""

import asyncio
import shutil
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from support.fakeapi import Rows, refs
from support.runs import new_run

from bulkcancel.datadog import Credentials, Target, connect
from bulkcancel.models import Outcome, Result
from bulkcancel.settings import Settings
from bulkcancel.tally import Summary

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed, in PATH or where packages put it"),
]

# What is limited is passed on: nginx answers a plain `return` before it counts. No setting has a file
# outside the test's own directory.
CONFIGURATION = """
daemon off;
master_process off;
pid {here}/nginx.pid;
error_log {here}/error.log warn;
events {{ worker_connections 256; }}
http {{
    log_format one "$status $request_uri";
    access_log off;
    client_body_temp_path {here}/body;
    proxy_temp_path {here}/proxy;
    fastcgi_temp_path {here}/fastcgi;
    uwsgi_temp_path {here}/uwsgi;
    scgi_temp_path {here}/scgi;
    limit_req_zone $binary_remote_addr zone=cancels:1m {zone};
    server {{
        listen 127.0.0.1:{port};
        access_log {here}/access.log one;
        location / {{
            limit_req zone=cancels {limit};
            proxy_pass http://unix:{here}/api;
        }}
    }}
    server {{
        listen unix:{here}/api;
        default_type application/json;
        location / {{ return 200 "{{}}\\n"; }}
    }}
}}
"""


@asynccontextmanager
async def nginx(here: Path, zone: str, limit: str) -> AsyncIterator[int]:
    """Serve there; gives the port."""
    assert NGINX is not None
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    configuration = here / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(here=here, zone=zone, limit=limit, port=port))
    process = await asyncio.create_subprocess_exec(
        NGINX, "-p", str(here), "-e", str(here / "error.log"), "-c", str(configuration),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        while not await listens(port):
            assert process.returncode is None, (here / "error.log").read_text()
        yield port
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def listens(port: int) -> bool:
    """Whether a connection is taken; if not, some time has passed."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionError:
        await asyncio.sleep(0.01)
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def cancel(port: int, count: int, **settings: object) -> tuple[Summary, list[Result]]:
    """Cancel so many instances there."""
    results: list[Result] = []
    chosen = Settings(**settings)  # type: ignore[arg-type] # keywords of a table
    async with connect(
        Target(f"http://127.0.0.1:{port}"), Credentials("a" * 32, "b" * 40), settings=chosen
    ) as api:
        summary = await new_run(api, chosen).run(Rows(refs(count)), results.append)
    return summary, results


async def test_a_limit_that_answers_503_fails_no_row(tmp_path: Path) -> None:
    """And few requests are wasted on it, as with 429s: unpaced, 510 were."""
    async with nginx(tmp_path, "rate=50r/s", "burst=5 nodelay") as port:
        summary, results = await cancel(port, 300)
    answers = Counter(line.split()[0] for line in (tmp_path / "access.log").read_text().splitlines())
    assert summary.outcomes[Outcome.CANCELED] == 300
    assert answers["200"] == 300
    # A tenth of all is held to in virtual time; a machine that stands still for a moment lets requests bunch.
    assert answers["503"] <= 100
    assert summary.requests == sum(answers.values())
    assert 0 < summary.throttled == sum(result.throttled for result in results) <= answers["503"]
