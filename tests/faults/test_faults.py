"""Everything a network does, over real sockets: a value each time, and a row that survives it."""

import asyncio
import os
import resource
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from support.fakeapi import Rows, refs
from support.faultserver import (
    BOMB,
    CHUNKED,
    LIMITED,
    OK,
    Fault,
    FaultServer,
    deaf,
    endlessly,
    resets_after,
    says,
    stalls,
)
from support.runs import new_run

from bulkcancel.clock import SystemClock
from bulkcancel.datadog import Credentials, DatadogApi, Target, connect
from bulkcancel.models import Failure, FailureKind, InstanceRef, Outcome, Reply, Result, StopReason
from bulkcancel.settings import Settings
from bulkcancel.tally import Summary

KEYS = Credentials("a" * 32, "b" * 40)
REF = InstanceRef("w", "i", 1)
CONNECTION, TIMEOUT, UNKNOWN = FailureKind.CONNECTION, FailureKind.TIMEOUT, FailureKind.UNKNOWN
PAGE = b"<html><h1>Bad Gateway</h1></html>"
TIMEOUT_SECONDS = 0.15


def page(status: int) -> Fault:
    """A gateway's page."""
    return says(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(PAGE), PAGE))


@asynccontextmanager
async def api_at(
    port: int, host: str = "127.0.0.1", scheme: str = "http", seconds: float = 10.0, ca: Path | None = None
) -> AsyncIterator[DatadogApi]:
    """The adapter for that server."""
    settings = Settings(timeout=seconds, concurrency=4)
    async with connect(Target(f"{scheme}://{host}:{port}"), KEYS, settings=settings, ca_bundle=ca) as api:
        yield api


async def run(api: DatadogApi, count: int = 4, **settings: object) -> tuple[Summary, list[Result]]:
    """Cancel so many instances, without pauses after faults."""
    results: list[Result] = []

    async def sink(result: Result) -> None:
        results.append(result)

    engine = new_run(api, Settings(concurrency=4, **settings), jitter=lambda: 0.0)  # type: ignore[arg-type] # keywords of a table
    return await engine.run(Rows(refs(count)), sink), results


FAULTS = {
    "reset before the reply": (says(then_resets=True), CONNECTION),
    "reset within the headers": (says(OK[:30], then_resets=True), CONNECTION),
    "reset within the body": (says(OK.replace(b": 3", b": 900"), then_resets=True), CONNECTION),
    "closed before the reply": (says(), CONNECTION),
    "truncated": (says(OK.replace(b": 3", b": 900")), CONNECTION),
    "truncated in chunks": (says(CHUNKED + b"5\r\n{}"), CONNECTION),
    "broken chunks": (says(CHUNKED + b"zz\r\n{}\r\n"), CONNECTION),
    "garbage": (says(b"SSH-2.0-OpenSSH_9.6\r\n"), CONNECTION),
    "binary garbage": (says(bytes(range(256)) * 40), CONNECTION),
    "one huge header": (endlessly(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 65536), CONNECTION),
    "endless headers": (endlessly(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n" * 4096), CONNECTION),
    "oversized": (endlessly(CHUNKED, b"1000\r\n" + b"x" * 4096 + b"\r\n"), UNKNOWN),
    "a gzip bomb": (
        says(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB), BOMB),
        UNKNOWN,
    ),
    "broken gzip": (
        says(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"),
        CONNECTION,
    ),
    "no headers in time": (stalls(), TIMEOUT),
    "no body in time": (stalls(OK[:-3]), TIMEOUT),
    "100-continue without end": (endlessly(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 64), TIMEOUT),
    "408": (page(408), 408),
    "500": (page(500), 500),
    "502": (page(502), 502),
    "503": (page(503), 503),
    "504": (page(504), 504),
    "a page instead of an answer": (page(200), 200),
    "a page instead of a refusal": (page(404), 404),
}


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow) for name in FAULTS])
async def test_a_fault_is_a_value_and_its_row_survives_it(name: str) -> None:
    """It is tried again and canceled, and nobody else's row is harmed."""
    fault, want = FAULTS[name]
    server = FaultServer(fault, fault)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with (
        server.serving() as port,
        api_at(port, seconds=TIMEOUT_SECONDS if want is TIMEOUT else 5.0) as api,
    ):
        answer = await api.cancel(REF)
        assert (answer.kind if isinstance(answer, Failure) else answer.status) == want
        server.faults = [fault, fault]
        summary, results = await run(api)
    assert summary.outcomes[Outcome.CANCELED] == 4
    assert sum(result.attempts for result in results) == 6
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


@pytest.mark.parametrize(
    "body",
    [says(LIMITED, then_resets=True), endlessly(LIMITED.replace(b": 9999", b": 999999999"), b"x" * 4096)],
)
async def test_a_429_counts_whatever_its_body_is(body: Fault) -> None:
    """Its status and headers have said all."""
    async with FaultServer(body).serving() as port, api_at(port) as api:
        answer = await api.cancel(REF)
    assert isinstance(answer, Reply)
    assert (answer.status, answer.headers["x-ratelimit-reset"]) == (429, "7")


async def test_a_refused_connection_is_a_fault() -> None:
    """Its own words say so."""
    with socket.socket() as silent:  # it has the port, and does not listen
        silent.bind(("127.0.0.1", 0))
        async with api_at(silent.getsockname()[1]) as api:
            answer = await api.cancel(REF)
    assert isinstance(answer, Failure)
    assert answer.kind is CONNECTION
    assert "Connect call failed" in answer.detail


async def test_a_connection_that_is_never_accepted_times_out() -> None:
    """Connecting is within the timeout too."""
    async with deaf() as port, api_at(port, seconds=TIMEOUT_SECONDS) as api:
        answer = await api.cancel(REF)
    assert isinstance(answer, Failure)
    assert answer.kind is TIMEOUT


async def test_a_name_that_is_not_found_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """And may be found the next time."""

    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    with monkeypatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", fail)
        async with api_at(1, host="localhost") as api:
            answer = await api.cancel(REF)
    assert isinstance(answer, Failure)
    assert answer.kind is CONNECTION
    assert "localhost" in answer.detail


async def test_connections_closed_under_us_cost_no_attempt() -> None:
    """A stale connection is not the row's fault; the requests that it lost are counted all the same."""
    server = FaultServer(closes=True)
    async with server.serving() as port, api_at(port) as api:
        summary, results = await run(api, 100, max_attempts=1)
    assert summary.outcomes[Outcome.CANCELED] == 100
    assert max(result.attempts for result in results) <= 2


async def test_a_reset_after_the_reply_costs_nothing() -> None:
    """The answer counts; the next request finds the connection dead, before or after it was sent."""
    heard = asyncio.Event()
    results: list[Result] = []

    async def sink(result: Result) -> None:
        results.append(result)
        heard.set()

    server = FaultServer(resets_after(OK, heard))
    async with server.serving() as port, api_at(port) as api:
        engine = new_run(api, Settings(concurrency=1, max_attempts=1), jitter=lambda: 0.0)
        summary = await engine.run(Rows(refs(3)), sink)
    assert summary.outcomes[Outcome.CANCELED] == 3
    assert 3 <= summary.requests <= 4
    assert server.connections == 2


@pytest.fixture
def tls(tmp_path: Path) -> tuple[trustme.CA, Path]:
    """An authority of our own, and its certificate in a file."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return authority, tmp_path / "ca.pem"


def context_of(certificate: trustme.LeafCert) -> ssl.SSLContext:
    """What a server with this certificate needs."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


@pytest.mark.parametrize("why", ["unknown authority", "expired", "another host"])
async def test_a_certificate_that_is_not_trusted_stops_the_run(
    tls: tuple[trustme.CA, Path], why: str
) -> None:
    """At the first request, instead of thousands of failed rows; nothing was sent."""
    authority, path = tls
    certificate = authority.issue_cert(
        "api.example" if why == "another host" else "127.0.0.1",
        not_after=datetime.now(UTC) + timedelta(days=-1 if why == "expired" else 1),
    )
    server = FaultServer()
    async with (
        server.serving(tls=context_of(certificate)) as port,
        api_at(port, scheme="https", ca=None if why == "unknown authority" else path) as api,
    ):
        summary, results = await run(api, 1000)
    assert (summary.stop, summary.exit_code) == (StopReason.UNTRUSTED, 3)
    assert server.requests == 0
    assert len(results) == 1000
    assert all(not result.outcome.is_done for result in results)
    assert any(result.error_code == "tls_untrusted" for result in results)


async def test_tls_that_fails_otherwise_is_a_fault(tls: tuple[trustme.CA, Path]) -> None:
    """A server that talks no TLS, or breaks off; with a good certificate all is well."""
    authority, path = tls

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server, api_at(server.sockets[0].getsockname()[1], scheme="https", ca=path) as api:
        answer = await api.cancel(REF)
    assert isinstance(answer, Failure)
    assert answer.kind is CONNECTION
    context = context_of(authority.issue_cert("127.0.0.1"))
    async with FaultServer().serving(tls=context) as port, api_at(port, scheme="https", ca=path) as api:
        assert isinstance(await api.cancel(REF), Reply)


class ComingBack(SystemClock):
    """A clock whose third pause brings the server back, instead of lasting."""

    def __init__(self, bring_back: Callable[[], Awaitable[object]]) -> None:
        self._bring_back = bring_back
        self._pauses = 0
        self._passed = 0.0

    def now(self) -> float:
        """The machine's time, and that of the pauses."""
        return super().now() + self._passed

    async def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        self._passed += seconds
        self._pauses += 1
        if self._pauses == 3:
            await self._bring_back()
        await super().sleep(0.0)


async def test_a_server_that_dies_and_returns_is_waited_out() -> None:
    """No row is burnt, although there are fewer attempts than probes would need."""
    silent = socket.socket()  # it has the port, and refuses until it listens
    silent.bind(("127.0.0.1", 0))
    port = silent.getsockname()[1]
    server = FaultServer()

    async with AsyncExitStack() as serving, api_at(port) as api:
        results: list[Result] = []
        clock = ComingBack(lambda: serving.enter_async_context(server.serving(sock=silent)))
        engine = new_run(api, Settings(concurrency=4, max_attempts=3), clock=clock, jitter=lambda: 0.0)

        async def sink(result: Result) -> None:
            results.append(result)

        summary = await engine.run(Rows(refs(50)), sink)
    assert summary.outcomes[Outcome.CANCELED] == 50
    assert summary.paused > 0.5
    assert max(result.attempts for result in results) <= 6


async def test_a_host_that_moves_is_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are looked up again after a while, and connections that died are made anew."""
    monkeypatch.setattr("bulkcancel.datadog.transport._DNS_SECONDS", 0)
    real, address = socket.getaddrinfo, ["127.0.0.1"]
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *args, **kw: real(address[0] if host == "localhost" else host, *args, **kw),
    )
    old, new = FaultServer(), FaultServer()
    async with (
        old.serving() as port,
        new.serving(host="127.0.0.2", port=port),
        api_at(port, "localhost") as api,
    ):
        assert isinstance(await api.cancel(REF), Reply)
        address[0] = "127.0.0.2"
        old.faults = [says(then_resets=True)]
        await api.cancel(REF)
        assert isinstance(await api.cancel(REF), Reply)
    assert (old.requests >= 2, new.requests >= 1) == (True, True)


@pytest.mark.slow
async def test_descriptors_do_not_grow() -> None:
    """Thousands of connections that the server closes leave nothing open."""
    server = FaultServer(closes=True)
    async with server.serving() as port, api_at(port) as api:
        await run(api, 200)
        before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a count
        await run(api, 3000)
        after = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - the same
    assert server.connections > 2000
    assert after <= before + 8
