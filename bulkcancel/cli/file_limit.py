"""How many connections there is room for among the files that this process may open."""

import os
import resource
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from bulkcancel.errors import ConfigurationError
from bulkcancel.progress.log_events import LogEvent
from bulkcancel.progress.words import number_of

if TYPE_CHECKING:
    from bulkcancel.progress.messages import Messages
    from bulkcancel.settings import Settings

# The event loop has three, what wakes it for a signal two, INPUT and the report one each; and one is opened
# and closed again now and then.
_BESIDE = 8
_BESIDE_A_SANDBOX = 2  # its listening socket, and a connection that is on its way out
# Room to spare, where the limit can be raised.
_AMPLE = 64


def fit_concurrency(
    settings: "Settings", messages: "Messages", *, is_sandbox: bool, has_report: bool
) -> "Settings":
    """The settings with no more requests in flight than there can be connections.

    Args:
        settings: What was asked for.
        messages: Where it is said that there will be fewer.
        is_sandbox: Whether the other end of each connection is in this process too.
        has_report: Whether the report is open already.

    Raises:
        ConfigurationError: There is no room for even one connection.
    """
    wanted = settings.concurrency
    ends = 2 if is_sandbox else 1
    beside = _BESIDE + _BESIDE_A_SANDBOX * is_sandbox - has_report
    needed = wanted * ends + beside
    limit = _raise_limit(needed + _AMPLE)
    room = (_count_free(needed) - beside) // ends
    if room >= wanted:
        return settings
    if room < 1:
        raise ConfigurationError(
            f"This process may open {limit} files, and has none left for a connection. Raise the limit, "
            "with `ulimit -n 256` for instance, and run it again."
        )
    messages.warning(
        LogEvent.FEW_FILES,
        f"This process may open {limit} files, which leaves room for {number_of(room, 'connection')} at "
        f"once, instead of {wanted}. To change that, raise the limit with `ulimit -n`.",
    )
    return replace(settings, concurrency=room)


def _raise_limit(wanted: int) -> int:
    """Raise the limit on open files to that many, where it is lower and as far as we may; gives the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return soft
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def _count_free(most: int) -> int:
    """How many more files can be opened, up to `most`; found by opening them, so that none is overlooked."""
    opened: list[int] = []
    try:
        with suppress(OSError):
            while len(opened) < most:
                opened.append(os.open("/", os.O_RDONLY | os.O_CLOEXEC))
        return len(opened)
    finally:
        for descriptor in opened:
            os.close(descriptor)
