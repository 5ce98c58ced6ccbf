"""Finds instances: of some workflows or of all, as soon as each page of their lists is in."""

from contextlib import aclosing
from typing import TYPE_CHECKING

from anyio import create_memory_object_stream, create_task_group

from bulkcancel.answers import State, Verdict, classify
from bulkcancel.engine.credential_check import CredentialCheck
from bulkcancel.engine.stop_signal import StoppedError
from bulkcancel.events import Endpoint, Listed, PageRead
from bulkcancel.listings import read_workflow_page
from bulkcancel.models import InstanceRef, Reply, StopReason
from bulkcancel.operations.found import FoundInstance, WorkflowListing, found_in
from bulkcancel.operations.list_block import ListingProblem
from bulkcancel.operations.list_reader import ListReader
from bulkcancel.operations.produced import produced
from bulkcancel.operations.selection import Selection

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence

    from anyio.streams.memory import MemoryObjectSendStream

    from bulkcancel.engine.dispatcher import Dispatcher
    from bulkcancel.listings import InstanceState, WorkflowInfo

_MOST_SIDE_BY_SIDE = 64  # blocks of one list, and lists
_WORKFLOWS_ON_A_PAGE = 100
_PAGES_WAITING = 4  # that are read and not yet taken
_PERMISSION = "permission"  # what a refusal says that concerns every workflow


class InstanceSearch:
    """Finds instances; iterate over it once. What it came to stands in its attributes, meanwhile and after.

    Attributes:
        listings: The workflows that were looked into so far, in the order in which they were begun.
        problem: Why the list of workflows could not be read to its end, or None.
        stop: Why it ended early, or None.
        is_limited: Whether it ended because the limit was reached.
        found: Instances given so far.
    """

    def __init__(
        self,
        dispatcher: "Dispatcher",
        workflow_ids: "Sequence[str] | None",
        selection: Selection,
        *,
        name: str = "",
        concurrency: int,
    ) -> None:
        self._dispatcher = dispatcher
        self._workflow_ids = None if workflow_ids is None else list(dict.fromkeys(workflow_ids))
        self._selection = selection
        self._name = name
        self._side_by_side = min(concurrency, _MOST_SIDE_BY_SIDE)
        self._check = CredentialCheck()
        self.listings: list[WorkflowListing] = []
        self.problem: ListingProblem | None = None
        self.stop: StopReason | None = None
        self.is_limited = False
        self.found = 0

    @property
    def read(self) -> int:
        """Instances read so far."""
        return sum(listing.read for listing in self.listings)

    @property
    def unlisted(self) -> list[WorkflowListing]:
        """The workflows whose list could not be read to its end."""
        return [listing for listing in self.listings if listing.problem is not None]

    @property
    def as_of(self) -> float | None:
        """Since when the picture holds, by the server's clock in seconds since the epoch, or None."""
        return min((one.as_of for one in self.listings if one.as_of is not None), default=None)

    async def __aiter__(self) -> "AsyncIterator[FoundInstance]":
        """Give each instance as soon as its page is in."""
        async for page in self.pages():
            for found in page:
                yield found

    async def pages(self) -> "AsyncGenerator[tuple[FoundInstance, ...]]":
        """Give the instances of a page together, with those of pages that came in meanwhile; never none."""
        limit = self._selection.limit
        async with aclosing(produced(self._produce, _PAGES_WAITING)) as pages:
            async for page in pages:
                if limit is not None and self.found + len(page) >= limit:
                    self.is_limited = True
                    page = page[: limit - self.found]  # noqa: PLW2901 - the last one, cut
                self.found += len(page)
                yield page
                if self.is_limited:
                    return

    async def _produce(self, send: "MemoryObjectSendStream[tuple[FoundInstance, ...]]") -> None:
        to_list, listed = create_memory_object_stream[WorkflowListing]()
        is_stopped = False

        async def work() -> None:
            nonlocal is_stopped
            try:
                async for listing in listed:
                    await self._list(listing, send)
            except StoppedError:
                is_stopped = True
                tasks.cancel_scope.cancel()

        with send, listed, to_list:
            async with create_task_group() as tasks:
                for _ in range(self._count_of_lists()):
                    tasks.start_soon(work)
                try:
                    await self._feed(to_list)
                except StoppedError:
                    is_stopped = True
                    tasks.cancel_scope.cancel()
        if is_stopped or self.problem is not None or self.unlisted:
            self.stop = self._dispatcher.stop_signal.reason

    def _count_of_lists(self) -> int:
        if self._workflow_ids is None:
            return self._side_by_side
        return min(self._side_by_side, len(self._workflow_ids))

    async def _feed(self, to_list: "MemoryObjectSendStream[WorkflowListing]") -> None:
        with to_list:
            if self._workflow_ids is None:
                async for workflow in self._workflows():
                    await to_list.send(WorkflowListing(workflow.workflow_id, workflow.name))
            else:
                for workflow_id in self._workflow_ids:
                    await to_list.send(WorkflowListing(workflow_id))

    async def _list(
        self, listing: WorkflowListing, send: "MemoryObjectSendStream[tuple[FoundInstance, ...]]"
    ) -> None:
        """List one workflow's instances, and send on those that are wanted."""
        self.listings.append(listing)
        dispatcher = self._dispatcher
        tell = dispatcher.observers.tell

        async def deliver(items: "list[InstanceState]", now: float) -> None:
            page = tuple(self._wanted(listing, items, now))
            listing.read += len(items)
            listing.matching += len(page)
            tell(PageRead(listing.workflow_id, listing.read, listing.matching, reader.total))
            if page:
                await send.send(page)

        reader = ListReader(
            listing.workflow_id,
            dispatcher.api,
            dispatcher.reader(Endpoint.LIST),
            dispatcher.clock,
            side_by_side=self._side_by_side,
            deliver=deliver,
        )
        try:
            await reader.run()
        finally:
            listing.as_of, listing.problem = reader.as_of, reader.problem
            listing.unusable += reader.unusable
        listing.is_whole = listing.problem is None
        problem = "" if listing.problem is None else listing.problem.detail
        tell(Listed(listing.workflow_id, listing.read, listing.matching, problem))
        await self._weigh(listing.problem, listing.workflow_id)

    def _wanted(
        self, listing: WorkflowListing, items: "list[InstanceState]", now: float
    ) -> "Iterator[FoundInstance]":
        selection = self._selection
        for item in items:
            if selection.fits(item, now):
                yield found_in(listing.workflow_id, item)
            elif item.state is State.UNREADABLE:
                listing.unusable += 1
            elif item.started_at is None and selection.fits_but_for_times(item):
                listing.undated += 1
            elif item.state is State.RUNNING:
                listing.others += 1

    async def _workflows(self) -> "AsyncIterator[WorkflowInfo]":
        """All workflows, by the API's own list of them, or those that its query finds."""
        reader, api = self._dispatcher.reader(Endpoint.LIST_WORKFLOWS), self._dispatcher.api
        seen, number, repeats = set[str](), 0, 0
        while repeats <= 1:
            answer, meaning = await reader.read(
                lambda: api.list_workflows(limit=_WORKFLOWS_ON_A_PAGE, page=number, query=self._name),  # noqa: B023 - it is called within this turn
                InstanceRef("", "", 0),
            )
            if meaning.verdict is not Verdict.ACCEPTED or not isinstance(answer, Reply):
                self.problem = ListingProblem(meaning.verdict, meaning.detail or meaning.code)
                await self._weigh(self.problem, "")
                return
            page = read_workflow_page(answer)
            if page is None:
                self.problem = ListingProblem(None, "what the API answered is not a list of workflows")
                return
            fresh = [one for one in page.items if one.workflow_id not in seen]
            seen.update(one.workflow_id for one in fresh)
            for one in fresh:
                yield one
            if not page.items and not page.unusable:
                return
            repeats = 0 if fresh else repeats + 1
            number += 1
        if len(seen) >= _WORKFLOWS_ON_A_PAGE:
            self.problem = ListingProblem(None, f"its pages repeat: page {number - 1} holds nothing new")

    async def _weigh(self, problem: ListingProblem | None, workflow_id: str) -> None:
        """Tell keys that are refused from a workflow that they may not read, and stop for the first."""
        verdict = None if problem is None else problem.verdict
        if problem is None or verdict is None or verdict is Verdict.NOT_FOUND:
            self._check.passed()
            return
        if verdict is not Verdict.FORBIDDEN and verdict is not Verdict.UNAUTHORIZED:
            return
        concerns_all = not self._check.is_proven and _PERMISSION in problem.detail.lower()
        checks = self._check.refused(verdict, workflow_id) and not concerns_all
        keys_pass = not checks or await self._keys_pass()
        if concerns_all or self._check.ends_the_run(verdict, keys_pass=keys_pass):
            self._dispatcher.stop_signal.request(StopReason.REFUSED)

    async def _keys_pass(self) -> bool:
        verdict = classify(await self._dispatcher.api.check_keys()).verdict
        return verdict is not Verdict.FORBIDDEN and verdict is not Verdict.UNAUTHORIZED
