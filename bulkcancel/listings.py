"""What a reply that lists instances or workflows holds: pure functions of it.

Nothing is taken for granted: what is not there, or of another kind than it should be, is left out, and an
item without a usable id is counted.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, NamedTuple

from bulkcancel.answers import State, state_of
from bulkcancel.models import Reply
from bulkcancel.text import is_path_segment, printable

#: Instances on a page: the most that the API gives.
PAGE_SIZE = 100

_LONGEST_WORD = 100  # characters of a kind or a source
_LONGEST_NAME = 200


class InstanceState(NamedTuple):
    """One instance as a reply shows it.

    Attributes:
        instance_id: Its id.
        state: What is made of its kind and its times.
        kind: The API's own word, such as `IN_PROGRESS` or `CANCELED`; may be empty.
        started_at: When it started, in seconds since the epoch, or None where that is not told.
        ended_at: When it ended, or None where it has not, or that is not told.
        source: What started it: `api`, `manual`, `schedule`, …; may be empty.
    """

    instance_id: str
    state: State
    kind: str
    started_at: float | None
    ended_at: float | None
    source: str


class InstancePage(NamedTuple):
    """One page of a workflow's instances.

    Attributes:
        items: The instances, in the order of the reply.
        total: How many instances the workflow has, or None where that is not told.
        unusable: Items that have no id that can be sent.
    """

    items: tuple[InstanceState, ...]
    total: int | None
    unusable: int


class WorkflowInfo(NamedTuple):
    """One workflow as a reply shows it.

    Attributes:
        workflow_id: Its id.
        name: Its name, made printable; may be empty.
        published: Whether it is published, or None where that is not told.
    """

    workflow_id: str
    name: str
    published: bool | None


class WorkflowPage(NamedTuple):
    """One page of the workflows.

    Attributes:
        items: The workflows, in the order of the reply.
        unusable: Items that have no id that can be sent.
    """

    items: tuple[WorkflowInfo, ...]
    unusable: int


def read_instance_page(reply: Reply) -> InstancePage | None:
    """The page in a reply, or None where it is no page of instances."""
    document = _document(reply)
    found = document.get("data")
    if not isinstance(found, list):
        return None
    items = tuple(filter(None, map(_instance, found)))
    return InstancePage(items, _total(document), len(found) - len(items))


def read_instance(reply: Reply) -> InstanceState | None:
    """The one instance in a reply, or None where it is none."""
    return _instance(_document(reply).get("data"))


def read_workflow_page(reply: Reply) -> WorkflowPage | None:
    """The page in a reply, or None where it is no page of workflows."""
    found = _document(reply).get("data")
    if not isinstance(found, list):
        return None
    items = tuple(filter(None, map(_workflow, found)))
    return WorkflowPage(items, len(found) - len(items))


def read_workflow(reply: Reply) -> WorkflowInfo | None:
    """The one workflow in a reply, or None where it is none."""
    return _workflow(_document(reply).get("data"))


def date_of(headers: Mapping[str, str]) -> float | None:
    """The server's own time in seconds since the epoch, by its `Date`; None where it does not tell."""
    return _moment_of_date(headers.get("Date", ""))


@lru_cache(maxsize=8)  # replies of one second bear the same
def _moment_of_date(text: str) -> float | None:
    try:
        moment = parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError, IndexError, AttributeError):
        return None
    return moment if math.isfinite(moment) else None


def moment_of(text: object) -> float | None:
    """An RFC 3339 time in seconds since the epoch; None where it is none. Without a zone it is UTC."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _document(reply: Reply) -> Mapping[str, Any]:
    document = reply.document
    return document if isinstance(document, dict) else {}


def _total(document: Mapping[str, Any]) -> int | None:
    meta = document.get("meta")
    page = meta.get("page") if isinstance(meta, dict) else None
    total = page.get("totalCount") if isinstance(page, dict) else None
    return total if isinstance(total, int) and not isinstance(total, bool) and total >= 0 else None


def _id_and_attributes(item: object) -> tuple[str, Mapping[str, Any] | None] | None:
    if not isinstance(item, dict):
        return None
    item_id, attributes = item.get("id"), item.get("attributes")
    if not isinstance(item_id, str) or not is_path_segment(item_id):
        return None
    return item_id, attributes if isinstance(attributes, dict) else None


def _instance(item: object) -> InstanceState | None:
    found = _id_and_attributes(item)
    if found is None:
        return None
    instance_id, attributes = found
    if attributes is None:
        return InstanceState(instance_id, State.UNREADABLE, "", None, None, "")
    state, kind = state_of(attributes)
    source = attributes.get("source")
    word = next(iter(source), "") if isinstance(source, dict) else source if isinstance(source, str) else ""
    return InstanceState(
        instance_id,
        state,
        printable(kind, _LONGEST_WORD),
        moment_of(attributes.get("startTimestamp")),
        moment_of(attributes.get("endTimestamp")),
        printable(word, _LONGEST_WORD),
    )


def _workflow(item: object) -> WorkflowInfo | None:
    found = _id_and_attributes(item)
    if found is None:
        return None
    workflow_id, attributes = found[0], found[1] or {}
    name, published = attributes.get("name"), attributes.get("published")
    return WorkflowInfo(
        workflow_id,
        printable(name, _LONGEST_NAME) if isinstance(name, str) else "",
        published if isinstance(published, bool) else None,
    )
