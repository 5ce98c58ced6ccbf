"""Reports for tests: rows with every column filled, files of them, and what a summary tells of a run."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from bulkcancel.models import CLEAN, Outcome, Result
from bulkcancel.overview.count import overview_of
from bulkcancel.overview.facts import Overview, ReportFile, RunSummary
from bulkcancel.overview.merge import merge
from bulkcancel.report import Format
from bulkcancel.tally import Held, HeldBy
from bulkcancel.text import rfc3339

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


def held(begin: float, end: float, reason: HeldBy = HeldBy.QUOTA, **more: Any) -> Held:
    """A pause, in seconds after the first row was sent."""
    return Held(BEGIN + begin, BEGIN + end, reason, **more)


def run(begin: float = 0.0, end: float = 10.0, **facts: Any) -> RunSummary:
    """What a summary tells of a run, in seconds after the first row was sent."""
    usual = RunSummary(
        name="s.json",
        run_id=uuid(4711),
        reason="INC-4711",
        report="a.csv",
        site=SITE,
        started_at=BEGIN + begin,
        ended_at=BEGIN + end,
        exit_code=0,
        stopped="",
        rows=2,
        requests=2,
        throttled=0,
        duration=end - begin,
        paused=0.0,
        quota_used=None,
    )
    return replace(usual, **facts)


def write_summary(path: str, *pauses: Held, **facts: Any) -> str:
    """Write a summary of two rows; gives its name."""
    document = {
        "schema_version": 1,
        "run_id": uuid(4711),
        "report": "a.csv",
        "reason": "INC-4711",
        "rows": 3,
        "requests": 3,
        "throttled": 0,
        "duration_s": 10.0,
        "paused_s": 0.0,
        "quota_used": 0.25,
        "stopped": None,
        "exit_code": 1,
        "site": SITE,
        "started_at": rfc3339(BEGIN - 1),
        "ended_at": rfc3339(BEGIN + 9),
        "pauses": [one.as_dict() for one in pauses],
        "pauses_left_out": 0,
    }
    Path(path).write_text(json.dumps(document | facts), encoding="utf-8")
    return path


def overview(*reports: Rows, runs: Iterable[RunSummary] = ()) -> Overview:
    """What they come to."""
    merged = merge(reports)
    files = [ReportFile(one.name, count) for one, count in zip(reports, merged.rows, strict=True)]
    return overview_of(reports, merged, files, runs=tuple(runs))
