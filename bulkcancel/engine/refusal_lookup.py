"""A refused cancel is looked into: an instance that had simply ended is nothing to worry about."""

from typing import TYPE_CHECKING

from anyio import Semaphore

from bulkcancel.answers import State
from bulkcancel.engine.stop_signal import StoppedError
from bulkcancel.models import Outcome

if TYPE_CHECKING:
    from bulkcancel.clock import Clock
    from bulkcancel.engine.state_reader import StateReader
    from bulkcancel.engine.stop_signal import StopSignal
    from bulkcancel.engine.work_item import WorkItem
    from bulkcancel.models import InstanceRef

_BEFORE_LOOKS = (0.0, 0.5, 1.0)  # seconds before each, as long as a look goes wrong
_MOST_AT_ONCE = 5_000  # instances that are read, or wait for it; a few kilobytes each


class RefusalLookup:
    """Reads instances whose cancel was answered 400 or 404.

    Attributes:
        room: Bounds how many are looked into beside the workers.
    """

    def __init__(self, states: "StateReader", clock: "Clock", stop_signal: "StopSignal") -> None:
        self._states = states
        self._clock = clock
        self._stop_signal = stop_signal
        self.room = Semaphore(_MOST_AT_ONCE)

    def can_tell(self, outcome: Outcome, ref: "InstanceRef") -> bool:
        """Whether a look may change an outcome."""
        is_doubtful = outcome is Outcome.REJECTED or outcome is Outcome.NOT_FOUND
        return is_doubtful and self._states.may_read(ref.workflow_id)

    async def outcome_of(self, item: "WorkItem", outcome: Outcome) -> tuple[Outcome, str, str]:
        """The outcome that holds, its error code and its detail."""
        refused = item.classification
        assert refused is not None  # noqa: S101 - for the type checker: its cancel was answered
        if await self._had_ended(item.ref):
            detail = f"it had ended before its cancel was answered {refused.status}"
            return Outcome.ALREADY_FINISHED, "", detail
        return outcome, refused.code, refused.detail

    async def _had_ended(self, ref: "InstanceRef") -> bool:
        """Whether an instance has ended, as far as can be read; a read that goes wrong is tried again."""
        try:
            for pause in _BEFORE_LOOKS:
                if not self._states.may_read(ref.workflow_id):
                    return False
                with self._stop_signal.interrupts():
                    await self._clock.sleep(pause)
                state = (await self._states.look(ref)).state
                if state is not State.UNREADABLE:
                    return state is State.ENDED or state is State.CANCELED
        except StoppedError:
            pass
        return False
