"""`check` where the way to the API is broken: each peer is a real one."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme
from support.checks import dated, look, serving, states
from support.faultserver import Fault, FaultServer, deaf, reset, says, stalls
from support.rawpeers import answer, serve_raw

from bulkcancel import Target, check
from bulkcancel.datadog.transport import why_no_proxy
from bulkcancel.operations.findings import CheckName

N, P, T, C, A, B, *_ = CheckName
TUNNEL = b"HTTP/1.1 200 Connection established\r\n\r\n"


async def resets_at_once(writer: asyncio.StreamWriter) -> None:
    """A fault: the connection is reset."""
    reset(writer)


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


async def test_a_bundle_that_is_none_is_told(tmp_path: Path) -> None:
    """As what keeps TLS from being looked at."""
    found = await look("https://localhost:9", tmp_path / "none.pem")
    assert states(found) == ".?F??????"
    assert "none.pem can't be used: No such file" in found[T].detail
