"""What is refused before a command begins: keys typed as options, misspelled variables, a useless key log."""

import os
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from bulkcancel.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

VARIABLE_PREFIX = "BULKCANCEL_"
_ALIKE = 0.8
_KEY_OPTION = re.compile(
    r"--?(dd-?|datadog-?)?(api|app|application)-?key(=.*)?|(DD|DATADOG)_(API|APP|APPLICATION)_KEY=.*",
    re.IGNORECASE | re.DOTALL,
)


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
