"""A run over the rows of an input, at work."""

from typing import TYPE_CHECKING

from bulkcancel.cli.closing import Closing
from bulkcancel.cli.execute import Execution
from bulkcancel.progress.run_progress import RunProgress

if TYPE_CHECKING:
    from bulkcancel.cli.prepared_run import PreparedRun
    from bulkcancel.clock import Clock
    from bulkcancel.engine.intake import RowSource
    from bulkcancel.operations.cancel import CancelRun
    from bulkcancel.operations.report_target import ReportWriter
    from bulkcancel.operations.session import Session
    from bulkcancel.progress.messages import Messages


class RunExecution(Execution):
    """Cancels what an input names, and says how it ends."""

    def __init__(
        self,
        rows: "RowSource",
        prepared: "PreparedRun",
        report: "ReportWriter",
        messages: "Messages",
        clock: "Clock",
        *,
        words: list[str],
    ) -> None:
        super().__init__(prepared, report, messages, clock, words=words)
        self._rows = rows

    def progress(self) -> RunProgress:
        """How far it is."""
        return RunProgress(self._clock)

    def new_run(self, session: "Session") -> "CancelRun":
        """The run, about to begin."""
        prepared = self._prepared
        return session.new_run(
            self._rows,
            self._report,
            prepared.ledger,
            prepared.tally,
            prepared.settings,
            totals=prepared.totals,
        )

    def closing(self) -> Closing:
        """What says how it ended."""
        return Closing(self._prepared, self._messages, words=self._words)
