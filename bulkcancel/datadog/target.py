"""Where requests go, checked before anything is sent."""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from urllib.parse import urlsplit

from bulkcancel.errors import ConfigurationError
from bulkcancel.sites import SHORT_NAMES, SITES, is_loopback

DEFAULT_SITE = "datadoghq.com"
# The parts a URL may have here, in the characters that no two parsers read differently: no user information,
# no backslash, no white space, nothing but ASCII. An IPv6 address has no zone.
_URL = re.compile(
    r"(https?)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?((?:/[A-Za-z0-9._~-]+)*)/*", re.ASCII
)
_MOST_PORTS = 65_535


@dataclass(frozen=True, slots=True)
class Target:
    """An API to talk to.

    Attributes:
        base_url: Scheme and host, with a path where a gateway has one; no trailing slash.
        site: The site it belongs to, or empty for a test server or gateway.

    Raises:
        ConfigurationError: The URL can't be used, or would show the keys on the network.
    """

    base_url: str
    site: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "base_url", _checked(self.base_url))

    @property
    def label(self) -> str:
        """What a report calls it: its site, or the host of a test server or gateway."""
        return self.site or urlsplit(self.base_url).hostname or ""

    @classmethod
    def of_site(cls, site: str) -> "Target":
        """The API of one of the known sites, by its name or its short one (`eu`).

        Raises:
            ConfigurationError: There is no such site.
        """
        if not isinstance(site, str):
            raise ConfigurationError.of_value("The site", site, "a text")
        name = site.strip().lower()
        name = SHORT_NAMES.get(name, name)
        if name not in SITES:
            close = get_close_matches(name, (*SITES, *SHORT_NAMES), n=1)
            hint = f" Did you mean {close[0]}?" if close else ""
            known, short = ", ".join(SITES), ", ".join(SHORT_NAMES)
            raise ConfigurationError(
                f"{site!r} is not a Datadog site.{hint} The sites are: {known}; or for short: {short}."
            )
        return cls(f"https://api.{name}", name)

    @classmethod
    def of_url(cls, url: str) -> "Target":
        """A test server or gateway: https anywhere, http on loopback only.

        Raises:
            ConfigurationError: The URL can't be used, or would show the keys on the network.
        """
        return cls(url)


def _checked(url: str) -> str:
    """The URL as it is used, or a sentence on what is wrong with it; none repeats a password."""
    if not isinstance(url, str):
        raise ConfigurationError.of_value("The base URL", url, "a text")
    found = _URL.fullmatch(url)
    if found is None:
        raise ConfigurationError(f"--base-url {_complaint(url)}")
    scheme, host, port, path = found.groups()
    if port is not None and not 0 < int(port[1:]) <= _MOST_PORTS:
        raise ConfigurationError(f"--base-url {url!r} has no possible port; they go from 1 to {_MOST_PORTS}.")
    if not {".", ".."}.isdisjoint(path.split("/")):
        raise ConfigurationError(f"--base-url {url!r} must not hold `.` or `..` as a part of its path.")
    try:
        name = urlsplit(url).hostname or ""  # which checks an IPv6 address
    except ValueError:
        raise ConfigurationError(f"--base-url {url!r} does not name a host.") from None
    if scheme == "http" and not is_loopback(name):
        raise ConfigurationError(
            f"--base-url {url!r} would send the keys unencrypted; use https (http is for loopback only)."
        )
    return f"{scheme}://{host.lower()}{port or ''}{path}"


def _complaint(url: str) -> str:
    if "@" in url:
        return "must not hold a user name or password."
    if not url.startswith(("https://", "http://")):
        return f"{url!r} must begin with https:// and name a host."
    if "?" in url or "#" in url:
        return f"{url!r} must not hold a query or a fragment."
    if not url.isascii():
        return (
            f"{url!r} must be written in ASCII: a host of other letters as xn--…, as its certificate has it."
        )
    return (
        f"{url!r} is not a URL of scheme, host, port and plain path, such as https://gateway.example/datadog."
    )
