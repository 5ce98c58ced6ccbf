"""Which pairs have an outcome on record, and which were met in this pass: one entry for each pair."""

from collections import Counter
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from bulkcancel.digest import pair_digest
from bulkcancel.models import Outcome, RejectedRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bulkcancel.models import Recorded, Row


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
        kind: Whether it is new, to be tried again, a repetition in this pass, or already in the report.
        previous: The outcome on record that a new result replaces, or None.
    """

    kind: ClaimKind
    previous: Outcome | None = None


_FRESH = Claim(ClaimKind.FRESH)
_DUPLICATE = Claim(ClaimKind.DUPLICATE)
_COVERED = Claim(ClaimKind.COVERED)

# A pair's state is one number: in the lowest bits its outcome on record, by its place below from 1, or 0
# for none; above them the last pass that met the pair, or 0 for none.
_PLACE_BITS = 4
_PLACE = (1 << _PLACE_BITS) - 1
_OUTCOMES = (None, *Outcome)
_PLACES = {outcome: place for place, outcome in enumerate(Outcome, 1)}
_RETRIES = [_FRESH, *(Claim(ClaimKind.RETRY, outcome) for outcome in Outcome)]
_CLAIMS = [_FRESH, *(_COVERED if outcome.is_done else _RETRIES[_PLACES[outcome]] for outcome in Outcome)]


class Ledger:
    """Tells new rows from repetitions and from those that have an outcome on record.

    The same rows may be claimed in any number of passes: once for the plan and once for the run, or as
    often as a drain lists what is running. A new pass forgets who was met, and no outcome.

    A pair costs about 90 bytes: a 128-bit digest and one slot of a dictionary. Its state costs none, for
    all pairs in the same state share one number.
    """

    def __init__(self) -> None:
        self._pairs: dict[int, int] = {}
        self._repeats: Counter[int] = Counter()
        self._unusable = 0
        self._taken: Counter[int] = Counter()
        self._pass = 0
        self.begin_pass()

    def begin_pass(self) -> None:
        """Begin another pass: no row was met in it yet."""
        self._pass += 1
        self._met = [self._pass << _PLACE_BITS | place for place in range(len(_CLAIMS))]
        self._taken.clear()

    def load(self, records: "Iterable[Recorded]") -> bool:
        """Take the rows of an earlier report, in order; tells whether any replaced another's outcome."""
        pairs, replaced = self._pairs, False
        for workflow_id, instance_id, outcome, code, _, _ in records:
            if outcome is Outcome.INVALID:
                self._repeats[_unusable(workflow_id, instance_id, code)] += 1
                self._unusable += 1
                continue
            key = pair_digest(workflow_id, instance_id)
            if outcome is Outcome.DUPLICATE:
                self._repeats[key] += 1
                continue
            replaced = replaced or key in pairs
            pairs[key] = _PLACES[outcome]
        return replaced

    def outcomes(self) -> "Counter[Outcome]":
        """How many rows on record have which outcome."""
        counts: Counter[Outcome] = Counter()
        for state, count in Counter(self._pairs.values()).items():
            if (outcome := _OUTCOMES[state & _PLACE]) is not None:
                counts[outcome] += count
        counts[Outcome.INVALID] = self._unusable
        counts[Outcome.DUPLICATE] = self._repeats.total() - self._unusable
        return counts

    def claim(self, row: "Row", *, anew: bool = False) -> Claim:
        """Enter an input row.

        Args:
            row: The row.
            anew: Whether a pair is to be tried again that is done, as when it was found running all the same.
        """
        if isinstance(row, RejectedRow):
            return _COVERED if self._take(_unusable(row.workflow_id, row.instance_id, row.code)) else _FRESH
        key = pair_digest(row.workflow_id, row.instance_id)
        state = self._pairs.get(key, 0)
        if state >> _PLACE_BITS == self._pass:
            return _COVERED if self._take(key) else _DUPLICATE
        place = state & _PLACE
        self._pairs[key] = self._met[place]
        return _RETRIES[place] if anew else _CLAIMS[place]

    def record(self, workflow_id: str, instance_id: str, outcome: Outcome) -> None:
        """Put on record what became of a pair claimed in this pass, in place of an earlier outcome."""
        self._pairs[pair_digest(workflow_id, instance_id)] = self._met[_PLACES[outcome]]

    def awaits(self, recorded: "Recorded") -> bool:
        """Whether a pair on record is to be tried again, and was not met in this pass yet."""
        if recorded.outcome.is_done:
            return False
        state = self._pairs.get(pair_digest(recorded.workflow_id, recorded.instance_id), 0)
        is_met = state >> _PLACE_BITS == self._pass
        return not is_met and _CLAIMS[state & _PLACE].kind is ClaimKind.RETRY

    def first_time(self, workflow_id: str, instance_id: str) -> bool:
        """Meet a pair; tells whether that is for the first time in this pass."""
        key = pair_digest(workflow_id, instance_id)
        state = self._pairs.get(key, 0)
        if state >> _PLACE_BITS == self._pass:
            return False
        self._pairs[key] = self._met[state & _PLACE]
        return True

    def _take(self, key: int) -> bool:
        """Take one of the repetitions on record, if one is left."""
        if self._taken[key] >= self._repeats[key]:
            return False
        self._taken[key] += 1
        return True


def _unusable(workflow_id: str, instance_id: str, code: str) -> int:
    """One number for what makes two unusable rows alike; no pair that can be sent has a NUL in it."""
    return pair_digest(workflow_id, f"{instance_id}\0{code}")
