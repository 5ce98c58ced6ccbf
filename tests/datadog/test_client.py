"""The adapter moves bytes; keys and addresses are checked before anything is sent."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import aiohttp
import pytest
from aioresponses import aioresponses

from bulkcancel.datadog import Credentials, DatadogApi, Target, connect, read_credentials
from bulkcancel.datadog.client import BODY_LIMIT
from bulkcancel.datadog.transport import user_agent
from bulkcancel.errors import ConfigurationError
from bulkcancel.models import Failure, FailureKind, InstanceRef, Reply
from bulkcancel.settings import Settings

KEYS = Credentials("a" * 32, "b" * 40)
URL = "https://api.datadoghq.eu/api/v2/workflows/w/instances/i"
REF = InstanceRef("w", "i", 1)


class MockResponse(aiohttp.ClientResponse):
    """aiohttp 3.14 requires a `stream_writer` that the mock does not know of yet."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("stream_writer", Mock(output_size=0))
        super().__init__(*args, **kwargs)


@pytest.fixture
async def api() -> AsyncIterator[DatadogApi]:
    """The adapter for one of the sites."""
    async with connect(Target.of_site("datadoghq.eu"), KEYS, settings=Settings()) as found:
        yield found


@pytest.mark.parametrize("status", [200, 302, 400, 403, 404, 429, 500])
async def test_any_status_is_a_reply(api: DatadogApi, status: int) -> None:
    """Nothing is raised, followed or judged."""
    with aioresponses() as mock:
        headers = {"X-RateLimit-Remaining": "3", "Location": "https://elsewhere.example"}
        mock.put(f"{URL}/cancel", status=status, body=b"{}\n", headers=headers, response_class=MockResponse)
        reply = await api.cancel(REF)
    assert isinstance(reply, Reply)
    assert (reply.status, reply.body) == (status, b"{}\n")
    assert reply.headers["x-ratelimit-remaining"] == "3"


async def test_reads_and_key_checks_are_gets(api: DatadogApi) -> None:
    """At the documented paths."""
    with aioresponses() as mock:
        mock.get(URL, payload={}, response_class=MockResponse)
        mock.get(
            "https://api.datadoghq.eu/api/v2/validate_keys",
            payload={"valid": True},
            response_class=MockResponse,
        )
        assert isinstance(await api.get_instance(REF), Reply)
        assert isinstance(await api.check_keys(), Reply)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (TimeoutError(), FailureKind.TIMEOUT),
        (aiohttp.ServerTimeoutError("slow"), FailureKind.TIMEOUT),
        (aiohttp.ServerDisconnectedError(), FailureKind.CONNECTION),
        (ConnectionResetError(104, "reset"), FailureKind.CONNECTION),
        (aiohttp.ClientPayloadError("truncated"), FailureKind.CONNECTION),
        (ValueError("no HTTP"), FailureKind.UNKNOWN),
    ],
)
async def test_no_reply_is_a_value_too(api: DatadogApi, error: Exception, kind: FailureKind) -> None:
    """A row's failure never is an exception."""
    with aioresponses() as mock:
        mock.put(f"{URL}/cancel", exception=error)
        failure = await api.cancel(REF)
    assert isinstance(failure, Failure)
    assert failure.kind is kind


async def test_a_body_is_read_only_so_far(api: DatadogApi) -> None:
    """A gateway gone wild can't fill the memory."""
    with aioresponses() as mock:
        mock.put(f"{URL}/cancel", body=b"x" * (BODY_LIMIT + 1), response_class=MockResponse)
        assert isinstance(await api.cancel(REF), Failure)


async def test_both_keys_go_in_headers() -> None:
    """And the tool names itself."""
    async with connect(Target.of_site("datadoghq.com"), KEYS, settings=Settings()) as found:
        headers = {**found._session.headers, **(found._headers or {})}
    assert (headers["DD-API-KEY"], headers["DD-APPLICATION-KEY"]) == (KEYS.api_key, KEYS.app_key)
    assert headers["User-Agent"] == user_agent()
    assert user_agent().startswith("bulkcancel/")


def test_keys_do_not_show() -> None:
    """At most the last four characters do."""
    assert "aaaa" not in repr(KEYS)
    assert "bbbb" not in repr(KEYS)
    assert KEYS.suffix == "bbbb"
    assert Credentials("a", "b").suffix == ""


@pytest.mark.parametrize("key", ["a1b2\n", " a1b2", '"a"', "a'", "ä", "a b", "a\r\nX: y", "a" * 257])
def test_a_malformed_key_is_refused_without_repeating_it(key: str) -> None:
    """A header could be broken by it."""
    with pytest.raises(ConfigurationError, match="DD_API_KEY") as caught:
        Credentials(key, "b")
    assert key not in str(caught.value)


def test_keys_come_from_the_environment_or_a_private_file(tmp_path: Path) -> None:
    """The usual names, and the older ones."""
    assert read_credentials({"DD_API_KEY": "a", "DATADOG_APP_KEY": "b"}) == Credentials("a", "b")
    with pytest.raises(ConfigurationError, match="DD_APP_KEY not set in the environment"):
        read_credentials({"DD_API_KEY": "a"})
    path = tmp_path / "keys"
    # pragma: allowlist nextline secret
    path.write_text("# keys\nexport DD_API_KEY='a1'\nDD_APP_KEY=b1\nnoise\n")
    path.chmod(0o644)
    with pytest.raises(ConfigurationError, match="can be read by others"):
        read_credentials({}, path)
    path.chmod(0o600)
    assert read_credentials({}, path) == Credentials("a1", "b1")
    path.write_bytes(b"\xff\xff")
    with pytest.raises(ConfigurationError, match="not text"):
        read_credentials({}, path)
    with pytest.raises(ConfigurationError, match="No such file"):
        read_credentials({}, tmp_path / "none")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://api.example", "unencrypted"),
        ("ftp://api.example", "https://"),
        ("https://", "of scheme, host"),
        ("https://u:p@api.example", "user name"),
        ("https://api.example/?a=b", "query"),
        ("https://[::1", "not a URL"),
    ],
)
def test_a_refused_address_is_told_why(url: str, words: str) -> None:
    """Each kind in words of its own."""
    with pytest.raises(ConfigurationError, match=words):
        Target.of_url(url)


def test_a_site_with_a_slip_is_suggested() -> None:
    """And all of them are named."""
    with pytest.raises(ConfigurationError, match=r"Did you mean datadoghq\.eu.*us2\.ddog-gov\.com"):
        Target.of_site("datadoghq.eo")
    assert Target.of_site(" US3.datadoghq.com ").base_url == "https://api.us3.datadoghq.com"


@pytest.mark.parametrize(
    ("method", "path", "ask"),
    [
        ("GET", "v1/validate", lambda api: api.check_api_key()),
        (
            "GET",
            "v2/workflows/w/instances?page%5Bsize%5D=100&page%5Bnumber%5D=2",
            lambda api: api.list_instances("w", size=100, number=2),
        ),
        ("GET", "v2/workflows?limit=50&page=0", lambda api: api.list_workflows(limit=50, page=0)),
        (
            "GET",
            "v2/workflows?limit=50&page=1&filter%5Bquery%5D=clean+up%26",
            lambda api: api.list_workflows(limit=50, page=1, query="clean up&"),
        ),
        ("GET", "v2/workflows/w", lambda api: api.get_workflow("w")),
        ("PATCH", "v2/workflows/w", lambda api: api.set_published("w", published=False)),
    ],
)
async def test_each_request_goes_where_it_is_documented(
    api: DatadogApi, method: str, path: str, ask: Callable[[DatadogApi], Awaitable[Reply | Failure]]
) -> None:
    """With what it has to say in its query or its body."""
    with aioresponses() as mock:
        mock.add(f"https://api.datadoghq.eu/api/{path}", method, payload={}, response_class=MockResponse)
        reply = await ask(api)
        ((call,),) = mock.requests.values()
    assert isinstance(reply, Reply)  # the mock answers nothing else
    published = {"data": {"type": "workflows", "id": "w", "attributes": {"published": False}}}
    assert call.kwargs["json"] == (published if method == "PATCH" else None)


async def test_a_workflow_that_cannot_stand_in_a_path_is_never_asked_for(api: DatadogApi) -> None:
    """Whoever hands it over has checked it; this is the last place where it can be."""
    with pytest.raises(ValueError, match="path"):
        await api.get_workflow("../validate")
