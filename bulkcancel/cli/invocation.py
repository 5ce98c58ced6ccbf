"""What a command is told about the process that it runs in."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bulkcancel.cli.signals import Signals
    from bulkcancel.progress.writer import BackgroundWriter


@dataclass(frozen=True, slots=True)
class Invocation:
    """One command line at work.

    Attributes:
        words: What was typed, without the program's name.
        stderr: Where messages go.
        signals: What signals do.
        run_id: A name of its own for this run, a UUID: in the log, the summary and the page.
        began_at: When it began, in seconds since the epoch.
    """

    words: list[str]
    stderr: "BackgroundWriter"
    signals: "Signals"
    run_id: str
    began_at: float


def current() -> Invocation:
    """The one that the running command belongs to."""
    found: Invocation = click.get_current_context().obj
    return found
