"""Drains workflows: finds, cancels and verifies, again and again, until nothing runs; and proves it."""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bulkcancel.engine.stop_signal import StoppedError
from bulkcancel.errors import ConfigurationError
from bulkcancel.events import Concern, Concerned
from bulkcancel.models import ExitCode
from bulkcancel.operations.arguments import check_arguments, is_duration
from bulkcancel.operations.drain_rows import DrainRows
from bulkcancel.operations.find import InstanceSearch
from bulkcancel.operations.publishing import Publishing, PublishingError
from bulkcancel.operations.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bulkcancel.engine.dispatcher import Dispatcher
    from bulkcancel.ledger import Ledger
    from bulkcancel.listings import WorkflowInfo
    from bulkcancel.models import StopReason
    from bulkcancel.operations.drain_rows import Pass
    from bulkcancel.tally import Summary

_MINUTE = 60.0
_MOST_READ = 50  # workflows whose name and state are read beforehand


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainOptions:
    """What to drain, and how.

    Attributes:
        workflow_ids: The workflows, or None for those that the API lists.
        name: Without `workflow_ids`: only those that the API finds when asked for this text.
        selection: Which instances; running ones, by their age, start or source.
        settle: Seconds between the two passes that must find nothing, 0 or more.
        unpublish: Whether to stop the workflows' automatic triggers first.
        republish: Whether to publish them again at the end, whatever the end.
        max_instances: More than that found, and nothing is sent; or None.

    Raises:
        ConfigurationError: One of them can't be used, or two contradict each other.
    """

    workflow_ids: "Sequence[str] | None"
    name: str = ""
    selection: Selection
    settle: float = 10.0
    unpublish: bool = False
    republish: bool = False
    max_instances: int | None = None

    def __post_init__(self) -> None:
        most = self.max_instances
        is_whole = type(most) is int and most > 0
        check_arguments(
            ("selection", self.selection, "a Selection", isinstance(self.selection, Selection)),
            ("name", self.name, "a text", isinstance(self.name, str)),
            ("settle", self.settle, "seconds, 0 or more", self.settle == 0 or is_duration(self.settle)),
            ("unpublish", self.unpublish, "True or False", isinstance(self.unpublish, bool)),
            ("republish", self.republish, "True or False", isinstance(self.republish, bool)),
            ("max_instances", most, "a whole number, 1 or more, or None", most is None or is_whole),
        )
        if self.republish and not self.unpublish:
            raise ConfigurationError("republish=True undoes what unpublish=True did: give both.")
        if self.unpublish and self.workflow_ids is None and not self.name:
            raise ConfigurationError(
                "unpublish=True would stop every automation there is: name the workflows."
            )


@dataclass(slots=True)
class DrainPlan:
    """What a drain would cancel, as things stand.

    Attributes:
        counts: Instances by workflow.
        workflows: What is known of the workflows, by id.
        gaps: What could not be listed, in words.
        others: Running instances that were not asked for.
        stop: Why looking ended early, or None.
    """

    counts: Counter[str] = field(default_factory=Counter)
    workflows: "dict[str, WorkflowInfo]" = field(default_factory=dict)
    gaps: list[str] = field(default_factory=list)
    others: int = 0
    stop: "StopReason | None" = None

    @property
    def found(self) -> int:
        """Instances that would be canceled."""
        return self.counts.total()


@dataclass(frozen=True, slots=True)
class DrainOutcome:
    """What a drain came to.

    Attributes:
        summary: What became of the rows, one for each instance that was found.
        is_empty: Whether it is proven that nothing runs: two passes in a row found nothing, the second of
            them the settle time after the first, and nothing was hidden from them.
        gaps: What keeps it from being proven, in words.
        passes: How many passes there were.
        unpublished: The workflows whose automatic triggers were stopped and stay so.
    """

    summary: "Summary"
    is_empty: bool
    gaps: tuple[str, ...]
    passes: int
    unpublished: tuple[str, ...]


class Drain:
    """Finds, cancels and verifies until nothing runs. Its `rows` are what a run takes its work from.

    Attributes:
        options: What to drain, and how.
        rows: The rows, pass after pass.
        unpublished: The workflows whose automatic triggers were stopped and stay so, by id.
        notes: What went wrong with publishing again, in words.
    """

    def __init__(
        self,
        dispatcher: "Dispatcher",
        options: DrainOptions,
        ledger: "Ledger",
        concurrency: int,
        *,
        site: str = "",
        resumes: bool = False,
    ) -> None:
        self._dispatcher = dispatcher
        self._concurrency = concurrency
        self._publishing = Publishing(dispatcher)
        self._has_told = False
        self._resumes = resumes
        self.options = options
        self.unpublished: dict[str, str] = {}
        self.notes: list[str] = []
        self.rows = DrainRows(
            dispatcher,
            ledger,
            self.new_search,
            site=site,
            settle=options.settle,
            after_pass=self._weigh_arrivals,
        )

    def new_search(self) -> InstanceSearch:
        """A search for what is to be drained."""
        options = self.options
        return InstanceSearch(
            self._dispatcher,
            options.workflow_ids,
            options.selection,
            name=options.name,
            concurrency=self._concurrency,
        )

    async def plan(self) -> DrainPlan:
        """See what runs, before anything is changed.

        Raises:
            ConfigurationError: It is more than `max_instances`.
        """
        search, plan = self.new_search(), DrainPlan()
        async for page in search.pages():
            plan.counts.update(one.workflow_id for one in page)
        plan.stop = search.stop
        plan.others = sum(one.others for one in search.listings)
        if search.problem is not None:
            plan.gaps.append(f"The list of workflows could not be read: {search.problem.detail}.")
        plan.gaps += [
            f"The workflow {one.workflow_id} could not be listed: {one.problem.detail}."
            for one in search.unlisted
            if one.problem is not None
        ]
        if plan.stop is None:
            most = self.options.max_instances
            if most is not None and plan.found > most:
                raise ConfigurationError(
                    f"{plan.found:,} instances run, which is more than --max-instances {most:,}. "
                    "Nothing was sent. Look at them with `bulkcancel find`, or raise the number."
                )
            await self._read_workflows(plan)
        return plan

    async def _read_workflows(self, plan: DrainPlan) -> None:
        named = self.options.workflow_ids
        wanted = [one for one, _ in plan.counts.most_common()] if named is None else list(named)
        try:
            for workflow_id in wanted[:_MOST_READ]:
                found = await self._publishing.read(workflow_id)
                if found is not None:
                    plan.workflows[workflow_id] = found
        except StoppedError:
            plan.stop = self._dispatcher.stop_signal.reason

    async def prepare(self) -> None:
        """See that not too much runs, and stop the automatic triggers where that was asked for.

        Raises:
            ConfigurationError: More than `max_instances` run, or a workflow can't be unpublished.
        """
        try:
            plan = await self.plan()
            if self.options.unpublish and plan.stop is None:
                ids = self.options.workflow_ids
                await self.unpublish(list(plan.counts) if ids is None else ids)
        except StoppedError:
            return  # the run that follows ends at once, and says why

    async def unpublish(self, workflow_ids: "Sequence[str]") -> None:
        """Stop the automatic triggers of these workflows; where one can't be, none is.

        Raises:
            ConfigurationError: One can't be, and those before it are published again as far as they can be.
            StoppedError: The operation stops.
        """
        for workflow_id in workflow_ids:
            before = await self._publishing.read(workflow_id)
            name = "" if before is None else before.name
            if before is not None and before.published is False:
                if self._resumes and self.options.republish:  # an earlier run of this drain may have done it
                    self.unpublished[workflow_id] = name
                continue
            try:
                await self._publishing.set(workflow_id, published=False)
            except PublishingError as error:
                await self.republish()
                raise ConfigurationError(f"Nothing was canceled: {error}") from None
            self.unpublished[workflow_id] = name

    async def republish(self) -> None:
        """Publish again what was unpublished; what can't be stays in `unpublished`, and `notes` say why.

        It is done also where the drain was stopped: that stop has ended what it was to end.
        """
        self._dispatcher.stop_signal.clear()
        for workflow_id in tuple(self.unpublished):
            try:
                await self._publishing.set(workflow_id, published=True)
            except (PublishingError, StoppedError) as error:
                self.notes.append(str(error) or f"{workflow_id} was not published again.")
            else:
                del self.unpublished[workflow_id]

    def outcome(self, summary: "Summary") -> DrainOutcome:
        """What it came to, when its run has ended."""
        passes = self.rows.passes
        return DrainOutcome(
            summary,
            self.rows.is_empty,
            tuple(passes[-1].gaps) if passes else (),
            len(passes),
            tuple(self.unpublished),
        )

    def conclude(self, summary: "Summary") -> "Summary":
        """A drain has done well only where it is proven that nothing runs."""
        if summary.exit_code is ExitCode.OK and not self.rows.is_empty:
            return replace(summary, exit_code=ExitCode.INCOMPLETE)
        return summary

    def _weigh_arrivals(self, ended: "Pass", seconds: float) -> None:
        """Say that the source is not stopped, once, when it shows."""
        if ended.number == 1 or not ended.new or self._has_told or self.options.unpublish or seconds <= 0.0:
            return
        self._has_told = True
        arriving, ending = (count * _MINUTE / seconds for count in (ended.new, max(ended.ended, 0)))
        words = f"New instances keep starting: {arriving:,.0f} a minute, while {ending:,.0f} a minute end."
        if ended.new >= ended.ended:
            words += " So this will not come to an end."
        words += " To stop the source, say --unpublish, or stop what starts them."
        if self._dispatcher.observers:
            self._dispatcher.observers.tell(Concerned(Concern.KEEPS_STARTING, words))
