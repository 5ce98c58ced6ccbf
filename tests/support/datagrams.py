"""What a local agent would get: datagram sockets, and what stands in a datagram.

https://docs.datadoghq.com/developers/dogstatsd/datagram_shell/ has the form. `tests/metrics/test_vendor.py` has the
vendor's own server read the same.
"""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_LINE = re.compile(
    r"(?P<name>[A-Za-z][\w.]*):(?P<value>-?[\d.]+(?:e-?\d+)?)\|(?P<kind>[cgd])(?:\|@(?P<share>[\d.]+))?(?:\|#(?P<tags>[^|\n]+))?"
    r"(?:\|c:[^|\n]+)?"
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One value that an agent got."""

    name: str
    value: float
    kind: str
    tags: tuple[str, ...]
    share: float = 1.0


class Agent:
    """A socket that datagrams come in at."""

    def __init__(self, stream: socket.socket, address: str) -> None:
        self._socket = stream
        self._socket.setblocking(False)
        self.address = address

    def datagrams(self) -> list[bytes]:
        """All that have come in."""
        found = []
        while True:
            try:
                found.append(self._socket.recv(65_536))
            except BlockingIOError:
                return found

    def samples(self) -> list[Sample]:
        """All values that have come in; fails on a line that is none."""
        return [sample_of(line) for data in self.datagrams() for line in data.decode().splitlines()]


def sample_of(line: str) -> Sample:
    """What a line of a datagram says."""
    found = _LINE.fullmatch(line)
    assert found is not None, line
    tags = tuple((found["tags"] or "").split(","))
    return Sample(found["name"], float(found["value"]), found["kind"], tags, float(found["share"] or 1))


def named(samples: list[Sample], name: str) -> list[Sample]:
    """Those of one metric."""
    return [one for one in samples if one.name == name]


@contextmanager
def udp_agent() -> Iterator[Agent]:
    """An agent on a free port of loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stream:
        stream.bind(("127.0.0.1", 0))
        yield Agent(stream, f"127.0.0.1:{stream.getsockname()[1]}")


@contextmanager
def unix_agent(path: Path) -> Iterator[Agent]:
    """An agent at a Unix datagram socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stream:
        stream.bind(str(path))
        yield Agent(stream, f"unix://{path}")
