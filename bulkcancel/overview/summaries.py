"""Summaries of runs, as `--summary` wrote them, read back."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from bulkcancel.errors import ReportError, words_of
from bulkcancel.events import Endpoint
from bulkcancel.overview.facts import RunSummary
from bulkcancel.tally import Held, HeldBy
from bulkcancel.text import printable

_VERSION = 1
_MOST_BYTES = 16_000_000
_MOST = 10**15  # no count and no number of seconds is greater
_LONGEST = 4096
_LONGEST_ID = 64
_LONGEST_DETAIL = 500
_REPORT_STARTS = (b"line,workflow_id,", b'{"line":', b'{ "line":')


def read_summary(name: str) -> RunSummary:
    """Read one.

    Raises:
        ReportError: It can't be read, or is something else; what, and what to do.
    """
    try:
        with Path(name).open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise ReportError(f"The summary {name} can't be read: {words_of(error)}.") from None
    if len(content) > _MOST_BYTES:
        _refuse(name, "it is too long for one")
    if content.startswith(_REPORT_STARTS):
        _refuse(name, "it is a report")
    if not content.strip():
        _refuse(name, "it is empty")
    try:
        document = json.loads(content, parse_constant=float)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        _refuse(name, "it is not a JSON object")
    return _Reading(name, document).summary()


def _refuse(name: str, what: str) -> NoReturn:
    raise ReportError(
        f"{name} is not the summary of a run: {what}. After --summary, give the file that "
        "`bulkcancel run --summary PATH` wrote; reports are named without an option."
    )


class _Reading:
    """Takes a document apart, and refuses what is not as the schema says."""

    def __init__(self, name: str, document: dict[str, Any]) -> None:
        self._name = name
        self._document = document

    def summary(self) -> RunSummary:
        if "reports" in self._document and "causes" in self._document:
            _refuse(self._name, "it is what `bulkcancel report --json` wrote")
        version = self._document.get("schema_version")
        if isinstance(version, int) and version > _VERSION:
            raise ReportError(
                f"The summary {self._name} is of a later version of bulkcancel: its schema_version is "
                f"{version}, and this one reads {_VERSION}. Leave it out, or read it with that version."
            )
        held = self._document.get("pauses", [])
        pauses = [self._held(one) for one in held] if isinstance(held, list) else []
        return RunSummary(
            name=self._name,
            run_id=self._text("run_id", _LONGEST_ID),
            reason=self._text("reason", _LONGEST),
            report=self._text("report", _LONGEST),
            site=self._text("site", _LONGEST),
            started_at=self._moment(self._document.get("started_at")),
            ended_at=self._moment(self._document.get("ended_at")),
            exit_code=self._count("exit_code"),
            stopped=self._text("stopped", _LONGEST_ID),
            rows=self._count("rows"),
            requests=self._count("requests"),
            throttled=self._count("throttled"),
            duration=self._number("duration_s"),
            paused=self._number("paused_s"),
            quota_used=None if self._document.get("quota_used") is None else self._number("quota_used"),
            pauses=tuple(one for one in pauses if one is not None),
            pauses_left_out=self._count("pauses_left_out") if "pauses_left_out" in self._document else 0,
        )

    def _text(self, key: str, longest: int) -> str:
        value = self._document.get(key) or ""
        if not isinstance(value, str):
            _refuse(self._name, f"its {key} is no text")
        return printable(value, longest)

    def _number(self, key: str) -> float:
        value = self._document.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOST:
            _refuse(self._name, f"its {key} is no number" if key in self._document else f"it has no {key}")
        return value

    def _count(self, key: str) -> int:
        value = self._number(key)
        if not isinstance(value, int):
            _refuse(self._name, f"its {key} is no whole number")
        return value

    def _moment(self, value: object) -> float | None:
        """A moment; None where there is none, as in a summary that an earlier version wrote."""
        try:
            return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else None
        except (ValueError, OverflowError):
            return None

    def _held(self, one: object) -> Held | None:
        """A pause; None where a later version knows more of it than this one."""
        if not isinstance(one, dict):
            return None
        begin, end = self._moment(one.get("started_at")), self._moment(one.get("ended_at"))
        status, detail = one.get("status"), one.get("detail")
        try:
            reason, endpoint = HeldBy(str(one.get("reason"))), Endpoint(str(one.get("endpoint")))
        except ValueError:
            return None
        if begin is None or end is None or end < begin:
            return None
        return Held(
            begin,
            end,
            reason,
            endpoint,
            status if isinstance(status, int) else None,
            printable(detail, _LONGEST_DETAIL) if isinstance(detail, str) else "",
        )
