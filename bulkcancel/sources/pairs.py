"""From two texts to a pair that may stand in a request's path, or to the reason why it may not."""

import re
import string
from dataclasses import dataclass

from bulkcancel.models import InstanceRef, RejectedRow, Row
from bulkcancel.text import is_path_segment, printable

_UUID = re.compile(r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}", re.ASCII)
_BARE_UUID = re.compile(r"([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})")
# What was to be a UUID: it begins as one does, or is long and has nothing but what a UUID has.
_MEANT_AS_UUID = re.compile(
    r"(?:urn:uuid:)?[{(]?(?:[0-9a-f]{8}-[0-9a-f-]*|[0-9a-f-]{20,})[)}]?", re.ASCII | re.IGNORECASE
)
_UUID_DIGITS = 32
_SHOWN = 100  # characters of an unusable id that are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class InputOptions:
    """How an input is to be read.

    Attributes:
        workflow_column: The name of the column with workflow ids, or None to recognize it.
        instance_column: The name of the column with instance ids, or None to recognize it.
        workflow_id: The workflow of all rows, for a list of bare instance ids, as `as_id` gives it, or None.
        any_id: Whether ids may be other than UUIDs.
        site: The site that requests go to, so that links to another are refused; may be empty.
    """

    workflow_column: str | None = None
    instance_column: str | None = None
    workflow_id: str | None = None
    any_id: bool = False
    site: str = ""


def as_uuid(text: str) -> str | None:
    """A UUID in the form it is sent in; None for what is none.

    It may be written in upper case, in braces, and without its hyphens.
    """
    if _UUID.fullmatch(text):
        return text.lower()
    inner = text[1:-1] if text[:1] == "{" and text[-1:] == "}" else text
    if _UUID.fullmatch(inner):
        return inner.lower()
    bare = _BARE_UUID.fullmatch(inner.lower())
    return None if bare is None else "-".join(bare.groups())


def is_id(text: str, *, any_id: bool) -> bool:
    """Whether a text may stand in a request's path as an id, just as it is."""
    return _UUID.fullmatch(text) is not None or (any_id and is_path_segment(text))


def as_id(text: str, *, any_id: bool) -> str | None:
    """An id in the form it is sent in; None for what can't be one.

    Spellings of one UUID are one id. Where ids may be other than UUIDs, nothing else is changed: 32 digits
    without hyphens may be an id of another kind.
    """
    if any_id and is_path_segment(text) and not _UUID.fullmatch(text):
        return text
    return as_uuid(text)


def parse_pair(workflow_id: str, instance_id: str, line: int, *, any_id: bool = False) -> Row:
    """Make a row of two ids, in the form they are sent in, or of what is wrong with them."""
    if _UUID.fullmatch(workflow_id) and _UUID.fullmatch(instance_id):
        return InstanceRef(workflow_id.lower(), instance_id.lower(), line)
    ids = as_id(workflow_id, any_id=any_id), as_id(instance_id, any_id=any_id)
    if ids[0] is not None and ids[1] is not None:
        return InstanceRef(ids[0], ids[1], line)
    name, value = ("workflow", workflow_id) if ids[0] is None else ("instance", instance_id)
    if not value:
        return reject(workflow_id, instance_id, line, "missing_id", f"the {name} id is missing")
    reason = f"the {name} id {printable(value, _SHOWN)!r} is not {what_is_wrong(value, any_id=any_id)}"
    return reject(workflow_id, instance_id, line, "invalid_id", reason)


def row_of(workflow_id: str, instance_id: str, line: int, options: InputOptions) -> Row:
    """The row of what stands in an input, or of its instance and the workflow that was given for all."""
    given = options.workflow_id
    if given is not None:
        # A name in words beside the id contradicts nobody; another workflow's id does, and somebody errs.
        if as_id(workflow_id, any_id=options.any_id) not in {None, given}:
            reason = (
                f"the row names the workflow {printable(workflow_id, _SHOWN)}, but --workflow-id is {given}"
            )
            return reject(workflow_id, instance_id, line, "wrong_workflow", reason)
        workflow_id = given
    return parse_pair(workflow_id, instance_id, line, any_id=options.any_id)


def what_is_wrong(text: str, *, any_id: bool) -> str:
    """What a text that can't be sent is not, and what to do; to stand behind "is not"."""
    if any_id:
        return "an id that can be sent"
    if _MEANT_AS_UUID.fullmatch(text):
        # Not to be let through: it would be sent, and it is the id of something else or of nothing.
        digits = sum(char in string.hexdigits for char in text.lower().removeprefix("urn:uuid:"))
        count = f": it has {digits} digits instead of {_UUID_DIGITS}" if digits != _UUID_DIGITS else ""
        return f"a UUID{count}"
    return "a UUID (--any-id would allow it)" if is_path_segment(text) else "a UUID"


def reject(workflow_id: str, instance_id: str, line: int, code: str, reason: str) -> RejectedRow:
    """A row that can't be sent, with whatever stood in it made printable."""
    return RejectedRow(printable(workflow_id, _SHOWN), printable(instance_id, _SHOWN), line, code, reason)
