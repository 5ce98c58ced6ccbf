"""A caller's own pairs become rows, whatever they come in, and asking for more can be stopped."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import anyio
import pytest

from bulkcancel.models import InstanceRef, RejectedRow, Row
from bulkcancel.sources.caller import CallerPairs

W, X, J = (str(UUID(int=n)) for n in (1, 2, 3))


async def rows(pairs: Any, *, any_id: bool = False) -> list[Row]:
    """All rows of what a caller hands over."""
    return [row async for batch in CallerPairs(pairs, any_id=any_id).batches() for row in batch]


async def later(*pairs: object) -> AsyncIterator[Any]:
    """The same, still to come."""
    for pair in pairs:
        yield pair


def rejected(code: str, reason: str, workflow: str = "", instance: str = "") -> RejectedRow:
    """The first row, which can't be used."""
    return RejectedRow(workflow, instance, 1, code, reason)


def no_pair(shown: str) -> RejectedRow:
    """What is no pair at all."""
    return rejected("not_a_pair", f"it is not a pair of a workflow id and an instance id: {shown}")


TABLE: list[tuple[object, Row]] = [
    ((W, X), InstanceRef(W, X, 1)),
    ([f" {W} ", f"{X}\n"], InstanceRef(W, X, 1)),
    ((UUID(W), UUID(X)), InstanceRef(W, X, 1)),
    (InstanceRef(W, X, 9), InstanceRef(W, X, 9)),
    (("", X), rejected("missing_id", "the workflow id is missing", "", X)),
    ((W, ""), rejected("missing_id", "the instance id is missing", W)),
    ((W, None), rejected("invalid_id", "the instance id is neither a text nor a UUID: None", W)),
    ((1, X), rejected("invalid_id", "the workflow id is neither a text nor a UUID: 1", "", X)),
    ((1, 2), rejected("invalid_id", "the workflow id is neither a text nor a UUID: 1")),
    (
        (W, b"x" * 200),
        rejected("invalid_id", f"the instance id is neither a text nor a UUID: b'{'x' * 97}…", W),
    ),
    ((W,), no_pair(f"('{W}',)")),
    ((W, X, J), no_pair(f"('{W}', '{X}', '{J}')"[:99] + "…")),
    ("ab", no_pair("'ab'")),
    (b"ab", no_pair("b'ab'")),
    (bytearray(b"ab"), no_pair("bytearray(b'ab')")),
    ({"a": 1, "b": 2}, no_pair("{'a': 1, 'b': 2}")),
    ({1}, no_pair("{1}")),
    (frozenset({1}), no_pair("frozenset({1})")),
    (7, no_pair("7")),
    (None, no_pair("None")),
]


@pytest.mark.parametrize(("pair", "want"), TABLE)
async def test_a_pair_is_a_row_or_says_why_it_is_none(pair: object, want: Row) -> None:
    """Of two texts or UUIDs, in anything that has an order."""
    assert await rows([pair]) == [want]


async def test_pairs_are_numbered_whatever_they_come_in() -> None:
    """From 1, as lines are."""
    want = [InstanceRef(W, X, 1), replace(no_pair("7"), line=2), InstanceRef(W, J, 3)]
    pairs = [(W, X), 7, (W, J)]
    assert await rows(pairs) == await rows(iter(pairs)) == await rows(later(*pairs)) == want
    assert await rows([]) == await rows(later()) == []
    assert await rows([iter((W, X))]) == want[:1]


async def test_no_more_of_a_pair_is_looked_at_than_tells_that_it_is_none() -> None:
    """It may be endless."""

    def three() -> Iterator[str]:
        yield from (W, X, J)
        raise AssertionError("a fourth was asked for")

    (row,) = await rows([three()])
    assert isinstance(row, RejectedRow)
    assert row.code == "not_a_pair"


async def test_other_ids_than_uuids_have_to_be_allowed() -> None:
    """As in a file."""
    assert await rows([("Job-1", "Run-1")], any_id=True) == [InstanceRef("Job-1", "Run-1", 1)]
    (row,) = await rows([("Job-1", "Run-1")])
    assert isinstance(row, RejectedRow)


@pytest.mark.parametrize(
    ("pairs", "is_taken", "is_replayable"),
    [
        ([], True, True),
        ({}, True, True),
        (iter([]), True, False),
        (later(), True, False),
        ("ab", False, None),
        (b"ab", False, None),
        (7, False, None),
    ],
)
def test_what_holds_pairs_can_be_told(pairs: Any, is_taken: bool, is_replayable: bool | None) -> None:  # noqa: FBT001 - a table
    """And whether all of them are at hand."""
    assert CallerPairs.can_take(pairs) is is_taken
    if is_taken:
        source = CallerPairs(pairs, any_id=False)
        assert (source.name, source.is_replayable) == ("the pairs", is_replayable)


async def test_pairs_at_hand_are_given_to_the_last_although_nobody_waits() -> None:
    """As a file is read to its end."""
    source = CallerPairs([(W, X)] * 3, any_id=False)
    source.stop_waiting()
    assert [row.line async for batch in source.batches() for row in batch] == [1, 2, 3]


async def test_an_endless_iterable_ends_when_nobody_waits() -> None:
    """Behind the pair that was taken last."""

    def endless() -> Iterator[tuple[str, str]]:
        while True:
            yield W, X

    source = CallerPairs(endless(), any_id=False)
    found: list[int] = []
    async for batch in source.batches():
        for row in batch:
            found.append(row.line)
            if row.line == 2:
                source.stop_waiting()
    assert found == [1, 2]


async def test_a_pair_that_does_not_come_is_waited_for_no_longer_than_asked() -> None:
    """And one that has come is given."""

    async def slow() -> AsyncIterator[tuple[str, str]]:
        yield W, X
        await anyio.sleep_forever()

    source = CallerPairs(slow(), any_id=False)
    found: list[int] = []

    async def read() -> None:
        found.extend([row.line async for batch in source.batches() for row in batch])

    async with anyio.create_task_group() as readers:
        readers.start_soon(read)
        await anyio.wait_all_tasks_blocked()
        source.stop_waiting()
    assert found == [1]


async def test_no_more_is_asked_for_once_nobody_waits() -> None:
    """A pair that has been taken is given first."""
    source = CallerPairs(later((W, X), (W, J)), any_id=False)
    found: list[int] = []
    async for batch in source.batches():
        found += [row.line for row in batch]
        source.stop_waiting()
    assert found == [1]
