"""The commands that messages have people type, as a shell takes them."""

import os
import shlex
import shutil
import sys
from pathlib import Path

from bulkcancel.text import printable

_NAME = "bulkcancel"


def command_line(words: list[str]) -> str:
    """A command that can be pasted into a shell.

    Args:
        words: The words behind the program's name, as they are.
    """
    return " ".join([called_as(), *map(quoted, words)])


def called_as() -> str:
    """What calls bulkcancel in a shell: its name; for a single file elsewhere, how it was started."""
    single_file: str | None = getattr(__spec__.loader, "archive", None)
    if single_file is None or _is_found_as(single_file):
        return _NAME
    python, script = sys.orig_argv, sys.argv[0]
    before = python[: python.index(script)] if script in python else ["python3"]
    return " ".join(map(quoted, [*before, script]))


def _is_found_as(single_file: str) -> bool:
    found = shutil.which(_NAME)
    return found is not None and Path(found).resolve() == Path(single_file).resolve()


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
