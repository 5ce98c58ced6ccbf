"""A report on standard output, as CSV: a row goes out when it is finished."""

import os
import select
from typing import TYPE_CHECKING

from anyio import Lock, wait_writable

from bulkcancel.errors import ReportLostError, words_of
from bulkcancel.report.codec import Format

if TYPE_CHECKING:
    from collections.abc import Generator

    from bulkcancel.models import Result


class StreamReport:
    """Standard output as a report. A reader that is slow is waited for without holding up anything else."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._begun = False
        self._turn = Lock(fast_acquire=True)
        self._poll = select.poll()
        self._poll.register(fd, select.POLLOUT)

    async def take(self, result: "Result") -> None:
        """Write a row.

        Raises:
            ReportLostError: Nobody reads any more.
        """
        async with self._turn:
            data = Format.CSV.encode(result)
            if not self._begun:
                self._begun = True
                data = Format.CSV.header + data
            while data:
                if not self._poll.poll(0):
                    await wait_writable(self._fd)
                data = self._write(data)

    def sync(self) -> None:
        """Do nothing: a stream has no disk."""

    def finish(self) -> "Generator[None]":
        """See that the header was written, even without rows.

        Raises:
            ReportLostError: Nobody reads any more.
        """
        if not self._begun:
            self._begun = True
            self._write(Format.CSV.header)
        yield

    def close(self) -> None:
        """Do nothing: standard output is not ours to close."""

    def _write(self, data: bytes) -> bytes:
        """Write as much as surely goes without waiting; gives what is left."""
        try:
            return data[os.write(self._fd, data[: select.PIPE_BUF]) :]
        except OSError as error:
            raise ReportLostError(f"Standard output can't be written any more: {words_of(error)}.") from None
