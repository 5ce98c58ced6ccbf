"""Makes of two texts a pair of ids that is safe in a request's path, or a row that says what is wrong."""

import re
import string
from typing import TYPE_CHECKING

from bulkcancel.models import InstanceRef, RejectedRow, Row
from bulkcancel.text import is_path_segment, printable

if TYPE_CHECKING:
    from bulkcancel.sources.options import InputOptions

_UUID = re.compile(r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}", re.ASCII)
_BARE_UUID = re.compile(r"([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})")
# A text that was meant as a UUID: it begins like one, or is long and made of a UUID's characters.
_MEANT_AS_UUID = re.compile(
    r"(?:urn:uuid:)?[{(]?(?:[0-9a-f]{8}-[0-9a-f-]*|[0-9a-f-]{20,})[)}]?", re.ASCII | re.IGNORECASE
)
_UUID_DIGITS = 32
_SHOWN = 100  # characters of an unusable id that are kept


def as_uuid(text: str) -> str | None:
    """A UUID in the form it is sent in; None if the text is not a UUID.

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
    """An id in the form it is sent in; None if the text can't be an id.

    Every spelling of a UUID gives the same id. With `any_id`, a text that may be sent as it is stays as it
    is: 32 digits without hyphens may be an id of another kind.
    """
    if any_id and is_path_segment(text) and not _UUID.fullmatch(text):
        return text
    return as_uuid(text)


def parse_pair(workflow_id: str, instance_id: str, line: int, *, any_id: bool = False) -> Row:
    """The row of two ids, in the form they are sent in, or of what is wrong with them."""
    if _UUID.fullmatch(workflow_id) and _UUID.fullmatch(instance_id):
        return InstanceRef(workflow_id.lower(), instance_id.lower(), line)
    ids = as_id(workflow_id, any_id=any_id), as_id(instance_id, any_id=any_id)
    if ids[0] is not None and ids[1] is not None:
        return InstanceRef(ids[0], ids[1], line)
    name, value = ("workflow", workflow_id) if ids[0] is None else ("instance", instance_id)
    if not value:
        return reject(workflow_id, instance_id, line, "missing_id", f"the {name} id is missing")
    reason = f"the {name} id {shown(value)!r} is not {what_is_wrong(value, any_id=any_id)}"
    return reject(workflow_id, instance_id, line, "invalid_id", reason)


def row_of(workflow_id: str, instance_id: str, line: int, options: "InputOptions") -> Row:
    """The row of two ids of an input; with `--workflow-id`, all rows are of that workflow."""
    given = options.workflow_id
    if given is not None:
        # The input may name the workflow in words. Another workflow's id means that one of the two is wrong.
        if as_id(workflow_id, any_id=options.any_id) not in {None, given}:
            reason = f"the row names the workflow {shown(workflow_id)}, but --workflow-id is {given}"
            return reject(workflow_id, instance_id, line, "wrong_workflow", reason)
        workflow_id = given
    return parse_pair(workflow_id, instance_id, line, any_id=options.any_id)


def what_is_wrong(text: str, *, any_id: bool) -> str:
    """What to say behind "the id is not" of an id that can't be sent, with a remedy."""
    if any_id:
        return "an id that can be sent"
    if _MEANT_AS_UUID.fullmatch(text):
        # Don't suggest --any-id here: a mistyped UUID would be sent, and names another instance or none.
        digits = sum(char in string.hexdigits for char in text.lower().removeprefix("urn:uuid:"))
        count = f": it has {digits} digits instead of {_UUID_DIGITS}" if digits != _UUID_DIGITS else ""
        return f"a UUID{count}"
    return "a UUID (--any-id would allow it)" if is_path_segment(text) else "a UUID"


def reject(workflow_id: str, instance_id: str, line: int, code: str, reason: str) -> RejectedRow:
    """A row that can't be sent, with its ids made printable."""
    return RejectedRow(shown(workflow_id), shown(instance_id), line, code, reason)


def shown(text: str) -> str:
    """Text of an input for a message or a report, printable and not too long."""
    return printable(text, _SHOWN)
