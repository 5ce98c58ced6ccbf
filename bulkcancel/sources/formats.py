"""Tells an input's format by its first record."""

import re
from typing import TYPE_CHECKING, Protocol

from bulkcancel.errors import InputError
from bulkcancel.sources.delimited import choose_columns
from bulkcancel.sources.jsonlines import JsonLines, expect_columns
from bulkcancel.sources.links import Links
from bulkcancel.sources.own_rows import own_rows

if TYPE_CHECKING:
    from bulkcancel.models import Row
    from bulkcancel.sources.options import InputOptions

_BRACED_ID = re.compile(r"\{[0-9A-Fa-f-]{32,36}\}", re.ASCII)


class RecordFormat(Protocol):
    """Makes rows of the records of one format."""

    def row(self, text: str, line: int) -> "Row":
        """The row that a record stands for.

        Raises:
            OpenQuoteError: The record goes on in the next line.
        """
        ...


def choose_format(first: str, options: "InputOptions", delimiter: str) -> tuple[RecordFormat, bool]:
    """Tell the format by the first record, and whether that record is itself a row.

    Args:
        first: The record.
        options: The names and ids that were given.
        delimiter: What a spreadsheet's `sep=` line named, or empty.

    Raises:
        InputError: No column can be used, or the format is not one of ours.
        OpenQuoteError: The record goes on in the next line.
    """
    if (own := own_rows(first, options)) is not None:
        return own
    start = first.lstrip()
    if start.startswith("{") and not _BRACED_ID.match(start):
        expect_columns(first, options)
        return JsonLines(options), True
    if start.startswith("["):
        raise InputError("is one JSON array, not JSON lines; convert it first: jq -c '.[]'")
    if start.lower().startswith(("http://", "https://")):
        return Links(options), True
    return choose_columns(first, options, delimiter)
