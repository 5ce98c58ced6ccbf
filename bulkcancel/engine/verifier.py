"""`--verify`: watch an instance until it has ended, and say how."""

from typing import TYPE_CHECKING

from bulkcancel.answers import State, Verdict, read_state
from bulkcancel.engine.stop_signal import StoppedError
from bulkcancel.events import Concern, Concerned
from bulkcancel.models import Outcome

if TYPE_CHECKING:
    from bulkcancel.clock import Clock
    from bulkcancel.engine.observers import Observers
    from bulkcancel.engine.reader import Reader
    from bulkcancel.engine.sender import Call
    from bulkcancel.engine.stop_signal import StopSignal
    from bulkcancel.models import Failure, InstanceRef, Reply

# A recorded instance's end lies about 0.4 s after its cancel call.
_FIRST_LOOK = 0.5
_LOOK_GROWTH = 1.5
_LONGEST_BETWEEN_LOOKS = 5.0
_BEFORE_LOOKS_AT_A_REFUSAL = (0.0, 0.5, 1.0)  # seconds before each


class _MayNotReadError(Exception):
    """The keys were refused while a read waited for leave to go."""


class Verifier:
    """Reads instances through a limiter of their own: reads and cancels have different quotas.

    Attributes:
        may_read: Whether the keys may read instances, as far as is known.
    """

    def __init__(
        self,
        read: "Call",
        reader: "Reader",
        *,
        clock: "Clock",
        stop_signal: "StopSignal",
        observers: "Observers",
    ) -> None:
        self._read_instance = read
        self._reader = reader
        self._clock = clock
        self._stop_signal = stop_signal
        self._observers = observers
        self.may_read = True
        self._refusal = ""

    async def watch(self, ref: "InstanceRef", timeout: float) -> tuple[Outcome, str]:  # noqa: ASYNC109 - it gives a value at its end
        """Watch an instance whose cancel was accepted until it has ended, or that many seconds are over."""
        deadline = self._clock.now() + timeout
        pause = _FIRST_LOOK
        detail = ""
        try:
            while True:
                left = deadline - self._clock.now()
                if left <= 0.0:
                    return Outcome.UNCONFIRMED, f"not seen to end within {timeout:g} s; {detail}"
                with self._stop_signal.interrupts():
                    await self._clock.sleep(min(pause, left))
                pause = min(pause * _LOOK_GROWTH, _LONGEST_BETWEEN_LOOKS)
                state, detail = await self.look(ref)
                if state is State.CANCELED:
                    return Outcome.CANCELED, ""
                if state is State.ENDED:
                    return Outcome.ALREADY_FINISHED, f"it had ended: {detail}"
                if state is State.RUNNING:
                    detail = "last seen running"
        except StoppedError:
            return Outcome.UNCONFIRMED, f"the run stopped before it was seen to end; {detail}".rstrip("; ")

    async def had_ended(self, ref: "InstanceRef") -> bool:
        """Whether an instance whose cancel was refused had simply ended before, as far as can be read.

        A read that goes wrong is tried again, a few times; with keys that may not read, none is.
        """
        try:
            for pause in _BEFORE_LOOKS_AT_A_REFUSAL:
                if not self.may_read:
                    break
                with self._stop_signal.interrupts():
                    await self._clock.sleep(pause)
                state, _ = await self.look(ref)
                if state is not State.UNREADABLE:
                    return state is State.ENDED or state is State.CANCELED
        except StoppedError:
            pass
        return False

    async def look(self, ref: "InstanceRef") -> tuple[State, str]:
        """Read an instance's state once; keys that may not read are found out by one request.

        Raises:
            StoppedError: The run stops.
        """
        try:
            answer, meaning = await self._reader.once(lambda: self._ask(ref), ref)
        except _MayNotReadError:
            return State.UNREADABLE, self._refusal
        is_refused = meaning.verdict is Verdict.FORBIDDEN or meaning.verdict is Verdict.UNAUTHORIZED
        found = read_state(answer)
        if is_refused and self.may_read:
            self._refusal = found[1]
            if self._observers:
                self._observers.tell(Concerned(Concern.MAY_NOT_READ, self._refusal))
        self.may_read = not is_refused
        return found

    async def _ask(self, ref: "InstanceRef") -> "Reply | Failure":
        if not self.may_read:
            raise _MayNotReadError
        return await self._read_instance(ref)
