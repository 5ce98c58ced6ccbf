"""Results as lines of CSV or JSON, and back. Every record is one physical line."""

import csv
import json
import re
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from bulkcancel.models import Outcome, Result
from bulkcancel.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: The report's columns, in order.
COLUMNS = Result._fields
#: The columns of earlier versions, which had no `site`. A CSV file that was begun so is continued so.
EARLIER_COLUMNS = COLUMNS[:-1]
EARLIER_HEADER = f"{','.join(EARLIER_COLUMNS)}\n".encode()

_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
_LONGEST_TEXT = 2000
_YEAR_9999 = 253_370_764_800  # a later moment can't be written as it was read
# A cell that begins like this is a formula to a spreadsheet: https://owasp.org/www-community/attacks/CSV_Injection
# Some take the wide forms too, skip white space, or split at `;` whatever the quotes say.
_FORMULA_SIGNS = "=+@\\-\uff1d\uff0b\uff20\uff0d"
_FORMULA = re.compile(rf"\s*['\t\r{_FORMULA_SIGNS}]")
_INNER_FORMULA = re.compile(rf"([;|]\s*)('*[{_FORMULA_SIGNS}])")
_DEFUSED_INNER = re.compile(rf"([;|]\s*)'('*[{_FORMULA_SIGNS}])")
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:~-]*", re.ASCII)  # an id in which there is nothing to escape
_QUOTED = frozenset(',"\r\n')


class Format(Enum):
    """How a report is written."""

    CSV = ".csv"
    JSON_LINES = ".jsonl"

    @property
    def header(self) -> bytes:
        """The first line of a report, empty where the format has none."""
        return f"{','.join(COLUMNS)}\n".encode() if self is Format.CSV else b""

    @property
    def encode(self) -> "Callable[[Result], bytes]":
        """A function that makes one record, with its line end. Ask once where there are many to make."""
        return _to_csv if self is Format.CSV else _to_json

    def decode(self, line: str, columns: int = len(COLUMNS)) -> Result:
        """The result a record stands for.

        Args:
            line: The record.
            columns: How many a CSV record has; a JSON line shows by itself what it has.

        Raises:
            ValueError: It is not a record of ours.
        """
        try:
            return _from_csv(line, columns) if self is Format.CSV else _from_json(line)
        except (LookupError, TypeError, AttributeError, OverflowError, RecursionError, csv.Error) as error:
            raise ValueError(str(error)) from None


def _to_csv(result: Result) -> bytes:
    (
        number, workflow_id, instance_id, outcome, status, code, detail, attempts, throttled,
        started_at, finished_at, duration, site,
    ) = result  # fmt: skip
    if code or detail or not (_PLAIN.fullmatch(workflow_id) and _PLAIN.fullmatch(instance_id)):
        workflow_id, instance_id, code, detail = map(cell, (workflow_id, instance_id, code, detail))
    return (
        f"{number},{workflow_id},{instance_id},{outcome},{'' if status is None else status},{code},{detail},"
        f"{attempts},{throttled},{_time(started_at)},{_time(finished_at)},{duration},{_site(site)}\n"
    ).encode()


def to_earlier_csv(result: Result) -> bytes:
    """The same without the column `site`, for a CSV report that an earlier version has begun."""
    return _to_csv(result._replace(site="")).removesuffix(b",\n") + b"\n"


def cell(text: str) -> str:
    """A text as a cell of CSV, which no spreadsheet takes for a formula."""
    if not text:
        return text
    if not text.isprintable():
        text = printable(text, _LONGEST_TEXT)
    if _FORMULA.match(text):
        text = f"'{text}"
    if ";" in text or "|" in text:
        text = _INNER_FORMULA.sub(r"\1'\2", text)
    if not _QUOTED.isdisjoint(text):
        text = '"{}"'.format(text.replace('"', '""'))
    return text


_site = lru_cache(maxsize=8)(cell)  # all rows of a report have the same


def _text(cell: str) -> str:
    if "'" not in cell:
        return cell
    if _DEFUSED_INNER.search(cell):
        cell = _DEFUSED_INNER.sub(r"\1\2", cell)
    return cell.removeprefix("'")


def _from_csv(line: str, columns: int) -> Result:
    cells = next(csv.reader([line], strict=True)) if '"' in line else line.rstrip("\r\n").split(",")
    if len(cells) != columns:
        raise ValueError(f"{len(cells)} columns")
    number, workflow_id, instance_id, outcome, status, code, detail, attempts, throttled, *rest = cells
    started_at, finished_at, duration, *site = rest
    return Result(
        int(number),
        _text(workflow_id),
        _text(instance_id),
        _OUTCOMES[outcome],
        int(status) if status else None,
        _text(code),
        _text(detail),
        int(attempts),
        int(throttled),
        _moment(started_at),
        _moment(finished_at),
        int(duration),
        *map(_text, site),
    )


def _to_json(result: Result) -> bytes:
    record = result._asdict()
    for name in ("started_at", "finished_at"):
        record[name] = _time(record[name]) or None
    return f"{json.dumps(record)}\n".encode()


def _from_json(line: str) -> Result:
    record = json.loads(line)
    values: Sequence[Any] = [record[name] for name in EARLIER_COLUMNS]
    site = record.get("site", "")
    (
        number, workflow_id, instance_id, outcome, status, code, detail, attempts, throttled,
        started_at, finished_at, duration,
    ) = values  # fmt: skip
    texts = (workflow_id, instance_id, code, detail, site)
    counts = [number, attempts, throttled, duration]
    if status is not None:
        counts.append(status)
    if not all(isinstance(text, str) for text in texts) or not all(type(n) is int for n in counts):
        raise ValueError("a value of another type")
    return Result(
        number, workflow_id, instance_id, _OUTCOMES[outcome], status, code, detail, attempts, throttled,
        _moment(started_at or ""), _moment(finished_at or ""), duration, site,
    )  # fmt: skip


def _time(moment: float | None) -> str:
    """RFC 3339 in UTC with milliseconds."""
    return "" if moment is None else _millisecond(round(moment * 1000))


@lru_cache(maxsize=64)  # rows begin when others end, several within a millisecond
def _millisecond(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


def _moment(text: str) -> float | None:
    if not text:
        return None
    moment = datetime.fromisoformat(text).timestamp()
    if not 0.0 <= moment < _YEAR_9999:
        raise ValueError(text)
    return moment
