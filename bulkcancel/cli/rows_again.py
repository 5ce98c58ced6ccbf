"""The rows to be tried again, written as an input for `run`: to a new file, or to standard output."""

import json
import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bulkcancel.cli.streams import write_data
from bulkcancel.errors import ConfigurationError, words_of
from bulkcancel.models import RETRYABLE
from bulkcancel.operations.report_target import STDIO
from bulkcancel.report.codec import cell
from bulkcancel.sources import is_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bulkcancel.models import Result

_COLUMNS = ("workflow_id", "instance_id", "outcome", "error_code")
_HEADER = f"{','.join(_COLUMNS)}\n"


class RowsAgain:
    """Takes rows, and writes those that `--resume` would try again.

    Attributes:
        rows: How many were written.
        needs_any_id: Whether one has an id that is not a UUID.
    """

    def __init__(self, write: "Callable[[str], object]", *, as_json: bool) -> None:
        self.rows = 0
        self.needs_any_id = False
        self._write = write
        self._as_json = as_json
        if not as_json:
            write(_HEADER)

    def take(self, row: "Result") -> None:
        """Write a row, if it is one of them.

        Raises:
            ConfigurationError: It can't be written.
        """
        if row.outcome not in RETRYABLE:
            return
        self.rows += 1
        self.needs_any_id = self.needs_any_id or not all(
            is_id(text, any_id=False) for text in (row.workflow_id, row.instance_id)
        )
        values = (row.workflow_id, row.instance_id, row.outcome.value, row.error_code)
        if self._as_json:
            self._write(f"{json.dumps(dict(zip(_COLUMNS, values, strict=True)))}\n")
        else:
            self._write(f"{','.join(map(cell, values))}\n")


@contextmanager
def rows_again(name: str) -> "Iterator[RowsAgain]":
    """Open where they go; a new file goes again where it could not be finished.

    Raises:
        ConfigurationError: The file is there already, or can't be made.
    """
    if name == STDIO:
        yield RowsAgain(_to_stdout, as_json=False)
        return
    try:
        fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise ConfigurationError(f"{name} is there already: name another file with --failed.") from None
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{name} can't be written: {words_of(error)}.") from None
    try:
        with os.fdopen(fd, "w", encoding="utf-8", newline="") as file:
            yield RowsAgain(file.write, as_json=name.lower().endswith(".jsonl"))
    except BaseException as error:
        with suppress(OSError):
            Path(name).unlink()
        if isinstance(error, OSError):
            raise ConfigurationError(f"{name} can't be written: {words_of(error)}.") from None
        raise


def _to_stdout(text: str) -> None:
    write_data(text, ends_line=False)
