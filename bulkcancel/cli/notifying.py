"""`--notify-command`: one command at the end, with the summary on its standard input."""

import asyncio
import os
import signal
import subprocess
from contextlib import asynccontextmanager, suppress
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel

from bulkcancel.datadog.keys import API_KEY_NAMES, APP_KEY_NAMES
from bulkcancel.errors import words_of
from bulkcancel.text import printable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

#: Seconds that it may take.
LONGEST = 30.0
_OWN_VARIABLE = "BULKCANCEL_NOTIFY_COMMAND"
_OF_OTHERS = 0.2  # seconds for what it leaves behind to let go of its output
_KEPT = 4_096  # bytes of its output, the last ones
_SHOWN = 500  # characters of a line


def without_keys(environ: "Mapping[str, str]", keys: "Iterable[str]") -> dict[str, str]:
    """The environment without our variables for keys, and without any that holds one of them.

    And without the one by which a `bulkcancel run` in the command would end with the same command again.
    """
    ours, held = {*API_KEY_NAMES, *APP_KEY_NAMES, _OWN_VARIABLE}, [key for key in keys if key]
    return {
        name: value
        for name, value in environ.items()
        if name not in ours and not any(key in value for key in held)
    }


async def notify(
    words: "Sequence[str]", document: bytes, environ: "Mapping[str, str]", *, longest: float = LONGEST
) -> tuple[str, list[str]]:
    """Run a command with a document on its standard input, and no shell.

    Args:
        words: The command.
        document: What it reads.
        environ: Its environment.
        longest: Seconds after which it is killed, with all that it has started.

    Returns:
        What went wrong, in words, or empty; and the last lines of its output.
    """
    try:
        return await _run(words, document, environ, longest)
    except OSError as error:
        return f"it can't be run: {words_of(error)}", []


async def _run(
    words: "Sequence[str]", document: bytes, environ: "Mapping[str, str]", longest: float
) -> tuple[str, list[str]]:
    output = _Output()
    with TemporaryFile() as given:  # no pipe: it need not be read
        given.write(document)
        given.seek(0)
        async with output.taken() as end:
            try:
                process = await anyio.open_process(
                    words,
                    stdin=given,
                    stdout=end,
                    stderr=subprocess.STDOUT,
                    env=environ,
                    start_new_session=True,
                )
            finally:
                os.close(end)
            async with process:
                try:
                    with anyio.move_on_after(longest) as limit:
                        await process.wait()
                finally:
                    with suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)
            with anyio.move_on_after(_OF_OTHERS):
                await output.over.wait()
    code = process.returncode
    if limit.cancelled_caught:
        return f"it was killed after {longest:g} s", output.lines()
    if code is not None and code < 0:
        return f"it was ended by {_signal_name(-code)}", output.lines()
    return (f"it ended with exit code {code}" if code else ""), output.lines()


class _Output(asyncio.Protocol):
    """Keeps the last of what a command writes.

    Attributes:
        over: Set when nobody can write any more.
    """

    def __init__(self) -> None:
        self.over = anyio.Event()
        self._kept = bytearray()

    @asynccontextmanager
    async def taken(self) -> "AsyncIterator[int]":
        """Take it, while the context lasts; gives the end to write to, which is for the caller to close."""
        reading, writing = os.pipe()
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(lambda: self, os.fdopen(reading, "rb", 0))
        try:
            yield writing
        finally:
            transport.close()
            await anyio.lowlevel.cancel_shielded_checkpoint()  # in which it is closed

    def data_received(self, data: bytes) -> None:
        """Keep the last of it."""
        self._kept += data
        del self._kept[:-_KEPT]

    def connection_lost(self, _: Exception | None) -> None:
        """Note that it is over."""
        self.over.set()

    def lines(self) -> list[str]:
        """The last lines, fit to be shown."""
        text = self._kept.decode(errors="replace")
        return [printable(line, _SHOWN) for line in text.splitlines() if line.strip()]


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
