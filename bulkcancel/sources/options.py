"""How an input is to be read."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True, kw_only=True)
class InputOptions:
    """What the caller knows about an input before it is read.

    Attributes:
        workflow_column: The name of the column with workflow ids, or None to recognize it.
        instance_column: The name of the column with instance ids, or None to recognize it.
        workflow_id: The workflow of all rows, for a list of bare instance ids, as `as_id` gives it, or None.
        any_id: Whether ids may be other than UUIDs.
        site: The site that requests go to, so that links to another are refused; may be empty.
        check_target: Is told the target of each row of a report and of what `status` wrote, or empty, and
            raises where it is another. None where these are inputs like any other.
    """

    workflow_column: str | None = None
    instance_column: str | None = None
    workflow_id: str | None = None
    any_id: bool = False
    site: str = ""
    check_target: "Callable[[str], None] | None" = None
