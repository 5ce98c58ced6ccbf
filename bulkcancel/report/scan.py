"""Reading a report: whole rows, or faster only what a resumed run needs; from its start, or newest first."""

import os
import re
from typing import TYPE_CHECKING, BinaryIO

from bulkcancel.errors import ReportError, words_of
from bulkcancel.models import Outcome, Recorded
from bulkcancel.report.codec import COLUMNS, EARLIER_COLUMNS, EARLIER_HEADER, Format

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import TypeVar

    from bulkcancel.models import Result

    _Record = TypeVar("_Record")

_CHUNK = 1 << 20
_LONGEST_LINE = 1 << 24  # bytes; no record of ours comes near it
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
_COLUMNS_TO_OUTCOME = 4
_JSON_START = '{"line": '
_JSON_RECORD = re.compile(
    r'\{"line": (\d{1,18}), "workflow_id": "([^"\\]*)", "instance_id": "([^"\\]*)", "outcome": "(\w+)", '
    r'"http_status": (?:\d{1,9}|null), "error_code": "([^"\\]*)", "error_detail": "[^\n]*, '
    r'"duration_ms": \d{1,18}(?:, "site": "([^"\\]*)")?\}'
)


def format_of(path: "Path") -> Format:
    """The format that a report's name asks for.

    Raises:
        ReportError: The name ends in neither.
    """
    for form in Format:
        if path.suffix.lower() == form.value:
            return form
    raise ReportError(f"The report {path} must be named .csv or .jsonl, so that its format is known.")


def check_ours(start: bytes, path: "Path") -> None:
    """Refuse a file that does not begin as a report does; one that ends within its first line may be ours.

    Raises:
        ReportError: It is something else.
    """
    form = format_of(path)
    first, newline, _ = start.partition(b"\n")
    if form is Format.CSV:
        headers = (form.header, EARLIER_HEADER)
        is_ours = _without_return(first) in headers if newline else form.header.startswith(first)
    else:
        begin = _JSON_START.encode()
        is_ours = start.startswith(begin) if newline else begin.startswith(first[: len(begin)])
    if not is_ours:
        raise ReportError(f"{path} is not a report of bulkcancel; choose another name with -o.")


def is_earlier(start: bytes) -> bool:
    """Whether a CSV report begins so that has no column `site`, as earlier versions wrote it."""
    first, newline, _ = start.partition(b"\n")
    return bool(newline) and _without_return(first) == EARLIER_HEADER


def _without_return(first: bytes) -> bytes:
    """A first line as we wrote it, though an editor may have changed the line ends."""
    return first.rstrip(b"\r") + b"\n"


def read_results(path: "Path") -> "Iterator[Result]":
    """Every row on record in a report, in the order written.

    Raises:
        ReportError: It can't be read, or a line is not a record.
    """
    return _read(path, format_of(path).decode)


def read_recorded(path: "Path", end: int | None = None) -> "Iterator[Recorded]":
    """The same, but only what a resumed run needs of them. Of several rows for one pair the last counts.

    Args:
        path: The report.
        end: How many bytes of it to read, or None for all.

    Raises:
        ReportError: It can't be read, or a line is not a record.
    """
    return _read(path, _recorded_in_csv if format_of(path) is Format.CSV else _recorded_in_json, end)


def newest_first(path: "Path") -> "Iterator[list[Recorded]]":
    """What `read_recorded` gives, from the last record to the first, in batches.

    Raises:
        ReportError: A line is not a record.
        OSError: It can't be read.
    """
    decode = _recorded_in_csv if format_of(path) is Format.CSV else _recorded_in_json
    with path.open("rb") as file:
        header = file.readline() if format_of(path).header else b""
        columns = columns_of(header)
        try:
            for lines in _lines_backwards(file, len(header)):
                yield [decode(line, columns) for line in reversed(lines.decode().split("\n"))]
        except ValueError:
            list(read_recorded(path))  # which names the line
            raise


def _read(
    path: "Path", decode: "Callable[[str, int], _Record]", end: int | None = None
) -> "Iterator[_Record]":
    header = b""
    try:
        with path.open("rb") as file:
            if format_of(path).header:
                header = file.readline()
                check_ours(header, path)
            yield from records_in(file, decode, columns_of(header), path, 1 if header else 0, end)
    except OSError as error:
        raise ReportError(f"The report {path} can't be read: {words_of(error)}.") from None


def records_in(
    file: BinaryIO,
    decode: "Callable[[str, int], _Record]",
    columns: int,
    name: object,
    line: int,
    end: int | None = None,
) -> "Iterator[_Record]":
    """The records from where a file is, up to the last whole line.

    Args:
        file: The file.
        decode: Makes a record of a line and the number of its columns.
        columns: How many a CSV record has.
        name: What to call the file in messages.
        line: How many lines stand before.
        end: Where to end, as a place in the file, or None for all.

    Raises:
        ReportError: A line is not a record.
        OSError: It can't be read.
    """
    number = line
    try:
        for lines in _whole_lines(file, end):
            for text in lines.decode().split("\n"):
                number += 1
                yield decode(text, columns)
    except ValueError as error:
        if isinstance(error, UnicodeDecodeError):  # lines are decoded many at once: it says where in them
            number += error.object[: error.start].count(b"\n") + 1
        raise ReportError(
            f"Line {number} of the report {name} was not written by bulkcancel; repair or remove that line."
        ) from None


def columns_of(header: bytes) -> int:
    """How many columns the rows of a CSV report have."""
    return len(EARLIER_COLUMNS if is_earlier(header) else COLUMNS)


def _whole_lines(file: BinaryIO, end: int | None) -> "Iterator[bytes]":
    """The lines from here on, many at once, joined by line ends; a last one without its end is left out."""
    rest = b""
    while data := file.read(_CHUNK if end is None else max(0, min(_CHUNK, end - file.tell()))):
        lines, newline, last = data.rpartition(b"\n")
        if not newline:
            rest += data
            if len(rest) > _LONGEST_LINE:
                yield rest  # whoever decodes it will say that it is no record
                rest = b""
            continue
        yield rest + lines
        rest = last


def _lines_backwards(file: BinaryIO, start: int) -> "Iterator[bytes]":
    """The same lines, the last of them first; within each piece they are in the file's order."""
    place = os.fstat(file.fileno()).st_size
    rest = b""
    is_last = True
    while place > start:
        size = min(_CHUNK, place - start)
        place = file.seek(place - size)
        rest = file.read(size) + rest
        if is_last:  # what follows the last line end is torn
            rest, newline, _ = rest.rpartition(b"\n")
            if not newline:
                continue
            is_last = False
        first, newline, lines = rest.partition(b"\n")
        if newline and place > start:
            yield lines
            rest = first
    if not is_last:
        yield rest


def _recorded_in_csv(line: str, columns: int) -> Recorded:
    """What a resumed run needs of a CSV record; several times faster than decoding all of it."""
    if '"' in line or "'" in line:
        return _recorded_of(Format.CSV.decode(line, columns))
    number, workflow_id, instance_id, outcome, rest = line.split(",", _COLUMNS_TO_OUTCOME)
    known = _OUTCOMES.get(outcome)
    if known is None or rest.count(",") != columns - _COLUMNS_TO_OUTCOME - 1:
        raise ValueError(outcome)
    site = rest[rest.rfind(",") + 1 :].rstrip("\r") if columns == len(COLUMNS) else ""
    return Recorded(workflow_id, instance_id, known, rest.split(",", 2)[1], int(number), site)


def _recorded_in_json(line: str, _: int) -> Recorded:
    """The same for a JSON line in the form that we write; any other is decoded as a whole."""
    found = _JSON_RECORD.fullmatch(line)
    known = _OUTCOMES.get(found[4]) if found is not None else None
    if found is None or known is None:
        return _recorded_of(Format.JSON_LINES.decode(line))
    return Recorded(found[2], found[3], known, found[5], int(found[1]), found[6] or "")


def _recorded_of(found: "Result") -> Recorded:
    return Recorded(
        found.workflow_id, found.instance_id, found.outcome, found.error_code, found.line, found.site
    )
