"""Where the local agent listens, as `--statsd` names it."""

import re
from dataclasses import dataclass

from bulkcancel.errors import ConfigurationError

DEFAULT_HOST = "localhost"
DEFAULT_PORT = 8125
# A host, or an IPv6 address in brackets, and a port; `udp://` may stand before it, as in DD_DOGSTATSD_URL.
_UDP = re.compile(r"(?:udp://)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})", re.ASCII)
_UNIX = re.compile(r"unix(?:gram|stream)?:///.+", re.DOTALL)
_SCHEMES = ("udp://", "unix://", "unixgram://", "unixstream://")
_MOST_PORTS = 65_535


@dataclass(frozen=True, slots=True)
class AgentAddress:
    """An address of an agent; without host and without socket, the one that the environment names.

    Attributes:
        host: The host, or None.
        port: The port, or None.
        socket: The socket as an address, `unix:///PATH`, or None.
        environment: The variable that names it, or empty.
        shown: What messages call it.
    """

    host: str | None = None
    port: int | None = None
    socket: str | None = None
    environment: str = ""
    shown: str = f"{DEFAULT_HOST}:{DEFAULT_PORT}"

    @classmethod
    def of(cls, text: str) -> "AgentAddress":
        """`HOST:PORT` or `unix:///PATH`.

        Raises:
            ConfigurationError: It is neither.
        """
        if _UNIX.fullmatch(text):
            return cls(socket=text, shown=text)
        found = _UDP.fullmatch(text)
        if found is None or not 0 < int(found[2]) <= _MOST_PORTS:
            raise ConfigurationError(
                f"--statsd {text!r} is neither HOST:PORT nor unix:///PATH. If it is the INPUT, let another "
                "option stand between the two, or write `--statsd=` for the agent on this machine."
            )
        return cls(host=found[1].strip("[]"), port=int(found[2]), shown=text)

    @classmethod
    def of_environment(cls, url: str, host: str, port: str) -> "AgentAddress":
        """The address that the vendor's library takes from the environment, to say what it is.

        Args:
            url: `DD_DOGSTATSD_URL`, or empty.
            host: `DD_AGENT_HOST`, or empty.
            port: `DD_DOGSTATSD_PORT`, or empty.

        Raises:
            ConfigurationError: The library would take another than the one that is named.
        """
        if url:
            if not url.startswith(_SCHEMES) or not (_UNIX.fullmatch(url) or _UDP.fullmatch(url)):
                raise ConfigurationError(
                    f"DD_DOGSTATSD_URL in the environment is {url!r}; it must be udp://HOST:PORT or "
                    "unix:///PATH. Or name the agent's address with --statsd."
                )
            return cls(environment="DD_DOGSTATSD_URL", shown=url)
        if port and not (port.isascii() and port.isdecimal() and 0 < int(port) <= _MOST_PORTS):
            raise ConfigurationError(f"DD_DOGSTATSD_PORT in the environment is {port!r}, which is no port.")
        named = "DD_AGENT_HOST" if host else "DD_DOGSTATSD_PORT" if port else ""
        return cls(environment=named, shown=f"{host or DEFAULT_HOST}:{port or DEFAULT_PORT}")
