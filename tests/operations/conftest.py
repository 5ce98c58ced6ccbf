"""What the tests of operations share: a certificate authority, and a port of nobody's."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority that nobody trusts yet."""
    return trustme.CA(organization_name="Example Trust")


@pytest.fixture(scope="module")
def bundle(authority: trustme.CA) -> Iterator[Path]:
    """Its certificate, as a file."""
    with authority.cert_pem.tempfile() as name:
        yield Path(name)


@pytest.fixture
def unused() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
