"""Looks for certain instances in one workflow's list, from its newest on, for as long as that pays.

Nothing is lost by what moves from page to page meanwhile: what is not met is read by itself.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from anyio import create_task_group

from bulkcancel.answers import Verdict
from bulkcancel.engine.stop_signal import StoppedError
from bulkcancel.listings import PAGE_SIZE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bulkcancel.answers import Classification
    from bulkcancel.listings import InstancePage, InstanceState

    FetchPage = Callable[[int], Awaitable["FetchedPage"]]

_SIDE_BY_SIDE = 8  # pages
_PAYS = 2  # instances met on a page that make it worth more than reading each of them


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """What came of asking for a page.

    Attributes:
        page: The page, or None where there is none.
        meaning: What the answer meant.
        now: When it was given, by the server's clock, in seconds since the epoch.
    """

    page: "InstancePage | None"
    meaning: "Classification"
    now: float


class ListSweep:
    """Reads pages until all that is looked for was met, or to read each of the rest takes fewer requests.

    Attributes:
        requests: Pages that were asked for.
        refusal: What the answer meant where the list may not be read, or there is no such workflow.
    """

    def __init__(
        self,
        fetch: "FetchPage",
        wanted: "Callable[[], int]",
        meet: "Callable[[InstanceState, Classification, float], bool]",
    ) -> None:
        """Prepare it.

        Args:
            fetch: Asks for a page by its number.
            wanted: Tells how many instances are still looked for.
            meet: Takes an instance and the server's time; tells whether it was looked for.
        """
        self._fetch = fetch
        self._wanted = wanted
        self._meet = meet
        self._next = 0
        self._end = math.inf  # the page before which the list ends, as far as it is told
        self._pays = False  # by what the newest page held
        self._is_over = False
        self._first: tuple[str, ...] = ()
        self.requests = 0
        self.refusal: Classification | None = None

    async def run(self) -> None:
        """Read.

        Raises:
            StoppedError: The operation stops first.
        """
        page = await self._read_first()
        if page is None:
            return
        size = len(page.items) + page.unusable
        self._first = _ids_of(page)
        if page.total is not None and size:
            self._end = self._next - 1 + math.ceil(page.total / size)
        lanes = min(_SIDE_BY_SIDE, math.ceil(self._wanted() / PAGE_SIZE))
        is_stopped = False

        async def lane() -> None:
            nonlocal is_stopped
            try:
                while self._is_worth_going_on():
                    await self._read_next()
            except StoppedError:
                is_stopped = True

        async with create_task_group() as tasks:
            for _ in range(lanes):
                tasks.start_soon(lane)
        if is_stopped:
            raise StoppedError

    async def _read_first(self) -> "InstancePage | None":
        """The first page; a server that counts from 1 may refuse page 0."""
        fetched = await self._read_next()
        if fetched.meaning.verdict is Verdict.REJECTED:
            self._is_over = False
            fetched = await self._read_next()
        if fetched.page is None and fetched.meaning.verdict is not Verdict.ACCEPTED:
            self.refusal = fetched.meaning
        return fetched.page

    def _is_worth_going_on(self) -> bool:
        wanted = self._wanted()
        if self._is_over or not wanted or self._next >= self._end:
            return False
        return self._pays or self._end - self._next < wanted

    async def _read_next(self) -> FetchedPage:
        number, self._next = self._next, self._next + 1
        self.requests += 1
        fetched = await self._fetch(number)
        page = fetched.page
        if page is None or not (page.items or page.unusable):
            self._is_over = True
            return fetched
        if self._first and _ids_of(page) == self._first:  # it counts from 1, and gave its first page for 0
            self._end += 1
            return fetched
        met = [self._meet(item, fetched.meaning, fetched.now) for item in page.items]
        self._pays = sum(met) >= _PAYS
        return fetched


def _ids_of(page: "InstancePage") -> tuple[str, ...]:
    return tuple(item.instance_id for item in page.items)
