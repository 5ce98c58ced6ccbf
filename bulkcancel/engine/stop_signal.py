"""A request to stop: it ends every wait of ours, and lets requests in flight finish."""

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING

from anyio import CancelScope, current_effective_deadline, get_cancelled_exc_class

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bulkcancel.models import StopReason


class StoppedError(Exception):
    """A wait was cut short because the run stops."""


def is_failure(error: BaseException) -> bool:
    """Whether what was raised is the failure of some code, and not the end of the task it was raised in.

    Code of the caller's may raise a cancellation as well, having awaited something that was canceled.
    That is one of these failures, unless the task is being canceled itself.
    """
    if isinstance(error, get_cancelled_exc_class()):
        return current_effective_deadline() > -math.inf
    return isinstance(error, Exception)


class StopSignal:
    """Stops a run early. Requests that are on the wire are left to finish."""

    def __init__(self) -> None:
        self._scopes: set[CancelScope] = set()
        self._hooks: list[Callable[[], None]] = []
        self.reason: StopReason | None = None

    def request(self, reason: "StopReason") -> None:
        """Stop the run; only the first reason counts."""
        if self.reason is not None:
            return
        self.reason = reason
        for scope in tuple(self._scopes):
            scope.cancel()
        for hook in self._hooks:
            hook()

    def on_request(self, hook: "Callable[[], None]") -> None:
        """Have `hook` called when a stop is requested, or at once where one was."""
        self._hooks.append(hook)
        if self.reason is not None:
            hook()

    def forget(self, hook: "Callable[[], None]") -> None:
        """Call `hook` no more."""
        self._hooks.remove(hook)

    def clear(self) -> None:
        """Take the request back, when everything it stopped has ended."""
        self.reason = None

    @contextmanager
    def interrupts(self) -> "Iterator[None]":
        """Make the waits inside end when a stop is requested.

        Raises:
            StoppedError: One was, before or meanwhile.
        """
        if self.reason is not None:
            raise StoppedError
        with CancelScope() as scope:
            self._scopes.add(scope)
            try:
                yield
            finally:
                self._scopes.discard(scope)
        if scope.cancelled_caught:
            raise StoppedError
