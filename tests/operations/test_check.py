"""`check` against real peers: every line in every state, and nothing is changed."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme
from support.checks import API_KEY, APP_KEY, KEYS, dated, look, sandbox, serving, states
from support.rawpeers import answer, serve_raw

from bulkcancel import ConfigurationError, Target, check
from bulkcancel.operations.findings import CheckName
from bulkcancel.sandbox import Permission, Quota, Scenario

_, _, T, C, A, B, R, W, Q = CheckName


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


async def test_keys_that_are_missing_are_told_after_the_way_was_looked_at() -> None:
    """From the environment by default; nothing is asked with them."""
    async with sandbox() as (url, served):
        found = await look(url, credentials=ConfigurationError("DD_APP_KEY not set"))
        assert states(found) == "....F????"
        assert found[A].detail == "DD_APP_KEY not set"
        assert served.record.requests == {"validate": {401: 1}}


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
