"""Breaks what is said into lines as wide as the terminal, at words; for files and pipes lines stay whole."""

import os
import re
import textwrap
from contextlib import suppress

_DESCRIPTORS = (2, 1, 0)  # of the terminal, whichever of them is one
_ANY = 10_000  # columns
_INDENT = 2  # columns of each further line
_CELL = re.compile(r" +\S+  (?=\S)")  # the first cell of a line in a table, to where the second begins
# A command to be pasted, with the words that lead to it: it has a line of its own, which only the terminal
# breaks, for a line break of ours would be pasted with it.
_COMMAND = re.compile(r"(?<=[.,;] )[^.,;]*: (?:<[^>]*> \| )?bulkcancel \w.*")


def fitted(text: str, *, is_terminal: bool) -> str:
    """The text as it is to be written: on a terminal in lines of its width."""
    return folded(text, _columns()) if is_terminal else text


def folded(text: str, width: int) -> str:
    """The text in lines of that many columns, broken at words; what follows the first is indented."""
    if len(text) <= width:
        return text
    command = _COMMAND.search(text)
    prose, command_line = (text[: command.start()], [command[0]]) if command else (text, [])
    cell = _CELL.match(text)
    indent = cell.end() if cell else _INDENT
    if indent + max(map(len, text.split())) > width:
        indent = _INDENT
    lines = textwrap.wrap(
        prose,
        width,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )
    return "\n".join([*lines, *command_line])


def _columns() -> int:
    """How wide the terminal is; where it does not say, as wide as need be."""
    with suppress(KeyError, ValueError):
        return int(os.environ["COLUMNS"])
    for fd in _DESCRIPTORS:
        with suppress(OSError):
            return os.get_terminal_size(fd).columns or _ANY
    return _ANY
