"""What the system says: signals before, during and after the run, and terminals."""

import signal
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bulkcancel.models import StopReason

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Iterator

SIGNALS = {
    signal.SIGINT: StopReason.INTERRUPTED,
    signal.SIGTERM: StopReason.TERMINATED,
    signal.SIGHUP: StopReason.TERMINATED,
}


@dataclass(slots=True)
class Signaled:
    """What a signal found before the run heeded signals itself.

    Attributes:
        reason: What the signal asked for, or None.
        is_starting: Whether the event loop is at work, so that a signal is noted and no more. An exception
            out of nowhere can leave a task group half made, which then waits for ever.
        has_begun: Whether the run has begun, so that requests may have been sent.
    """

    reason: StopReason | None = None
    is_starting: bool = False
    has_begun: bool = False


def heeded() -> list[signal.Signals]:
    """The signals to act on: one that was ignored when we were started, as `nohup` does, stays ignored."""
    return [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]


@contextmanager
def before_the_run() -> "Iterator[Signaled]":
    """Until the run begins, a signal ends everything: nothing was sent yet."""
    signaled = Signaled()

    def leave(number: int, _: object) -> None:
        signaled.reason = signaled.reason or SIGNALS[signal.Signals(number)]
        if not signaled.is_starting:
            raise KeyboardInterrupt

    try:
        before = {number: signal.signal(number, leave) for number in heeded()}
    except ValueError:  # not the main thread: whoever runs us there minds the signals
        before = {}
    try:
        yield signaled
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def ignore_from_here(loop: "AbstractEventLoop") -> None:
    """Let signals pass, when everything is written and said.

    A loop that closes puts back what signals do by default, and closes what it hears them by before that.
    """
    with suppress(ValueError):
        for number in heeded():
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)


def is_terminal(stream: Any) -> bool:  # noqa: ANN401 - a standard stream is None where there is none
    """Whether a person is at the other end."""
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):
        return False
