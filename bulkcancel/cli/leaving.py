"""What signals do to a session at work: the first ends it, the second leaves at once."""

from contextlib import contextmanager
from typing import TYPE_CHECKING

from anyio import CancelScope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bulkcancel.cli.signals import Signals
    from bulkcancel.models import StopReason
    from bulkcancel.operations.session import Session


class Leaving:
    """Hears of signals.

    Attributes:
        scope: What the second one ends, whatever it waits for.
    """

    def __init__(self, session: "Session", signals: "Signals") -> None:
        self.scope = CancelScope()
        self._session = session
        self._signals = signals
        self._asked: StopReason | None = None

    @property
    def reason(self) -> "StopReason | None":
        """Why it was left at once, or None where it was not."""
        return self._asked if self.scope.cancelled_caught else None

    def heed(self, reason: "StopReason") -> None:
        """Do what a signal asks for."""
        if self._asked is not None:
            self._signals.leaves_at_once = True
            self.scope.cancel()
            return
        self._asked = reason
        self._session.stop(reason)


@contextmanager
def hearing(session: "Session", signals: "Signals") -> "Iterator[Leaving]":
    """Hear of signals while the body runs; what takes long in it belongs into the scope."""
    leaving = Leaving(session, signals)
    with signals.heard_by(leaving.heed):
        yield leaving
