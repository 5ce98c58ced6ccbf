"""Words for a fault of this program, without keys and without anything that steers a terminal."""

import os
import re
import traceback
from typing import TYPE_CHECKING

from bulkcancel.datadog.keys import API_KEY_NAMES, APP_KEY_NAMES
from bulkcancel.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST = 20_000
# What the vendor's keys look like. Ids have dashes in them.
_LIKE_A_KEY = re.compile(
    r"(?<![\w-])(?:[0-9a-f]{32}|[0-9a-f]{40}|dd[a-z]{2,4}_\w{20,})(?![\w-])", re.IGNORECASE | re.ASCII
)
_SHORTEST_KEY = 8


def fit_to_show(text: str) -> str:
    """A message without keys, and without anything that steers a terminal; its lines stay lines."""
    for name in (*API_KEY_NAMES, *APP_KEY_NAMES):
        key = os.environ.get(name, "")
        if len(key) >= _SHORTEST_KEY:
            text = text.replace(key, "[redacted]")
    text = _LIKE_A_KEY.sub("[redacted]", text)
    return "\n".join(printable(line, _LONGEST) for line in text.split("\n"))


def apology(error: BaseException, *, verbose: bool) -> "Iterator[str]":
    """What to say of an error that is a fault of this program, where nobody knows how far it had come."""
    yield from trace(error, verbose=verbose)
    yield (
        f"{fault(error)} If anything was sent by then, go on with --resume: rows that are in the report are "
        "not sent again, and sending one twice does no harm."
    )


def trace(error: BaseException, *, verbose: bool) -> "Iterator[str]":
    """Where an error came from, line by line; without `verbose`, how to see it."""
    if verbose:
        for text in traceback.format_exception(error):
            yield from fit_to_show(text).rstrip().split("\n")
    else:
        yield "Run it again with -v to see where it happened."


def fault(error: BaseException) -> str:
    """That an error is a fault of this program, as a sentence or two."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    words = f"{type(error).__name__}: {error}".rstrip(": .")
    return f"bulkcancel failed by a fault of its own, {words}. Please report this, without any keys."
