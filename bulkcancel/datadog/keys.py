"""The two keys: read from the environment or a private file, checked, and kept from view."""

import os
import re
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from bulkcancel.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

API_KEY_NAMES = ("DD_API_KEY", "DATADOG_API_KEY")
APP_KEY_NAMES = ("DD_APP_KEY", "DATADOG_APP_KEY")

_LONGEST_KEY = 256
_KEY = re.compile(r"[A-Za-z0-9_-]{1,256}", re.ASCII)
_SUFFIX = 4
_FILE_LIMIT = 64 * 1024
# A value is bare, or in one kind of quotes; behind it may stand a comment.
_LINE = re.compile(
    r"(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|(.*?))(?:\s+#.*)?", re.ASCII
)
_OURS = frozenset({*API_KEY_NAMES, *APP_KEY_NAMES})


class MissingKeysError(ConfigurationError):
    """A key is not set at all."""


class Secret(str):
    """A text that does not show where values are shown: tracebacks with locals, logged requests, debuggers.

    It is a `str`, so that it can be sent; only its `repr` is masked, which is what all of those print.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"'…{suffix_of(self)}'"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("A key is neither copied nor pickled.")


@dataclass(frozen=True, slots=True)
class Credentials:
    """The two keys. Neither shows in a repr, a log or a traceback, and they can't be pickled.

    Attributes:
        api_key: The organization's API key.
        app_key: The application key; it needs `workflows_run` and must be enabled for the Actions API.

    Raises:
        ConfigurationError: A key is missing or can't be one.
    """

    api_key: str = field(repr=False)
    app_key: str = field(repr=False)

    def __post_init__(self) -> None:
        for name, key in (("DD_API_KEY", self.api_key), ("DD_APP_KEY", self.app_key)):
            if not isinstance(key, str):
                raise ConfigurationError(f"{name} is no text but of the type {type(key).__name__}.")
        object.__setattr__(self, "api_key", Secret(self.api_key))
        object.__setattr__(self, "app_key", Secret(self.app_key))
        _check_key("DD_API_KEY", self.api_key)
        _check_key("DD_APP_KEY", self.app_key)

    @property
    def suffix(self) -> str:
        """The application key's last four characters, to tell keys apart; empty where it is short."""
        return suffix_of(self.app_key)


def suffix_of(key: str) -> str:
    """At most the last four characters of a key, and a quarter of it."""
    return key[-_SUFFIX:] if len(key) >= 4 * _SUFFIX else ""


def read_credentials(environ: "Mapping[str, str]", keys_file: "Path | None" = None) -> Credentials:
    """The keys from a private file, or else from the environment.

    Args:
        environ: The environment: `DD_API_KEY` and `DD_APP_KEY`, or `DATADOG_…`.
        keys_file: A file of dotenv lines with the same names, readable by its owner alone; where that is root
            and we are not, by its group too.

    Raises:
        MissingKeysError: A key is missing.
        ConfigurationError: A key is malformed, or others can read the file.
    """
    values = environ if keys_file is None else _read_keys_file(keys_file)
    place = "in the environment" if keys_file is None else f"in {keys_file}"
    api_key = _first(values, API_KEY_NAMES)
    app_key = _first(values, APP_KEY_NAMES)
    del environ, values  # whose repr would show the keys in a traceback with locals
    missing = [
        names[0]
        for names, key in ((API_KEY_NAMES, api_key), (APP_KEY_NAMES, app_key))
        if not key
    ]  # fmt: skip
    if missing:
        raise MissingKeysError(
            f"{' and '.join(missing)} not set {place}; set them, or name a private file with --keys-file."
        )
    return Credentials(api_key, app_key)


def _first(values: "Mapping[str, str]", names: tuple[str, ...]) -> Secret:
    return Secret(next((values[name] for name in names if values.get(name)), ""))


def _check_key(name: str, key: str) -> None:
    """Refuse what can't be a key with a sentence that doesn't repeat it."""
    if key != key.strip():
        raise ConfigurationError(f"{name} has white space or a line break around it; copy the key alone.")
    if key[:1] in {'"', "'"} or key[-1:] in {'"', "'"}:
        raise ConfigurationError(f"{name} has quotation marks around it; copy the key alone.")
    if not _KEY.fullmatch(key):
        raise ConfigurationError(
            f"{name} is not a key: letters, digits, - and _ only, {_LONGEST_KEY} at most."
        )


def _read_keys_file(path: "Path") -> dict[str, Secret]:
    try:
        # Neither a FIFO nor a device may keep us waiting. What is judged is what was opened, not its name.
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a file name"
        raise ConfigurationError(f"The keys file {path} can't be read: {reason}.") from None
    try:
        _check_private(os.fstat(fd), path)
        data = os.read(fd, _FILE_LIMIT + 1)
    finally:
        os.close(fd)
    if len(data) > _FILE_LIMIT:
        raise ConfigurationError(
            f"The keys file {path} is larger than {_FILE_LIMIT} bytes; name the right file."
        )
    try:
        return _values(data, path)
    except UnicodeDecodeError:
        raise ConfigurationError(f"The keys file {path} can't be read: it is not text.") from None


def _check_private(status: os.stat_result, path: "Path") -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ConfigurationError(f"The keys file {path} is not a regular file.")
    mode = stat.S_IMODE(status.st_mode)
    if mode & _shared_bits(status.st_uid):
        raise ConfigurationError(f"{path} can be read by others (mode {mode:04o}); run: chmod 600 {path}")
    if status.st_uid not in {os.geteuid(), 0}:
        raise ConfigurationError(
            f"{path} belongs to somebody else (user {status.st_uid}); use a file of yours."
        )


def _shared_bits(owner: int) -> int:
    """What others than the owner may not be allowed to do with the file.

    Kubernetes and systemd hand a secret to an unprivileged process as a file of root's that a group may
    read, 0440: a Secret with `fsGroup` (kubernetes#57923), a credential with an access list (systemd#29435).
    Nobody but root can make such a file, and libpq accepts it for a private key as well.
    """
    others = stat.S_IRWXG | stat.S_IRWXO
    return others & ~stat.S_IRGRP if owner == 0 and os.geteuid() != 0 else others


def _values(data: bytes, path: "Path") -> dict[str, Secret]:
    values: dict[str, Secret] = {}
    for number, line in enumerate(data.decode("utf-8-sig").splitlines(), 1):
        found = _LINE.fullmatch(line.strip())
        if found is None or found[1] not in _OURS:
            continue
        name, value = found[1], next((part for part in found.groups()[1:] if part is not None), "")
        if name in values:
            raise ConfigurationError(f"{path} sets {name} a second time at line {number}; keep one of them.")
        values[name] = Secret(value)
        del found, line, value  # for a traceback with locals, as above
    return values
