"""One JSON object a line. The name of a nested value is written with dots, as it would be in a CSV header."""

import json
from typing import TYPE_CHECKING, Any

from bulkcancel.errors import InputError
from bulkcancel.sources.columns import find_columns, no_columns, sufficient_columns
from bulkcancel.sources.pairs import reject, row_of, shown

if TYPE_CHECKING:
    from bulkcancel.models import Row
    from bulkcancel.sources.options import InputOptions

_MOST_NESTING = 5


class JsonLines:
    """Makes a row of each JSON object."""

    def __init__(self, options: "InputOptions") -> None:
        self._options = options
        self._names: list[str] | None = None
        self._columns: tuple[int | None, int | None] = (None, None)

    def row(self, text: str, line: int) -> "Row":
        """The row of one JSON object."""
        try:
            found = json.loads(text)
        except ValueError as error:
            return reject("", "", line, "invalid_json", f"not JSON: {shown(str(error))}")
        except RecursionError:
            return reject("", "", line, "invalid_json", "not JSON: it is nested too deep")
        if not isinstance(found, dict):
            return reject("", "", line, "invalid_json", "not a JSON object")
        fields = _flat(found)
        names = list(fields)
        if names != self._names:  # most objects have the names of the one before
            try:
                self._columns = find_columns(names, self._options)
            except InputError as error:
                return reject("", "", line, "missing_id", f"the object {error}")
            self._names = names
        workflow, instance = self._columns
        values = list(fields.values())
        workflow_id = None if workflow is None else values[workflow]
        instance_id = None if instance is None else values[instance]
        for name, value in (("workflow", workflow_id), ("instance", instance_id)):
            if value is not None and not isinstance(value, str):
                return reject("", "", line, "invalid_id", f"the {name} id is not a text: {_shown(value)}")
        return row_of((workflow_id or "").strip(), (instance_id or "").strip(), line, self._options)


def expect_columns(first: str, options: "InputOptions") -> None:
    """See by the first object whether the names in it can be used.

    Raises:
        InputError: They can't.
    """
    try:
        names = list(_flat(json.loads(first)))
    except (ValueError, RecursionError, AttributeError):
        return  # not an object; its row will say what is wrong with it
    if sufficient_columns(names, options) is None:
        raise no_columns(names, options)


def _flat(found: dict[str, Any], prefix: str = "", depth: int = 0) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in found.items():
        if isinstance(value, dict) and depth < _MOST_NESTING:
            fields.update(_flat(value, f"{prefix}{name}.", depth + 1))
        else:
            fields[f"{prefix}{name}"] = value
    return fields


def _shown(value: object) -> str:
    try:
        return shown(json.dumps(value))
    except RecursionError:  # it was read with a little less on the stack
        return f"a {type(value).__name__} nested too deep"
