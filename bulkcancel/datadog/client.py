"""A thin adapter: one request in, a `Reply` or a `Failure` out."""

import asyncio
import errno
import platform
import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.request import getproxies, proxy_bypass

import aiohttp
from aiohttp import ClientError
from yarl import URL

from bulkcancel._version import __version__
from bulkcancel.datadog.pool import ConnectionClosedError, Pool
from bulkcancel.datadog.redact import Redactor
from bulkcancel.errors import ConfigurationError, words_of
from bulkcancel.models import Failure, FailureKind, InstanceRef, Reply
from bulkcancel.sites import is_loopback
from bulkcancel.text import is_path_segment, printable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from bulkcancel.datadog.keys import Credentials
    from bulkcancel.datadog.target import Target
    from bulkcancel.settings import Settings

#: The most bytes of a body that are read; every recorded answer is far smaller.
BODY_LIMIT = 64 * 1024

_DETAIL_LIMIT = 200
_TOLD_BY_STATUS = frozenset({429, 500, 502, 503, 504})
_NOTHING_SAID = 3  # bytes: an accepted cancel's `{}` and its line end
_PROXY_WANTS_PASSWORD = frozenset({401, 407})  # the first is tinyproxy's
_NO_MORE_FILES = frozenset({errno.EMFILE, errno.ENFILE})
# A host that drops what we send is known after that long, instead of after a whole `--timeout`.
_CONNECT_SECONDS = 10.0
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
    network or the server does. Bodies are read up to `BODY_LIMIT`; redirects are not followed; what
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
        self._workflows = f"{root}/api/v2/workflows/"
        self._validate = f"{root}/api/v2/validate_keys"
        self._proxy = proxy

    async def cancel(self, ref: InstanceRef) -> Reply | Failure:
        """Ask for one instance to be canceled (`PUT …/cancel`)."""
        return await self._ask("PUT", f"{self._path_of(ref)}/cancel")

    async def get_instance(self, ref: InstanceRef) -> Reply | Failure:
        """Read one instance (`GET …/instances/{id}`)."""
        return await self._ask("GET", self._path_of(ref))

    async def check_keys(self) -> Reply | Failure:
        """Ask whether both keys are good (`GET /api/v2/validate_keys`)."""
        return await self._ask("GET", self._validate)

    def _path_of(self, ref: InstanceRef) -> str:
        # Sources have checked this already. It is cheap, and the last place where it can be.
        if not (is_path_segment(ref.workflow_id) and is_path_segment(ref.instance_id)):
            raise ValueError(f"line {ref.line}: an id that can't stand in a request's path")
        return f"{self._workflows}{ref.workflow_id}/instances/{ref.instance_id}"

    async def _ask(self, method: str, path: str) -> Reply | Failure:
        # A path on a known base: to parse a whole URL for each request is a twentieth of its cost.
        url = self._base.with_path(path, encoded=True)
        try:
            async with self._session.request(
                method, url, headers=self._headers, allow_redirects=False, proxy=self._proxy
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
                return self._reply(response.status, response.headers, body or b"")
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
                wants_password = error.status in _PROXY_WANTS_PASSWORD
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
            if error.status in _PROXY_WANTS_PASSWORD:
                text += "; it wants a user name and password, before the host in the proxy's variable"
        return printable(self._redactor.text(f"{name}: {text}" if text else name), _DETAIL_LIMIT)


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
        ConfigurationError: The CA bundle or the proxy can't be used.
    """
    proxy = proxy_for(target.base_url)
    pool = Pool(keepalive_timeout=_KEEPALIVE_SECONDS, ttl_dns_cache=_DNS_SECONDS, ssl=_trusting(ca_bundle))
    headers = {
        "Accept": "application/json",
        "DD-API-KEY": credentials.api_key,
        "DD-APPLICATION-KEY": credentials.app_key,
    }
    secrets = [credentials.api_key, credentials.app_key]
    if proxy is not None and proxy.password:
        secrets += [proxy.password, proxy.raw_password or ""]
    async with aiohttp.ClientSession(
        connector=pool,
        middlewares=(pool.send_once,),
        headers={"User-Agent": user_agent()},
        timeout=aiohttp.ClientTimeout(
            total=settings.timeout, connect=min(_CONNECT_SECONDS, settings.timeout)
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
    ) as session:
        yield DatadogApi(session, target.base_url, headers, proxy=proxy, redactor=Redactor(secrets))


def _trusting(ca_bundle: "Path | None") -> ssl.SSLContext:
    """A context that verifies certificates and host names: by the bundle, or else as the system does."""
    # A FIFO would keep us waiting.
    if ca_bundle is not None and ca_bundle.exists() and not ca_bundle.is_file():
        raise ConfigurationError(f"--ca-bundle {ca_bundle} can't be used: it is not a file.")
    try:
        context = ssl.create_default_context(cafile=None if ca_bundle is None else str(ca_bundle))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"--ca-bundle {ca_bundle} can't be used: {words_of(error)}.") from None
    context.set_alpn_protocols(["http/1.1"])
    return context


def proxy_for(base_url: str) -> URL | None:
    """The proxy that the usual variables name for this host, or None.

    Requests to this machine never take one: they may be http, and a proxy would read the keys.
    aiohttp's own `trust_env` would also send what `~/.netrc` holds for the host, so it stays off.

    Raises:
        ConfigurationError: It can't be used. Its address is not repeated, for it may hold a password.
    """
    url = URL(base_url)
    host = url.host or ""
    if is_loopback(host) or proxy_bypass(host):
        return None
    proxies = getproxies()
    name = url.scheme if proxies.get(url.scheme) else "all"
    address = proxies.get(name)
    if not address:
        return None
    variable = f"{name.upper()}_PROXY"
    try:
        proxy = URL(address if "://" in address else f"http://{address}")
    except ValueError:
        raise ConfigurationError(f"{variable} is not the address of a proxy: http://host:port") from None
    if proxy.scheme not in {"http", "https"} or not proxy.host:
        raise ConfigurationError(
            f"{variable} must be an http:// or https:// address; other proxies can't be used."
        )
    return proxy
