"""Which pairs are done or seen: one entry for each pair, whatever it took to get there."""

from collections import Counter
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, TypeVar

from bulkcancel.digest import pair_digest
from bulkcancel.models import Outcome, RejectedRow

if TYPE_CHECKING:
    from bulkcancel.models import Recorded, Row

_Key = TypeVar("_Key", int, tuple[str, str, str])


class ClaimKind(Enum):
    """What an input row is to the ledger."""

    FRESH = auto()
    RETRY = auto()
    DUPLICATE = auto()
    COVERED = auto()


@dataclass(frozen=True, slots=True)
class Claim:
    """What is to be done with an input row.

    Attributes:
        kind: Whether it is new, to be tried again, a repetition, or already in the report.
        previous: The outcome on record that a new result replaces, or None.
    """

    kind: ClaimKind
    previous: Outcome | None = None


_FRESH = Claim(ClaimKind.FRESH)
_DUPLICATE = Claim(ClaimKind.DUPLICATE)
_COVERED = Claim(ClaimKind.COVERED)


class Ledger:
    """Tells new rows from repetitions and from those an earlier run has settled.

    A pair costs about 90 bytes: a 128-bit digest and one slot of a dictionary, whose value is the
    recorded outcome, or None once the pair was met in this run's input.
    """

    def __init__(self) -> None:
        self._pairs: dict[int, Outcome | None] = {}
        self._duplicates: Counter[int] = Counter()
        self._unusable: Counter[tuple[str, str, str]] = Counter()

    def load(self, recorded: "Recorded") -> Outcome | None:
        """Take a row of an earlier report, in order; returns the outcome on record that it replaces."""
        workflow_id, instance_id, outcome, code = recorded
        if outcome is Outcome.INVALID:
            self._unusable[workflow_id, instance_id, code] += 1
            return None
        key = pair_digest(workflow_id, instance_id)
        if outcome is Outcome.DUPLICATE:
            self._duplicates[key] += 1
            return None
        previous = self._pairs.get(key)
        self._pairs[key] = outcome
        return previous

    def claim(self, row: "Row") -> Claim:
        """Enter an input row."""
        if isinstance(row, RejectedRow):
            identity = (row.workflow_id, row.instance_id, row.code)
            return _COVERED if _take(self._unusable, identity) else _FRESH
        key = pair_digest(row.workflow_id, row.instance_id)
        if key not in self._pairs:
            self._pairs[key] = None
            return _FRESH
        outcome = self._pairs[key]
        if outcome is None:
            return _COVERED if _take(self._duplicates, key) else _DUPLICATE
        self._pairs[key] = None
        return _COVERED if outcome.is_done else Claim(ClaimKind.RETRY, outcome)


def _take(counts: "Counter[_Key]", key: _Key) -> bool:
    """Take one of that kind, if there is one."""
    if not counts[key]:
        return False
    counts[key] -= 1
    return True
