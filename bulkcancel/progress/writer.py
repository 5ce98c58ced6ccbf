"""Standard error, written by a thread of its own: whoever reads it late, or never, holds up nothing."""

import os
import select
import signal
import time
from contextlib import suppress
from io import UnsupportedOperation
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TextIO

_FULL = 256 * 1024  # bytes that may wait
_AT_ONCE = select.PIPE_BUF  # bytes that go into a pipe in one piece, whoever else writes there

Token = SimpleQueue[None]


class BackgroundWriter:
    """Takes text at once and writes it when it can be written; where nobody reads any more, lets it go.

    The thread writes to the descriptor, not to the stream: a stream has a lock, and the interpreter must
    be able to end while the thread waits. Its queue is one that a signal handler can't leave locked.

    Attributes:
        encoding: How text is encoded.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self.encoding = getattr(stream, "encoding", None) or "utf-8"
        self._stream = stream
        self._fd = -1
        self._is_gone = stream is None  # as Python has it where it was started with a closed one
        if stream is not None:
            try:
                self._fd = stream.fileno()
            except (AttributeError, UnsupportedOperation):
                pass  # a stream in memory, of a program that has called us
            except (OSError, ValueError):
                self._is_gone = True
        self._waiting: SimpleQueue[bytes | Token | None] = SimpleQueue()
        self._accepted = 0  # bytes; counted by those who write alone
        self._written = 0  # bytes, or let go; counted by the thread alone
        self._is_full = False
        self._thread: Thread | None = None

    @property
    def is_behind(self) -> bool:
        """Whether something is still to be written."""
        return not self._is_gone and self._accepted > self._written

    @property
    def has_room(self) -> bool:
        """Whether there is room for more. Once there was none, half of it has to be read first."""
        most = _FULL // 2 if self._is_full else _FULL
        self._is_full = not self._is_gone and self._accepted - self._written > most
        return not self._is_full

    def write(self, text: str) -> int:
        """Take a text, even where there is no room; up to 4 KiB stay in one piece."""
        data = text.encode(self.encoding, "backslashreplace")
        if data and not self._is_gone:
            self._accepted += len(data)
            self._waiting.put(data)
            self._start()
        return len(text)

    def flush(self) -> None:
        """Do nothing: all is on its way."""

    def isatty(self) -> bool:
        """Whether a person reads this."""
        return self._fd >= 0 and os.isatty(self._fd)

    def drain(self, patience: float | None = None, longest: float | None = None) -> bool:
        """Wait until all is written, or nobody reads any more; tells whether it is written.

        Args:
            patience: Give up when nothing could be written for so many seconds; else wait for ever. Where
                there is room, our thread had no turn: the process may have been stopped all the while.
            longest: Give up after so many seconds in all.
        """
        if self._thread is None:
            return not self.is_behind
        token = Token()
        self._waiting.put(token)
        began = time.monotonic()
        while not self._is_gone:
            before = self._written
            try:
                # Ends now and then: a signal that comes just before a wait is heard when it ends.
                token.get(timeout=min(filter(None, (patience, longest, 1.0))))
            except Empty:
                is_stuck = patience is not None and self._written == before and not self._takes_more(0.0)
                if is_stuck or (longest is not None and time.monotonic() - began >= longest):
                    return False
            else:
                return True
        return False

    def close(self, patience: float, longest: float) -> None:
        """Wait like `drain`; what is left then is let go."""
        self.drain(patience, longest)
        self._is_gone = True
        self._waiting.put(None)

    def _start(self) -> None:
        if self._thread is not None:
            return
        thread = Thread(target=self._run, name="standard error", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the system allows no more threads
            self._write_batch(self._waiting.get())
        else:
            self._thread = thread

    def _run(self) -> None:
        # Signals are for the main thread: only there they interrupt what waits.
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        while not self._is_gone:
            self._write_batch(self._waiting.get())

    def _write_batch(self, item: bytes | Token | None) -> None:
        """Write an item and those that wait behind it, together as far as they go out in one piece."""
        while isinstance(item, bytes):
            data, item = item, None
            with suppress(Empty):
                item = self._waiting.get_nowait()
                while isinstance(item, bytes) and len(data) + len(item) <= _AT_ONCE:
                    data, item = data + item, None
                    item = self._waiting.get_nowait()
            self._put(data)
            self._written += len(data)
        if item is not None:
            item.put(None)

    def _put(self, data: bytes) -> None:
        while data and not self._is_gone:
            try:
                data = data[self._put_some(data) :]
            except BlockingIOError:  # somebody who shares the descriptor has it so
                self._takes_more()
            except (OSError, ValueError):
                self._is_gone = True

    def _takes_more(self, timeout: float | None = None) -> bool:
        """Wait until a write would not block, or fail at once; tells whether it is so."""
        if self._fd < 0:
            return False
        poll = select.poll()
        poll.register(self._fd, select.POLLOUT)
        return bool(poll.poll(timeout))

    def _put_some(self, data: bytes) -> int:
        if self._fd >= 0:
            return os.write(self._fd, data)
        assert self._stream is not None  # noqa: S101 - for the type checker: else it is gone
        self._stream.write(data.decode(self.encoding))
        self._stream.flush()
        return len(data)
