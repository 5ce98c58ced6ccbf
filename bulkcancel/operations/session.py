"""One API for several operations: what was learned of its quota, its keys and its outages stays."""

import os
from contextlib import asynccontextmanager, closing
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from bulkcancel.datadog import Credentials, Target, connect, read_credentials
from bulkcancel.datadog.target import DEFAULT_SITE
from bulkcancel.engine.dispatcher import Dispatcher
from bulkcancel.engine.observers import Observers
from bulkcancel.engine.totals import Totals
from bulkcancel.errors import ConfigurationError
from bulkcancel.ledger import Ledger
from bulkcancel.models import StopReason
from bulkcancel.operations.arguments import check_arguments, require_asyncio
from bulkcancel.operations.cancel import CancelRun
from bulkcancel.operations.find import InstanceSearch
from bulkcancel.operations.recorded_rows import RecordedRows
from bulkcancel.operations.report_target import ReportTarget
from bulkcancel.operations.selection import Selection
from bulkcancel.settings import PER_SESSION, Settings
from bulkcancel.sources import CallerPairs, as_id
from bulkcancel.tally import Tally

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Iterable
    from uuid import UUID

    from bulkcancel.clock import Clock
    from bulkcancel.engine.api import Api
    from bulkcancel.engine.intake import RowSource
    from bulkcancel.engine.run import ResultHandler
    from bulkcancel.events import Observer
    from bulkcancel.operations.report_target import ReportWriter
    from bulkcancel.sources import Pair
    from bulkcancel.tally import Summary

# These ended one operation. Others concern the API itself, or the wish of whoever asked to stop.
_OF_ONE_OPERATION = frozenset(
    {
        StopReason.MAX_FAILURES,
        StopReason.MAX_DURATION,
        StopReason.REPORT_LOST,
        StopReason.INPUT_LOST,
        StopReason.OWN_FAULT,
    }
)


class Session:
    """An API that is connected, for as many operations as one likes; `open_session` makes one.

    All operations of a session share its limits: two that run side by side spend one quota together.

    Attributes:
        settings: How operations behave that are given no settings of their own.
        site: What reports call the API.
    """

    def __init__(
        self,
        api: "Api",
        settings: Settings,
        *,
        site: str = "",
        observers: Observers | None = None,
        clock: "Clock | None" = None,
    ) -> None:
        self.settings = settings
        self.site = site
        self._dispatcher = Dispatcher(api, settings, clock=clock, observers=observers)
        self._running = 0

    def stop(self, reason: StopReason = StopReason.INTERRUPTED) -> None:
        """End what goes on, and whatever follows: requests on the wire finish, every row is accounted for."""
        self._dispatcher.stop_signal.request(reason)

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
        settings = self._settings_of(settings)
        ledger, tally = Ledger(), Tally()
        if report is None:
            source: RowSource = CallerPairs(pairs or (), any_id=any_id)
            return await self._finish(
                self.new_run(source, None, ledger, tally, settings, on_result=on_result)
            )
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
                return await self._finish(run)
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
        is_selection = isinstance(selection, Selection | None)
        is_usable = workflows is None or not isinstance(workflows, str | bytes)
        check_arguments(
            ("workflows", workflows, "an iterable of workflow ids, or None", is_usable),
            ("selection", selection, "a Selection", is_selection),
            ("name", name, "a text", isinstance(name, str)),
        )
        ids: list[str] | None = None
        if workflows is not None:
            ids = []
            for one in workflows:
                found = as_id(str(one).strip(), any_id=any_id)
                if found is None:
                    raise ConfigurationError.of_value("a workflow's id", one, "a UUID")
                ids.append(found)
        if not self._running and self._dispatcher.stop_signal.reason in _OF_ONE_OPERATION:
            self._dispatcher.stop_signal.clear()
        return InstanceSearch(
            self._dispatcher,
            ids,
            selection or Selection(),
            name=name,
            concurrency=self.settings.concurrency,
        )

    def new_run(
        self,
        source: "RowSource",
        report: "ReportWriter | None",
        ledger: Ledger,
        tally: Tally,
        settings: Settings,
        *,
        totals: Totals | None = None,
        on_result: "ResultHandler | None" = None,
    ) -> CancelRun:
        """A run over rows and a report that somebody else opens and closes."""
        return CancelRun(
            self._dispatcher,
            settings,
            source,
            report,
            site=self.site,
            ledger=ledger,
            tally=tally,
            totals=totals or Totals(),
            on_result=on_result,
        )

    async def _finish(self, run: CancelRun) -> "Summary":
        """Run to the end, and raise what failed."""
        stop_signal = self._dispatcher.stop_signal
        if not self._running and stop_signal.reason in _OF_ONE_OPERATION:
            stop_signal.clear()
        self._running += 1
        try:
            summary = await run.run()
        finally:
            self._running -= 1
        if run.error is not None:
            raise run.error
        return summary

    def _settings_of(self, settings: Settings | None) -> Settings:
        """The settings of one operation.

        Raises:
            ConfigurationError: They are none, or differ in what concerns the session.
        """
        if not isinstance(settings, Settings | None):
            raise ConfigurationError.of_value("settings", settings, "a Settings")
        if settings is None:
            return self.settings
        for field in fields(Settings):
            asked, given = getattr(settings, field.name), getattr(self.settings, field.name)
            if field.name in PER_SESSION and asked != given:
                wanted = f"{given!r}, as the session has it: its operations share one {field.name}"
                raise ConfigurationError.of_value(f"Settings.{field.name}", asked, wanted)
        return settings


@asynccontextmanager
async def open_session(
    *,
    settings: Settings | None = None,
    credentials: Credentials | None = None,
    target: Target | None = None,
    ca_bundle: "str | os.PathLike[str] | None" = None,
    observer: "Observer | None" = None,
) -> "AsyncIterator[Session]":
    """Connect to an API, for as many operations as one likes, and let it go afterwards.

    Args:
        settings: How operations behave.
        credentials: The two keys; from the environment by default (`DD_API_KEY`, `DD_APP_KEY`).
        target: The API; by default that of `DD_SITE`, or of datadoghq.com.
        ca_bundle: Certificates to trust instead of the system's.
        observer: Is told what happens, as `bulkcancel.events` has it.

    Raises:
        ConfigurationError: An argument can't be used, a key is missing, the site is unknown, or no asyncio
            event loop runs; nothing was sent.
    """
    require_asyncio()
    is_observer = observer is None or callable(getattr(observer, "observe", None))
    check_arguments(
        ("settings", settings, "a Settings", isinstance(settings, Settings | None)),
        ("credentials", credentials, "a Credentials", isinstance(credentials, Credentials | None)),
        ("target", target, "a Target", isinstance(target, Target | None)),
        ("ca_bundle", ca_bundle, "a path", isinstance(ca_bundle, str | os.PathLike | None)),
        ("observer", observer, "an Observer, with a method `observe`", is_observer),
    )
    settings = settings or Settings()
    credentials = credentials or read_credentials(os.environ)
    target = target or Target.of_site(os.environ.get("DD_SITE") or DEFAULT_SITE)
    bundle = None if ca_bundle is None else Path(ca_bundle)
    observers = Observers(() if observer is None else (observer,))
    async with connect(target, credentials, settings=settings, ca_bundle=bundle) as api:
        yield Session(api, settings, site=target.label, observers=observers)


def check_cancel_arguments(
    pairs: object, *, report: object, resume: object, on_result: object, any_id: object
) -> None:
    """See that a run can begin with these, before anything is opened.

    Raises:
        ConfigurationError: One of them can't be used; the message names it.
    """
    is_usable = pairs is None or CallerPairs.can_take(pairs)
    check_arguments(
        ("pairs", pairs, "an iterable of (workflow id, instance id) pairs", is_usable),
        ("on_result", on_result, "a function that takes a Result", on_result is None or callable(on_result)),
        ("report", report, "a path", isinstance(report, str | os.PathLike | None)),
        ("resume", resume, "True or False", isinstance(resume, bool)),
        ("any_id", any_id, "True or False", isinstance(any_id, bool)),
    )
    if resume and report is None:
        raise ConfigurationError("resume=True needs a report: give the path of the one to continue.")
    if pairs is None and not resume:
        raise ConfigurationError("There are no pairs. Without them, only a report can be resumed.")
