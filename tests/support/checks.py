"""`check` in tests: all its findings, and what it may look at."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path

import trustme
from support.rawpeers import answer

from bulkcancel import ConfigurationError, Credentials, Target, check
from bulkcancel.operations.findings import CheckName, CheckStatus, Finding
from bulkcancel.sandbox import SandboxOptions
from bulkcancel.sandbox.server import Sandbox, serve

# pragma: allowlist nextline secret
API_KEY, APP_KEY = "0123456789abcdef" * 2, "fedcba9876543210" * 2 + "00112233"
KEYS = Credentials(API_KEY, APP_KEY)
_SHOWN = {CheckStatus.OK: ".", CheckStatus.UNKNOWN: "?", CheckStatus.FAILED: "F"}

Found = dict[CheckName, Finding]


def serving(authority: trustme.CA, name: str = "localhost", *, expired: bool = False) -> ssl.SSLContext:
    """A server's side of TLS, with a certificate for this name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ends = datetime(2020, 1, 1, tzinfo=UTC) if expired else None
    authority.issue_cert(name, not_after=ends).configure_cert(context)
    return context


async def look(
    url: str,
    bundle: Path | None = None,
    credentials: Credentials | ConfigurationError = KEYS,
    step: float = 60.0,
) -> Found:
    """All findings there; each is told as it is made, none has a key in it."""
    told: list[Finding] = []
    found = await check(
        credentials=credentials,
        target=Target.of_url(url),
        ca_bundle=bundle,
        step_seconds=step,
        on_finding=told.append,
    )
    assert tuple(told) == found
    assert [finding.name for finding in found] == list(CheckName)
    for finding in found:
        assert API_KEY[:8] not in repr(finding)
        assert APP_KEY[:8] not in repr(finding)
        assert bool(finding.remedy) or finding.status is not CheckStatus.FAILED
    return {finding.name: finding for finding in found}


def dated(status: str, body: bytes = b"{}", *headers: str) -> bytes:
    """An answer of just now."""
    return answer(status, body, f"Date: {formatdate(usegmt=True)}", *headers)


def states(found: Found) -> str:
    """The states of all nine, `.` for ok, in one word."""
    return "".join(_SHOWN[found[name].status] for name in CheckName)


@asynccontextmanager
async def sandbox(**options: object) -> AsyncIterator[tuple[str, Sandbox]]:
    """A look-alike of its own."""
    one = Sandbox(SandboxOptions(latency=0.0, **options))  # type: ignore[arg-type] # keywords of a table
    async with serve(one) as url:
        yield url, one
