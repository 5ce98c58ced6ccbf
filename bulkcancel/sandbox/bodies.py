"""What the sandbox writes: bodies are those of the vendor's recorded traffic."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bulkcancel.sandbox.instance import CANCELED, FAILED, RUNNING, SUCCEEDED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bulkcancel.sandbox.instance import Instance
    from bulkcancel.sandbox.workflow import Workflow, WorkflowCount

JSON = "application/json"
#: What a changed workflow is sent as.
JSON_API = "application/vnd.api+json"

_DISPLAYED = {RUNNING: "Running", CANCELED: "Canceled", SUCCEEDED: "Succeeded", FAILED: "Failed"}
_PERSON = {"actingUser": {"name": "Somebody", "email": "somebody@example.com"}}


def of_document(
    document: object, headers: "Mapping[str, str] | None" = None, content_type: str = JSON
) -> web.Response:
    """A 200 with a document."""
    return web.Response(body=json.dumps(document).encode(), content_type=content_type, headers=headers)


def of_error(status: int, error: object, headers: "Mapping[str, str] | None" = None) -> web.Response:
    """A refusal: its error is a text, or an object with a code and a detail."""
    body = json.dumps({"errors": [error]}, separators=(",", ":")).encode()
    return web.Response(status=status, body=body, content_type=JSON, headers=headers)


def of_invalid_field(
    name: str, headers: "Mapping[str, str] | None" = None, value: object = "<no value>"
) -> web.Response:
    """A refusal of one value."""
    detail = f"value {value} is invalid for field {name}"
    return of_error(400, {"code": "INVALID_FIELD_VALUE", "detail": detail}, headers)


def of_unknown_workflow(workflow_id: str, headers: "Mapping[str, str]") -> web.Response:
    """A refusal of a workflow, or of a pair that is read."""
    detail = f"workflow {workflow_id} not found"
    return of_error(404, {"code": "WORKFLOW_NOT_FOUND", "detail": detail}, headers)


def of_accepted_event(event: "Mapping[str, Any]", number: int, wall: float) -> web.Response:
    """An event that was taken."""
    taken = {**event, "id": number, "date_happened": int(wall)}
    return web.Response(
        status=202, body=json.dumps({"status": "ok", "event": taken}).encode(), content_type=JSON
    )


def instance_shown(instance: "Instance", wall: float) -> dict[str, Any]:
    """An instance as it is at that time."""
    kind, ended_at = instance.kind(wall), instance.ended_at(wall)
    attributes: dict[str, Any] = {
        "instanceStatus": {"detailsKind": kind, "displayName": _DISPLAYED[kind]},
        "source": {instance.source: _PERSON if instance.source in {"api", "manual"} else {}},
        "startTimestamp": _timestamp(instance.started_at),
    }
    if ended_at is not None:
        attributes["endTimestamp"] = _timestamp(ended_at)
    return {"type": "instances", "id": instance.instance_id, "attributes": attributes}


def page_shown(instances: "list[Instance]", count: "WorkflowCount", wall: float) -> dict[str, Any]:
    """A page of a workflow's instances."""
    page = {
        "totalCount": count.started,
        "totalFilteredCount": count.started,
        "canceledCount": count.canceled,
        "failedCount": count.failed,
        "succeededCount": count.succeeded,
    }
    return {"data": [instance_shown(one, wall) for one in instances], "meta": {"page": page}}


def workflow_shown(workflow: "Workflow") -> dict[str, Any]:
    """A whole workflow."""
    attributes = {
        "name": workflow.name,
        "description": "",
        "published": workflow.published,
        "spec": {"triggers": [], "steps": []},
        "tags": [],
    }
    return {"type": "workflows", "id": workflow.workflow_id, "attributes": attributes}


def _timestamp(moment: float) -> str:
    # Not strftime, which takes four times as long: a page has two hundred of them.
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="microseconds")[:-6] + "Z"
