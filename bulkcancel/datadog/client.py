"""A thin adapter: one request in, a `Reply` or a `Failure` out."""

import asyncio
import errno
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import ClientError
from yarl import URL

from bulkcancel.datadog.pool import ConnectionClosedError
from bulkcancel.datadog.redact import Redactor
from bulkcancel.models import Failure, FailureKind, InstanceRef, Reply
from bulkcancel.text import is_path_segment, printable

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The most bytes of a body that are read; every recorded answer is far smaller.
BODY_LIMIT = 64 * 1024
#: The same for a page of a list, and for a workflow, which may be large.
PAGE_LIMIT = 8 * 1024 * 1024

_DETAIL_LIMIT = 200
_TOLD_BY_STATUS = frozenset({429, 500, 502, 503, 504})
_NOTHING_SAID = 3  # bytes: an accepted cancel's `{}` and its line end
PROXY_WANTS_PASSWORD = frozenset({401, 407})  # the first is tinyproxy's
_NO_MORE_FILES = frozenset({errno.EMFILE, errno.ENFILE})


class DatadogApi:
    """The requests this tool makes, over one session.

    A reply of any status is a value, and so is the lack of one: nothing here raises for what the
    network or the server does. Bodies are read up to a limit; redirects are not followed; what
    is not a plain acceptance has the keys taken out, for servers echo what they were sent.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base_url: str,
        headers: "Mapping[str, str] | None" = None,
        *,
        proxy: URL | None = None,
        redactor: Redactor | None = None,
    ) -> None:
        self._session = session
        # Not the session's own headers: aiohttp sends those to a proxy too, with the CONNECT, unencrypted.
        self._headers = headers
        self._redactor = redactor or Redactor(())
        self._base = URL(base_url)
        root = self._base.raw_path.rstrip("/")
        self._workflows = f"{root}/api/v2/workflows"
        self._validate_keys = f"{root}/api/v2/validate_keys"
        self._validate_api_key = f"{root}/api/v1/validate"
        self._events = f"{root}/api/v1/events"
        self._proxy = proxy

    async def cancel(self, ref: InstanceRef) -> Reply | Failure:
        """Ask for one instance to be canceled (`PUT …/cancel`)."""
        return await self._ask("PUT", f"{self._path_of(ref)}/cancel")

    async def get_instance(self, ref: InstanceRef) -> Reply | Failure:
        """Read one instance (`GET …/instances/{id}`)."""
        return await self._ask("GET", self._path_of(ref))

    async def check_keys(self) -> Reply | Failure:
        """Ask whether both keys are good (`GET /api/v2/validate_keys`)."""
        return await self._ask("GET", self._validate_keys)

    async def check_api_key(self) -> Reply | Failure:
        """Ask whether the API key alone is good (`GET /api/v1/validate`)."""
        return await self._ask("GET", self._validate_api_key)

    async def list_instances(self, workflow_id: str, *, size: int, number: int) -> Reply | Failure:
        """Read one page of a workflow's instances, newest first (`GET …/instances`).

        Args:
            workflow_id: The workflow.
            size: Instances on a page, at most 100.
            number: The page. Whether the first is 0 or 1 is not documented.
        """
        query = {"page[size]": str(size), "page[number]": str(number)}
        path = f"{self._path_of_workflow(workflow_id)}/instances"
        return await self._ask("GET", path, query=query, limit=PAGE_LIMIT)

    async def list_workflows(self, *, limit: int, page: int, query: str = "") -> Reply | Failure:
        """Read one page of the workflows, from page 0 (`GET /api/v2/workflows`).

        Args:
            limit: Workflows on a page.
            page: The page.
            query: What their names are searched for by the API, or empty.
        """
        words = {"limit": str(limit), "page": str(page)}
        if query:
            words["filter[query]"] = query
        return await self._ask("GET", self._workflows, query=words, limit=PAGE_LIMIT)

    async def get_workflow(self, workflow_id: str) -> Reply | Failure:
        """Read one workflow, with its name and whether it is published (`GET /api/v2/workflows/{id}`)."""
        return await self._ask("GET", self._path_of_workflow(workflow_id), limit=PAGE_LIMIT)

    async def set_published(self, workflow_id: str, *, published: bool) -> Reply | Failure:
        """Publish a workflow, or stop its automatic triggers (`PATCH /api/v2/workflows/{id}`)."""
        data = {"type": "workflows", "id": workflow_id, "attributes": {"published": published}}
        path = self._path_of_workflow(workflow_id)
        return await self._ask("PATCH", path, body={"data": data}, limit=PAGE_LIMIT)

    async def post_event(self, event: "Mapping[str, object]") -> Reply | Failure:
        """Put an event into the event stream (`POST /api/v1/events`); it is read where it begins and ends."""
        return await self._ask("POST", self._events, body=event)

    def _path_of_workflow(self, workflow_id: str) -> str:
        if not is_path_segment(workflow_id):
            raise ValueError(f"an id that can't stand in a request's path: {workflow_id!r}")
        return f"{self._workflows}/{workflow_id}"

    def _path_of(self, ref: InstanceRef) -> str:
        # Sources have checked this already. It is cheap, and the last place where it can be.
        if not (is_path_segment(ref.workflow_id) and is_path_segment(ref.instance_id)):
            raise ValueError(f"line {ref.line}: an id that can't stand in a request's path")
        return f"{self._workflows}/{ref.workflow_id}/instances/{ref.instance_id}"

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        query: "Mapping[str, str] | None" = None,
        body: object = None,
        limit: int = BODY_LIMIT,
    ) -> Reply | Failure:
        # A path on a known base: to parse a whole URL for each request is a twentieth of its cost.
        url = self._base.with_path(path, encoded=True)
        if query is not None:
            url = url.with_query(query)
        try:
            async with self._session.request(
                method, url, headers=self._headers, json=body, allow_redirects=False, proxy=self._proxy
            ) as response:
                try:
                    read = await _read_bounded(response.content, limit)
                except (ClientError, OSError):
                    if response.status not in _TOLD_BY_STATUS:
                        raise
                    read = b""  # cut off, but status and headers have said what there is to say
                if read is None:
                    response.close()
                    if response.status not in _TOLD_BY_STATUS:
                        return Failure(FailureKind.UNKNOWN, f"the body is larger than {limit} bytes")
                return self._reply(response.status, response.headers, read or b"")
        except (ClientError, OSError, ValueError, asyncio.LimitOverrunError, EOFError) as error:
            return self._failure(error)

    def _failure(self, error: Exception) -> Failure:
        """What an error says of the request that it ended."""
        match error:
            case aiohttp.ConnectionTimeoutError():
                kind, words = FailureKind.TIMEOUT, f"no connection within {self._session.timeout.connect:g} s"
            case TimeoutError() if not str(error):
                kind, words = FailureKind.TIMEOUT, f"no whole reply within {self._session.timeout.total:g} s"
            case TimeoutError():
                kind, words = FailureKind.TIMEOUT, self._describe(error)
            case ConnectionClosedError():
                kind = FailureKind.STALE if error.was_stale else FailureKind.CONNECTION
                words = self._describe(error.__cause__ or error)
            case aiohttp.ClientConnectorCertificateError():
                kind, words = FailureKind.UNTRUSTED, self._describe(error)
            case aiohttp.ClientHttpProxyError():
                wants_password = error.status in PROXY_WANTS_PASSWORD
                kind = FailureKind.PROXY_REFUSED if wants_password else FailureKind.CONNECTION
                words = self._describe(error)
            case OSError() if error.errno in _NO_MORE_FILES:
                kind, words = FailureKind.NO_FILES, "this process may open no more files (ulimit -n)"
            case ClientError() | OSError():
                kind, words = FailureKind.CONNECTION, self._describe(error)
            case _:  # what a parser says of an answer that is not HTTP at all
                kind, words = FailureKind.UNKNOWN, self._describe(error)
        return Failure(kind, words)

    def _reply(self, status: int, headers: "Mapping[str, str]", body: bytes) -> Reply:
        if len(body) > _NOTHING_SAID:
            body = self._redactor.body(body)
        if "Location" in headers:  # the one header whose text is ever shown
            headers = self._redactor.headers(headers)
        return Reply(status, headers, body)

    def _describe(self, error: BaseException) -> str:
        """An error's own words, or its kind where it has none."""
        name = type(error).__name__
        text = str(error)
        if isinstance(error, aiohttp.ClientHttpProxyError):  # its own words hold the proxy's address
            text = f"the proxy answered {error.status} {error.message}"
            if error.status in PROXY_WANTS_PASSWORD:
                text += "; it wants a user name and password, before the host in the proxy's variable"
        return printable(self._redactor.text(f"{name}: {text}" if text else name), _DETAIL_LIMIT)


async def _read_bounded(content: aiohttp.StreamReader, limit: int) -> bytes | None:
    """The whole body, or None when it is larger than that many bytes."""
    body = await content.readany()
    if content.at_eof():
        return body if len(body) <= limit else None
    chunks = [body]
    size = len(body)
    while size <= limit:
        chunk = await content.readany()
        if not chunk and content.at_eof():
            return b"".join(chunks)
        chunks.append(chunk)
        size += len(chunk)
    return None
