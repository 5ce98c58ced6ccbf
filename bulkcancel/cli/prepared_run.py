"""What a run is made of, before anything is sent."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from bulkcancel.cli.connection import Connection
    from bulkcancel.cli.run_options import RunOptions
    from bulkcancel.cli.watching import Watching
    from bulkcancel.engine.totals import Totals
    from bulkcancel.ledger import Ledger
    from bulkcancel.models import Row
    from bulkcancel.operations.report_target import ReportTarget
    from bulkcancel.settings import Settings
    from bulkcancel.tally import Tally


class NamedRows(Protocol):
    """Where rows come from, and what to call that in messages."""

    name: str
    is_replayable: bool

    def batches(self) -> "AsyncIterator[Iterator[Row]]":
        """Give the rows."""
        ...

    def stop_waiting(self) -> None:
        """Give what has been read, then end."""
        ...


@dataclass(frozen=True, slots=True)
class PreparedRun:
    """What was asked for, understood, and everything opened that can be before the question.

    Attributes:
        options: What was typed.
        settings: How the run behaves.
        connection: Where requests go, and as whom.
        target: Where the report goes.
        source: Where rows come from.
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
    source: "NamedRows"
    ledger: "Ledger"
    tally: "Tally"
    totals: "Totals"
    watching: "Watching"
    workflow_ids: tuple[str, ...] = ()
