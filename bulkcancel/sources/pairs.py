"""From two texts to a pair that may stand in a request's path, or to the reason why it may not."""

import re
from dataclasses import dataclass

from bulkcancel.models import InstanceRef, RejectedRow, Row
from bulkcancel.text import is_path_segment, printable

_UUID = re.compile(r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}", re.ASCII)
_SHOWN = 100  # characters of an unusable id that are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class InputOptions:
    """How an input is to be read.

    Attributes:
        workflow_column: The name of the column with workflow ids, or None to recognize it.
        instance_column: The name of the column with instance ids, or None to recognize it.
        workflow_id: The workflow of all rows, for a list of bare instance ids, or None.
        any_id: Whether ids may be other than UUIDs.
        site: The site that requests go to, so that links to another are refused; may be empty.
    """

    workflow_column: str | None = None
    instance_column: str | None = None
    workflow_id: str | None = None
    any_id: bool = False
    site: str = ""


def is_uuid(text: str) -> bool:
    """Whether a text is a UUID in its usual form, in either case."""
    return _UUID.fullmatch(text) is not None


def is_id(text: str, *, any_id: bool) -> bool:
    """Whether a text may stand in a request's path as an id."""
    return is_uuid(text) or (any_id and is_path_segment(text))


def parse_pair(workflow_id: str, instance_id: str, line: int, *, any_id: bool = False) -> Row:
    """Make a row of two ids. UUIDs become lower case, so that spellings of one instance are equal."""
    if _UUID.fullmatch(workflow_id) and _UUID.fullmatch(instance_id):
        return InstanceRef(workflow_id.lower(), instance_id.lower(), line)
    for name, value in (("workflow", workflow_id), ("instance", instance_id)):
        if not value:
            return reject(workflow_id, instance_id, line, "missing_id", f"the {name} id is missing")
        if not is_id(value, any_id=any_id):
            kind = "an id that can be sent" if any_id else "a UUID"
            reason = f"the {name} id {printable(value, _SHOWN)!r} is not {kind}"
            if not any_id and is_path_segment(value):
                reason += " (--any-id would allow it)"
            return reject(workflow_id, instance_id, line, "invalid_id", reason)
    return InstanceRef(_normal(workflow_id), _normal(instance_id), line)


def reject(workflow_id: str, instance_id: str, line: int, code: str, reason: str) -> RejectedRow:
    """A row that can't be sent, with whatever stood in it made printable."""
    return RejectedRow(printable(workflow_id, _SHOWN), printable(instance_id, _SHOWN), line, code, reason)


def _normal(value: str) -> str:
    return value.lower() if is_uuid(value) else value
