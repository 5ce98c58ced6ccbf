"""Where found instances go, and how they are written: each page as soon as it is in."""

import json
import os
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from bulkcancel.cli.find_options import FoundFormat
from bulkcancel.cli.streams import is_aside
from bulkcancel.errors import ConfigurationError, words_of
from bulkcancel.operations.report_target import STDIO
from bulkcancel.report.codec import cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bulkcancel.operations.found import FoundInstance, WorkflowListing

_COLUMNS = ("workflow_id", "instance_id", "status", "started_at", "ended_at", "source")
_ROW = "{:<36}  {:<36}  {:<11}  {:<20}  {}\n"
_STDOUT = 1
_word = lru_cache(maxsize=64)(cell)  # nearly all instances have the same


class ReaderGoneError(Exception):
    """Nobody reads standard output any more."""


class FoundOutput:
    """Writes to a descriptor at once: whoever reads a pipe has each page as soon as it is there."""

    def __init__(self, fd: int, form: FoundFormat, site: str, *, counts_alone: bool) -> None:
        self._fd = fd
        self._form = form
        self._site = site
        self._counts_alone = counts_alone

    @property
    def is_aside(self) -> bool:
        """Whether a progress display can go on meanwhile: numbers alone come when it is over."""
        return is_aside(self._fd) or (self._counts_alone and os.isatty(self._fd))

    def begin(self) -> None:
        """Write what stands above them."""
        columns = ("workflow_id", "count") if self._counts_alone else _COLUMNS
        if self._form is FoundFormat.CSV:
            self._write(f"{','.join(columns)}\n")
        elif self._form is FoundFormat.TABLE and not self._counts_alone:
            self._write(_ROW.format("WORKFLOW", "INSTANCE", "STATUS", "STARTED", "SOURCE"))

    def page(self, page: "Iterable[FoundInstance]") -> None:
        """Write the instances of one page."""
        if not self._counts_alone:
            self._write("".join(map(self._line, page)))

    def end(self, listings: "Iterable[WorkflowListing]") -> None:
        """Write how many there are, where that alone is wanted."""
        if not self._counts_alone:
            return
        for one in listings:
            if self._form is FoundFormat.JSON_LINES:
                self._write(f"{json.dumps({'workflow_id': one.workflow_id, 'count': one.matching})}\n")
            elif self._form is FoundFormat.TABLE:
                self._write(f"{one.matching:>11,}  {one.workflow_id}  {one.name}".rstrip() + "\n")
            else:
                self._write(f"{cell(one.workflow_id)},{one.matching}\n")

    def _line(self, found: "FoundInstance") -> str:
        workflow_id, instance_id, status, started_at, ended_at, source = found
        match self._form:
            case FoundFormat.LINKS:
                return f"https://app.{self._site}/workflow/{workflow_id}?instance={instance_id}\n"
            case FoundFormat.TABLE:
                return _ROW.format(workflow_id, instance_id, status, _time(started_at)[:19], source)
            case FoundFormat.JSON_LINES:
                times = _time(started_at) or None, _time(ended_at) or None
                values = (workflow_id, instance_id, status, *times, source)
                return f"{json.dumps(dict(zip(_COLUMNS, values, strict=True)))}\n"
            case FoundFormat.CSV:
                names = f"{_word(workflow_id)},{cell(instance_id)},{_word(status)}"
                return f"{names},{_time(started_at)},{_time(ended_at)},{_word(source)}\n"

    def _write(self, text: str) -> None:
        """Write it all.

        Raises:
            ReaderGoneError: Nobody reads it any more.
            ConfigurationError: It can't be written.
        """
        data = text.encode()
        while data:
            try:
                data = data[os.write(self._fd, data) :]
            except BrokenPipeError:
                raise ReaderGoneError from None
            except OSError as error:
                raise ConfigurationError(
                    f"What was found can't be written: {words_of(error)}. Nothing was changed."
                ) from None


@contextmanager
def open_output(
    path: str | None, form: FoundFormat, site: str, *, counts_alone: bool
) -> "Iterator[FoundOutput]":
    """Open where they go: a new file that is ours alone to read, or standard output.

    Raises:
        ConfigurationError: The file is there already, or can't be made.
    """
    if path is None or path == STDIO:
        yield FoundOutput(_STDOUT, form, site, counts_alone=counts_alone)
        return
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise ConfigurationError(
            f"{path} is there already: name another file with -o, or remove it."
        ) from None
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} can't be written: {words_of(error)}.") from None
    try:
        yield FoundOutput(fd, form, site, counts_alone=counts_alone)
    finally:
        os.close(fd)


def _time(moment: float | None) -> str:
    if moment is None:
        return ""
    try:
        shown = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError, OSError):
        return ""
    return shown.replace("+00:00", "Z")
