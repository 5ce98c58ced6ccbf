"""`check` against real peers: every line in every state, and nothing is changed."""

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path

import pytest
import trustme
from support.faultserver import Fault, FaultServer, deaf, reset, says, stalls
from support.rawpeers import answer, serve_raw

from bulkcancel import ConfigurationError, Credentials, Target, check
from bulkcancel.datadog.transport import why_no_proxy
from bulkcancel.operations.findings import CheckName, CheckStatus, Finding
from bulkcancel.sandbox import Permission, Quota, SandboxOptions, Scenario
from bulkcancel.sandbox.server import Sandbox, serve

# pragma: allowlist nextline secret
API_KEY, APP_KEY = "0123456789abcdef" * 2, "fedcba9876543210" * 2 + "00112233"
KEYS = Credentials(API_KEY, APP_KEY)
OK, UNKNOWN, FAILED = CheckStatus
N, P, T, C, A, B, R, W, Q = CheckName
TUNNEL = b"HTTP/1.1 200 Connection established\r\n\r\n"

Found = dict[CheckName, Finding]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority that nobody trusts yet."""
    return trustme.CA(organization_name="Example Trust")


@pytest.fixture(scope="module")
def bundle(authority: trustme.CA) -> Iterator[Path]:
    """Its certificate, as a file."""
    with authority.cert_pem.tempfile() as name:
        yield Path(name)


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
        assert bool(finding.remedy) or finding.status is not FAILED
    return {finding.name: finding for finding in found}


def dated(status: str, body: bytes = b"{}", *headers: str) -> bytes:
    """An answer of just now."""
    return answer(status, body, f"Date: {formatdate(usegmt=True)}", *headers)


def states(found: Found) -> str:
    """The states of all nine, `.` for ok, in one word."""
    shown = {OK: ".", UNKNOWN: "?", FAILED: "F"}
    return "".join(shown[found[name].status] for name in CheckName)


@pytest.fixture
def unused() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


async def resets_at_once(writer: asyncio.StreamWriter) -> None:
    """A fault: the connection is reset."""
    reset(writer)


@asynccontextmanager
async def sandbox(**options: object) -> AsyncIterator[tuple[str, Sandbox]]:
    """A look-alike of its own."""
    one = Sandbox(SandboxOptions(latency=0.0, **options))  # type: ignore[arg-type] # keywords of a table
    async with serve(one) as url:
        yield url, one


@pytest.mark.parametrize(
    ("options", "expected", "name", "words"),
    [
        ({}, ".......?.", Q, "lists of workflows: 9,999 of 10,000 requests left"),
        # pragma: allowlist nextline secret
        ({"api_key": "other"}, "....F???.", A, "DD_API_KEY is refused: 403 Forbidden"),
        ({"app_key": "other"}, ".....F??.", B, "DD_APP_KEY is refused: 403 Forbidden"),
        ({"scenario": Scenario.DENIED}, "....F???.", R, "not checked: API key failed"),
        ({"lacks": frozenset([Permission.READ])}, "......F?.", R, "'workflows_read'"),
        ({"lacks": frozenset([Permission.RUN])}, ".......?.", W, "can't be proven"),
        ({"quota": Quota(0, 3600)}, "......??.", R, "(429)"),
        ({"clock_ahead": 3700.0}, "...F...?.", C, "behind the server's"),
        ({"clock_ahead": -3700.0}, "...F...?.", C, "ahead of the server's"),
    ],
)
async def test_a_look_alike_is_seen_as_it_is(
    options: dict[str, object], expected: str, name: CheckName, words: str
) -> None:
    """And nobody has sent a cancel, or changed a workflow."""
    async with sandbox(**options) as (url, served):
        found = await look(url)
    assert states(found) == expected
    assert words in found[name].detail
    assert not served.record.statuses
    assert set(served.record.requests) == {"validate", "workflow_list"}
    assert sum(map(sum, (one.values() for one in served.record.requests.values()))) == 4


async def test_only_what_reads_is_sent_and_nothing_without_tls_with_a_key(
    authority: trustme.CA, bundle: Path
) -> None:
    """The first request bears no key: it is to show who answers."""
    async with serve_raw(lambda _: dated("200 OK"), tls=serving(authority)) as peer:
        found = await look(f"https://localhost:{peer.port}", bundle)
    assert states(found) == ".......??"
    assert found[T].detail.startswith("TLSv1.3, the certificate is by Example Trust, valid until ")
    assert all(request.startswith("GET /api/v") for request in peer.requests)
    assert len(peer.requests) == 4
    assert [API_KEY.encode() in head for head in peer.heads] == [False, True, True, True]


@asynccontextmanager
async def raw_port(tls: ssl.SSLContext) -> AsyncIterator[int]:
    """A server that must get nothing."""
    async with serve_raw(tls=tls) as peer:
        yield peer.port
    assert peer.heads == []


@asynccontextmanager
async def speaking_at_once() -> AsyncIterator[int]:
    """A server that knows no TLS, and says so to whoever comes."""

    async def attend(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer("400 Bad Request"))
        writer.close()

    server = await asyncio.start_server(attend, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("unknown", "is not trusted: unable to get local issuer certificate"),
        ("other name", "is not for localhost"),
        ("expired", "does not hold now: certificate has expired"),
        ("no TLS", "does not speak TLS"),
    ],
)
async def test_a_connection_that_cannot_be_trusted_ends_it(
    authority: trustme.CA, bundle: Path, case: str, words: str
) -> None:
    """No key is sent, and the rest says why it was not looked at."""
    name = "other.example" if case == "other name" else "localhost"
    tls = serving(authority, name, expired=case == "expired")
    async with speaking_at_once() if case == "no TLS" else raw_port(tls) as port:
        found = await look(f"https://localhost:{port}", None if case == "unknown" else bundle)
    assert states(found) == "..F??????"
    assert words in found[T].detail
    assert found[B].detail == "not checked: there is no connection that can be trusted"


async def test_a_host_that_refuses(unused: int) -> None:
    """The system's own words."""
    found = await look(f"http://127.0.0.1:{unused}")
    assert states(found) == "..F??????"
    assert found[T].detail == f"no connection to 127.0.0.1:{unused}: Connection refused"


@pytest.mark.slow
async def test_a_host_that_drops_what_is_sent() -> None:
    """It is not waited for any longer than one step may take."""
    async with deaf() as port:
        found = await look(f"http://127.0.0.1:{port}", step=1.0)
    assert states(found) == "..F??????"
    assert found[T].detail == f"no connection to 127.0.0.1:{port}: no answer in time"


@pytest.mark.parametrize(
    ("fault", "step", "words"),
    [
        pytest.param(stalls(), 2.0, "no reply in time", marks=pytest.mark.slow),
        (says(b"220 mail.example ESMTP\r\n"), 60.0, "no reply: "),
        (resets_at_once, 60.0, "no reply: "),
    ],
)
async def test_a_host_that_takes_the_request_and_says_nothing_of_use(
    fault: Fault, step: float, words: str
) -> None:
    """The connection stands, so the keys are where it shows; none was sent."""
    server = FaultServer(*[fault] * 9)
    async with server.serving() as port:
        found = await look(f"http://127.0.0.1:{port}", step=step)
    assert states(found) == "...?F????"
    assert found[A].detail.startswith(words)
    assert found[C].detail == "not checked: there was no reply"
    assert server.requests == 1


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (answer("302 Found", b"", "Location: http://127.0.0.1:9/login"), "redirect (302)"),
        (answer("200 OK", b"<html>Log in</html>"), "a page instead"),
        (answer("500 Internal Server Error", b'{"errors":["Broken"]}'), "answered 500 Broken"),
        (answer("403 Forbidden", f'{{"errors":["no {API_KEY} and {APP_KEY}"]}}'.encode()), "no [redacted]"),
    ],
)
async def test_an_api_that_answers_something_else(reply: bytes, words: str) -> None:
    """Said where it shows first; a key that is echoed is not shown."""
    async with serve_raw(lambda _: reply) as peer:
        found = await look(f"http://127.0.0.1:{peer.port}")
    assert states(found) == "...?F????"
    assert words in found[A].detail
    assert found[R].detail == "not checked: API key failed"


async def test_keys_of_another_site_are_told_where_to_look() -> None:
    """It is the usual reason for a refusal."""
    async with sandbox(scenario=Scenario.DENIED) as (url, _):
        target = Target(url, "datadoghq.eu")
        found = {finding.name: finding for finding in await check(credentials=KEYS, target=target)}
    assert states(found) == "....F???."
    assert "at datadoghq.eu, as the browser's address bar has it? Keys of other sites" in found[A].remedy


async def test_a_key_that_is_echoed_anywhere_is_not_shown() -> None:
    """In headers that a finding is made of, and in errors."""
    headers = [
        f"{name}: 7 {API_KEY} {APP_KEY}" for name in ("X-RateLimit-Limit", "X-RateLimit-Name", "Server")
    ]
    reply = dated("200 OK", API_KEY.encode(), "X-RateLimit-Remaining: 7", *headers)
    async with serve_raw(lambda _: reply) as peer:
        found = await look(f"http://127.0.0.1:{peer.port}")
    assert found[Q].detail.startswith("lists of workflows: 7 requests left;")


async def test_what_succeeds_all_the_same_is_told() -> None:
    """A gateway in trouble with one request says nothing of the others."""
    rule = by_path({"/api/v1/validate": "500 Broken"})
    async with serve_raw(rule) as peer:
        found = await look(f"http://127.0.0.1:{peer.port}/gateway")
    assert states(found) == "....F..??"
    assert found[W].detail == "not checked: API key failed"
    assert all(" /gateway/api/" in request for request in peer.requests)


async def test_a_gateway_that_does_not_check_keys() -> None:
    """What it does serve proves them."""
    rule = by_path(dict.fromkeys(("/api/v1/validate", "/api/v2/validate_keys"), "404 Not Found"))
    async with serve_raw(rule) as peer:
        found = await look(f"http://127.0.0.1:{peer.port}")
    assert states(found) == "....??.??"


def by_path(statuses: dict[str, str]) -> Callable[[bytes], bytes]:
    """Answer what ends like that so, and the rest well."""

    def rule(head: bytes) -> bytes:
        path = head.split()[1].decode().partition("?")[0]
        return dated(next((status for name, status in statuses.items() if path.endswith(name)), "200 OK"))

    return rule


@pytest.mark.parametrize(
    ("reply", "expected", "words"),
    [
        (TUNNEL, ".......??", "lets us pass"),
        (answer("407 s3cret-pass is wrong"), ".F???????", "wants a password: it answered 407"),
        (answer("403 Forbidden"), ".F???????", "does not let us pass: it answered 403 Forbidden"),
    ],
)
async def test_the_way_through_a_proxy(
    authority: trustme.CA,
    bundle: Path,
    monkeypatch: pytest.MonkeyPatch,
    reply: bytes,
    expected: str,
    words: str,
) -> None:
    """It looks the host up itself; its password is not shown, and it sees no key."""
    tls = serving(authority, "api.invalid")
    async with (
        serve_raw(lambda _: reply, proxying=True) as proxy,
        serve_raw(lambda _: dated("200 OK"), tls=tls) as far,
    ):
        # pragma: allowlist nextline secret
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:s3cret-pass@127.0.0.1:{proxy.port}")
        found = await look(f"https://api.invalid:{far.port}", bundle)
    assert states(found) == expected
    assert words in found[P].detail
    assert f"127.0.0.1:{proxy.port}" in found[P].detail
    assert found[N].detail.endswith("the proxy looks up api.invalid")
    assert "s3cret" not in repr(found)
    assert not any(b"DD-" in head.upper() for head in proxy.heads)


async def test_a_proxy_that_is_not_there(unused: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or whose variable is no address; or that must not be used."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{unused}")
    found = await look("https://api.invalid")
    assert states(found) == ".F???????"
    assert found[P].detail == f"127.0.0.1:{unused} can't be reached: Connection refused"
    monkeypatch.setenv("HTTPS_PROXY", "socks5://me:s3cret-pass@127.0.0.1:9")  # pragma: allowlist secret
    found = await look("https://api.invalid")
    assert states(found) == "?F???????"
    assert "s3cret" not in repr(found)
    monkeypatch.setenv("NO_PROXY", "localhost")
    assert why_no_proxy("https://localhost") == "this machine never goes through one"
    monkeypatch.setenv("NO_PROXY", "api.invalid")
    assert why_no_proxy("https://api.invalid") == "NO_PROXY names the host"
    monkeypatch.delenv("NO_PROXY")
    assert why_no_proxy("https://api.invalid") == "neither HTTPS_PROXY nor ALL_PROXY is set"


@pytest.mark.parametrize(("at_site", "proxy"), [(False, False), (True, False), (True, True)])
async def test_a_name_without_an_address(
    monkeypatch: pytest.MonkeyPatch, *, at_site: bool, proxy: bool
) -> None:
    """Nothing else can be looked at, but for the keys that are missing anyway."""

    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    if proxy:
        monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:3128")
    target = Target.of_site("eu") if at_site else Target.of_url("https://api.invalid")
    found = {finding.name: finding for finding in await check(target=target)}
    assert states(found) == "F???F????"
    assert found[N].detail.startswith("proxy.invalid" if proxy else "api.")
    assert (", and HTTPS_PROXY or ALL_PROXY." in found[N].remedy) is proxy
    assert ("--base-url" in found[N].remedy) is not (at_site or proxy)
    assert found[A].detail.startswith("DD_API_KEY and DD_APP_KEY not set in the environment")
    assert found[P].detail == "not checked: name resolution failed"


async def test_a_name_server_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not waited for."""

    async def never(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", never)
    found = await look("https://api.invalid", step=0.05)
    assert states(found) == "F????????"
    assert found[N].detail == "nobody said in time what api.invalid stands for"


async def test_keys_that_are_missing_are_told_after_the_way_was_looked_at() -> None:
    """From the environment by default; nothing is asked with them."""
    async with sandbox() as (url, served):
        found = await look(url, credentials=ConfigurationError("DD_APP_KEY not set"))
        assert states(found) == "....F????"
        assert found[A].detail == "DD_APP_KEY not set"
        assert served.record.requests == {"validate": {401: 1}}


async def test_a_bundle_that_is_none_is_told(tmp_path: Path) -> None:
    """As what keeps TLS from being looked at."""
    found = await look("https://localhost:9", tmp_path / "none.pem")
    assert states(found) == ".?F??????"
    assert "none.pem can't be used: No such file" in found[T].detail


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"credentials": "key"}, "credentials is 'key'"),
        ({"target": "eu"}, "target is 'eu'; it must be a Target"),
        ({"ca_bundle": 1}, "ca_bundle is 1"),
        ({"on_finding": 1}, "on_finding is 1"),
        *(
            ({"step_seconds": bad}, "seconds, above 0")
            for bad in (0, -1.0, float("inf"), float("nan"), True, "4")
        ),
    ],
)
async def test_what_cannot_be_used_is_refused(arguments: dict[str, object], words: str) -> None:
    """By its name, before anything is asked."""
    with pytest.raises(ConfigurationError, match=re.escape(words)):
        await check(**arguments)  # type: ignore[arg-type] # on purpose
