"""CSV with any of the usual delimiters, with or without a header."""

import csv
from typing import TYPE_CHECKING

from bulkcancel.errors import InputError
from bulkcancel.sources.columns import no_columns, sufficient_columns
from bulkcancel.sources.pairs import as_uuid, reject, row_of
from bulkcancel.text import is_path_segment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bulkcancel.models import Row
    from bulkcancel.sources.options import InputOptions

_DELIMITERS = ",;\t|"
_MOST_COLUMNS = 1000


class OpenQuoteError(Exception):
    """The record's last field is quoted, and its quote is not closed in what has been read."""


class StrayQuoteError(OpenQuoteError):
    """Text follows a closing quote in a record of several lines, so its first quote was a slip."""


class Delimited:
    """Makes a row of each CSV record."""

    def __init__(
        self, delimiter: str, workflow: int | None, instance: int, options: "InputOptions", columns: int
    ) -> None:
        self._delimiter = delimiter
        self._workflow = workflow
        self._instance = instance
        self._options = options
        self._columns = columns

    def row(self, text: str, line: int) -> "Row":
        """The row of one CSV record.

        Raises:
            OpenQuoteError: The record goes on in the next line.
        """
        fields = _split(text, self._delimiter) if '"' in text else text.split(self._delimiter)
        if len(fields) > _MOST_COLUMNS:
            return reject("", "", line, "too_many_columns", f"the row has more than {_MOST_COLUMNS} columns")
        try:
            instance_id = fields[self._instance].strip()
            workflow_id = "" if self._workflow is None else fields[self._workflow].strip()
        except IndexError:
            reason = f"the row has {len(fields)} of {self._columns} columns"
            known = _field(fields, self._workflow), _field(fields, self._instance)
            return reject(*known, line, "missing_id", reason)
        return row_of(workflow_id, instance_id, line, self._options)


def choose_columns(first: str, options: "InputOptions", delimiter: str) -> tuple[Delimited, bool]:
    """Tell the delimiter and the columns by the first record, and whether that record is itself a row.

    Args:
        first: The record.
        options: The names and ids that were given.
        delimiter: What a spreadsheet's `sep=` line named, or empty to try the usual ones.

    Raises:
        InputError: No column can be used.
        OpenQuoteError: The record goes on in the next line.
    """
    records = {each: _split(first, each) for each in delimiter or _DELIMITERS}
    likeliest = max(records, key=lambda each: len(records[each]))
    # A name that was asked for and is missing is reported for the likeliest split alone.
    asks = options.workflow_column is not None or options.instance_column is not None
    for each in [likeliest] if asks else records:
        columns = sufficient_columns(records[each], options)
        if columns is not None:
            return Delimited(each, *columns, options, len(records[each])), False
    for each, fields in records.items():
        if _is_headerless(fields, options):
            # A row that has two ids names its own workflow, whatever else was given.
            has_both = options.workflow_id is None or _are_ids(fields, 2, options)
            workflow, instance = (0, 1) if has_both else (None, 0)
            return Delimited(each, workflow, instance, options, len(fields)), True
    names = records[likeliest]
    if options.workflow_id is None and any(as_uuid(name.strip()) for name in names):
        raise InputError("has bare instance ids in one column; say whose they are with --workflow-id")
    raise no_columns(names, options)


def _split(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise OpenQuoteError from None
        if "\n" in text:
            raise StrayQuoteError from None
    try:
        return next(csv.reader([text], delimiter=delimiter))
    except csv.Error:  # a field beyond the csv module's own limit
        return [text]


def _is_headerless(fields: "Sequence[str]", options: "InputOptions") -> bool:
    """Whether a first record is data: it holds an id that no header would be named."""
    needed = 2 if options.workflow_id is None else 1
    if len(fields) < needed:
        return False
    return any(as_uuid(field.strip()) for field in fields[:needed]) or _are_ids(fields, needed, options)


def _are_ids(fields: "Sequence[str]", count: int, options: "InputOptions") -> bool:
    """Whether a record begins with that many ids; a digit tells an id that is no UUID from a name."""
    ids = [field.strip() for field in fields[:count]]
    return len(ids) == count and all(
        as_uuid(text) or (options.any_id and is_path_segment(text) and any(map(str.isdigit, text)))
        for text in ids
    )


def _field(fields: "Sequence[str]", position: int | None) -> str:
    return "" if position is None or position >= len(fields) else fields[position].strip()
