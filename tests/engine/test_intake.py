"""Rows come in once each, in order, whoever asks for them."""

from collections.abc import AsyncIterator, Iterator

import pytest
from anyio import create_task_group
from anyio.lowlevel import checkpoint
from support.fakeapi import bad, refs

from bulkcancel.engine.intake import Intake
from bulkcancel.engine.stop_signal import StopSignal
from bulkcancel.engine.work_item import WorkItem
from bulkcancel.ledger import Ledger
from bulkcancel.models import Outcome, Row, StopReason
from bulkcancel.settings import Settings


class Pieces:
    """Rows that come in pieces, each after a while; a piece is seen to be used up before the next is asked for."""

    def __init__(self, *pieces: list[Row], is_replayable: bool = True) -> None:
        self._pieces = pieces
        self.is_replayable = is_replayable
        self.taken = 0

    async def batches(self) -> AsyncIterator[Iterator[Row]]:
        """Give them."""
        due = 0
        for piece in self._pieces:
            await checkpoint()
            assert self.taken == due
            yield self._counted(piece)
            due += len(piece)

    def _counted(self, piece: list[Row]) -> Iterator[Row]:
        for row in piece:
            self.taken += 1
            yield row

    def stop_waiting(self) -> None:
        """Do nothing."""


class Taking:
    """An intake, and what it settled itself."""

    def __init__(self, source: Pieces, **settings: int) -> None:
        self.stop_signal = StopSignal()
        self.settled: list[tuple[int, Outcome]] = []
        self.source = source
        self.intake = Intake(
            self.source,
            Ledger(),
            Settings(**settings),  # type: ignore[arg-type] # keywords of a table
            self.stop_signal,
            self._settle,
            anew=False,
        )

    async def items(self, workers: int) -> list[int]:
        """Let that many workers take all there are; gives the lines, as they were taken."""
        lines: list[int] = []

        async def work() -> None:
            while (item := await self.intake.next_item()) is not None:
                lines.append(item.ref.line)
                await checkpoint()

        async with create_task_group() as tasks:
            for _ in range(workers):
                tasks.start_soon(work)
        return lines

    async def _settle(self, row: Row, outcome: Outcome, code: str, detail: str) -> None:
        assert (code, detail) == {
            Outcome.INVALID: ("invalid_id", "not a UUID"),
            Outcome.DUPLICATE: ("", "the pair stands earlier in the input"),
        }[outcome]
        await checkpoint()
        self.settled.append((row.line, outcome))


async def test_workers_that_find_a_piece_used_up_ask_once_for_the_next() -> None:
    """And each row goes to one of them, in order."""
    rows = refs(60)
    taking = Taking(Pieces(rows[:7], [], rows[7:8], rows[8:]))
    assert await taking.items(workers=16) == [row.line for row in rows]
    assert await taking.intake.next_item() is None


async def test_a_row_that_needs_no_request_is_settled_on_the_way() -> None:
    """While one worker waits for that, others go on."""
    taking = Taking(Pieces([bad(1), *refs(3)[1:], refs(3)[2], bad(9)]))
    assert sorted(await taking.items(workers=2)) == [2, 3]
    assert sorted(taking.settled) == [(1, Outcome.INVALID), (3, Outcome.DUPLICATE), (9, Outcome.INVALID)]


async def test_a_limit_ends_the_reading_behind_the_last_row_it_allows() -> None:
    """Unusable rows don't count, and nothing is left to account for."""
    taking = Taking(Pieces([bad(1), *refs(9)]), limit=4)
    assert await taking.items(workers=3) == [1, 2, 3, 4]
    assert taking.source.taken == 5
    taking.stop_signal.request(StopReason.INTERRUPTED)
    assert [item async for item in taking.intake.rest()] == []


async def test_what_a_stopped_run_leaves_is_given_as_the_rest() -> None:
    """From the middle of a piece, through all that follow."""
    rows = refs(30)
    taking = Taking(Pieces(rows[:10], rows[10:]))
    item = await taking.intake.next_item()
    assert isinstance(item, WorkItem)
    taking.stop_signal.request(StopReason.INTERRUPTED)
    assert await taking.intake.next_item() is None
    assert [item.ref.line async for item in taking.intake.rest()] == list(range(2, 31))


async def test_a_row_that_can_not_be_made_ends_the_input() -> None:
    """The rows before it are given, and the error is kept for the run to raise."""

    class Broken(Pieces):
        def _counted(self, piece: list[Row]) -> Iterator[Row]:
            yield from piece
            raise LookupError("mine")

    taking = Taking(Broken(refs(2), refs(4)))
    assert await taking.items(workers=2) == [1, 2]
    assert isinstance(taking.intake.error, LookupError)


@pytest.mark.parametrize(
    ("is_replayable", "is_stopped", "has_read_all"),
    [(True, False, True), (True, True, True), (False, False, True), (False, True, False)],
)
async def test_a_stream_that_is_told_to_end_may_have_had_more(
    *, is_replayable: bool, is_stopped: bool, has_read_all: bool
) -> None:
    """Rows at hand are read to their end also when the run has stopped."""
    taking = Taking(Pieces(refs(2), is_replayable=is_replayable))
    await taking.intake.next_item()
    assert taking.intake.has_read_all is False
    if is_stopped:
        taking.stop_signal.request(StopReason.INTERRUPTED)
    assert [item.ref.line async for item in taking.intake.rest()] == [2]
    assert taking.intake.has_read_all is has_read_all
