"""Looking for instances in a list: which pages are asked for, and when it ends."""

from collections.abc import Callable, Iterable

import pytest
from anyio.lowlevel import checkpoint

from bulkcancel.answers import Classification, State, Verdict
from bulkcancel.engine.list_sweep import FetchedPage, ListSweep
from bulkcancel.engine.stop_signal import StoppedError
from bulkcancel.listings import InstancePage, InstanceState

ACCEPTED = Classification(Verdict.ACCEPTED, 200)


class Pages:
    """A list of instances named by their place, newest first, and what is looked for in it."""

    def __init__(
        self,
        count: int,
        wanted: Iterable[int],
        *,
        size: int = 100,
        tells: bool = True,
        first: int = 0,
        unusable: int = 0,
    ) -> None:
        self.ids = [str(place) for place in range(count)]
        self.wanted = {str(place) for place in wanted}
        self.size, self.tells, self.first, self.unusable = size, tells, first, unusable
        self.takes_time = False
        self.in_flight = self.most_in_flight = 0
        self.refuses: dict[int, Verdict] = {}
        self.asked: list[int] = []
        self.sweep = ListSweep(self.fetch, lambda: len(self.wanted), self.meet)

    async def fetch(self, number: int) -> FetchedPage:
        """Give a page."""
        self.asked.append(number)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        if self.takes_time:
            await checkpoint()
        self.in_flight -= 1
        if number in self.refuses:
            return FetchedPage(None, Classification(self.refuses[number], 400), 0.0)
        begin = max(0, number - self.first) * self.size
        shown = self.ids[begin : begin + self.size]
        usable = shown[: len(shown) - self.unusable]
        items = tuple(InstanceState(one, State.RUNNING, "", None, None, "") for one in usable)
        total = len(self.ids) if self.tells else None
        return FetchedPage(InstancePage(items, total, len(shown) - len(usable)), ACCEPTED, 0.0)

    def meet(self, item: InstanceState, meaning: Classification, now: float) -> bool:
        """Take one that is looked for."""
        assert (meaning, now) == (ACCEPTED, 0.0)
        if item.instance_id not in self.wanted:
            return False
        self.wanted.remove(item.instance_id)
        return True

    async def run(self) -> tuple[list[int], int]:
        """The pages that were asked for, and how many instances are left to be read by themselves."""
        await self.sweep.run()
        assert self.sweep.requests == len(self.asked)
        return self.asked, len(self.wanted)


@pytest.mark.parametrize(
    ("pages", "asked", "left"),
    [
        pytest.param(lambda: Pages(500, range(500)), 5, 0, id="all of a list: each page once"),
        pytest.param(
            lambda: Pages(50_000, range(300)), 3, 0, id="the newest of a long list: as long as pages pay"
        ),
        pytest.param(
            lambda: Pages(2_000, range(0, 2_000, 40)), 20, 0, id="scattered, and still fewer than reads"
        ),
        pytest.param(lambda: Pages(50_000, range(20_000, 20_300)), 1, 300, id="few of a long list, far down"),
        pytest.param(lambda: Pages(100, range(3)), 1, 0, id="one page"),
        pytest.param(lambda: Pages(0, range(5)), 1, 5, id="an empty list"),
        pytest.param(
            lambda: Pages(250, range(250), size=25), 10, 0, id="a server that gives fewer on a page"
        ),
        pytest.param(lambda: Pages(300, range(300), first=1), 4, 0, id="from 1, page 0 is the first as well"),
        pytest.param(lambda: Pages(300, range(300), tells=False), 3, 0, id="untold length"),
        pytest.param(
            lambda: Pages(300, range(250, 310), tells=False), 1, 60, id="untold length, nothing met"
        ),
        pytest.param(lambda: Pages(300, range(310)), 3, 10, id="some that are not in it"),
        pytest.param(
            lambda: Pages(300, range(310), first=1), 4, 10, id="from 1, and some that are not in it"
        ),
        pytest.param(lambda: Pages(1_000, range(1_000), unusable=20), 10, 200, id="some that can't be used"),
        pytest.param(lambda: Pages(1_000, [0, *range(990, 1_000)]), 10, 0, id="ten on nine pages: worth it"),
        pytest.param(lambda: Pages(1_000, [0, *range(991, 1_000)]), 1, 9, id="nine on nine pages: not"),
        pytest.param(
            lambda: Pages(50_000, [0, 1, 100, 101, 200, 9_000, 9_001]), 3, 2, id="two on a page are worth it"
        ),
    ],
)
async def test_it_reads_pages_as_long_as_that_takes_fewer_requests(
    pages: Callable[[], Pages], asked: int, left: int
) -> None:
    """In order from the newest on; what is not met then is read by itself."""
    assert await pages().run() == (list(range(asked)), left)


async def test_a_server_that_counts_from_one_may_refuse_page_zero() -> None:
    """Then the first is page 1."""
    pages = Pages(300, range(300), first=1)
    pages.refuses[0] = Verdict.REJECTED
    assert await pages.run() == ([0, 1, 2, 3], 0)
    assert pages.sweep.refusal is None


@pytest.mark.parametrize("verdict", [Verdict.NOT_FOUND, Verdict.FORBIDDEN, Verdict.FAULT])
async def test_a_list_that_is_refused_is_asked_for_once(verdict: Verdict) -> None:
    """And it is told what the answer meant."""
    pages = Pages(300, range(300))
    pages.refuses[0] = verdict
    assert await pages.run() == ([0], 300)
    assert pages.sweep.refusal == Classification(verdict, 400)


async def test_a_page_that_fails_ends_it() -> None:
    """What the pages before it held stands."""
    pages = Pages(2_000, range(0, 2_000, 20))
    pages.refuses[1] = Verdict.FAULT
    assert await pages.run() == ([0, 1], 95)
    assert pages.sweep.refusal is None


@pytest.mark.parametrize(
    ("wanted", "at_once"), [(range(0, 2_000, 20), 1), (range(201), 2), (range(2_000), 8)]
)
async def test_a_sweep_asks_for_pages_side_by_side(wanted: Iterable[int], at_once: int) -> None:
    """As many as the instances that are looked for would fill, and never more than eight."""
    pages = Pages(2_000, wanted)
    pages.takes_time = True
    await pages.run()
    assert (pages.most_in_flight, pages.wanted) == (at_once, set())


async def test_an_answer_that_is_no_list_ends_it() -> None:
    """Though it was accepted."""
    pages = Pages(300, range(300))

    async def fetch(number: int) -> FetchedPage:
        pages.asked.append(number)
        return FetchedPage(None, ACCEPTED, 0.0)

    pages.sweep = ListSweep(fetch, lambda: len(pages.wanted), pages.meet)
    assert await pages.run() == ([0], 300)
    assert pages.sweep.refusal is None


@pytest.mark.parametrize("at", [0, 3])
async def test_a_stop_is_raised_when_pages_on_their_way_are_in(at: int) -> None:
    """As itself, whichever page it met."""
    pages = Pages(1_000, range(1_000))
    fetch = pages.fetch

    async def stopping(number: int) -> FetchedPage:
        if number >= at:
            raise StoppedError
        return await fetch(number)

    pages.sweep = ListSweep(stopping, lambda: len(pages.wanted), pages.meet)
    with pytest.raises(StoppedError):
        await pages.sweep.run()
    assert len(pages.wanted) == 1_000 - at * 100
