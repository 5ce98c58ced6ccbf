"""One API for several operations: what was learned of its quota, its keys and its outages stays."""

import os
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from bulkcancel.engine.totals import Totals
from bulkcancel.ledger import Ledger
from bulkcancel.operations.arguments import check_arguments, is_duration
from bulkcancel.operations.cancel_arguments import check_cancel_arguments, workflow_ids_of
from bulkcancel.operations.drain import DrainOptions, DrainOutcome
from bulkcancel.operations.find import InstanceSearch
from bulkcancel.operations.recorded_rows import RecordedRows, sendable
from bulkcancel.operations.report_target import ReportTarget
from bulkcancel.operations.selection import Selection
from bulkcancel.operations.session_core import SessionCore
from bulkcancel.settings import Settings
from bulkcancel.sources import CallerPairs
from bulkcancel.tally import Tally

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Awaitable, Iterable, Iterator
    from uuid import UUID

    from bulkcancel.engine.intake import RowSource
    from bulkcancel.engine.run import ResultHandler
    from bulkcancel.models import Recorded, Result
    from bulkcancel.operations.status import StatusReading
    from bulkcancel.sources import Pair
    from bulkcancel.tally import Summary


class Session(SessionCore):
    """An API that is connected, for as many operations as one likes; `open_session` makes one.

    All operations of a session share its limits: two that run side by side spend one quota together.

    Attributes:
        settings: How operations behave that are given no settings of their own.
        site: What reports call the API.
    """

    async def cancel(
        self,
        pairs: "Iterable[Pair] | AsyncIterable[Pair] | None" = None,
        *,
        report: "str | os.PathLike[str] | None" = None,
        resume: bool = False,
        on_result: "ResultHandler | None" = None,
        settings: Settings | None = None,
        any_id: bool = False,
    ) -> "Summary":
        """Cancel every instance of `pairs`.

        Args:
            pairs: As for `cancel_all`.
            report: As for `cancel_all`.
            resume: As for `cancel_all`.
            on_result: As for `cancel_all`.
            settings: How this operation behaves; in `concurrency`, `rate`, `headroom`, `timeout`,
                `max_attempts` and `max_throttled` as the session does. By default the session's.
            any_id: As for `cancel_all`.

        Returns:
            The counts, what was spent, and why it ended early, if it did.

        Raises:
            ConfigurationError: As for `cancel_all`, or `settings` differ in what concerns the session.
            ReportError: As for `cancel_all`.
            Exception: As for `cancel_all`.
        """
        check_cancel_arguments(pairs, report=report, resume=resume, on_result=on_result, any_id=any_id)
        settings = self.settings_of(settings)
        ledger, tally = Ledger(), Tally()
        if report is None:
            source: RowSource = CallerPairs(pairs or (), any_id=any_id)
            return await self.finish(self.new_run(source, None, ledger, tally, settings, on_result=on_result))
        with closing(ReportTarget(os.fspath(report), resume=resume)) as target:
            totals = Totals()
            if pairs is not None:
                source = CallerPairs(pairs, any_id=any_id)
                target.load(ledger, tally, site=self.site, to_write=True)
            else:
                source = recorded = RecordedRows(target.existing, ledger, any_id=any_id)
                target.load(ledger, tally, site=self.site, to_write=True, check=recorded.check)
                totals = Totals(tally.rows, tally.rows)
            writer = target.open()
            try:
                run = self.new_run(
                    source, writer, ledger, tally, settings, totals=totals, on_result=on_result
                )
                return await self.finish(run)
            except BaseException:
                target.discard_if_empty()
                raise

    def find_instances(
        self,
        workflows: "Iterable[str | UUID] | None" = None,
        *,
        selection: Selection | None = None,
        name: str = "",
        any_id: bool = False,
    ) -> InstanceSearch:
        """Find instances, each once, as soon as the page it stands on is in.

        Args:
            workflows: The ids of the workflows to look into; by default all that the API lists.
            selection: Which instances are wanted; by default those that run.
            name: Without `workflows`: only those that the API finds when asked for this text.
            any_id: Whether ids may be other than UUIDs.

        Returns:
            What to iterate over, once, with `async for`. Its attributes tell what could not be listed.

        Raises:
            ConfigurationError: An argument can't be used.
        """
        check_arguments(
            ("selection", selection, "a Selection", isinstance(selection, Selection | None)),
            ("name", name, "a text", isinstance(name, str)),
        )
        ids = workflow_ids_of(workflows, any_id=any_id)
        self.forget_stop()
        return InstanceSearch(
            self._dispatcher,
            ids,
            selection or Selection(),
            name=name,
            concurrency=self.settings.concurrency,
        )

    def read_states(
        self,
        pairs: "Iterable[Pair] | AsyncIterable[Pair]",
        *,
        wait: bool = False,
        timeout: float = 600.0,
        any_id: bool = False,
    ) -> "StatusReading":
        """Read in which state instances are: by pages of a workflow's list where that takes fewer requests.

        Args:
            pairs: As for `cancel_all`.
            wait: Whether to read those that run again and again, until they have ended.
            timeout: Seconds to wait for that, once all pairs are read.
            any_id: Whether ids may be other than UUIDs.

        Returns:
            What to iterate over, once, with `async for`: an `InstanceStatus` for each pair. Its attributes
            tell how many there are of each state, and why it ended early, if it did.

        Raises:
            ConfigurationError: An argument can't be used.
        """
        check_arguments(
            ("pairs", pairs, "an iterable of (workflow id, instance id) pairs", CallerPairs.can_take(pairs)),
            ("wait", wait, "True or False", isinstance(wait, bool)),
            ("timeout", timeout, "a number of seconds above 0", is_duration(timeout)),
            ("any_id", any_id, "True or False", isinstance(any_id, bool)),
        )
        return self.new_reading(CallerPairs(pairs, any_id=any_id), wait=wait, timeout=timeout)

    async def drain(  # noqa: PLR0913 - each by its name
        self,
        workflows: "Iterable[str | UUID] | None" = None,
        *,
        selection: Selection | None = None,
        name: str = "",
        report: "str | os.PathLike[str] | None" = None,
        resume: bool = False,
        settle: float = 10.0,
        unpublish: bool = False,
        republish: bool = False,
        max_instances: int | None = None,
        on_result: "ResultHandler | None" = None,
        settings: Settings | None = None,
        any_id: bool = False,
    ) -> DrainOutcome:
        """Cancel what runs, again and again, until two passes in a row find nothing running.

        Args:
            workflows: The ids of the workflows to drain; by default all that the API lists.
            selection: Which running instances are wanted; by default all.
            name: Without `workflows`: only those that the API finds when asked for this text.
            report: As for `cancel_all`; an instance has one row, however many passes met it.
            resume: As for `cancel_all`.
            settle: Seconds between the two passes that must find nothing, 0 or more.
            unpublish: Whether to stop the automatic triggers of `workflows` first.
            republish: Whether to publish them again at the end, whatever the end.
            max_instances: If more run, nothing is sent; or None.
            on_result: As for `cancel_all`; an instance that is tried again has a result each time.
            settings: As for `cancel`; its `verify_timeout` is the time before a cancel is sent again.
            any_id: Whether ids may be other than UUIDs.

        Returns:
            What became of the rows, and whether it is proven that nothing runs.

        Raises:
            ConfigurationError: An argument can't be used, more than `max_instances` run, or a workflow can't
                be unpublished; nothing was canceled.
            ReportError: As for `cancel_all`.
            Exception: As for `cancel_all`.
        """
        check_cancel_arguments((), report=report, resume=resume, on_result=on_result, any_id=any_id)
        options = DrainOptions(
            workflow_ids=workflow_ids_of(workflows, any_id=any_id),
            name=name,
            selection=selection or Selection(),
            settle=settle,
            unpublish=unpublish,
            republish=republish,
            max_instances=max_instances,
        )
        settings = replace(self.settings_of(settings), verify=True, limit=None, shard=None)
        self.forget_stop()
        ledger, tally = Ledger(), Tally()
        if report is None:
            return await self._drain(options, None, ledger, tally, settings, on_result, any_id=any_id)
        with closing(ReportTarget(os.fspath(report), resume=resume)) as target:
            return await self._drain(options, target, ledger, tally, settings, on_result, any_id=any_id)

    async def _drain(
        self,
        options: DrainOptions,
        target: ReportTarget | None,
        ledger: Ledger,
        tally: Tally,
        settings: Settings,
        on_result: "ResultHandler | None",
        *,
        any_id: bool,
    ) -> DrainOutcome:
        drain = self.new_drain(options, ledger, resumes=target is not None and target.resumes)
        writer = None
        if target is not None:

            def check(records: "Iterable[Recorded]") -> "Iterator[Recorded]":
                return drain.rows.check(sendable(records, target.existing, any_id=any_id))

            target.load(ledger, tally, site=self.site, to_write=True, check=check)
        if options.max_instances is not None or options.unpublish:
            await drain.prepare()
        if target is not None:
            writer = target.open()
            target.require_compaction(ledger)
            drain.rows.announce = writer.take

        def handle(result: "Result") -> "Awaitable[None] | None":
            drain.rows.note(result)
            return None if on_result is None else on_result(result)

        run = self.new_run(
            drain.rows, writer, ledger, tally, settings, on_result=handle, anew=True, conclude=drain.conclude
        )
        try:
            summary = await self.finish(run)
        except BaseException:
            if target is not None:
                target.discard_if_empty()
            raise
        finally:
            if options.republish:
                await drain.republish()
        return drain.outcome(summary)
