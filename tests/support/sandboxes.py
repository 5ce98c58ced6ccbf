"""A sandbox beside a command that runs in the test's own process."""

from collections.abc import Iterator
from contextlib import contextmanager

from anyio.from_thread import start_blocking_portal

from bulkcancel.sandbox import SandboxOptions
from bulkcancel.sandbox.server import Sandbox, serve


@contextmanager
def sandbox_beside(options: SandboxOptions | None = None) -> Iterator[tuple[str, Sandbox]]:
    """A sandbox that serves from a thread of its own; gives its URL, and itself with its record."""
    sandbox = Sandbox(options)
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(serve(sandbox)) as url:
        yield url, sandbox
