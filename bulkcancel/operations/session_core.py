"""What all operations on one API share: limits, keys and outages that were learned of, and a stop."""

from dataclasses import fields
from typing import TYPE_CHECKING

from bulkcancel.engine.dispatcher import Dispatcher
from bulkcancel.engine.totals import Totals
from bulkcancel.errors import ConfigurationError
from bulkcancel.models import StopReason
from bulkcancel.operations.cancel import CancelRun
from bulkcancel.operations.drain import Drain
from bulkcancel.operations.status import StatusReading
from bulkcancel.settings import PER_SESSION, Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from bulkcancel.clock import Clock
    from bulkcancel.engine.api import Api
    from bulkcancel.engine.intake import RowSource
    from bulkcancel.engine.observers import Observers
    from bulkcancel.engine.run import ResultHandler
    from bulkcancel.ledger import Ledger
    from bulkcancel.operations.drain import DrainOptions
    from bulkcancel.operations.report_target import ReportWriter
    from bulkcancel.tally import Summary, Tally

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


class SessionCore:
    """An API that is connected, and what has been learned of it.

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
        observers: "Observers | None" = None,
        clock: "Clock | None" = None,
    ) -> None:
        self.settings = settings
        self.site = site
        self._dispatcher = Dispatcher(api, settings, clock=clock, observers=observers)
        self._running = 0

    def stop(self, reason: StopReason = StopReason.INTERRUPTED) -> None:
        """End what goes on, and whatever follows: requests on the wire finish, every row is accounted for."""
        self._dispatcher.stop_signal.request(reason)

    def forget_stop(self) -> None:
        """Take back a stop that concerned an operation which is over."""
        stop_signal = self._dispatcher.stop_signal
        if not self._running and stop_signal.reason in _OF_ONE_OPERATION:
            stop_signal.clear()

    def new_run(  # noqa: PLR0913 - each by its name
        self,
        source: "RowSource",
        report: "ReportWriter | None",
        ledger: "Ledger",
        tally: "Tally",
        settings: Settings,
        *,
        totals: Totals | None = None,
        on_result: "ResultHandler | None" = None,
        anew: bool = False,
        conclude: "Callable[[Summary], Summary] | None" = None,
    ) -> CancelRun:
        """A run over rows and a report that somebody else opens and closes.

        Args:
            source: The rows.
            report: Keeps the results, or None.
            ledger: Knows what is done.
            tally: Counts.
            settings: How it behaves.
            totals: How many rows the report is to have.
            on_result: As for `cancel_all`.
            anew: Whether a pair that is done is sent again.
            conclude: Has the last word on the summary.
        """
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
            anew=anew,
            conclude=conclude,
        )

    def new_drain(self, options: "DrainOptions", ledger: "Ledger", *, resumes: bool = False) -> Drain:
        """A drain whose `rows` a run of this session is to take its work from."""
        return Drain(
            self._dispatcher, options, ledger, self.settings.concurrency, site=self.site, resumes=resumes
        )

    def new_reading(self, source: "RowSource", *, wait: bool, timeout: float) -> StatusReading:
        """A reading of the states of rows that somebody else opens and closes."""
        self.forget_stop()
        return StatusReading(self._dispatcher, source, site=self.site, wait=wait, timeout=timeout)

    async def finish(self, run: CancelRun) -> "Summary":
        """Run to the end, and raise what failed."""
        self.forget_stop()
        self._running += 1
        try:
            summary = await run.run()
        finally:
            self._running -= 1
        if run.error is not None:
            raise run.error
        return summary

    def settings_of(self, settings: Settings | None) -> Settings:
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
