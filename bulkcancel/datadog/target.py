"""Where requests go and with which keys, checked before anything is sent."""

import stat
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bulkcancel.errors import ConfigurationError
from bulkcancel.sites import SITES, is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_SITE = "datadoghq.com"
_API_KEY_NAMES = ("DD_API_KEY", "DATADOG_API_KEY")
_APP_KEY_NAMES = ("DD_APP_KEY", "DATADOG_APP_KEY")
_LONGEST_KEY = 256


@dataclass(frozen=True, slots=True)
class Credentials:
    """The two keys. Neither shows in a repr, a log or a traceback.

    Attributes:
        api_key: The organization's API key.
        app_key: The application key; it needs `workflows_run` and must be enabled for the Actions API.

    Raises:
        ConfigurationError: A key is missing or can't be one.
    """

    api_key: str = field(repr=False)
    app_key: str = field(repr=False)

    def __post_init__(self) -> None:
        _check_key("DD_API_KEY", self.api_key)
        _check_key("DD_APP_KEY", self.app_key)

    @property
    def suffix(self) -> str:
        """The application key's last four characters, to tell keys apart; fewer where it is short."""
        return self.app_key[-4:] if len(self.app_key) >= 16 else ""  # noqa: PLR2004 - a quarter at most


@dataclass(frozen=True, slots=True)
class Target:
    """An API to talk to.

    Attributes:
        base_url: Scheme and host, with a path where a gateway has one; no trailing slash.
        site: The site it belongs to, or empty for a test server or gateway.
    """

    base_url: str
    site: str = ""

    @classmethod
    def of_site(cls, site: str) -> "Target":
        """The API of one of the known sites.

        Raises:
            ConfigurationError: There is no such site.
        """
        name = site.strip().lower()
        if name not in SITES:
            close = get_close_matches(name, SITES, n=1)
            hint = f" Did you mean {close[0]}?" if close else ""
            known = ", ".join(SITES)
            raise ConfigurationError(f"{site!r} is not a Datadog site.{hint} The sites are: {known}.")
        return cls(f"https://api.{name}", name)

    @classmethod
    def of_url(cls, url: str) -> "Target":
        """A test server or gateway: https anywhere, http on loopback only.

        Raises:
            ConfigurationError: The URL can't be used, or would show the keys on the network.
        """
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname or "", parts.port
        except ValueError as error:
            raise ConfigurationError(f"--base-url is not a URL: {error}.") from None
        if parts.username is not None or parts.password is not None:
            raise ConfigurationError("--base-url must not hold a user name or password.")
        if parts.scheme not in {"http", "https"} or not host:
            raise ConfigurationError(f"--base-url {url!r} must begin with https:// and name a host.")
        if parts.query or parts.fragment:
            raise ConfigurationError(f"--base-url {url!r} must not hold a query or a fragment.")
        if parts.scheme == "http" and not is_loopback(host):
            raise ConfigurationError(
                f"--base-url {url!r} would send the keys unencrypted; use https (http is for loopback only)."
            )
        return cls(url.rstrip("/"))


def read_credentials(environ: "Mapping[str, str]", keys_file: Path | None = None) -> Credentials:
    """The keys from a private file, or else from the environment.

    Args:
        environ: The environment: `DD_API_KEY` and `DD_APP_KEY`, or `DATADOG_…`.
        keys_file: A file of dotenv lines with the same names, readable by its owner alone.

    Raises:
        ConfigurationError: A key is missing or malformed, or others can read the file.
    """
    values = environ if keys_file is None else _read_keys_file(keys_file)
    place = "in the environment" if keys_file is None else f"in {keys_file}"
    api_key = _first(values, _API_KEY_NAMES)
    app_key = _first(values, _APP_KEY_NAMES)
    missing = [
        names[0]
        for names, key in ((_API_KEY_NAMES, api_key), (_APP_KEY_NAMES, app_key))
        if not key
    ]  # fmt: skip
    if missing:
        raise ConfigurationError(
            f"{' and '.join(missing)} not set {place}; set them, or name a private file with --keys-file."
        )
    return Credentials(api_key, app_key)


def _first(values: "Mapping[str, str]", names: tuple[str, ...]) -> str:
    return next((values[name] for name in names if values.get(name)), "")


def _check_key(name: str, key: str) -> None:
    """Refuse what can't be a key with a sentence that doesn't repeat it."""
    if key != key.strip():
        raise ConfigurationError(f"{name} has white space or a line break around it; copy the key alone.")
    if key[:1] in {'"', "'"} or key[-1:] in {'"', "'"}:
        raise ConfigurationError(f"{name} has quotation marks around it; copy the key alone.")
    if not key.isascii() or not key.isalnum() or len(key) > _LONGEST_KEY:
        raise ConfigurationError(f"{name} is not a key: letters and digits only, {_LONGEST_KEY} at most.")


def _read_keys_file(path: Path) -> dict[str, str]:
    try:
        with path.open(encoding="utf-8") as file:
            mode = stat.S_IMODE(path.stat().st_mode)
            if mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise ConfigurationError(
                    f"{path} can be read by others (mode {mode:04o}); run: chmod 600 {path}"
                )
            lines = file.read(64 * 1024).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ConfigurationError(f"The keys file {path} can't be read: {reason}.") from None
    values: dict[str, str] = {}
    for line in lines:
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        value = value.strip()
        if not equals or name.startswith("#"):
            continue
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        values[name.strip()] = value
    return values
