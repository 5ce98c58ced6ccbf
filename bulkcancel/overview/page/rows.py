"""The failures as the page holds them: by columns, and each text once, for there may be very many."""

from typing import TYPE_CHECKING, Any

from bulkcancel.overview.words import outcome_words
from bulkcancel.text import printable

if TYPE_CHECKING:
    from bulkcancel.models import Result

MOST_ROWS = 100_000
_COLUMNS = ["line", "workflow", "instance", "outcome", "status", "code", "detail", "attempts", "took", "at"]
_LONGEST_ID = 128
_LONGEST_TEXT = 500
#: Stands for the row's own instance id in a text, so that texts which differ in nothing else are one. No
#: printable text has it.
OWN_ID = "\0"


class FailureRows:
    """Takes rows, up to so many.

    Attributes:
        left_out: How many were too many.
    """

    def __init__(self) -> None:
        self.left_out = 0
        self._texts: dict[str, int] = {}
        self._columns: dict[str, list[Any]] = {name: [] for name in _COLUMNS}

    def take(self, row: "Result") -> None:
        """Take a row."""
        if len(self._columns["line"]) >= MOST_ROWS:
            self.left_out += 1
            return
        instance = printable(row.instance_id, _LONGEST_ID)
        detail = printable(row.error_detail, _LONGEST_TEXT)
        if instance:
            detail = detail.replace(instance, OWN_ID)
        values = (
            row.line,
            self._text(printable(row.workflow_id, _LONGEST_ID)),
            instance,
            self._text(outcome_words(row.outcome)),
            row.http_status,
            self._text(printable(row.error_code, _LONGEST_TEXT)),
            self._text(detail),
            row.attempts,
            row.duration_ms,
            None if row.finished_at is None else round(row.finished_at, 3),
        )
        for column, value in zip(self._columns.values(), values, strict=True):
            column.append(value)

    def data(self) -> dict[str, Any]:
        """What the page's script makes rows of: numbers in place of texts, and the texts."""
        return {"texts": list(self._texts), **self._columns}

    def _text(self, text: str) -> int:
        return self._texts.setdefault(text, len(self._texts))
