"""The sandbox's event stream."""

import aiohttp
import pytest

from bulkcancel.sandbox import SandboxOptions
from bulkcancel.sandbox.server import Sandbox, serve

KEYS = {"DD-API-KEY": "a"}
EVENT = {"title": "t", "text": "x"}


async def answer(event: object, headers: dict[str, str], body: str | None = None) -> tuple[int, Sandbox]:
    """What an event is answered with, and by whom."""
    sandbox = Sandbox(SandboxOptions(latency=0.0))
    async with serve(sandbox) as url, aiohttp.ClientSession(url, headers=headers) as session:
        sent = {"data": body} if body is not None else {"json": event}
        async with session.post("/api/v1/events", **sent) as response:
            await response.json()
            return response.status, sandbox


async def test_an_event_is_taken_with_the_api_key_alone() -> None:
    """As the vendor's page has it: 202, and it is kept."""
    event = {**EVENT, "tags": ["a:b"], "alert_type": "info", "aggregation_key": "k"}
    status, sandbox = await answer(event, KEYS)
    assert (status, sandbox.record.events) == (202, [event])
    assert sandbox.record.requests == {"events": {202: 1}}


@pytest.mark.parametrize(
    ("event", "headers", "status"),
    [
        (EVENT, {}, 401),
        ({"title": "t"}, KEYS, 400),
        ({"title": "", "text": "x"}, KEYS, 400),
        ([], KEYS, 400),
        ({**EVENT, "text": "x" * 4_001}, KEYS, 400),
        ({**EVENT, "aggregation_key": "k" * 101}, KEYS, 400),
        ({**EVENT, "alert_type": "panic"}, KEYS, 400),
        ({**EVENT, "tags": "a:b"}, KEYS, 400),
        ({**EVENT, "tags": [1]}, KEYS, 400),
    ],
)
async def test_what_is_no_event_is_refused(event: object, headers: dict[str, str], status: int) -> None:
    """So that we send none of these."""
    found, sandbox = await answer(event, headers)
    assert (found, sandbox.record.events) == (status, [])


async def test_what_is_not_json_is_no_event() -> None:
    """Nor does it harm anything."""
    assert (await answer(None, KEYS, "{"))[0] == 400
