"""A thin adapter: one request in, a `Reply` or a `Failure` out."""

import asyncio
import platform
import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.request import getproxies, proxy_bypass

import aiohttp
from aiohttp import ClientError
from yarl import URL

from bulkcancel._version import __version__
from bulkcancel.errors import ConfigurationError
from bulkcancel.models import Failure, FailureKind, InstanceRef, Reply
from bulkcancel.text import printable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bulkcancel.datadog.target import Credentials, Target
    from bulkcancel.models import Settings

#: The most bytes of a body that are read; every recorded answer is far smaller.
BODY_LIMIT = 64 * 1024

_DETAIL_LIMIT = 200
_TOLD_BY_STATUS = frozenset({429, 500, 502, 503, 504})
# Below the idle timeouts of the usual load balancers (60 s and more), so that we close first.
_KEEPALIVE_SECONDS = 30.0
# A host that moves is found again within a minute; connections in use stay where they are.
_DNS_SECONDS = 60


def user_agent() -> str:
    """What this tool calls itself, in the form the vendor's own clients use."""
    system, machine = platform.system().lower(), platform.machine()
    return f"bulkcancel/{__version__} (python {platform.python_version()}; os {system}; arch {machine})"


class DatadogApi:
    """The requests this tool makes, over one session.

    A reply of any status is a value, and so is the lack of one: nothing here raises for what the
    network or the server does. Bodies are read up to `BODY_LIMIT`; redirects are not followed.
    """

    def __init__(self, session: aiohttp.ClientSession, base_url: str, *, proxy: str | None = None) -> None:
        self._session = session
        self._workflows = f"{base_url}/api/v2/workflows/"
        self._validate = f"{base_url}/api/v2/validate_keys"
        self._proxy = proxy

    async def cancel(self, ref: InstanceRef) -> Reply | Failure:
        """Ask for one instance to be canceled (`PUT …/cancel`)."""
        return await self._ask(
            "PUT", f"{self._workflows}{ref.workflow_id}/instances/{ref.instance_id}/cancel"
        )

    async def get_instance(self, ref: InstanceRef) -> Reply | Failure:
        """Read one instance (`GET …/instances/{id}`)."""
        return await self._ask("GET", f"{self._workflows}{ref.workflow_id}/instances/{ref.instance_id}")

    async def check_keys(self) -> Reply | Failure:
        """Ask whether both keys are good (`GET /api/v2/validate_keys`)."""
        return await self._ask("GET", self._validate)

    async def _ask(self, method: str, url: str) -> Reply | Failure:
        try:
            async with self._session.request(
                method, URL(url, encoded=True), allow_redirects=False, proxy=self._proxy
            ) as response:
                try:
                    body = await _read_bounded(response.content)
                except (ClientError, OSError):
                    if response.status not in _TOLD_BY_STATUS:
                        raise
                    body = b""  # cut off, but status and headers have said what there is to say
                if body is None:
                    response.close()
                    if response.status not in _TOLD_BY_STATUS:
                        return Failure(FailureKind.UNKNOWN, f"the body is larger than {BODY_LIMIT} bytes")
                return Reply(response.status, response.headers, body or b"")
        except TimeoutError as error:
            return Failure(FailureKind.TIMEOUT, _describe(error) or "no complete answer in time")
        except aiohttp.ClientConnectorCertificateError as error:
            return Failure(FailureKind.UNTRUSTED, _describe(error))
        except (ClientError, OSError) as error:
            return Failure(FailureKind.CONNECTION, _describe(error))
        except (ValueError, asyncio.LimitOverrunError, EOFError) as error:
            # What a parser says of an answer that is not HTTP at all.
            return Failure(FailureKind.UNKNOWN, _describe(error))


async def _read_bounded(content: aiohttp.StreamReader) -> bytes | None:
    """The whole body, or None when it is larger than `BODY_LIMIT`."""
    body = await content.readany()
    if content.at_eof():
        return body if len(body) <= BODY_LIMIT else None
    chunks = [body]
    size = len(body)
    while size <= BODY_LIMIT:
        chunk = await content.readany()
        if not chunk and content.at_eof():
            return b"".join(chunks)
        chunks.append(chunk)
        size += len(chunk)
    return None


def _describe(error: BaseException) -> str:
    """An error's own words, or its kind where it has none."""
    text = str(error)
    name = type(error).__name__
    return printable(f"{name}: {text}" if text else name, _DETAIL_LIMIT)


@asynccontextmanager
async def connect(
    target: "Target",
    credentials: "Credentials",
    *,
    settings: "Settings",
    ca_bundle: "Path | None" = None,
) -> "AsyncIterator[DatadogApi]":
    """Open the session that all requests of a run share, and close it afterwards.

    Args:
        target: The API to talk to.
        credentials: The keys every request carries.
        settings: How many connections at once, and the seconds one request may take.
        ca_bundle: Certificates to trust in place of the system's.

    Raises:
        ConfigurationError: The CA bundle can't be used.
    """
    connector = aiohttp.TCPConnector(
        limit=0,  # the gates bound the requests in flight; waiting for a slot would eat into a timeout
        ttl_dns_cache=_DNS_SECONDS,
        keepalive_timeout=_KEEPALIVE_SECONDS,
        ssl=True if ca_bundle is None else _trusting(ca_bundle),
    )
    headers = {
        "Accept": "application/json",
        "User-Agent": user_agent(),
        "DD-API-KEY": credentials.api_key,
        "DD-APPLICATION-KEY": credentials.app_key,
    }
    async with aiohttp.ClientSession(
        connector=connector,
        headers=headers,
        timeout=aiohttp.ClientTimeout(total=settings.timeout),
        cookie_jar=aiohttp.DummyCookieJar(),
    ) as session:
        yield DatadogApi(session, target.base_url, proxy=_proxy_for(target.base_url))


def _trusting(ca_bundle: "Path") -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(ca_bundle))
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror or error
        raise ConfigurationError(f"--ca-bundle {ca_bundle} can't be used: {reason}.") from None


def _proxy_for(base_url: str) -> str | None:
    """The proxy that the usual variables name for this host.

    aiohttp's own `trust_env` would also send what `~/.netrc` holds for the host, so it stays off.
    """
    url = URL(base_url)
    if proxy_bypass(url.host or ""):
        return None
    proxies = getproxies()
    return proxies.get(url.scheme) or proxies.get("all")
