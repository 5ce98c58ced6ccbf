"""The way to the API, tried without keys: name, proxy, TLS, and whether anything answers at all."""

import asyncio
import os
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import aiohttp
from yarl import URL

from bulkcancel.datadog.client import PROXY_WANTS_PASSWORD
from bulkcancel.datadog.pool import Pool
from bulkcancel.datadog.redact import Redactor
from bulkcancel.datadog.transport import password_of, trusting, user_agent
from bulkcancel.text import printable

if TYPE_CHECKING:
    from pathlib import Path

    from aiohttp import ClientRequest, ClientTimeout
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

    from bulkcancel.clock import Clock
    from bulkcancel.datadog.target import Target

_DETAIL_LIMIT = 160
_CONNECTED_WITHIN = 0.8  # of the time for the whole reply
# What OpenSSL calls the reasons for which a certificate does not hold.
_NOT_YET_VALID, _EXPIRED, _OTHER_HOST, _OTHER_ADDRESS = 9, 10, 62, 64


class Obstacle(Enum):
    """What stands in the way."""

    PROXY_UNREACHABLE = auto()
    PROXY_PASSWORD = auto()
    PROXY_REFUSED = auto()
    UNREACHABLE = auto()
    NO_CONNECTION_IN_TIME = auto()
    UNTRUSTED = auto()
    OUT_OF_DATE = auto()
    OTHER_NAME = auto()
    NO_TLS = auto()
    NO_REPLY = auto()


@dataclass(frozen=True, slots=True)
class Contact:
    """A reply to a request without keys.

    Attributes:
        asked_at: When it was asked for, in seconds since the epoch, by this machine's clock.
        answered_at: When it came.
        date: The server's `Date`, or empty.
        tls: The version of TLS, or empty where none is told.
        issuer: Who issued the certificate, or empty.
        valid_until: Until when the certificate holds, in seconds since the epoch, or None.
    """

    asked_at: float
    answered_at: float
    date: str
    tls: str = ""
    issuer: str = ""
    valid_until: float | None = None


@dataclass(frozen=True, slots=True)
class NoContact:
    """Why there was no reply."""

    obstacle: Obstacle
    detail: str


async def look_up(host: str, port: int) -> list[str]:
    """The addresses of a host; of an address, itself.

    Raises:
        OSError: It has none, or nobody could say.
        UnicodeError: It can't be a host's name.
    """
    with suppress(ValueError):
        return [str(ip_address(host))]
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


async def make_contact(
    target: "Target", *, proxy: URL | None, ca_bundle: "Path | None", seconds: float, clock: "Clock"
) -> Contact | NoContact:
    """Ask the API for anything, without keys: so nothing is shown to whoever answers.

    Args:
        target: The API.
        proxy: The proxy to go through.
        ca_bundle: Certificates to trust in place of the system's.
        seconds: How long this may take.
        clock: What tells the time.

    Raises:
        ConfigurationError: The CA bundle can't be used.
    """
    limits = aiohttp.ClientTimeout(total=seconds, connect=seconds * _CONNECTED_WITHIN)
    pool = _Watched(keepalive_timeout=seconds, ttl_dns_cache=1, ssl=trusting(ca_bundle))
    async with aiohttp.ClientSession(
        connector=pool,
        middlewares=(pool.send_once,),
        headers={"Accept": "application/json", "User-Agent": user_agent()},
        timeout=limits,
        cookie_jar=aiohttp.DummyCookieJar(),
    ) as session:
        url = URL(f"{target.base_url}/api/v1/validate")
        asked_at = clock.wall()
        try:
            async with session.get(url, allow_redirects=False, proxy=proxy) as response:
                return pool.contact(asked_at, clock.wall(), response.headers.get("Date", ""))
        except (aiohttp.ClientError, OSError, ValueError, EOFError) as error:
            found = _no_contact(error)
            detail = Redactor(password_of(proxy)).text(found.detail)
            return NoContact(found.obstacle, printable(detail, _DETAIL_LIMIT))


class _Watched(Pool):
    """Connections whose certificates are looked at: a short reply is over before anybody could ask for them.

    Attributes:
        tls: The TLS of the last connection, or None.
    """

    tls: ssl.SSLObject | None = None

    async def connect(
        self,
        req: "ClientRequest",
        traces: "list[Trace]",
        timeout: "ClientTimeout",  # noqa: ASYNC109 - aiohttp's own signature
    ) -> "Connection":
        """Take a connection, and keep what it shows."""
        connection = await super().connect(req, traces, timeout)
        if connection.transport is not None:
            self.tls = connection.transport.get_extra_info("ssl_object")
        return connection

    def contact(self, asked_at: float, answered_at: float, date: str) -> Contact:
        """What a reply over the last connection brought."""
        if self.tls is None:
            return Contact(asked_at, answered_at, date)
        certificate: dict[str, Any] = self.tls.getpeercert() or {}
        issuer = {name: value for part in certificate.get("issuer", ()) for name, value in part}
        named = issuer.get("organizationName") or issuer.get("commonName") or ""
        ends = certificate.get("notAfter")
        valid_until = None if ends is None else float(ssl.cert_time_to_seconds(ends))
        issuer_shown = printable(named, _DETAIL_LIMIT)
        return Contact(asked_at, answered_at, date, self.tls.version() or "", issuer_shown, valid_until)


def _no_contact(error: Exception) -> NoContact:
    match error:
        case aiohttp.ClientHttpProxyError():
            wants_password = error.status in PROXY_WANTS_PASSWORD
            obstacle = Obstacle.PROXY_PASSWORD if wants_password else Obstacle.PROXY_REFUSED
            return NoContact(obstacle, f"it answered {error.status} {error.message}")
        case aiohttp.ClientProxyConnectionError():
            return NoContact(Obstacle.PROXY_UNREACHABLE, _words_of(error.os_error))
        case aiohttp.ClientConnectorCertificateError():
            return _untrusted(error.certificate_error)
        case aiohttp.ClientConnectorSSLError():
            return NoContact(Obstacle.NO_TLS, _words_of(error.os_error))
        case aiohttp.ClientConnectorError():
            return NoContact(Obstacle.UNREACHABLE, _words_of(error.os_error))
        case aiohttp.ConnectionTimeoutError():
            return NoContact(Obstacle.NO_CONNECTION_IN_TIME, "")
        case _:
            return NoContact(Obstacle.NO_REPLY, str(error))


def _untrusted(error: Exception) -> NoContact:
    code, words = getattr(error, "verify_code", 0), getattr(error, "verify_message", "")
    obstacle = Obstacle.UNTRUSTED
    if code in {_NOT_YET_VALID, _EXPIRED}:
        obstacle = Obstacle.OUT_OF_DATE
    elif code in {_OTHER_HOST, _OTHER_ADDRESS}:
        obstacle = Obstacle.OTHER_NAME
    return NoContact(obstacle, words or str(error))


def _words_of(error: OSError) -> str:
    """A network error's words; asyncio has some of its own where the system's say more."""
    if isinstance(error, ssl.SSLError):
        return error.reason or str(error)
    return os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or str(error)
