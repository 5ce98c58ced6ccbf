"""Words for what should not have happened: keys typed as options, misspelled variables, errors of our own."""

import os
import re
import traceback
from difflib import get_close_matches
from typing import TYPE_CHECKING

from bulkcancel.errors import ConfigurationError
from bulkcancel.text import printable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

_LONGEST = 20_000
_KEY_NAMES = ("DD_API_KEY", "DD_APP_KEY", "DATADOG_API_KEY", "DATADOG_APP_KEY")
_KEY_OPTION = re.compile(
    r"--?(dd-?|datadog-?)?(api|app|application)-?key(=.*)?|(DD|DATADOG)_(API|APP|APPLICATION)_KEY=.*",
    re.IGNORECASE | re.DOTALL,
)
# What the vendor's keys look like. Ids have dashes in them.
_LIKE_A_KEY = re.compile(
    r"(?<![\w-])(?:[0-9a-f]{32}|[0-9a-f]{40}|dd[a-z]{2,4}_\w{20,})(?![\w-])", re.IGNORECASE | re.ASCII
)
VARIABLE_PREFIX = "BULKCANCEL_"
_ALIKE = 0.8
_SHORTEST_KEY = 8


def fit_to_show(text: str) -> str:
    """A message without keys, and without anything that steers a terminal; its lines stay lines."""
    for name in _KEY_NAMES:
        key = os.environ.get(name, "")
        if len(key) >= _SHORTEST_KEY:
            text = text.replace(key, "[redacted]")
    text = _LIKE_A_KEY.sub("[redacted]", text)
    return "\n".join(printable(line, _LONGEST) for line in text.split("\n"))


def refuse_keys_as_options(words: "Sequence[str]") -> None:
    """See that nobody passes a key as an argument, where every user of the machine can read it.

    Raises:
        ConfigurationError: Somebody does; the sentence does not repeat it.
    """
    if any(map(_KEY_OPTION.fullmatch, words)):
        raise ConfigurationError(
            "Keys are never options: the list of processes and the shell's history show them. Set "
            "DD_API_KEY and DD_APP_KEY in the environment, or name a private file with --keys-file; a "
            "key that you typed should be replaced."
        )


def refuse_misspelled_variables(variables: "Iterable[str]", options: "Collection[str]") -> None:
    """See that a variable that was meant for an option reaches it: `BULKCANCEL_DRYRUN` would not.

    Args:
        variables: The names of variables that begin with `VARIABLE_PREFIX`.
        options: The options' names, as in `dry_run`.

    Raises:
        ConfigurationError: One is almost an option's.
    """
    for variable in variables:
        name = variable.removeprefix(VARIABLE_PREFIX).lower()
        close = get_close_matches(name, options, n=1, cutoff=_ALIKE)
        if close and name not in options:
            meant = f"{VARIABLE_PREFIX}{close[0].upper()}"
            raise ConfigurationError(f"{variable} in the environment is no option; did you mean {meant}?")


def refuse_unwritable_key_log(environ: "Mapping[str, str]") -> None:
    """See that what Python's TLS opens for itself can be opened: else aiohttp can't even be imported.

    Args:
        environ: The environment.

    Raises:
        ConfigurationError: `SSLKEYLOGFILE` names a file that can't be written.
    """
    name = environ.get("SSLKEYLOGFILE")
    if not name:
        return
    try:
        os.close(os.open(name, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise ConfigurationError(
            f"SSLKEYLOGFILE in the environment names {name}, which can't be written: {error.strerror}. "
            "Unset it, or name a file for TLS to log its session keys to. Nothing was sent."
        ) from None


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
