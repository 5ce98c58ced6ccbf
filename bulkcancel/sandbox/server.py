"""The look-alike API over HTTP, on loopback."""

import logging
from contextlib import asynccontextmanager
from dataclasses import asdict
from email.utils import formatdate
from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.http import HttpProcessingError

from bulkcancel.clock import Clock, SystemClock
from bulkcancel.errors import ConfigurationError, words_of
from bulkcancel.sandbox.admission import Admission, Served
from bulkcancel.sandbox.bodies import of_document
from bulkcancel.sandbox.cancels import Cancels
from bulkcancel.sandbox.event_stream import EventStream
from bulkcancel.sandbox.options import SandboxOptions
from bulkcancel.sandbox.reads import Reads
from bulkcancel.sandbox.server_clock import ServerClock
from bulkcancel.sandbox.world import World
from bulkcancel.sites import is_loopback

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bulkcancel.sandbox.record import Record
    from bulkcancel.sandbox.workflow import WorkflowCount

_SHUTDOWN_SECONDS = 0.2
_LOG = logging.getLogger("bulkcancel.sandbox")


class Sandbox:
    """One look-alike organization."""

    def __init__(self, options: SandboxOptions | None = None, clock: Clock | None = None) -> None:
        options = options or SandboxOptions()
        self._clock = ServerClock(clock or SystemClock(), options.clock_ahead)
        self._world = World(options, self._clock.wall())
        self._admission = Admission(options)
        parts = (options, self._clock, self._world, self._admission)
        self._routes = (Cancels(*parts), Reads(*parts), EventStream(*parts))

    @property
    def record(self) -> "Record":
        """What it was asked and what it answered."""
        return self._world.record

    def counts(self) -> "dict[str, WorkflowCount]":
        """How many instances each workflow has now, by its id."""
        return self._world.counts(self._clock.wall())

    def app(self) -> web.Application:
        """The API as an aiohttp application."""
        app = web.Application()
        for routes in self._routes:
            routes.add_to(app)
        app.router.add_get("/sandbox/record", self._show_record)
        app.on_response_prepare.append(self._date)
        return app

    async def _date(self, _: web.Request, response: web.StreamResponse) -> None:
        response.headers["Date"] = formatdate(self._clock.wall(), usegmt=True)

    async def _show_record(self, _: web.Request) -> web.Response:
        record, wall = self.record, self._clock.wall()
        windows = {
            served.value: [asdict(window) for window in quota.windows(wall)]
            for served, quota in self._admission.quotas.items()
        }
        workflows = {
            workflow.workflow_id: {
                "name": workflow.name,
                "published": workflow.published,
                **asdict(workflow.count(wall)),
            }
            for workflow in self._world.workflows()
        }
        return of_document(
            {
                "statuses": record.statuses,
                "requests": record.requests,
                "workflows": workflows,
                "windows": windows.pop(Served.CANCEL.value),
                "windows_of_others": windows,
                "cancels": record.cancels,
                "accepted": record.accepted,
                "events": record.events,
            }
        )


@asynccontextmanager
async def serve(sandbox: Sandbox, host: str = "127.0.0.1", port: int = 0) -> "AsyncIterator[str]":
    """Serve a sandbox while the context lasts; gives its URL.

    Raises:
        ConfigurationError: The host is not loopback, or the port is taken.
    """
    if not is_loopback(host):
        raise ConfigurationError(f"The sandbox serves loopback only, not {host!r}; use 127.0.0.1 or ::1.")
    _LOG.addFilter(_without_request)
    runner = web.AppRunner(sandbox.app(), access_log=None, logger=_LOG, shutdown_timeout=_SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            words = words_of(error)
            raise ConfigurationError(f"The sandbox can't listen on {host}:{port}: {words}.") from None
        found = runner.addresses[0][1]
        yield f"http://[{host}]:{found}" if ":" in host else f"http://{host}:{found}"
    finally:
        await runner.cleanup()


def _without_request(record: logging.LogRecord) -> bool:
    """Drop what the parser says of a request that is none: it quotes the line, which may hold a key."""
    if record.exc_info and isinstance(record.exc_info[1], HttpProcessingError):
        record.exc_info = None
    return True
