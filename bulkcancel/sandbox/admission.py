"""Who may ask what: each endpoint's own quota, the keys, and what the application key is allowed."""

from enum import StrEnum
from typing import TYPE_CHECKING

from bulkcancel.sandbox.bodies import of_error
from bulkcancel.sandbox.options import Permission, Scenario
from bulkcancel.sandbox.quota import QuotaEnforcer

if TYPE_CHECKING:
    from aiohttp import web

    from bulkcancel.sandbox.options import SandboxOptions


class Served(StrEnum):
    """What is served, by the names that the quota headers give it; each is counted apart."""

    CANCEL = "workflow_instance_cancel"
    GET_INSTANCE = "workflow_instance_get"
    LIST_INSTANCES = "workflow_instance_list"
    GET_WORKFLOW = "workflow_get"
    LIST_WORKFLOWS = "workflow_list"
    UPDATE_WORKFLOW = "workflow_update"
    VALIDATE = "validate"
    EVENTS = "events"


_NEEDS = {
    Served.CANCEL: Permission.RUN,
    Served.GET_INSTANCE: Permission.READ,
    Served.LIST_INSTANCES: Permission.READ,
    Served.GET_WORKFLOW: Permission.READ,
    Served.LIST_WORKFLOWS: Permission.READ,
    Served.UPDATE_WORKFLOW: Permission.WRITE,
}


class Admission:
    """Lets requests in, or says why not.

    Attributes:
        quotas: What counts the requests of each endpoint that has a quota.
    """

    def __init__(self, options: "SandboxOptions") -> None:
        self._options = options
        self.quotas = {
            served: QuotaEnforcer(
                options.cancel_quota if served is Served.CANCEL else options.quota_of_others, served.value
            )
            for served in _NEEDS
        }

    def admit(
        self, request: "web.Request", served: Served, wall: float
    ) -> "tuple[web.Response | None, dict[str, str]]":
        """What a request is refused with, or None; and the headers that every reply to it bears."""
        within, headers = self.quotas[served].take(wall)
        if not within:
            return of_error(429, "Too many requests", headers), headers
        return self.refusal(request, served, headers), headers

    def refusal(
        self, request: "web.Request", served: Served, headers: dict[str, str] | None = None
    ) -> "web.Response | None":
        """What a request is refused with for its keys, or None."""
        needs_both = not request.path.startswith("/api/v1")
        options = self._options
        api_key = request.headers.get("DD-API-KEY", "")
        app_key = request.headers.get("DD-APPLICATION-KEY", "")
        if options.scenario is Scenario.DENIED:
            return of_error(403, "Forbidden", headers)
        if not api_key or (needs_both and not app_key):
            return of_error(401, "Unauthorized", headers)
        if options.api_key not in {"", api_key} or (needs_both and options.app_key not in {"", app_key}):
            return of_error(403, "Forbidden", headers)
        permission = _NEEDS.get(served)
        if permission not in options.lacks:
            return None
        # The three shapes that were seen in the field; which endpoint has which is of our choosing.
        if served is Served.CANCEL:
            return of_error(403, "Forbidden", headers)
        if served is Served.UPDATE_WORKFLOW:
            return of_error(403, {"title": "Forbidden"}, headers)
        return of_error(403, f"Missing required permission: '{permission}'", headers)
