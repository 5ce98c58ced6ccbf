"""What goes wrong in the sandbox: decided by seed, pair and attempt, so every rehearsal is the same."""

from enum import Enum, auto
from typing import TYPE_CHECKING

from bulkcancel.sandbox.chances import chance
from bulkcancel.sandbox.options import Scenario

if TYPE_CHECKING:
    from bulkcancel.sandbox.options import SandboxOptions

_SHARE_OF_FAULTS = 0.25
_MOST_IN_A_ROW = 3
_SHARE_AFTER_ACCEPTANCE = 0.3
_CANCELS_BEFORE_OUTAGE = 150
_OUTAGE_SECONDS = 6.0


class Fault(Enum):
    """One way for a request to go wrong."""

    ERROR_500 = auto()
    UNAVAILABLE_503 = auto()
    GATEWAY_PAGE_502 = auto()
    PAGE_INSTEAD_OF_ANSWER = auto()
    RESET = auto()
    STALL = auto()
    TRUNCATED = auto()


_KINDS = tuple(Fault)


class Faults:
    """Decides about each cancel request in turn."""

    def __init__(self, options: "SandboxOptions") -> None:
        self._scenario = options.scenario
        self._seed = options.seed
        self._in_a_row: dict[str, int] = {}
        self._attempts: dict[str, int] = {}
        self._cancels = 0
        self._down_until: float | None = None

    def next(self, pair: str, now: float) -> tuple[Fault | None, bool]:
        """What goes wrong with the next cancel of this pair, and whether it takes effect all the same."""
        if self._scenario is Scenario.OUTAGE:
            return self._outage(now), False
        if self._scenario is not Scenario.FLAKY:
            return None, False
        attempt = self._attempts[pair] = self._attempts.get(pair, 0) + 1
        in_a_row = self._in_a_row.get(pair, 0)
        if in_a_row >= _MOST_IN_A_ROW or chance(self._seed, pair, attempt) >= _SHARE_OF_FAULTS:
            self._in_a_row[pair] = 0
            return None, False
        self._in_a_row[pair] = in_a_row + 1
        kind = _KINDS[int(chance(self._seed, pair, attempt, "kind") * len(_KINDS))]
        return kind, chance(self._seed, pair, attempt, "after") < _SHARE_AFTER_ACCEPTANCE

    def _outage(self, now: float) -> Fault | None:
        self._cancels += 1
        if self._cancels <= _CANCELS_BEFORE_OUTAGE:
            return None
        if self._down_until is None:
            self._down_until = now + _OUTAGE_SECONDS
        if now >= self._down_until:
            return None
        return Fault.UNAVAILABLE_503 if self._cancels % 2 else Fault.RESET
