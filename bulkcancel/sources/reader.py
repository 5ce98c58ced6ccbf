"""An open input: a regular file, which can be read twice, or a stream, which is read as it comes."""

import errno
import os
import stat
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Self

import anyio
from anyio.lowlevel import checkpoint

from bulkcancel.errors import InputError
from bulkcancel.sources.parser import Parser

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator, Iterator

    from bulkcancel.models import Row
    from bulkcancel.sources.options import InputOptions

_FILE_CHUNK = 256 * 1024
_STREAM_CHUNK = 64 * 1024
_STDIN = "-"


class Source:
    """The rows of one open input, each given as soon as its line is complete.

    Attributes:
        name: What to call the input in messages.
        is_replayable: Whether it is a regular file, which can be read twice.
    """

    def __init__(self, fd: int, name: str, options: "InputOptions", *, owned: bool) -> None:
        self._fd = fd
        self._owned = owned
        self._options = options
        self._parser = Parser(options)
        self._waiting: anyio.CancelScope | None = None
        self._ends = False
        self._left: int | None = None
        self.name = name
        self.is_replayable = stat.S_ISREG(os.fstat(fd).st_mode)

    @property
    def size(self) -> int:
        """How many bytes a regular file has."""
        return os.fstat(self._fd).st_size

    async def batches(self) -> "AsyncIterator[Iterator[Row]]":
        """Give the rows, in order: a batch for each piece that is read.

        Take all rows of a batch before you ask for the next one.

        Raises:
            InputError: The input as a whole can't be used. Taking the rows of a batch raises it too.
        """
        final = False
        while not (final or self._parser.is_broken):
            try:
                data = await self._read()
            except OSError as error:
                yield self._break_off(error)
                return
            final = not data
            yield self._parser.abandon() if self._ends and final else self._rows(data, final=final)

    def scan(self) -> "Generator[Row]":
        """Read a regular file through for the plan, and go back to where it began.

        `batches` then gives the same rows and no more: rows that were appended since were in no plan,
        and the last of them may be half written.

        Raises:
            InputError: The input as a whole can't be used.
        """
        start = os.lseek(self._fd, 0, os.SEEK_CUR)
        try:
            final = False
            while not final and not self._parser.is_broken:
                try:
                    data = os.read(self._fd, _FILE_CHUNK)
                except OSError as error:
                    yield from self._break_off(error)
                    return
                final = not data
                yield from self._rows(data, final=final)
            self._left = os.lseek(self._fd, 0, os.SEEK_CUR) - start
        finally:
            os.lseek(self._fd, start, os.SEEK_SET)
            self._parser = Parser(self._options)

    def stop_waiting(self) -> None:
        """End a stream behind what has been read, instead of waiting for more; a file is read to its end."""
        if self.is_replayable:
            return
        self._ends = True
        if self._waiting is not None:
            self._waiting.cancel()

    def close(self) -> None:
        """Close the input, unless it is standard input."""
        if self._owned:
            os.close(self._fd)
            self._owned = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _rows(self, data: bytes, *, final: bool) -> "Iterator[Row]":
        try:
            yield from self._parser.feed(data, final=final)
        except InputError as error:
            raise InputError(f"{self.name} {error}.") from None

    async def _read(self) -> bytes:
        if self.is_replayable:
            await checkpoint()
            return self._read_planned()
        if not self._ends:
            with anyio.CancelScope() as self._waiting:
                with suppress(
                    PermissionError
                ):  # epoll refuses /dev/null and its like: they never make us wait
                    await anyio.wait_readable(self._fd)
            self._waiting = None
        return b"" if self._ends else os.read(self._fd, _STREAM_CHUNK)

    def _read_planned(self) -> bytes:
        """The next piece of a regular file; none beyond what `scan` has read."""
        if self._left is None:
            return os.read(self._fd, _FILE_CHUNK)
        data = os.read(self._fd, min(_FILE_CHUNK, self._left))
        if not data and self._left:
            raise OSError(errno.EIO, "it has become shorter since it was read for the plan")
        self._left -= len(data)
        return data

    def _break_off(self, error: OSError) -> "Iterator[Row]":
        """End with a row that says why; an input that fails before its first record is refused."""
        if not self._parser.has_begun:
            raise InputError(f"{self.name} can't be read: {error.strerror}.") from None
        yield from self._parser.break_off(f"the input can't be read further: {error.strerror}")


def open_source(path: str, options: "InputOptions") -> Source:
    """Open an input.

    Args:
        path: A file, or `-` for standard input.
        options: How to read it.

    Raises:
        InputError: It is missing, unreadable or a directory.
    """
    if path == _STDIN:
        try:
            return Source(sys.stdin.fileno(), "standard input", options, owned=False)
        except (AttributeError, OSError, ValueError):  # it is closed, or there is none
            raise InputError("standard input is closed; name a file.") from None
    try:
        # Opening a FIFO must not wait for its writer, or no signal could end the wait gracefully.
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise InputError(f"{path} can't be opened: {error.strerror}.") from None
    except ValueError:
        raise InputError(f"{path!r} is not a file name.") from None
    if stat.S_ISDIR(os.fstat(fd).st_mode):
        os.close(fd)
        raise InputError(f"{path} is a directory; name a file, or `-` for standard input.")
    return Source(fd, path, options, owned=True)
