"""Keys go to the chosen host alone, over a verified connection, whatever stands in between."""

import os
import ssl
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme
from support.rawpeers import Peer, answer, serve_raw

from bulkcancel.datadog import Credentials, Target, connect
from bulkcancel.datadog.transport import proxy_for
from bulkcancel.errors import ConfigurationError
from bulkcancel.models import Failure, FailureKind, InstanceRef, Reply
from bulkcancel.settings import Settings

# pragma: allowlist nextline secret
API_KEY, APP_KEY = "0123456789abcdef" * 2, "fedcba9876543210" * 2 + "00112233"
KEYS = Credentials(API_KEY, APP_KEY)
W, X = "11111111-2222-4333-8444-555555555555", "66666666-7777-4888-8999-aaaaaaaaaaaa"
REF = InstanceRef(W, X, 1)
TUNNEL = b"HTTP/1.1 200 Connection established\r\n\r\n"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority that nobody trusts yet."""
    return trustme.CA()


@pytest.fixture(scope="module")
def bundle(authority: trustme.CA) -> Iterator[Path]:
    """Its certificate, as a file for `--ca-bundle`."""
    with authority.cert_pem.tempfile() as name:
        yield Path(name)


def serving(authority: trustme.CA, *names: str, expired: bool = False) -> ssl.SSLContext:
    """A server's side of TLS, with a certificate for these names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ends = datetime(2020, 1, 1, tzinfo=UTC) if expired else None
    authority.issue_cert(*names, not_after=ends).configure_cert(context)
    return context


async def cancel(url: str, bundle: Path | None = None, timeout: float = 5.0) -> Reply | Failure:  # noqa: ASYNC109 - the request's own
    """One cancel there."""
    settings = Settings(timeout=timeout)
    async with connect(Target.of_url(url), KEYS, settings=settings, ca_bundle=bundle) as api:
        return await api.cancel(REF)


@pytest.fixture
async def other() -> AsyncIterator[Peer]:
    """Another host, which must see nothing."""
    async with serve_raw() as peer:
        yield peer


@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"]
)
async def test_no_redirect_is_followed(other: Peer, status: str) -> None:
    """Not to another host, nor to another path of the same one."""
    async with serve_raw(lambda _: answer(status, b"", f"Location: http://127.0.0.1:{other.port}/x")) as peer:
        reply = await cancel(f"http://127.0.0.1:{peer.port}")
    assert isinstance(reply, Reply)
    assert reply.status == int(status[:3])
    assert len(peer.heads) == 1
    assert other.heads == []


async def test_a_bundle_makes_its_servers_trusted(authority: trustme.CA, bundle: Path) -> None:
    """`--ca-bundle` works against a real TLS server, and the keys arrive."""
    async with serve_raw(tls=serving(authority, "localhost")) as peer:
        reply = await cancel(f"https://localhost:{peer.port}", bundle)
    assert isinstance(reply, Reply)
    assert f"DD-API-KEY: {API_KEY}".encode() in peer.heads[0]


@pytest.mark.parametrize("case", ["unknown authority", "other name", "expired", "self-signed"])
async def test_a_certificate_that_does_not_hold_is_refused(
    authority: trustme.CA, bundle: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    """For real, and no variable turns it off; no request is sent."""
    for name, value in (
        ("PYTHONHTTPSVERIFY", "0"),
        ("NODE_TLS_REJECT_UNAUTHORIZED", "0"),
        ("CURL_CA_BUNDLE", ""),
    ):
        monkeypatch.setenv(name, value)
    names = ("wrong.example",) if case == "other name" else ("localhost",)
    tls = serving(authority, *names, expired=case == "expired")
    if case == "self-signed":
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        own = trustme.CA()
        with own.cert_pem.tempfile() as certificate, own.private_key_pem.tempfile() as key:
            tls.load_cert_chain(certificate, key)
    async with serve_raw(tls=tls) as peer:
        trusted = None if case == "unknown authority" else bundle
        failure = await cancel(f"https://localhost:{peer.port}", trusted)
    assert isinstance(failure, Failure)
    assert "certificate verify failed" in failure.detail
    assert peer.heads == []


async def test_a_server_that_speaks_plain_http_gets_nothing(bundle: Path) -> None:
    """Https is not given up for it."""
    async with serve_raw() as peer:
        assert isinstance(await cancel(f"https://localhost:{peer.port}", bundle, 0.1), Failure)
    assert peer.heads == []


async def through(
    proxy: str, authority: trustme.CA, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Reply | Failure, Peer]:
    """One cancel at a host that only the proxy can reach."""
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    async with serve_raw(tls=serving(authority, "api.invalid")) as far:
        return await cancel(f"https://api.invalid:{far.port}", bundle), far


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("user", ["", "me:s3cret-pass@"])
async def test_a_proxy_sees_no_key(
    authority: trustme.CA, bundle: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, user: str
) -> None:
    """It gets a CONNECT, its own password where it has one, and then bytes it can't read."""
    tls = serving(authority, "localhost") if scheme == "https" else None
    async with serve_raw(lambda _: TUNNEL, tls=tls, proxying=True) as proxy:
        reply, far = await through(f"{scheme}://{user}localhost:{proxy.port}", authority, bundle, monkeypatch)
    assert isinstance(reply, Reply)
    assert reply.status == 200
    (head,) = proxy.heads
    assert head.startswith(f"CONNECT api.invalid:{far.port} HTTP/1.1\r\n".encode())
    assert API_KEY.encode() not in head
    assert APP_KEY.encode() not in head
    assert b"DD-" not in head.upper()
    assert (b"Proxy-Authorization: Basic " in head) == bool(user)
    assert API_KEY.encode() in far.heads[0]
    assert b"proxy-authorization" not in far.heads[0].lower()


async def test_a_proxy_does_not_excuse_a_bad_certificate(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is behind the tunnel is verified as if there were none."""
    async with serve_raw(lambda _: TUNNEL, proxying=True) as proxy:
        failure, far = await through(f"http://localhost:{proxy.port}", trustme.CA(), bundle, monkeypatch)
    assert isinstance(failure, Failure)
    assert "certificate verify failed" in failure.detail
    assert far.heads == []


async def test_a_proxy_that_wants_a_password_is_a_clear_message(
    authority: trustme.CA, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which does not show the one that was refused, nor an echo of it."""
    refusal = answer("407 no s3cret-pass for me", b"", "Proxy-Authenticate: Basic realm=x")
    async with serve_raw(lambda _: refusal) as proxy:
        failure, _ = await through(
            # pragma: allowlist nextline secret
            f"http://me:s3cret-pass@localhost:{proxy.port}",
            authority,
            bundle,
            monkeypatch,
        )
    assert isinstance(failure, Failure)
    assert failure.kind is FailureKind.PROXY_REFUSED
    assert "the proxy answered 407" in failure.detail
    assert "user name and password" in failure.detail
    assert "s3cret" not in failure.detail


async def test_this_machine_is_reached_without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Http is allowed there, and a proxy on the way would read the keys."""
    async with serve_raw() as proxy, serve_raw() as peer:
        for name in ("http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://localhost:{proxy.port}")
        assert isinstance(await cancel(f"http://127.0.0.1:{peer.port}"), Reply)
    assert len(peer.heads) == 1
    assert proxy.heads == []


@pytest.mark.parametrize(
    ("variables", "want"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://p.example:3128"}, "http://p.example:3128"),
        ({"https_proxy": "p.example:3128"}, "http://p.example:3128"),
        ({"HTTPS_PROXY": "https://p.example"}, "https://p.example"),
        ({"ALL_PROXY": "http://p.example:1"}, "http://p.example:1"),
        ({"HTTP_PROXY": "http://p.example:1"}, None),
        ({"HTTPS_PROXY": "http://p.example:1", "NO_PROXY": ".datadoghq.com"}, None),
        ({"HTTPS_PROXY": "http://p.example:1", "NO_PROXY": "*"}, None),
        ({"HTTPS_PROXY": "http://p.example:1", "NO_PROXY": "datadoghq.eu"}, "http://p.example:1"),
    ],
)
def test_the_usual_variables_name_the_proxy(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], want: str | None
) -> None:
    """As other tools read them."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found = proxy_for("https://api.datadoghq.com")
    assert (found and str(found)) == (want and want)


@pytest.mark.parametrize(
    "address",
    # pragma: allowlist nextline secret
    ["socks5://me:s3cret@p.example:1", "http://", "http://me:s3cret@[p", "://s3cret"],
)
def test_a_proxy_that_cannot_be_used_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Before anything is sent past it, and without showing its password."""
    monkeypatch.setenv("ALL_PROXY", address)
    with pytest.raises(ConfigurationError, match="ALL_PROXY") as caught:
        proxy_for("https://api.datadoghq.com")
    assert "s3cret" not in str(caught.value)


REFUSED = [
    "http://localhost.evil.example", "http://localhost.", "http://127.1", "http://2130706433", "http://0x7f000001",
    "http://0177.0.0.1", "http://127.0.0.1.nip.example", "http://127.0.0.1@evil.example", "https://@evil.example",
    "http://127.0.0.1\\@evil.example", "http://127.0.0.1\\.evil.example", "https://evil\n.example",
    "https://api.datadoghq.com\t", " https://api.datadoghq.com", "https://api.datadoghq.com\r\nX: y",
    "https://\u0430pi.datadoghq.com", "https://\uff41pi.datadoghq.com", "http://\u24dbocalhost", "http://\uff1127.0.0.1",
    "https://h.example:0", "https://h.example:65536", "https://h.example:99999999", "https://h.example:\u0663",
    "https://h.example:", "https://h.example?", "https://h.example#", "https://h.example/a?b", "https://h.example/%2e%2e",
    "https://h.example/a/../b", "https://h.example/.", "https://h.example/a;b", "https://h.example/a b",
    "HTTP://evil.example", "//h.example", "h.example", "", "https:///x", "https:/h.example", "http://[::1%25lo]",
    "http://[::1%lo]", "http://[::]", "http://0.0.0.0", "http://[::ffff:10.0.0.1]", "https://[1:2", "https://[zz::1]",
    "https://[1:2]", "javascript:alert(1)", "file:///etc/passwd", "https://me:s3cret@h.example", "https://me:s3cret@[x",
    "https://me:s3cret",
]  # fmt: skip


@pytest.mark.parametrize("url", REFUSED)
def test_an_address_that_two_parsers_could_read_differently_is_refused(url: str) -> None:
    """One sentence, nothing steering a terminal, and no password."""
    for make in (Target.of_url, Target):
        with pytest.raises(ConfigurationError) as caught:
            make(url)
        assert str(caught.value).isprintable()
        assert "s3cret" not in str(caught.value) or "@" not in url


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://127.0.0.1:8126/", "http://127.0.0.1:8126"),
        ("http://127.8.9.1", "http://127.8.9.1"),
        ("http://LOCALHOST:1//", "http://localhost:1"),
        ("http://[::1]:1", "http://[::1]:1"),
        ("http://[::ffff:127.0.0.1]:1", "http://[::ffff:127.0.0.1]:1"),
        ("https://xn--pi-7lc.example/dd/v1/", "https://xn--pi-7lc.example/dd/v1"),
    ],
)
def test_an_address_that_can_be_used_has_one_spelling(url: str, base: str) -> None:
    """Loopback in http, anything in https."""
    assert Target.of_url(url).base_url == base


@pytest.mark.parametrize("kind", ["missing", "directory", "fifo", "empty", "nonsense", "key only"])
async def test_a_bundle_that_is_none_is_refused(tmp_path: Path, authority: trustme.CA, kind: str) -> None:
    """Without waiting for it."""
    path = tmp_path / "ca.pem"
    if kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "empty":
        path.touch()
    elif kind == "nonsense":
        path.write_text("nonsense")
    elif kind == "key only":
        path.write_bytes(authority.private_key_pem.bytes())
    with pytest.raises(ConfigurationError, match="--ca-bundle"):
        await cancel("https://localhost:1", path)


async def test_netrc_adds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password meant for another client is not sent along."""
    (tmp_path / ".netrc").write_text("machine localhost login me password s3cret\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    async with serve_raw() as peer:
        await cancel(f"http://localhost:{peer.port}")
    assert b"Authorization" not in peer.heads[0]


async def test_cookies_are_not_kept() -> None:
    """Nothing a server sets comes back to it; its name matters, for no client keeps a cookie of an address."""
    async with (
        serve_raw(lambda _: answer("200 OK", b"{}\n", "Set-Cookie: a=b")) as peer,
        connect(Target.of_url(f"http://localhost:{peer.port}"), KEYS, settings=Settings()) as api,
    ):
        await api.cancel(REF)
        await api.cancel(REF)
    assert len(peer.heads) == 2
    assert all(b"cookie" not in head.lower() for head in peer.heads)


async def test_an_id_that_is_none_is_not_sent() -> None:
    """The adapter is the last that can see it."""
    async with (
        serve_raw() as peer,
        connect(Target.of_url(f"http://127.0.0.1:{peer.port}"), KEYS, settings=Settings()) as api,
    ):
        with pytest.raises(ValueError, match="line 7"):
            await api.cancel(InstanceRef(W, "../x", 7))
    assert peer.heads == []
