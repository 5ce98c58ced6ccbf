"""Rows of what we wrote ourselves, a report or the output of `status`: they know their target and line."""

import csv
import json
from typing import TYPE_CHECKING

from bulkcancel.errors import InputError
from bulkcancel.sources.pairs import reject, row_of, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bulkcancel.models import Row
    from bulkcancel.sources.options import InputOptions

#: The code of a row that stood there as a duplicate.
DUPLICATE = "duplicate"

_DELIMITERS = ",;\t|"
_ALWAYS = {"line", "workflow_id", "instance_id"}
_WORDS = {"outcome", "state"}
_LONGEST_NUMBER = 18  # digits


class TargetCheck:
    """Sees that what we wrote ourselves belongs to the target that requests go to.

    Attributes:
        lacks_target: Whether a row does not say which target it belongs to.
    """

    def __init__(self, target: str) -> None:
        self._target = target
        self.lacks_target = False

    def __call__(self, found: str) -> None:
        """Look at the target of one row.

        Raises:
            InputError: It is another.
        """
        if not found:
            self.lacks_target = True
        elif found != self._target:
            raise InputError(
                f"belongs to {shown(found)}, and requests go to {self._target}: what runs there says "
                f"nothing about it. Read it at {shown(found)}, or give an input of {self._target}"
            )


class OwnRows:
    """Makes rows of records of ours: what was unusable or a duplicate still is."""

    def __init__(
        self,
        read: "Callable[[str], dict[str, str]]",
        options: "InputOptions",
        check_target: "Callable[[str], None]",
    ) -> None:
        self._read = read
        self._options = options
        self._check_target = check_target

    def row(self, text: str, line: int) -> "Row":
        """The row of one record.

        Raises:
            InputError: It belongs to another target.
        """
        try:
            record = self._read(text)
        except (ValueError, RecursionError, csv.Error):
            return reject("", "", line, "unreadable", "the line was not written by bulkcancel")
        self._check_target(record.get("site", ""))
        number = record.get("line", "")
        if number.isdecimal() and number.isascii() and len(number) <= _LONGEST_NUMBER:
            line = int(number)
        workflow_id, instance_id = record.get("workflow_id", ""), record.get("instance_id", "")
        word, detail = record.get("outcome") or record.get("state"), record.get("error_detail", "")
        if word == "invalid":
            return reject(workflow_id, instance_id, line, record.get("error_code", ""), detail)
        if word == DUPLICATE:
            return reject(workflow_id, instance_id, line, DUPLICATE, detail)
        return row_of(workflow_id, instance_id, line, self._options)


def own_rows(first: str, options: "InputOptions") -> tuple[OwnRows, bool] | None:
    """What reads an input that begins so, and whether its first record is a row; None if it is not ours."""
    check_target = options.check_target
    if check_target is None:
        return None
    if first.lstrip().startswith("{"):
        try:
            names = set(_of_json(first))
        except (ValueError, RecursionError):
            return None
        return (OwnRows(_of_json, options, check_target), True) if _are_ours(names) else None
    for delimiter in _DELIMITERS:
        try:
            columns = _split(first, delimiter)
        except csv.Error:
            continue
        if _are_ours(set(columns)):
            return OwnRows(_of_columns(columns, delimiter), options, check_target), False
    return None


def _are_ours(names: set[str]) -> bool:
    return names >= _ALWAYS and not names.isdisjoint(_WORDS)


def _split(text: str, delimiter: str) -> list[str]:
    """The cells of a record, without what keeps a spreadsheet from taking them for formulas."""
    cells = next(csv.reader([text], delimiter=delimiter)) if '"' in text else text.split(delimiter)
    return [cell.strip().removeprefix("'") for cell in cells]


def _of_columns(columns: "Sequence[str]", delimiter: str) -> "Callable[[str], dict[str, str]]":
    return lambda text: dict(zip(columns, _split(text, delimiter), strict=False))


def _of_json(text: str) -> dict[str, str]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError  # noqa: TRY004 - as for any other line that is no record
    return {name: str(value) for name, value in found.items() if isinstance(value, str | int)}
