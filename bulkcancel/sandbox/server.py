"""The look-alike API over HTTP, on loopback. Bodies are those of the vendor's recorded traffic."""

import json
import logging
import re
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aiohttp import web
from aiohttp.http import HttpProcessingError

from bulkcancel.clock import Clock, SystemClock
from bulkcancel.errors import ConfigurationError, words_of
from bulkcancel.sandbox.faults import Fault, Faults
from bulkcancel.sandbox.options import SandboxOptions, Scenario
from bulkcancel.sandbox.quota import QuotaEnforcer
from bulkcancel.sandbox.world import Instance, Record, World
from bulkcancel.sites import is_loopback

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ACCEPTED = b"{}\n"
_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"
_OK, _BAD_REQUEST = 200, 400
_LARGEST_PAGE = 100
_MOST_DIGITS = 9
_SHUTDOWN_SECONDS = 0.2
_LOG = logging.getLogger("bulkcancel.sandbox")


class Sandbox:
    """One look-alike organization.

    Attributes:
        record: What it was asked and what it answered.
    """

    def __init__(self, options: SandboxOptions | None = None, clock: Clock | None = None) -> None:
        self._options = options or SandboxOptions()
        self._clock = clock or SystemClock()
        self._world = World(self._options, self._clock.wall())
        self._faults = Faults(self._options)
        quota = self._options.cancel_quota
        self._cancels = QuotaEnforcer(quota, "workflow_instance_cancel")
        self._reads = QuotaEnforcer(quota, "workflow_instance_read")

    @property
    def record(self) -> Record:
        """What it was asked and what it answered."""
        return self._world.record

    def app(self) -> web.Application:
        """The API as an aiohttp application."""
        app = web.Application()
        instances = "/api/v2/workflows/{workflow_id}/instances"
        app.router.add_put(f"{instances}/{{instance_id}}/cancel", self._cancel)
        app.router.add_get(f"{instances}/{{instance_id}}", self._get)
        app.router.add_get(instances, self._list)
        app.router.add_get("/api/v2/workflows", self._list_workflows)
        app.router.add_get("/api/v1/validate", self._validate)
        app.router.add_get("/api/v2/validate_keys", self._validate)
        app.router.add_get("/sandbox/record", self._show_record)
        return app

    async def _cancel(self, request: web.Request) -> web.StreamResponse:
        workflow_id, instance_id = request.match_info["workflow_id"], request.match_info["instance_id"]
        pair = f"{workflow_id}/{instance_id}"
        await self._clock.sleep(self._options.latency)
        fault, takes_effect = self._faults.next(pair, self._clock.now())
        if fault is not None:
            known = self._world.knows(workflow_id, instance_id)
            if takes_effect and known and self._refusal(request) is None:
                self._world.cancel(workflow_id, instance_id, self._clock.wall())
            return await self._go_wrong(request, fault, pair)
        response = self._answer_cancel(request, workflow_id, instance_id)
        self.record.note(pair, response.status)
        return response

    def _answer_cancel(self, request: web.Request, workflow_id: str, instance_id: str) -> web.Response:
        within, headers = self._cancels.take(self._clock.wall())
        if not within:
            return _errors(429, "Too many requests", headers)
        if (refusal := self._refusal(request)) is not None:
            refusal.headers.update(headers)
            return refusal
        for name, value in (("workflow_id", workflow_id), ("instance_id", instance_id)):
            if not _UUID.fullmatch(value):
                detail = f"value <no value> is invalid for field {name}"
                return _errors(400, {"code": "INVALID_FIELD_VALUE", "detail": detail}, headers)
        status = 404
        if self._world.knows(workflow_id, instance_id):
            status = self._world.cancel(workflow_id, instance_id, self._clock.wall())
        if status == _OK:
            return web.Response(body=_ACCEPTED, content_type="application/json", headers=headers)
        if status == _BAD_REQUEST:
            detail = f"instance {instance_id} is not running"
            return _errors(400, {"code": "INVALID_INSTANCE_STATE", "detail": detail}, headers)
        detail = f"instance {instance_id} not found"
        return _errors(404, {"code": "INSTANCE_NOT_FOUND", "detail": detail}, headers)

    async def _go_wrong(self, request: web.Request, fault: Fault, pair: str) -> web.StreamResponse:
        if fault is Fault.ERROR_500:
            response = _errors(500, "Internal Server Error")
        elif fault is Fault.UNAVAILABLE_503:
            response = _errors(503, "Service Unavailable")
        elif fault is Fault.GATEWAY_PAGE_502:
            response = web.Response(status=502, body=_PAGE, content_type="text/html")
        elif fault is Fault.PAGE_INSTEAD_OF_ANSWER:
            response = web.Response(status=200, body=_PAGE, content_type="text/html")
        else:
            self.record.note(pair, 0)
            return await self._cut_off(request, fault)
        self.record.note(pair, response.status)
        return response

    async def _cut_off(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000", "Content-Type": "application/json"})
        if fault is Fault.STALL:
            await self._clock.sleep(self._options.stall)
        elif fault is Fault.TRUNCATED:
            await response.prepare(request)
            await response.write(b'{"data":')
        if request.transport is not None:
            request.transport.abort()
        return response

    async def _get(self, request: web.Request) -> web.Response:
        refusal, headers = await self._admit_read(request)
        if refusal is not None:
            return refusal
        workflow_id, instance_id = request.match_info["workflow_id"], request.match_info["instance_id"]
        if not self._world.knows(workflow_id, instance_id):
            detail = f"workflow {workflow_id} not found"
            return _errors(404, {"code": "WORKFLOW_NOT_FOUND", "detail": detail}, headers)
        instance = self._world.instance(instance_id, self._clock.wall())
        return web.json_response({"data": _shown(instance)}, headers=headers)

    async def _list(self, request: web.Request) -> web.Response:
        refusal, headers = await self._admit_read(request)
        if refusal is not None:
            return refusal
        size, number = _query(request, "page[size]", 10), _query(request, "page[number]", 0)
        if not 0 < size <= _LARGEST_PAGE:
            detail = f"value {size} is invalid for field page[size]"
            return _errors(400, {"code": "INVALID_FIELD_VALUE", "detail": detail}, headers)
        found = self._world.instances(request.match_info["workflow_id"], self._clock.wall())
        kinds = [instance.kind for instance in found]
        page = {
            "totalCount": len(found),
            "totalFilteredCount": len(found),
            "canceledCount": kinds.count("CANCELED"),
            "failedCount": kinds.count("FAILED"),
            "succeededCount": kinds.count("SUCCEEDED"),
        }
        shown = [_shown(instance) for instance in found[number * size : (number + 1) * size]]
        return web.json_response({"data": shown, "meta": {"page": page}}, headers=headers)

    async def _list_workflows(self, request: web.Request) -> web.Response:
        refusal, headers = await self._admit_read(request)
        if refusal is not None:
            return refusal
        limit, page = _query(request, "limit", 10), _query(request, "page", 0)
        wanted = request.query.get("filter[query]", "").lower()
        found = [
            {"id": workflow_id, "type": "workflows", "attributes": {"name": f"Workflow {workflow_id[:8]}"}}
            for workflow_id in self._world.workflows()
            if wanted in f"workflow {workflow_id}"
        ]
        return web.json_response({"data": found[page * limit : (page + 1) * limit]}, headers=headers)

    async def _validate(self, request: web.Request) -> web.Response:
        await self._clock.sleep(self._options.latency)
        needs_both = request.path.startswith("/api/v2")
        refusal = self._refusal(request, needs_both=needs_both)
        return refusal or web.json_response({"valid": True})

    async def _show_record(self, _: web.Request) -> web.Response:
        record = self.record
        return web.json_response(
            {
                "statuses": record.statuses,
                "cancels": record.cancels,
                "accepted": record.accepted,
                "windows": [asdict(window) for window in self._cancels.windows(self._clock.wall())],
            }
        )

    async def _admit_read(self, request: web.Request) -> tuple[web.Response | None, dict[str, str]]:
        await self._clock.sleep(self._options.latency)
        within, headers = self._reads.take(self._clock.wall())
        if not within:
            return _errors(429, "Too many requests", headers), headers
        return self._refusal(request), headers

    def _refusal(self, request: web.Request, *, needs_both: bool = True) -> web.Response | None:
        """What a request with these keys is refused with, or None."""
        if self._options.scenario is Scenario.DENIED:
            return _errors(403, "Forbidden")
        api_key = request.headers.get("DD-API-KEY", "")
        app_key = request.headers.get("DD-APPLICATION-KEY", "")
        if not api_key or (needs_both and not app_key):
            return _errors(401, "Unauthorized")
        if self._options.api_key not in {"", api_key}:
            return _errors(403, "Forbidden")
        if needs_both and self._options.app_key not in {"", app_key}:
            return _errors(403, "Forbidden")
        return None


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


def _errors(status: int, error: object, headers: dict[str, str] | None = None) -> web.Response:
    body = json.dumps({"errors": [error]}, separators=(",", ":")).encode()
    return web.Response(status=status, body=body, content_type="application/json", headers=headers)


def _shown(instance: Instance) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "instanceStatus": {"detailsKind": instance.kind},
        "startTimestamp": _timestamp(instance.started_at),
    }
    if instance.ended_at is not None:
        attributes["endTimestamp"] = _timestamp(instance.ended_at)
    return {"id": instance.instance_id, "type": "workflow_instance", "attributes": attributes}


def _timestamp(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _query(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, "")
    fits = text.isdecimal() and text.isascii() and len(text) <= _MOST_DIGITS
    return int(text) if fits else default
