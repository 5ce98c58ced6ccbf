"""A drain at work, and how it is closed."""

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulkcancel.cli.closing import Closing
from bulkcancel.cli.drain_words import end_words_of
from bulkcancel.cli.execute import Execution
from bulkcancel.cli.resume_command import resuming
from bulkcancel.cli.typed_command import command_line
from bulkcancel.engine.stop_signal import StoppedError
from bulkcancel.operations.report_target import STDIO
from bulkcancel.progress.drain_progress import DrainProgress

if TYPE_CHECKING:
    from bulkcancel.cli.prepared_run import PreparedRun
    from bulkcancel.clock import Clock
    from bulkcancel.models import Recorded
    from bulkcancel.operations.cancel import CancelRun
    from bulkcancel.operations.drain import Drain, DrainOptions, DrainPlan
    from bulkcancel.operations.report_target import ReportWriter
    from bulkcancel.operations.session import Session
    from bulkcancel.progress.messages import Messages
    from bulkcancel.tally import Summary


@dataclass(frozen=True, slots=True)
class PlannedDrain:
    """What is to be drained.

    Attributes:
        options: How.
        plan: What ran when it was looked at.
        records: What the report to be continued holds; it is used up when the drain has learned of it.
    """

    options: "DrainOptions"
    plan: "DrainPlan"
    records: "list[Recorded]"


class DrainExecution(Execution):
    """Drains what was looked at, and says how it ends."""

    def __init__(
        self,
        planned: PlannedDrain,
        prepared: "PreparedRun",
        report: "ReportWriter",
        messages: "Messages",
        clock: "Clock",
        *,
        words: list[str],
    ) -> None:
        super().__init__(prepared, report, messages, clock, words=words)
        self._options = planned.options
        self._plan = planned.plan
        self._records = planned.records
        self._drain: Drain

    def progress(self) -> DrainProgress:
        """How far it is."""
        return DrainProgress(self._clock)

    def workflow_ids(self) -> tuple[str, ...]:
        """Those that were named, or in which something runs."""
        named = self._options.workflow_ids
        return tuple(self._plan.counts if named is None else named)

    def new_run(self, session: "Session") -> "CancelRun":
        """The run that takes its rows from the drain."""
        prepared = self._prepared
        prepared.target.require_compaction(prepared.ledger)  # an instance may be met in several passes
        self._drain = session.new_drain(self._options, prepared.ledger, resumes=prepared.target.resumes)
        for _ in self._drain.rows.check(self._records):
            pass
        self._records.clear()
        if prepared.target.path is not None:
            self._drain.rows.announce = self._report.take
        return session.new_run(
            self._drain.rows,
            self._report,
            prepared.ledger,
            prepared.tally,
            prepared.settings,
            totals=prepared.totals,
            on_result=self._drain.rows.note,
            anew=True,
            conclude=self._drain.conclude,
        )

    async def perform(self, run: "CancelRun") -> "Summary":
        """Unpublish where that was asked for, drain, and publish again where that was asked for."""
        options = self._options
        try:
            if options.unpublish:
                ids = options.workflow_ids
                with suppress(StoppedError):  # the run that follows ends at once, and says why
                    await self._drain.unpublish(list(self._plan.counts) if ids is None else ids)
            return await run.run()
        finally:
            if options.republish:
                await self._drain.republish()

    def closing(self) -> Closing:
        """What says how it ended."""
        return DrainClosing(self._prepared, self._messages, self._drain, words=self._words)


class DrainClosing(Closing):
    """Says what a drain came to."""

    def __init__(
        self, prepared: "PreparedRun", messages: "Messages", drain: "Drain", *, words: list[str]
    ) -> None:
        super().__init__(prepared, messages, words=words)
        self._drain = drain

    def last_words(self, summary: "Summary", last: str) -> str:
        """The last line: whether nothing runs, and what is left to do."""
        return end_words_of(
            summary,
            self._drain,
            last=last,
            where=self._prepared.target.name,
            go_on=self.resume_command(summary),
            site=self._prepared.connection.target.site,
        )

    def resume_command(self, summary: "Summary") -> str:  # noqa: ARG002 - as for any run
        """The command that goes on, or empty where the report is no file."""
        target, options = self._prepared.target, self._prepared.options
        if target.path is None:
            return ""
        command = command_line(resuming(self._words, str(target.path), options))
        return f"<the same workflows> | {command}" if options.input == STDIO else command
