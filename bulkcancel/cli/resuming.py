"""The command that continues a run where it ends."""

import os
import shlex
from typing import Any

from bulkcancel.cli.work import STDIO
from bulkcancel.text import printable


def resume_command(words: list[str], report: str, values: dict[str, Any], *, is_whole: bool) -> str:
    """The same command, continued: without `--limit`; a stream has to be sent again from its start.

    Args:
        words: The command line of the run that ends.
        report: Its report.
        values: The options it had.
        is_whole: Whether its input can be read again.
    """
    kept: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word == "--limit":
            skip = True
        elif not word.startswith("--limit="):
            kept.append(word)
    if not is_whole:
        # A pipe that had a name of its own, such as /dev/fd/63, is gone with its writer.
        if values["input"] in kept:
            kept[kept.index(values["input"])] = STDIO
        else:
            kept.insert(kept.index("run") + 1, STDIO)
        if not values["yes"]:
            kept.append("--yes")
    if values["report"] is None:
        kept += ["-o", report]
    if not values["resume"]:
        kept.append("--resume")
    command = " ".join(["bulkcancel", *map(quoted, kept)])
    return command if is_whole else f"<the same rows> | {command}"


def quoted(word: str) -> str:
    """A word as bash, zsh and ksh take it, in characters that neither steer a terminal nor break a line.

    A file's name may hold a line break, an escape or bytes that are no text: whoever pastes the command means
    that very file.
    """
    if _is_printable(word):
        return shlex.quote(word)
    return f"$'{''.join(map(_escaped, word))}'"


def _escaped(char: str) -> str:
    if char in "\\'":
        return f"\\{char}"
    return char if _is_printable(char) else "".join(f"\\{byte:03o}" for byte in os.fsencode(char))


def _is_printable(text: str) -> bool:
    return printable(text, len(text)) == text
