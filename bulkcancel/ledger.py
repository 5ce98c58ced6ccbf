"""Which pairs are done or seen: one entry for each pair, whatever it took to get there."""

from collections import Counter
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from bulkcancel.digest import pair_digest
from bulkcancel.models import Outcome, RejectedRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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
        kind: Whether it is new, to be tried again, a repetition, or already in the report.
        previous: The outcome on record that a new result replaces, or None.
    """

    kind: ClaimKind
    previous: Outcome | None = None


_FRESH = Claim(ClaimKind.FRESH)
_DUPLICATE = Claim(ClaimKind.DUPLICATE)
_COVERED = Claim(ClaimKind.COVERED)

# A pair's state is one small number, which costs no memory of its own: the outcome on record, by its
# place below from 1, or 0 for none; and in the lowest bits the last pass that met the pair.
_PASS_BITS = 2
_LAST_PASS = (1 << _PASS_BITS) - 1
_PLACES = {outcome: place << _PASS_BITS for place, outcome in enumerate(Outcome, 1)}
_CLAIMS = [_FRESH, *(_COVERED if one.is_done else Claim(ClaimKind.RETRY, one) for one in Outcome)]


class Ledger:
    """Tells new rows from repetitions and from those an earlier run has settled.

    A pair costs about 90 bytes: a 128-bit digest and one slot of a dictionary. The same rows may be
    claimed several times over, in passes: once for the plan, once for the run.
    """

    def __init__(self) -> None:
        self._pass = 1
        self._pairs: dict[int, int] = {}
        self._repeats: Counter[int] = Counter()
        self._unusable = 0
        self._taken: Counter[int] = Counter()

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
        """How many rows on record have which outcome; to be asked before any pass."""
        places = Counter(self._pairs.values())
        counts = Counter({outcome: places[place] for outcome, place in _PLACES.items()})
        counts[Outcome.INVALID] = self._unusable
        counts[Outcome.DUPLICATE] = self._repeats.total() - self._unusable
        return counts

    def claim(self, row: "Row") -> Claim:
        """Enter an input row."""
        if isinstance(row, RejectedRow):
            return _COVERED if self._take(_unusable(row.workflow_id, row.instance_id, row.code)) else _FRESH
        key = pair_digest(row.workflow_id, row.instance_id)
        state = self._pairs.get(key, 0)
        if state & _LAST_PASS == self._pass:
            return _COVERED if self._take(key) else _DUPLICATE
        place = state >> _PASS_BITS
        self._pairs[key] = place << _PASS_BITS | self._pass
        return _CLAIMS[place]

    def awaits(self, recorded: "Recorded") -> bool:
        """Whether a pair on record is to be tried again, and was not met in this pass yet."""
        if recorded.outcome.is_done:
            return False
        state = self._pairs.get(pair_digest(recorded.workflow_id, recorded.instance_id), 0)
        is_met = state & _LAST_PASS == self._pass
        return not is_met and _CLAIMS[state >> _PASS_BITS].kind is ClaimKind.RETRY

    def rewind(self) -> None:
        """Begin another pass: all rows are unmet again. There are three of them."""
        if self._pass == _LAST_PASS:
            raise RuntimeError("a ledger has three passes")
        self._pass += 1
        self._taken.clear()

    def new_pass(self) -> "Callable[[str, str], bool]":
        """Begin another pass; gives a function that tells whether a pair is met for the first time in it."""
        self.rewind()
        pairs, this = self._pairs, self._pass

        def is_first(workflow_id: str, instance_id: str) -> bool:
            key = pair_digest(workflow_id, instance_id)
            if pairs.get(key) == this:
                return False
            pairs[key] = this
            return True

        return is_first

    def _take(self, key: int) -> bool:
        """Take one of the repetitions on record, if one is left."""
        if self._taken[key] >= self._repeats[key]:
            return False
        self._taken[key] += 1
        return True


def _unusable(workflow_id: str, instance_id: str, code: str) -> int:
    """One number for what makes two unusable rows alike; no pair that can be sent has a NUL in it."""
    return pair_digest(workflow_id, f"{instance_id}\0{code}")
