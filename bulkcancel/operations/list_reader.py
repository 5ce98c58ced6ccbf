"""Reads the whole list of one workflow's instances, each once, while new ones push the others to later pages.

The list is newest first, so what is in it only ever moves to later pages. Who reads one page after the other
therefore meets everything, some of it twice. To read side by side, the pages are cut into blocks, and each
block is read in that order. What moves from one block into the next meanwhile could be missed by both. So the
first page is read again at the end: where its newest instance has not moved, nothing has. Where it has, each
block is read on until it meets the instance that the next block began with: all that is newer lies before it.

It holds as well for a list that is oldest first: then nothing ever moves.
"""

import math
from typing import TYPE_CHECKING

from anyio import create_task_group

from bulkcancel.answers import Verdict
from bulkcancel.digest import pair_digest
from bulkcancel.engine.stop_signal import StoppedError
from bulkcancel.listings import PAGE_SIZE, InstancePage, date_of, read_instance_page
from bulkcancel.models import InstanceRef, Reply
from bulkcancel.operations.list_block import Block, ListingProblem, UnlistedError, problem_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from anyio import CancelScope

    from bulkcancel.clock import Clock
    from bulkcancel.engine.api import Api
    from bulkcancel.engine.reader import Reader
    from bulkcancel.listings import InstanceState

    Deliver = Callable[[list[InstanceState], float], Awaitable[None]]

_PAGES_OF_UNKNOWN = 4  # pages in a block, where it is not told how many there are
_BLOCKS_OF_UNKNOWN = 8  # blocks side by side, the same
_LONGEST_STALE = 20  # pages in a row without anything new, in one block
_LONGEST_SAME = 3  # the same, where they are what the first page was
_MOST_PAGES = 1_000_000  # of a list that does not tell its length
_MOST_BEYOND = 100  # pages more than a list that tells its length could have grown to
_ALL_AGAIN = 2  # times that the list may be read on before it counts as endless


class ListReader:
    """Reads one workflow's instances.

    Attributes:
        read: Instances met so far.
        pages: Pages read so far.
        total: How many instances the list says there are, or None where it does not tell.
        unusable: Items that had no id that can be sent.
        as_of: When the first page was given, by the server's clock, in seconds since the epoch, or None.
        problem: Why it could not be read to its end, or None.
    """

    def __init__(
        self,
        workflow_id: str,
        api: "Api",
        reader: "Reader",
        clock: "Clock",
        *,
        side_by_side: int,
        deliver: "Deliver",
    ) -> None:
        self._workflow_id = workflow_id
        self._api = api
        self._reader = reader
        self._clock = clock
        self._side_by_side = side_by_side
        self._deliver = deliver
        self._ref = InstanceRef(workflow_id, "", 0)
        self._seen: set[int] = set()
        self._base = 0
        self._size = 0
        self._first_ids: frozenset[str] = frozenset()
        self._blocks: list[Block] = []
        self._most_pages = _MOST_PAGES
        self._ends = False
        self._stopped = False
        self.read = 0
        self.pages = 0
        self.total: int | None = None
        self.unusable = 0
        self.as_of: float | None = None
        self.problem: ListingProblem | None = None

    async def run(self) -> None:
        """Read it to its end, or note why that can't be.

        Raises:
            StoppedError: The operation stops first.
        """
        try:
            first = await self._read_first()
            if self._ends:
                return
            await self._side_by_side_over(self._lanes(first))
            if next(self._open_seams(), None) and await self._has_moved():
                await self._side_by_side_over(self._seams())
        except UnlistedError as error:
            self.problem = self.problem or error.problem
        finally:
            self._seen.clear()

    async def _read_first(self) -> Block:
        """Read the first page; a server that counts from 1 may refuse page 0."""
        block = Block(0, None)
        try:
            page = await self._read_next(block)
        except UnlistedError as error:
            if error.problem.verdict is not Verdict.REJECTED:
                raise
            block = Block(1, None)
            page = await self._read_next(block)
            self._base = 1
        self._blocks.append(block)
        self._first_ids = frozenset(item.instance_id for item in page.items)
        self._size = len(page.items) + page.unusable
        # A total that is less than what is there is none. A full page is worth another look.
        self.total = page.total if page.total is not None and page.total >= self._size else None
        self._ends = block.met_end = self.total == self._size < PAGE_SIZE
        return block

    def _lanes(self, first: Block) -> "Iterator[Callable[[], Awaitable[None]]]":
        """What reads the blocks."""
        count = self._side_by_side
        if self.total is None or not self._size:
            count = min(count, _BLOCKS_OF_UNKNOWN)
            first.stop = first.next + _PAGES_OF_UNKNOWN - 1 if self._size else None
            coming = iter(()) if first.stop is None else self._new_blocks(first.stop)
        else:
            pages = math.ceil(self.total / self._size)
            count = min(count, pages)
            length = math.ceil(pages / count)
            self._most_pages = _ALL_AGAIN * pages * 2 + _MOST_BEYOND
            first.stop = self._base + length
            ends = range(first.stop, self._base + pages, length)
            rest = [Block(number, number + length) for number in ends]
            self._blocks += rest
            self._blocks[-1].stop = None
            coming = iter(rest)

        async def lane(block: Block | None) -> None:
            while block is not None:
                while not block.is_done:
                    await self._read_next(block)
                block = next(coming, None)

        yield lambda: lane(first)
        for block in (next(coming, None) for _ in range(count - 1)):
            if block is None:
                break
            yield lambda block=block: lane(block)  # type: ignore[misc] # a default binds it

    def _new_blocks(self, number: int) -> "Iterator[Block]":
        """One block after the other, until the end of the list was met."""
        while not any(block.met_end for block in self._blocks):
            block = Block(number, number + _PAGES_OF_UNKNOWN)
            self._blocks.append(block)
            number += _PAGES_OF_UNKNOWN
            yield block

    async def _side_by_side_over(self, lanes: "Iterator[Callable[[], Awaitable[None]]]") -> None:
        """Run them all; the first that fails ends the others.

        Raises:
            StoppedError: The operation stops.
            UnlistedError: One of them failed.
        """
        async with create_task_group() as tasks:
            for lane in lanes:
                tasks.start_soon(self._run_lane, lane, tasks.cancel_scope)
        if self._stopped:
            raise StoppedError
        if self.problem is not None:
            raise UnlistedError(self.problem)

    async def _run_lane(self, lane: "Callable[[], Awaitable[None]]", scope: "CancelScope") -> None:
        try:
            await lane()
        except StoppedError:
            self._stopped = True
            scope.cancel()
        except UnlistedError as error:
            self.problem = self.problem or error.problem
            scope.cancel()

    def _open_seams(self) -> "Iterator[tuple[Block, Block]]":
        """Neighbours between which something may have moved: the later one did not begin after the other."""
        for block, following in zip(self._blocks, self._blocks[1:], strict=False):
            if not block.met_end and following.began < block.ended:
                yield block, following

    async def _has_moved(self) -> bool:
        """Whether the list has grown so far; what is new is read on the way."""
        head = self._blocks[0].head
        again = Block(self._base, None)
        page = await self._read_next(again)
        if page.items and page.items[0].instance_id == head:
            return False
        await self._read_on(again, page, head)
        return not again.met_end  # else all of it was read one page after the other just now

    def _seams(self) -> "Iterator[Callable[[], Awaitable[None]]]":
        for block, following in self._open_seams():
            yield lambda block=block, head=following.head: self._read_on(block, None, head)  # type: ignore[misc] # the same

    async def _read_on(self, block: Block, page: "InstancePage | None", target: str | None) -> None:
        """Read a block on until it meets that instance, or the end of the list."""
        left = _ALL_AGAIN * self.pages + _LONGEST_STALE
        while not block.met_end:
            if page is not None and any(item.instance_id == target for item in page.items):
                return
            left -= 1
            if not left:
                raise UnlistedError(ListingProblem(None, "its list grows faster than it can be read"))
            page = await self._read_next(block, may_be_stale=True)

    async def _read_next(self, block: Block, *, may_be_stale: bool = False) -> "InstancePage":
        """Read a block's next page, and deliver what is new on it."""
        if self.pages > self._most_pages:
            raise UnlistedError(ListingProblem(None, "its list grows faster than it can be read"))
        number, began = block.next, self._clock.now()
        page, now = await self._read_page(number)
        if page is None:
            block.met_end = True
            return InstancePage((), None, 0)
        if block.began == math.inf:
            block.began = began
            block.head = page.items[0].instance_id if page.items else None
        block.next = number + 1
        block.ended = self._clock.now()
        self.pages += 1
        self.unusable += page.unusable
        count = len(page.items) + page.unusable
        fresh = self._unseen(page)
        block.met_end = (not count and number > self._base) or self._is_last(page, number, count)
        block.stale = 0 if fresh or may_be_stale else block.stale + 1
        if fresh:
            self.read += len(fresh)
            await self._deliver(fresh, now)
        elif not block.met_end:
            self._weigh_repeats(block, page)
        return page

    def _is_last(self, page: "InstancePage", number: int, count: int) -> bool:
        """Whether nothing follows, by what the page tells: it is short, and the total is reached."""
        if page.total is None or not self._size or count >= self._size:
            return False
        return (number - self._base + 1) * self._size >= page.total

    def _unseen(self, page: "InstancePage") -> "list[InstanceState]":
        fresh = []
        for item in page.items:
            digest = pair_digest(self._workflow_id, item.instance_id)
            if digest not in self._seen:
                self._seen.add(digest)
                fresh.append(item)
        return fresh

    def _weigh_repeats(self, block: Block, page: "InstancePage") -> None:
        is_first_again = self._first_ids == {item.instance_id for item in page.items}
        if block.stale >= (_LONGEST_SAME if is_first_again else _LONGEST_STALE):
            raise UnlistedError(
                ListingProblem(
                    None, f"its pages repeat: page {block.next - 1} holds nothing new, nor do those before"
                )
            )

    async def _read_page(self, number: int) -> "tuple[InstancePage | None, float]":
        """One page, and when it was given; no page where a refusal is the end of the list.

        Raises:
            UnlistedError: It can't be read.
            StoppedError: The operation stops first.
        """
        answer, meaning = await self._reader.read(
            lambda: self._api.list_instances(self._workflow_id, size=PAGE_SIZE, number=number), self._ref
        )
        if meaning.verdict is not Verdict.ACCEPTED or not isinstance(answer, Reply):
            if self._is_past_the_end(meaning.verdict):
                return None, 0.0
            raise UnlistedError(problem_of(meaning))
        page = read_instance_page(answer)
        if page is None:
            raise UnlistedError(ListingProblem(None, "what the API answered is not a list of instances"))
        now = date_of(answer.headers)
        now = self._clock.wall() if now is None else now
        self.as_of = now if self.as_of is None else self.as_of
        return page, now

    def _is_past_the_end(self, verdict: Verdict) -> bool:
        """Whether a refused page is none that there should be: all that the list has was met."""
        is_refused = verdict is Verdict.REJECTED or verdict is Verdict.NOT_FOUND
        return is_refused and self.total is not None and bool(self.pages) and self.read >= self.total
