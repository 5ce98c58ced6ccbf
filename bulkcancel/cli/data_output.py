"""Where the rows of `find` and `status` go: written at once, to standard output or a new file."""

import os
import sys
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from bulkcancel.cli.streams import is_aside, is_terminal
from bulkcancel.errors import ConfigurationError, words_of
from bulkcancel.operations.report_target import STDIO
from bulkcancel.text import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterator

_Form = TypeVar("_Form", bound=StrEnum)
_STDOUT = 1


class ReaderGoneError(Exception):
    """Nobody reads standard output any more."""


class DataOutput:
    """Writes to a descriptor at once: whoever reads a pipe has all rows as soon as they are there.

    Attributes:
        fd: The descriptor.
    """

    def __init__(self, fd: int) -> None:
        self.fd = fd

    @property
    def is_aside(self) -> bool:
        """Whether a progress display can go on meanwhile."""
        return is_aside(self.fd)

    def write(self, text: str) -> None:
        """Write it all.

        Raises:
            ReaderGoneError: Nobody reads it any more.
            ConfigurationError: It can't be written.
        """
        data = text.encode()
        while data:
            try:
                data = data[os.write(self.fd, data) :]
            except BrokenPipeError:
                raise ReaderGoneError from None
            except OSError as error:
                raise ConfigurationError(
                    f"What was found can't be written: {words_of(error)}. Nothing was changed."
                ) from None


@contextmanager
def open_data(path: str | None) -> "Iterator[int]":
    """Open where rows go, as a descriptor: a new file that is ours alone to read, or standard output.

    A file in which nothing stands goes again where something fails.

    Raises:
        ConfigurationError: The file is there already, or can't be made.
    """
    if path is None or path == STDIO:
        yield _STDOUT
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
        yield fd
    except BaseException:
        if not os.fstat(fd).st_size:
            Path(path).unlink(missing_ok=True)
        raise
    finally:
        os.close(fd)


def form_of(forms: type[_Form], asked: _Form | None, path: str | None) -> _Form:
    """How rows are written: as asked, by the file's name, or for whoever reads standard output."""
    if asked is not None:
        return asked
    if path is not None and path != STDIO:
        return forms("jsonl" if path.endswith(".jsonl") else "csv")
    return forms("table" if is_terminal(sys.stdout) else "csv")


def time_text(moment: float | None) -> str:
    """RFC 3339 in UTC with milliseconds; empty where there is none that can be written."""
    if moment is None:
        return ""
    try:
        return rfc3339(moment)
    except (ValueError, OverflowError, OSError):
        return ""
