"""Where found instances go, and how they are written: each page as soon as it is in."""

import json
import os
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

from bulkcancel.cli.data_output import DataOutput, open_data, time_text
from bulkcancel.cli.find_options import FoundFormat
from bulkcancel.report.codec import cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bulkcancel.operations.found import FoundInstance, WorkflowListing

_COLUMNS = ("workflow_id", "instance_id", "status", "started_at", "ended_at", "source")
_WIDE = "{:<36}  {:<36}  {:<11}  {:<20}  {}\n"
_NARROW = "{:<8.8}  {:<36}  {:<9}  {:<11}  {}\n"  # 80 columns, with a source such as schedule
_SLIM = "{1}\n  {0:<8.8} {2:<8} {3:<11} {4}\n"  # 40 columns
WIDE_FROM, _NARROW_FROM = 120, 80  # columns of a terminal
_word = lru_cache(maxsize=64)(cell)  # nearly all instances have the same


class FoundOutput(DataOutput):
    """Writes found instances."""

    def __init__(
        self, fd: int, form: FoundFormat, site: str, *, counts_alone: bool, width: int = WIDE_FROM
    ) -> None:
        """Prepare it.

        Args:
            fd: Where to write.
            form: How.
            site: The site, to link to.
            counts_alone: Whether to write only how many there are.
            width: Columns of the terminal.
        """
        super().__init__(fd)
        self._is_wide = width >= WIDE_FROM
        self._row = _WIDE if self._is_wide else _NARROW if width >= _NARROW_FROM else _SLIM
        self._form = form
        self._site = site
        self._counts_alone = counts_alone

    @property
    def is_aside(self) -> bool:
        """Whether a progress display can go on meanwhile: numbers alone come when it is over."""
        return super().is_aside or (self._counts_alone and os.isatty(self.fd))

    def begin(self) -> None:
        """Write what stands above them."""
        columns = ("workflow_id", "count") if self._counts_alone else _COLUMNS
        if self._form is FoundFormat.CSV:
            self.write(f"{','.join(columns)}\n")
        elif self._form is FoundFormat.TABLE and not self._counts_alone:
            self.write(self._row.format("WORKFLOW", "INSTANCE", "STATUS", "STARTED", "SOURCE"))

    def page(self, page: "Iterable[FoundInstance]") -> None:
        """Write the instances of one page."""
        if not self._counts_alone:
            self.write("".join(map(self._line, page)))

    def end(self, listings: "Iterable[WorkflowListing]") -> None:
        """Write how many there are, where that alone is wanted."""
        if not self._counts_alone:
            return
        for one in listings:
            if self._form is FoundFormat.JSON_LINES:
                self.write(f"{json.dumps({'workflow_id': one.workflow_id, 'count': one.matching})}\n")
            elif self._form is FoundFormat.TABLE:
                self.write(f"{one.matching:>11,}  {one.workflow_id}  {one.name}".rstrip() + "\n")
            else:
                self.write(f"{cell(one.workflow_id)},{one.matching}\n")

    def _line(self, found: "FoundInstance") -> str:
        workflow_id, instance_id, status, started_at, ended_at, source = found
        match self._form:
            case FoundFormat.LINKS:
                return f"https://app.{self._site}/workflow/{workflow_id}?instance={instance_id}\n"
            case FoundFormat.TABLE:
                started = time_text(started_at)[:19]
                if not self._is_wide:
                    started = started[5:16].replace("T", " ")
                return self._row.format(workflow_id, instance_id, status, started, source)
            case FoundFormat.JSON_LINES:
                times = time_text(started_at) or None, time_text(ended_at) or None
                values = (workflow_id, instance_id, status, *times, source)
                return f"{json.dumps(dict(zip(_COLUMNS, values, strict=True)))}\n"
            case FoundFormat.CSV:
                names = f"{_word(workflow_id)},{cell(instance_id)},{_word(status)}"
                return f"{names},{time_text(started_at)},{time_text(ended_at)},{_word(source)}\n"


@contextmanager
def open_output(
    path: str | None, form: FoundFormat, site: str, *, counts_alone: bool, width: int
) -> "Iterator[FoundOutput]":
    """Open where they go: a new file that is ours alone to read, or standard output.

    Raises:
        ConfigurationError: The file is there already, or can't be made.
    """
    with open_data(path) as fd:
        yield FoundOutput(fd, form, site, counts_alone=counts_alone, width=width)
