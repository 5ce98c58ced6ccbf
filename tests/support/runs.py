"""Runs over a fake API, each with a dispatcher of its own."""

import random
from collections.abc import Callable

from bulkcancel.clock import Clock
from bulkcancel.engine.api import Api
from bulkcancel.engine.dispatcher import Dispatcher
from bulkcancel.engine.observers import Observers
from bulkcancel.engine.run import Run
from bulkcancel.events import Event, Observer
from bulkcancel.ledger import Ledger
from bulkcancel.settings import Settings
from bulkcancel.tally import Tally


class Heard:
    """An observer that keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def observe(self, event: Event) -> None:
        """Keep it."""
        self.events.append(event)


def new_run(
    api: Api,
    settings: Settings,
    *,
    clock: Clock | None = None,
    jitter: Callable[[], float] = random.random,
    ledger: Ledger | None = None,
    tally: Tally | None = None,
    observers: tuple[Observer, ...] = (),
) -> Run:
    """A run that is about to begin."""
    dispatcher = Dispatcher(api, settings, clock=clock, jitter=jitter, observers=Observers(observers))
    return Run(dispatcher, settings, ledger=ledger, tally=tally)
