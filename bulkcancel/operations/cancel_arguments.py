"""What a caller asks to be canceled or drained, seen to be usable before anything is opened."""

import os
from typing import TYPE_CHECKING

from bulkcancel.errors import ConfigurationError
from bulkcancel.operations.arguments import check_arguments
from bulkcancel.sources import CallerPairs, as_id

if TYPE_CHECKING:
    from collections.abc import Iterable


def check_cancel_arguments(
    pairs: object, *, report: object, resume: object, on_result: object, any_id: object
) -> None:
    """See that a run can begin with these, before anything is opened.

    Raises:
        ConfigurationError: One of them can't be used; the message names it.
    """
    is_usable = pairs is None or CallerPairs.can_take(pairs)
    check_arguments(
        ("pairs", pairs, "an iterable of (workflow id, instance id) pairs", is_usable),
        ("on_result", on_result, "a function that takes a Result", on_result is None or callable(on_result)),
        ("report", report, "a path", isinstance(report, str | os.PathLike | None)),
        ("resume", resume, "True or False", isinstance(resume, bool)),
        ("any_id", any_id, "True or False", isinstance(any_id, bool)),
    )
    if resume and report is None:
        raise ConfigurationError("resume=True needs a report: give the path of the one to continue.")
    if pairs is None and not resume:
        raise ConfigurationError("There are no pairs. Without them, only a report can be resumed.")


def workflow_ids_of(workflows: "Iterable[object] | None", *, any_id: bool) -> list[str] | None:
    """The ids of workflows as a caller names them, or None for those that the API lists.

    Raises:
        ConfigurationError: One is none.
    """
    if workflows is None:
        return None
    if isinstance(workflows, str | bytes):
        raise ConfigurationError.of_value("workflows", workflows, "an iterable of workflow ids, or None")
    ids = []
    for one in workflows:
        found = as_id(str(one).strip(), any_id=any_id)
        if found is None:
            raise ConfigurationError.of_value("a workflow's id", one, "a UUID")
        ids.append(found)
    return ids
