"""What a drain would cancel: seen before anything is changed, and shown."""

from typing import TYPE_CHECKING

from bulkcancel.cli.at_work import at_work
from bulkcancel.cli.drain_words import plan_lines
from bulkcancel.ledger import Ledger
from bulkcancel.models import ExitCode, StopReason
from bulkcancel.progress.log_events import LogEvent
from bulkcancel.progress.words import end_words

if TYPE_CHECKING:
    from bulkcancel.cli.invocation import Invocation
    from bulkcancel.cli.prepared_run import PreparedRun
    from bulkcancel.clock import Clock
    from bulkcancel.operations.drain import DrainOptions, DrainPlan
    from bulkcancel.progress.messages import Messages


class DrainPreview:
    """Sees what runs before anything is changed, and shows it."""

    def __init__(
        self, prepared: "PreparedRun", options: "DrainOptions", messages: "Messages", clock: "Clock"
    ) -> None:
        self._prepared = prepared
        self._options = options
        self._messages = messages
        self._clock = clock
        self.plan: DrainPlan

    @property
    def asks(self) -> bool:
        """Whether a question follows."""
        return not self._prepared.options.yes and bool(self.plan.found or self._options.unpublish)

    async def run(self, invocation: "Invocation") -> ExitCode | None:
        """Look; gives the exit status where it ends here."""
        prepared = self._prepared
        async with at_work(prepared.connection, prepared.settings, self._messages, self._clock) as working:
            with invocation.signals.heard_by(working.session.stop, is_run=False):
                self.plan = await working.session.new_drain(self._options, Ledger()).plan()
        if self.plan.stop is not None:
            stop = self.plan.stop
            return self._end(f"{end_words(stop)}. Nothing was changed.", stop.exit_code, stop)
        asks = self.asks and not prepared.options.dry_run
        say = self._messages.last if asks else self._messages.info
        lines = plan_lines(
            self.plan,
            self._options,
            where=prepared.connection.name_and_key,
            rate=None if asks else prepared.settings.rate,  # else the question says how long it takes
            reason=prepared.options.reason,
        )
        say(LogEvent.PLAN, *lines, to_send=self.plan.found, workflows=len(self.plan.counts))
        for gap in self.plan.gaps:
            self._messages.warning(LogEvent.PLAN_GAP, gap)
        return None

    def end(self) -> ExitCode:
        """The last word of a dry run."""
        if self.plan.gaps:
            text = "Dry run: not everything could be listed; nothing was sent."
            return self._end(text, ExitCode.INCOMPLETE)
        return self._end("Dry run: nothing was sent. Run it without --dry-run.", ExitCode.OK)

    def _end(self, text: str, code: ExitCode, stop: StopReason | None = None) -> ExitCode:
        ending = self._prepared.options.ok_exit.ending(code, stop)
        self._messages.last(LogEvent.ENDED, ending.said(text), **ending.as_dict())
        return ending.process_code
