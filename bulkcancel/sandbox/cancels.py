"""The endpoint that cancels, and all that can go wrong with it."""

import re
from typing import TYPE_CHECKING

from aiohttp import web

from bulkcancel.sandbox.admission import Served
from bulkcancel.sandbox.bodies import JSON, of_error, of_invalid_field
from bulkcancel.sandbox.faults import Fault, Faults

if TYPE_CHECKING:
    from bulkcancel.sandbox.admission import Admission
    from bulkcancel.sandbox.options import SandboxOptions
    from bulkcancel.sandbox.server_clock import ServerClock
    from bulkcancel.sandbox.world import World

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ACCEPTED = b"{}\n"
_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"
_OK, _BAD_REQUEST = 200, 400


def invalid_id_in(request: web.Request, headers: dict[str, str]) -> web.Response | None:
    """The refusal of an id in a request's path that is no UUID, or None."""
    for name, value in request.match_info.items():
        if not _UUID.fullmatch(value):
            return of_invalid_field(name, headers)
    return None


class Cancels:
    """Answers cancel requests."""

    def __init__(
        self, options: "SandboxOptions", clock: "ServerClock", world: "World", admission: "Admission"
    ) -> None:
        self._options = options
        self._clock = clock
        self._world = world
        self._admission = admission
        self._faults = Faults(options)

    def add_to(self, app: web.Application) -> None:
        """Serve them."""
        path = "/api/v2/workflows/{workflow_id}/instances/{instance_id}/cancel"
        app.router.add_put(path, self._cancel)

    async def _cancel(self, request: web.Request) -> web.StreamResponse:
        workflow_id, instance_id = request.match_info["workflow_id"], request.match_info["instance_id"]
        pair = f"{workflow_id}/{instance_id}"
        await self._clock.sleep(self._options.latency)
        fault, takes_effect = self._faults.next(pair, self._clock.now())
        if fault is not None:
            if takes_effect and self._admission.refusal(request, Served.CANCEL) is None:
                self._world.cancel(workflow_id, instance_id, self._clock.wall())
            return await self._go_wrong(request, fault, pair)
        response = self._answer(request, workflow_id, instance_id)
        self._world.record.note_cancel(pair, response.status)
        return response

    def _answer(self, request: web.Request, workflow_id: str, instance_id: str) -> web.Response:
        wall = self._clock.wall()
        refusal, headers = self._admission.admit(request, Served.CANCEL, wall)
        refusal = refusal or invalid_id_in(request, headers)
        if refusal is not None:
            return refusal
        status = self._world.cancel(workflow_id, instance_id, wall)
        if status == _OK:
            return web.Response(body=_ACCEPTED, content_type=JSON, headers=headers)
        if status == _BAD_REQUEST:
            detail = f"instance {instance_id} is not running"
            return of_error(400, {"code": "INVALID_INSTANCE_STATE", "detail": detail}, headers)
        detail = f"instance {instance_id} not found"
        return of_error(404, {"code": "INSTANCE_NOT_FOUND", "detail": detail}, headers)

    async def _go_wrong(self, request: web.Request, fault: Fault, pair: str) -> web.StreamResponse:
        note = self._world.record.note_cancel
        if fault is Fault.ERROR_500:
            response = of_error(500, "Internal Server Error")
        elif fault is Fault.UNAVAILABLE_503:
            response = of_error(503, "Service Unavailable")
        elif fault is Fault.GATEWAY_PAGE_502:
            response = web.Response(status=502, body=_PAGE, content_type="text/html")
        elif fault is Fault.PAGE_INSTEAD_OF_ANSWER:
            response = web.Response(status=200, body=_PAGE, content_type="text/html")
        else:
            note(pair, 0)
            return await self._cut_off(request, fault)
        note(pair, response.status)
        return response

    async def _cut_off(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000", "Content-Type": JSON})
        if fault is Fault.STALL:
            await self._clock.sleep(self._options.stall)
        elif fault is Fault.TRUNCATED:
            await response.prepare(request)
            await response.write(b'{"data":')
        if request.transport is not None:
            request.transport.abort()
        return response
