"""Makes rows of a caller's own pairs, of any kind, at hand or still to come."""

from collections.abc import AsyncIterable, Iterable, Mapping, Sized
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import TYPE_CHECKING
from uuid import UUID

from anyio import CancelScope

from bulkcancel.models import InstanceRef
from bulkcancel.sources.pairs import parse_pair, reject, shown

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from bulkcancel.models import Row

#: A workflow's and an instance's id, as texts or UUIDs.
Pair = tuple[str | UUID, str | UUID] | InstanceRef

# These can be unpacked into two values, and yet are not pairs: texts, and what has keys or no order.
_NO_PAIRS = (str, bytes, bytearray, Mapping, AbstractSet)
_TWO = 2
_END = object()


class CallerPairs:
    """The pairs that a program hands over, each made a row when it is asked for.

    Attributes:
        name: What to call them in messages.
        is_replayable: Whether all of them are at hand.
    """

    def __init__(self, pairs: "Iterable[Pair] | AsyncIterable[Pair]", *, any_id: bool) -> None:
        self._pairs = pairs
        self._any_id = any_id
        self._ends = False
        self._waiting: CancelScope | None = None
        self.name = "the pairs"
        self.is_replayable = isinstance(pairs, Sized)

    @staticmethod
    def can_take(pairs: object) -> bool:
        """Whether it is an iterable of something, and not a text."""
        return isinstance(pairs, Iterable | AsyncIterable) and not isinstance(pairs, str | bytes)

    async def batches(self) -> "AsyncIterator[Iterator[Row]]":
        """Give the rows, in order, those at hand together."""
        if not isinstance(self._pairs, AsyncIterable):
            yield self._at_hand(self._pairs)
            return
        pairs = aiter(self._pairs)
        line = 0
        while not self._ends:
            pair: object = _END
            with CancelScope() as self._waiting:
                pair = await anext(pairs, _END)
            self._waiting = None
            if pair is _END:
                return
            line += 1
            yield iter((self._row(pair, line),))

    def _at_hand(self, pairs: "Iterable[Pair]") -> "Iterator[Row]":
        for line, pair in enumerate(pairs, 1):
            if self._ends:
                return
            yield self._row(pair, line)

    def stop_waiting(self) -> None:
        """End instead of asking for more, unless all pairs are at hand: an iterable may be endless."""
        self._ends = not self.is_replayable
        if self._waiting is not None:
            self._waiting.cancel()

    def _row(self, pair: object, line: int) -> "Row":
        two = _two_of(pair)
        if two is None:
            reason = f"it is not a pair of a workflow id and an instance id: {shown(repr(pair))}"
            return reject("", "", line, "not_a_pair", reason)
        texts = _text_of(two[0]), _text_of(two[1])
        if texts[0] is None or texts[1] is None:
            name, value = ("workflow", two[0]) if texts[0] is None else ("instance", two[1])
            reason = f"the {name} id is neither a text nor a UUID: {shown(repr(value))}"
            return reject(texts[0] or "", texts[1] or "", line, "invalid_id", reason)
        line = pair.line if isinstance(pair, InstanceRef) else line
        return parse_pair(texts[0], texts[1], line, any_id=self._any_id)


def _two_of(pair: object) -> tuple[object, object] | None:
    """The two halves of a pair, whatever holds them; None if it is not a pair."""
    if isinstance(pair, InstanceRef):
        return pair.workflow_id, pair.instance_id
    if isinstance(pair, _NO_PAIRS) or not isinstance(pair, Iterable):
        return None
    halves = tuple(islice(pair, _TWO + 1))  # it may be endless
    return (halves[0], halves[1]) if len(halves) == _TWO else None


def _text_of(value: object) -> str | None:
    """An id as text; None if it is neither a text nor a UUID."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, UUID) else None
