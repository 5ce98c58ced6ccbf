"""Which column holds what: names are matched the way people vary them."""

from typing import TYPE_CHECKING

from bulkcancel.errors import InputError
from bulkcancel.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bulkcancel.sources.pairs import InputOptions

# Names by how surely they are an id's: `workflow` is taken where there is no `workflow_id` beside it, which
# makes it the workflow's name.
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
    """The places of the workflow and the instance column, None for one that isn't there.

    Raises:
        InputError: A column asked for by name is missing, or two columns fit.
    """
    workflow = _find(names, "workflow", _WORKFLOW, options.workflow_column)
    instance = _find(names, "instance", _INSTANCE, options.instance_column)
    return workflow, instance


def listed(names: "Sequence[str]") -> str:
    """Column names for a message, however many and long they are."""
    shown = ", ".join(repr(printable(name, _NAME_SHOWN)) for name in names[:_NAMES_SHOWN])
    more = len(names) - _NAMES_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def _find(
    names: "Sequence[str]", role: str, known: tuple[frozenset[str], ...], asked: str | None
) -> int | None:
    plain = [_plain(name) for name in names]
    if asked is not None:
        places = [place for place, name in enumerate(names) if name.strip() == asked.strip()]
        places = places or [place for place, name in enumerate(plain) if name == _plain(asked)]
        if not places:
            raise InputError(f"has no column {asked!r} (--{role}-column); its columns are: {listed(names)}")
    else:
        places = next(filter(None, (_places(plain, wanted) for wanted in known)), [])
    if len(places) > 1:
        both = listed([names[place] for place in places])
        raise InputError(f"has several columns for the {role} id: {both}; choose one with --{role}-column")
    return places[0] if places else None


def _places(plain: "Sequence[str]", wanted: frozenset[str]) -> list[int]:
    places = [place for place, name in enumerate(plain) if name.replace(".", "") in wanted]
    # `workflow.instance_id` is an instance column although its prefix is a workflow's.
    return places or [place for place, name in enumerate(plain) if name.rpartition(".")[2] in wanted]


def _plain(name: str) -> str:
    return name.strip().lower().translate(_DROPPED).removeprefix("@")
