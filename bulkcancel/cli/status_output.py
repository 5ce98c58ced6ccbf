"""How states are written: as soon as they are known; a table that a person waits for, at the end."""

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bulkcancel.cli.data_output import DataOutput, open_data, time_text
from bulkcancel.cli.status_options import StatusFormat
from bulkcancel.models import InstanceStatus, StateName
from bulkcancel.progress.words import span
from bulkcancel.report.codec import cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_WIDE = "{:<10}  {:<36}  {:<36}  {:>9}  {}"
_NARROW = "{:<10}  {:<36}  {:<8.8}  {:>9}  {}"  # 80 columns, with a word such as SUCCEEDED
_SLIM = "{1}\n  {0:<10} {2:<8.8} {3:>9} {4}"  # 40 columns
_WIDE_FROM, _NARROW_FROM = 110, 80  # columns of a terminal


class StatusOutput(DataOutput):
    """Writes states.

    Attributes:
        holds: Whether rows are kept for the end, so that progress can be shown where they would appear.
    """

    def __init__(self, fd: int, form: StatusFormat, *, waits: bool, width: int) -> None:
        """Prepare it.

        Args:
            fd: Where to write.
            form: How.
            waits: Whether rows may take minutes to come.
            width: Columns of the terminal.
        """
        super().__init__(fd)
        self.holds = waits and form is StatusFormat.TABLE and os.isatty(fd)
        self._form = form
        self._line_of = _WIDE if width >= _WIDE_FROM else _NARROW if width >= _NARROW_FROM else _SLIM
        self._has_begun = False
        self._held: list[InstanceStatus] = []

    @property
    def is_aside(self) -> bool:
        """Whether a progress display can go on meanwhile."""
        return self.holds or super().is_aside

    def rows(self, batch: "Iterable[InstanceStatus]") -> None:
        """Write some rows, unless they are kept."""
        if self.holds:
            self._held += batch
        else:
            self._write(batch)

    def end(self) -> None:
        """Write what is kept."""
        self._write(sorted(self._held))

    def _write(self, batch: "Iterable[InstanceStatus]") -> None:
        head = "" if self._has_begun else self._head()
        self._has_begun = True
        self.write(head + "".join(map(self._line, batch)))

    def _head(self) -> str:
        match self._form:
            case StatusFormat.CSV:
                return f"{','.join(InstanceStatus._fields)}\n"
            case StatusFormat.TABLE:
                return self._line_of.format("STATE", "INSTANCE", "WORKFLOW", "AGE", "").rstrip() + "\n"
            case StatusFormat.JSON_LINES:
                return ""

    def _line(self, status: InstanceStatus) -> str:
        match self._form:
            case StatusFormat.CSV:
                return f"{','.join(map(_cell, status._fields, status))}\n"
            case StatusFormat.TABLE:
                return f"{self._table_line(status)}\n"
            case StatusFormat.JSON_LINES:
                times = {
                    name: time_text(getattr(status, name)) or None for name in ("started_at", "ended_at")
                }
                return f"{json.dumps(status._asdict() | times)}\n"

    def _table_line(self, status: InstanceStatus) -> str:
        words = (status.workflow_id, "" if status.age_s is None else span(status.age_s))
        instance_id = status.instance_id or f"line {status.line}"
        note = status.error_detail or (status.kind if status.state is StateName.ENDED else "")
        return self._line_of.format(status.state.value, instance_id, *words, note).rstrip()


def _cell(name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return time_text(value) if name.endswith("_at") else f"{value:.3f}"
    return cell(str(value))


@contextmanager
def open_output(path: str | None, form: StatusFormat, *, waits: bool, width: int) -> "Iterator[StatusOutput]":
    """Open where they go: a new file that is ours alone to read, or standard output.

    Raises:
        ConfigurationError: The file is there already, or can't be made.
    """
    with open_data(path) as fd:
        yield StatusOutput(fd, form, waits=waits, width=width)
