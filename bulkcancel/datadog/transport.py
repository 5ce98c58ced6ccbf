"""The session that all requests share: connections, certificates, proxy, and the headers of each request."""

import platform
import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.request import getproxies, proxy_bypass

import aiohttp
from yarl import URL

from bulkcancel._version import __version__
from bulkcancel.datadog.client import DatadogApi
from bulkcancel.datadog.pool import Pool
from bulkcancel.datadog.redact import Redactor
from bulkcancel.errors import ConfigurationError, words_of
from bulkcancel.sites import is_loopback

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bulkcancel.datadog.keys import Credentials
    from bulkcancel.datadog.target import Target
    from bulkcancel.settings import Settings

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
    pool = Pool(keepalive_timeout=_KEEPALIVE_SECONDS, ttl_dns_cache=_DNS_SECONDS, ssl=trusting(ca_bundle))
    headers = {
        "Accept": "application/json",
        "DD-API-KEY": credentials.api_key,
        "DD-APPLICATION-KEY": credentials.app_key,
    }
    secrets = [credentials.api_key, credentials.app_key, *password_of(proxy)]
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


def trusting(ca_bundle: "Path | None") -> ssl.SSLContext:
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


def password_of(proxy: URL | None) -> list[str]:
    """A proxy's password, in the spellings in which somebody may repeat it."""
    return [proxy.password, proxy.raw_password or ""] if proxy is not None and proxy.password else []


def why_no_proxy(base_url: str) -> str:
    """Why requests for this host take no proxy, where `proxy_for` has none."""
    host = URL(base_url).host or ""
    if is_loopback(host):
        return "this machine never goes through one"
    if proxy_bypass(host):
        return "NO_PROXY names the host"
    return "neither HTTPS_PROXY nor ALL_PROXY is set"
