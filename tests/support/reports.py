"""Reports for tests: rows with every column filled, and files of them."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from bulkcancel.models import CLEAN, Outcome, Result
from bulkcancel.overview.count import overview_of
from bulkcancel.overview.facts import Overview, ReportFile
from bulkcancel.overview.merge import merge
from bulkcancel.report import Format

#: When the first row was sent.
BEGIN = 1_800_000_000.0
SITE = "datadoghq.eu"
_WITHOUT_A_REQUEST = {Outcome.INVALID, Outcome.DUPLICATE, Outcome.NOT_ATTEMPTED}


def uuid(number: int) -> str:
    """An id that can be sent."""
    return str(UUID(int=(1 << 127) + number, version=4))


W = uuid(0)


def row(line: int, outcome: Outcome = Outcome.CANCELED, *, at: float = 0.0, **columns: Any) -> Result:
    """A row that ended 20 ms after it was sent.

    Args:
        line: Its line, and what its instance is numbered by.
        outcome: What became of it.
        at: When it was sent, in seconds after the first.
        columns: Others than usual.
    """
    is_sent = outcome not in _WITHOUT_A_REQUEST
    usual = Result(
        line=line,
        workflow_id=W,
        instance_id=uuid(line),
        outcome=outcome,
        http_status=200 if outcome in CLEAN else None,
        attempts=int(is_sent),
        started_at=BEGIN + at if is_sent else None,
        finished_at=BEGIN + at + 0.02,
        duration_ms=20 if is_sent else 0,
        site=SITE,
    )
    return usual._replace(**columns)


def write_report(path: Path | str, rows: Iterable[Result]) -> str:
    """Write a report; gives its name."""
    form = Format(Path(path).suffix)
    Path(path).write_bytes(form.header + b"".join(map(form.encode, rows)))
    return str(path)


class Rows:
    """Rows as merging takes them."""

    def __init__(self, *rows: Result, name: str = "a.csv") -> None:
        self.name = name
        self._rows = rows

    def results(self) -> Iterator[Result]:
        """All of them."""
        return iter(self._rows)


def overview(*reports: Rows) -> Overview:
    """What they come to."""
    merged = merge(reports)
    files = [ReportFile(one.name, count) for one, count in zip(reports, merged.rows, strict=True)]
    return overview_of(reports, merged, files)
