"""What a run is made of, before anything is sent."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bulkcancel.cli.connection import Connection
    from bulkcancel.cli.run_options import RunOptions
    from bulkcancel.cli.watching import Watching
    from bulkcancel.engine.totals import Totals
    from bulkcancel.ledger import Ledger
    from bulkcancel.operations.report_target import ReportTarget
    from bulkcancel.settings import Settings
    from bulkcancel.tally import Tally


class NamedInput(Protocol):
    """What a run is about, as messages and the command that goes on name it."""

    @property
    def name(self) -> str:
        """What to call it."""
        ...

    @property
    def is_replayable(self) -> bool:
        """Whether it can be read again, or looked up again."""
        ...


@dataclass(frozen=True, slots=True)
class PreparedRun:
    """What was asked for, understood, and everything opened that can be before the question.

    Attributes:
        options: What was typed.
        settings: How the run behaves.
        connection: Where requests go, and as whom.
        target: Where the report goes.
        source: What it is about.
        ledger: What is on record.
        tally: The counts of that.
        totals: How many rows the report is to have.
        watching: Who is told of it from afar.
        workflow_ids: The workflows whose instances are to be canceled, as far as they are known beforehand.
    """

    options: "RunOptions"
    settings: "Settings"
    connection: "Connection"
    target: "ReportTarget"
    source: NamedInput
    ledger: "Ledger"
    tally: "Tally"
    totals: "Totals"
    watching: "Watching"
    workflow_ids: tuple[str, ...] = ()
