"""Pages of instances and workflows: what is taken from a reply, and what is not."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcancel.answers import State
from bulkcancel.listings import (
    InstancePage,
    InstanceState,
    WorkflowInfo,
    date_of,
    moment_of,
    read_instance,
    read_instance_page,
    read_workflow,
    read_workflow_page,
)
from bulkcancel.models import Reply

STARTED = "2026-01-02T03:04:05.250000Z"
STARTED_AT = 1767323045.25


def reply(document: object) -> Reply:
    """A reply with a body."""
    return Reply(200, {}, json.dumps(document).encode())


def item(**attributes: Any) -> dict[str, Any]:
    """An instance as the recording has it."""
    return {"type": "instances", "id": "i1", "attributes": attributes}


def status(kind: str) -> dict[str, Any]:
    """A status of that kind."""
    return {"detailsKind": kind, "displayName": kind.title()}


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        (
            {"instanceStatus": status("IN_PROGRESS"), "source": {"api": {"actingUser": {}}}, "startTimestamp": STARTED},
            InstanceState("i1", State.RUNNING, "IN_PROGRESS", STARTED_AT, None, "api"),
        ),
        (
            {"instanceStatus": status("CANCELED"), "source": {"manual": {}}, "endTimestamp": STARTED},
            InstanceState("i1", State.CANCELED, "CANCELED", None, STARTED_AT, "manual"),
        ),
        ({"instanceStatus": status("FAILED")}, InstanceState("i1", State.ENDED, "FAILED", None, None, "")),
        ({}, InstanceState("i1", State.RUNNING, "", None, None, "")),
        ({"endTimestamp": STARTED}, InstanceState("i1", State.ENDED, "", None, STARTED_AT, "")),
        ({"instanceStatus": 7}, InstanceState("i1", State.UNREADABLE, "", None, None, "")),
        ({"source": ["api"], "startTimestamp": 5}, InstanceState("i1", State.RUNNING, "", None, None, "")),
        ({"source": "schedule"}, InstanceState("i1", State.RUNNING, "", None, None, "schedule")),
        ({"source": {"a\x1b[1m": {}}}, InstanceState("i1", State.RUNNING, "", None, None, "a\\x1b[1m")),
        ({"startTimestamp": "9999-12-31T23:59:59Z"}, InstanceState("i1", State.RUNNING, "", 253402300799.0, None, "")),
    ],
)  # fmt: skip
def test_an_instance_is_what_its_attributes_say(attributes: dict[str, Any], found: InstanceState) -> None:
    """In a page as by itself; what is missing or of another kind is left out."""
    page = read_instance_page(reply({"data": [item(**attributes)]}))
    assert page == InstancePage((found,), None, 0)
    assert read_instance(reply({"data": item(**attributes)})) == found


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b'{"data":{}}', b'{"data":null}', b"\xff", b"[" * 9999]
)
def test_what_is_no_page_is_none(body: bytes) -> None:
    """Whatever it is instead."""
    assert read_instance_page(Reply(200, {}, body)) is None
    assert read_workflow_page(Reply(200, {}, body)) is None
    assert read_instance(Reply(200, {}, body)) is None
    assert read_workflow(Reply(200, {}, body)) is None


def test_items_without_a_usable_id_are_counted() -> None:
    """And those beside them are read."""
    bad = [None, 7, {}, {"id": 5}, {"id": ""}, {"id": "../x"}]
    page = read_instance_page(reply({"data": [*bad, {"id": "i2"}]}))
    assert page is not None
    assert page.unusable == len(bad)
    assert page.items == (InstanceState("i2", State.UNREADABLE, "", None, None, ""),)


@pytest.mark.parametrize(
    ("meta", "total"),
    [
        ({"page": {"totalCount": 7}}, 7),
        ({"page": {"totalCount": -1}}, None),
        ({"page": {"totalCount": True}}, None),
        ({"page": {"totalCount": "7"}}, None),
        ({"page": []}, None),
        (None, None),
    ],
)
def test_the_total_is_taken_where_it_is_one(meta: object, total: int | None) -> None:
    """Else it is not known."""
    page = read_instance_page(reply({"data": [], "meta": meta}))
    assert page == InstancePage((), total, 0)


def test_a_workflow_has_a_name_and_may_be_published() -> None:
    """As far as it is told."""
    whole = {"id": "w1", "attributes": {"name": "Nightly\n", "published": True}}
    odd = {"id": "w2", "attributes": {"name": 5, "published": "yes"}}
    page = read_workflow_page(reply({"data": [whole, odd, {"id": "w3"}, {}]}))
    assert page is not None
    assert page.items == (
        WorkflowInfo("w1", "Nightly\\x0a", True),
        WorkflowInfo("w2", "", None),
        WorkflowInfo("w3", "", None),
    )
    assert page.unusable == 1
    assert read_workflow(reply({"data": whole})) == page.items[0]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        (STARTED, STARTED_AT),
        ("2026-01-02T04:04:05.25+01:00", STARTED_AT),
        ("2026-01-02T03:04:05.250000", STARTED_AT),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_a_time_is_read_or_is_none(text: object, moment: float | None) -> None:
    """With any zone; without one it is UTC."""
    assert moment_of(text) == moment


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ({"Date": "Fri, 02 Jan 2026 03:04:05 GMT"}, 1767323045.0),
        ({"Date": "soon"}, None),
        ({}, None),
        ({"Date": "Fri, 99 Jan 2026 03:04:05 GMT"}, None),
    ],
)
def test_the_servers_time_is_its_date(date: dict[str, str], moment: float | None) -> None:
    """Where it tells one."""
    assert date_of(date) == moment


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["id", "data", "attributes", "instanceStatus", "detailsKind", "source", "meta", "page", "totalCount", "startTimestamp", "name"]),
        inner,
        max_size=4,
    ),
    max_leaves=20,
)  # fmt: skip


@given(JSON)
def test_no_json_makes_it_raise(document: object) -> None:
    """Whatever stands where."""
    for body in (json.dumps(document), json.dumps({"data": document}), json.dumps({"data": [document]})):
        for read in (read_instance_page, read_instance, read_workflow_page, read_workflow):
            read(Reply(200, {}, body.encode()))
