"""`--notify-command`: one command at the end, with the summary on its standard input."""

import os
import signal
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

import anyio

from bulkcancel.datadog.keys import API_KEY_NAMES, APP_KEY_NAMES
from bulkcancel.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from anyio.abc import Process

#: Seconds that it may take.
LONGEST = 30.0
_OF_OTHERS = 0.2  # seconds for what it leaves behind to let go of its output
_KEPT = 4_096  # bytes of its output, the last ones
_SHOWN = 500  # characters of a line


def without_keys(environ: "Mapping[str, str]", keys: "Iterable[str]") -> dict[str, str]:
    """The environment without our variables for keys, and without any that holds one of them."""
    ours, held = {*API_KEY_NAMES, *APP_KEY_NAMES}, [key for key in keys if key]
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
        process = await anyio.open_process(
            words, stderr=subprocess.STDOUT, env=environ, start_new_session=True
        )
    except (OSError, ValueError) as error:
        return f"it can't be run: {getattr(error, 'strerror', None) or error}", []
    output = bytearray()
    async with process:
        try:
            with anyio.move_on_after(longest) as limit:
                await _serve(process, document, output)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    lines = [printable(line, _SHOWN) for line in output.decode(errors="replace").splitlines() if line.strip()]
    code = process.returncode
    if limit.cancelled_caught:
        return f"it was killed after {longest:g} s", lines
    if code is not None and code < 0:
        return f"it was ended by {_signal_name(-code)}", lines
    return (f"it ended with exit code {code}" if code else ""), lines


async def _serve(process: "Process", document: bytes, output: bytearray) -> None:
    """Give it the document, keep its last words, and wait for its end."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_feed, process, document)
        tasks.start_soon(_keep, process, output)
        await process.wait()
        tasks.cancel_scope.deadline = anyio.current_time() + _OF_OTHERS


async def _feed(process: "Process", document: bytes) -> None:
    stream = process.stdin
    assert stream is not None  # noqa: S101 - for the type checker
    with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):  # it need not read it
        await stream.send(document)
    with suppress(OSError):
        await stream.aclose()


async def _keep(process: "Process", output: bytearray) -> None:
    assert process.stdout is not None  # noqa: S101 - for the type checker
    async for part in process.stdout:
        output += part
        del output[:-_KEPT]


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
