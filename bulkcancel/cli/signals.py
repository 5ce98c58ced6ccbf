"""Signals: before, during and after the run."""

import signal
import socket
from collections import deque
from contextlib import contextmanager, suppress
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from bulkcancel.models import StopReason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIGNALS = {
    signal.SIGINT: StopReason.INTERRUPTED,
    signal.SIGTERM: StopReason.TERMINATED,
    signal.SIGHUP: StopReason.TERMINATED,
}


class _Stage(Enum):
    BEFORE = auto()
    STARTING = auto()
    HEARD = auto()
    OVER = auto()


class Signals:
    """What SIGINT, SIGTERM and SIGHUP do, from the beginning of a command to its end.

    Before the run, one ends everything, for nothing was sent yet. While the event loop starts, one is
    noted and no more: an exception out of nowhere can leave a task group half made, which then waits for
    ever. Then the loop hears of each. When all is written and said, they pass.

    Our handlers stay in place all the time: to change them would leave instants at which a signal ends
    the process by default. A signal that was ignored when we were started, as `nohup` does, stays ignored.

    Attributes:
        has_begun: Whether the run has begun, so that requests may have been sent.
        leaves_at_once: Whether a second one has asked to end without waiting for anything.
    """

    def __init__(self) -> None:
        self.has_begun = False
        self.leaves_at_once = False
        self._stage = _Stage.BEFORE
        self._arrived: deque[StopReason] = deque()
        self._before: dict[signal.Signals, Any] = {}

    @property
    def reason(self) -> StopReason | None:
        """What the first one asked for that nobody has heard of yet, or None."""
        return self._arrived[0] if self._arrived else None

    def take_over(self) -> None:
        """Handle them, from here on; in another thread than the main one, whoever runs us minds them."""
        with suppress(ValueError):
            for number in SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._handle)

    def give_back(self) -> None:
        """Have them do what they did before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def start(self) -> None:
        """Note them and no more: the event loop starts."""
        self._stage = _Stage.STARTING

    @contextmanager
    def heard_by(self, heed: "Callable[[StopReason], None]", *, is_run: bool = True) -> "Iterator[None]":
        """Have the running loop call `heed` for each.

        Args:
            heed: Takes what each asks for.
            is_run: Whether this is the run itself: they pass when it is over, for all is written and said.
                Else it looks ahead, and one that comes afterwards ends everything, as before it.
        """
        import asyncio  # noqa: PLC0415 - it is there already where a loop runs; `--help` needs none

        loop = asyncio.get_running_loop()
        ours, wakes_us = socket.socketpair()
        with ours, wakes_us:
            ours.setblocking(False)
            wakes_us.setblocking(False)
            loop.add_reader(ours, self._wake, ours, heed)
            before = -1
            with suppress(ValueError):  # not the main thread
                before = signal.set_wakeup_fd(wakes_us.fileno(), warn_on_full_buffer=False)
            self._stage = _Stage.HEARD
            self.has_begun = self.has_begun or is_run
            self._tell(heed)
            try:
                yield
            finally:
                self._stage = _Stage.OVER if is_run else _Stage.BEFORE
                with suppress(ValueError):
                    signal.set_wakeup_fd(before)
                loop.remove_reader(ours)

    def recall(self, reason: StopReason) -> None:
        """Have one count as not heard of: what heard of it was not the run."""
        self._arrived.appendleft(reason)

    def let_pass(self) -> None:
        """Let them pass: all is written and said."""
        self._stage = _Stage.OVER

    def _handle(self, number: int, _: object) -> None:
        if self._stage is _Stage.OVER:
            return
        self._arrived.append(SIGNALS[signal.Signals(number)])
        if self._stage is _Stage.BEFORE:
            raise KeyboardInterrupt

    def _wake(self, ours: socket.socket, heed: "Callable[[StopReason], None]") -> None:
        """Hear of signals; the system writes here so that the loop does not sleep through one."""
        with suppress(BlockingIOError):
            ours.recv(4096)
        self._tell(heed)

    def _tell(self, heed: "Callable[[StopReason], None]") -> None:
        while self._arrived:
            heed(self._arrived.popleft())
