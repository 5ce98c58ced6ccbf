"""The event stream: events are checked as the vendor's page has them, and kept."""

import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bulkcancel.sandbox.admission import Served
from bulkcancel.sandbox.bodies import of_accepted_event, of_error

if TYPE_CHECKING:
    from bulkcancel.sandbox.admission import Admission
    from bulkcancel.sandbox.options import SandboxOptions
    from bulkcancel.sandbox.server_clock import ServerClock
    from bulkcancel.sandbox.world import World

_ALERT_TYPES = frozenset({"error", "warning", "info", "success", "user_update", "recommendation", "snapshot"})
_LONGEST = {"title": 500, "text": 4_000, "aggregation_key": 100}


class EventStream:
    """Takes events."""

    def __init__(
        self, options: "SandboxOptions", clock: "ServerClock", world: "World", admission: "Admission"
    ) -> None:
        self._options = options
        self._clock = clock
        self._record = world.record
        self._admission = admission

    def add_to(self, app: web.Application) -> None:
        """Serve them."""
        app.router.add_post("/api/v1/events", self._post)

    async def _post(self, request: web.Request) -> web.Response:
        await self._clock.sleep(self._options.latency)
        response = self._admission.refusal(request, Served.EVENTS)
        if response is None:
            event = _event_in(await request.read())
            if isinstance(event, str):
                response = of_error(400, event)
            else:
                self._record.events.append(event)
                response = of_accepted_event(event, len(self._record.events), self._clock.wall())
        self._record.note(Served.EVENTS.value, response.status)
        return response


def _event_in(body: bytes) -> dict[str, Any] | str:
    """An event that can be taken, or what is wrong with it."""
    try:
        event = json.loads(body)
    except ValueError:
        event = None
    if not isinstance(event, dict):
        return "Invalid JSON"
    for name in ("title", "text"):
        if not (isinstance(event.get(name), str) and event[name]):
            return f"Missing required field: {name}"
    for name, longest in _LONGEST.items():
        if len(event.get(name) or "") > longest:
            return f"{name} is longer than {longest} characters"
    if event.get("alert_type", "info") not in _ALERT_TYPES:
        return "alert_type is none of the allowed values"
    tags = event.get("tags", [])
    if not (isinstance(tags, list) and all(isinstance(tag, str) for tag in tags)):
        return "tags must be a list of strings"
    return event
