"""The endpoints that read, and the one that publishes a workflow or stops its automatic triggers."""

import json
from typing import TYPE_CHECKING

from aiohttp import web

from bulkcancel.sandbox.admission import Served
from bulkcancel.sandbox.bodies import (
    JSON_API,
    instance_shown,
    of_document,
    of_invalid_field,
    of_unknown_workflow,
    page_shown,
    workflow_shown,
)
from bulkcancel.sandbox.cancels import invalid_id_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from bulkcancel.sandbox.admission import Admission
    from bulkcancel.sandbox.options import SandboxOptions
    from bulkcancel.sandbox.server_clock import ServerClock
    from bulkcancel.sandbox.workflow import Workflow
    from bulkcancel.sandbox.world import World

_LARGEST_PAGE = 100
_MOST_DIGITS = 9


class Reads:
    """Answers what is asked about workflows and instances, and publishes workflows."""

    def __init__(
        self, options: "SandboxOptions", clock: "ServerClock", world: "World", admission: "Admission"
    ) -> None:
        self._options = options
        self._clock = clock
        self._world = world
        self._admission = admission

    def add_to(self, app: web.Application) -> None:
        """Serve them."""
        workflows = "/api/v2/workflows"
        one = f"{workflows}/{{workflow_id}}"
        instances = f"{one}/instances"
        app.router.add_get(f"{instances}/{{instance_id}}", self._get_instance)
        app.router.add_get(instances, self._list_instances)
        app.router.add_get(one, self._get_workflow)
        app.router.add_get(workflows, self._list_workflows)
        app.router.add_patch(one, self._update_workflow)
        app.router.add_get("/api/v1/validate", self._validate)
        app.router.add_get("/api/v2/validate_keys", self._validate)

    async def _get_instance(self, request: web.Request) -> web.Response:
        def answer(workflow: "Workflow", wall: float, headers: dict[str, str]) -> web.Response:
            instance_id = request.match_info["instance_id"]
            if not self._world.knows(workflow.workflow_id, instance_id, wall):
                return of_unknown_workflow(workflow.workflow_id, headers)
            instance = workflow.instance(instance_id, wall)
            return of_document({"data": instance_shown(instance, wall)}, headers)

        return await self._about_workflow(request, Served.GET_INSTANCE, answer)

    async def _list_instances(self, request: web.Request) -> web.Response:
        def answer(workflow: "Workflow", wall: float, headers: dict[str, str]) -> web.Response:
            pages = self._options.pages
            size, number = _number(request, "page[size]", 10), _number(request, "page[number]", pages.first)
            if not 0 < size <= _LARGEST_PAGE:
                return of_invalid_field("page[size]", headers, size)
            if number < pages.first and pages.refuses_zero:
                return of_invalid_field("page[number]", headers, number)
            place = max(0, number - pages.first)
            found = workflow.page(place, min(size, pages.cap), wall)
            return of_document(page_shown(found, workflow.count(wall), wall), headers)

        return await self._about_workflow(request, Served.LIST_INSTANCES, answer)

    async def _get_workflow(self, request: web.Request) -> web.Response:
        def answer(workflow: "Workflow", _: float, headers: dict[str, str]) -> web.Response:
            return of_document({"data": workflow_shown(workflow)}, headers)

        return await self._about_workflow(request, Served.GET_WORKFLOW, answer)

    async def _update_workflow(self, request: web.Request) -> web.Response:
        body = await request.read()

        def answer(workflow: "Workflow", wall: float, headers: dict[str, str]) -> web.Response:
            published = _published_in(body)
            if published is None:
                return of_invalid_field("published", headers)
            if not self._options.keeps_published:
                workflow.set_published(wall, published=published)
            return of_document({"data": workflow_shown(workflow)}, headers, JSON_API)

        return await self._about_workflow(request, Served.UPDATE_WORKFLOW, answer)

    async def _list_workflows(self, request: web.Request) -> web.Response:
        await self._clock.sleep(self._options.latency)
        refusal, headers = self._admission.admit(request, Served.LIST_WORKFLOWS, self._clock.wall())
        limit, page = _number(request, "limit", 10), _number(request, "page", 0)
        wanted = request.query.get("filter[query]", "").lower()
        found = [one for one in self._world.workflows() if wanted in f"{one.name} {one.workflow_id}".lower()]
        shown = [workflow_shown(one) for one in found[page * limit : (page + 1) * limit]]
        return self._noted(Served.LIST_WORKFLOWS, refusal or of_document({"data": shown}, headers))

    async def _validate(self, request: web.Request) -> web.Response:
        await self._clock.sleep(self._options.latency)
        refusal = self._admission.refusal(request, Served.VALIDATE)
        return self._noted(Served.VALIDATE, refusal or of_document({"valid": True}))

    async def _about_workflow(
        self,
        request: web.Request,
        served: Served,
        answer: "Callable[[Workflow, float, dict[str, str]], web.Response]",
    ) -> web.Response:
        """Answer a request about one workflow, if it may be asked and there is one."""
        await self._clock.sleep(self._options.latency)
        wall = self._clock.wall()
        refusal, headers = self._admission.admit(request, served, wall)
        refusal = refusal or invalid_id_in(request, headers)
        if refusal is not None:
            return self._noted(served, refusal)
        workflow_id = request.match_info["workflow_id"]
        workflow = self._world.workflow(workflow_id)
        if workflow is None:
            return self._noted(served, of_unknown_workflow(workflow_id, headers))
        return self._noted(served, answer(workflow, wall, headers))

    def _noted(self, served: Served, response: web.Response) -> web.Response:
        self._world.record.note(served.value, response.status)
        return response


def _published_in(body: bytes) -> bool | None:
    """Whether a change is to publish a workflow, or None where it does not say."""
    try:
        published = json.loads(body)["data"]["attributes"]["published"]
    except (ValueError, LookupError, TypeError):
        return None
    return published if isinstance(published, bool) else None


def _number(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, "")
    fits = text.isdecimal() and text.isascii() and len(text) <= _MOST_DIGITS
    return int(text) if fits else default
