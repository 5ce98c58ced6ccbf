"""Breaks what is said into lines as wide as the terminal, at words; for files and pipes lines stay whole."""

import os
import re
import textwrap
from contextlib import suppress

_DESCRIPTORS = (2, 1, 0)  # of the terminal, whichever of them is one
_ANY = 10_000  # columns
_INDENT = 2  # columns of each further line
# A unit stays with its number, and the number of a list's item with the item.
_UNIT = re.compile(r"(?<=\d) (?=(?:s|min|h|d|%)(?!\w))|(?<= \d\.) ")
_GLUE = "\N{NO-BREAK SPACE}"
_CELL = re.compile(r" +\S+  (?=\S)")  # the first cell of a line in a table, to where the second begins
# The words that lead to a command, and the command. It has a line of its own, with those words where they
# fit, and only the terminal breaks it: a line break of ours would be pasted with it.
_COMMAND = re.compile(r"((?:^|(?<=[.,;] ))[^.,;]*: )((?:<[^>]*> \| )?bulkcancel \w.*)")


def fitted(text: str, *, is_terminal: bool) -> str:
    """The text as it is to be written: on a terminal in lines of its width."""
    return folded(text, _columns()) if is_terminal else text


def folded(text: str, width: int) -> str:
    """The text in lines of that many columns, broken at words; what follows the first is indented."""
    if len(text) <= width:
        return text
    found = _COMMAND.search(text)
    prose, own_line = (text[: found.start()], [found[0]]) if found else (text, [])
    if found and len(found[0]) > width:
        prose, own_line = text[: found.start(2)], [found[2]]
    cell = _CELL.match(text)
    indent = cell.end() if cell else _INDENT
    if indent + max(map(len, text.split())) > width:
        indent = _INDENT
    lines = textwrap.wrap(
        _UNIT.sub(_GLUE, prose),
        width,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )
    return "\n".join([*(line.replace(_GLUE, " ") for line in lines), *own_line])


def _columns() -> int:
    """How wide the terminal is; where it does not say, as wide as need be."""
    with suppress(KeyError, ValueError):
        return int(os.environ["COLUMNS"])
    for fd in _DESCRIPTORS:
        with suppress(OSError):
            return os.get_terminal_size(fd).columns or _ANY
    return _ANY
