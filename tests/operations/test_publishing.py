"""Publishing workflows and stopping their triggers: what counts is what is read back."""

import asyncio

import pytest
from support.fakeapi import UNKNOWN
from support.runaway import FORBIDDEN, RunawayApi, W, shown

from bulkcancel.engine.dispatcher import Dispatcher
from bulkcancel.models import Reply
from bulkcancel.operations.publishing import Publishing, PublishingError
from bulkcancel.settings import Settings

KEPT = shown({"id": W, "attributes": {"published": True}})


async def unpublish(api: RunawayApi) -> None:
    """Do it; what it raises is not wrapped."""
    publishing = Publishing(Dispatcher(api, Settings(), clock=api.clock, jitter=lambda: 0.0))
    call = asyncio.ensure_future(publishing.set(W, published=False))
    async with api.clock.autojump():
        await asyncio.wait([call])
    call.result()


async def test_it_is_set_and_read_back() -> None:
    """By one request each."""
    api = RunawayApi()
    await unpublish(api)
    assert not api.workflow.published
    assert api.calls == {"publish": 1, "get_workflow": 1}


@pytest.mark.parametrize(
    ("refuses", "words"),
    [
        (
            {"publish": FORBIDDEN},
            "could not unpublish .*: 403 .*The keys need the permission workflows_write",
        ),
        ({"publish": UNKNOWN}, "could not unpublish .*: 404 *\\.$"),
        ({"get_workflow": Reply(403, {}, b"{}")}, "can't be read back"),
        ({"get_workflow": shown({"id": W, "attributes": {}})}, "can't be read back"),
        ({"get_workflow": KEPT}, "accepted to unpublish .*, but it is still published"),
    ],
)
async def test_what_is_not_so_is_an_error(refuses: dict[str, Reply], words: str) -> None:
    """Whatever the change was answered."""
    api = RunawayApi()
    api.refuses.update(refuses)
    with pytest.raises(PublishingError, match=words):
        await unpublish(api)
