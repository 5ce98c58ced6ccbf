"""Finds the workflow and the instance column by their names, which people write in many ways."""

from typing import TYPE_CHECKING

from bulkcancel.errors import InputError
from bulkcancel.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bulkcancel.sources.options import InputOptions

# The surest names come first. A column `workflow` holds ids only where there is no `workflow_id`; beside one,
# it holds the workflow's name.
_WORKFLOW = (frozenset({"workflowid"}), frozenset({"workflowuuid"}), frozenset({"workflow"}))
_INSTANCE = (
    frozenset({"instanceid", "workflowinstanceid"}),
    frozenset({"executionid", "instanceuuid"}),
    frozenset({"instance", "execution"}),
)
_DROPPED = str.maketrans("", "", "_- \t")
_NAMES_SHOWN = 20
_NAME_SHOWN = 40


def find_columns(names: "Sequence[str]", options: "InputOptions") -> tuple[int | None, int | None]:
    """The positions of the workflow column and the instance column; None for a column that isn't there.

    Raises:
        InputError: A column asked for by name is missing, or two columns fit.
    """
    workflow = _find(names, "workflow", _WORKFLOW, options.workflow_column)
    instance = _find(names, "instance", _INSTANCE, options.instance_column)
    return workflow, instance


def sufficient_columns(names: "Sequence[str]", options: "InputOptions") -> tuple[int | None, int] | None:
    """The same positions; None where they do not give both ids of a row.

    Raises:
        InputError: As `find_columns` does.
    """
    workflow, instance = find_columns(names, options)
    if instance is None or (workflow is None and options.workflow_id is None):
        return None
    return workflow, instance


def no_columns(names: "Sequence[str]", options: "InputOptions") -> InputError:
    """The error for an input whose columns do not give both ids of a row."""
    workflow, instance = find_columns(names, options)
    if instance is None and workflow is None:
        missing = "no usable column"
    else:
        missing = f"no column with the {'workflow' if workflow is None else 'instance'} ids"
    ways = "--instance-column" if options.workflow_id is not None else "--workflow-column, --instance-column"
    return InputError(
        f"has {missing}: it needs workflow_id and instance_id; found: {_listed(names)}. "
        f"Name others with {ways}, or give one workflow for all rows with --workflow-id"
    )


def _listed(names: "Sequence[str]") -> str:
    """Column names for a message, however many and long they are."""
    shown = ", ".join(repr(printable(name, _NAME_SHOWN)) for name in names[:_NAMES_SHOWN])
    more = len(names) - _NAMES_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def _find(
    names: "Sequence[str]", role: str, known: tuple[frozenset[str], ...], asked: str | None
) -> int | None:
    plain = [_plain(name) for name in names]
    if asked is not None:
        positions = [position for position, name in enumerate(names) if name.strip() == asked.strip()]
        positions = positions or [position for position, name in enumerate(plain) if name == _plain(asked)]
        if not positions:
            raise InputError(f"has no column {asked!r} (--{role}-column); its columns are: {_listed(names)}")
    else:
        positions = next(filter(None, (_positions(plain, wanted) for wanted in known)), [])
    if len(positions) > 1:
        both = _listed([names[position] for position in positions])
        raise InputError(f"has several columns for the {role} id: {both}; choose one with --{role}-column")
    return positions[0] if positions else None


def _positions(plain: "Sequence[str]", wanted: frozenset[str]) -> list[int]:
    positions = [position for position, name in enumerate(plain) if name.replace(".", "") in wanted]
    # `workflow.instance_id` is an instance column, though it begins like a workflow's.
    return positions or [position for position, name in enumerate(plain) if name.rpartition(".")[2] in wanted]


def _plain(name: str) -> str:
    return name.strip().lower().translate(_DROPPED).removeprefix("@")
