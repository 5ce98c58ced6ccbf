"""Everything that sends requests to one API: it outlives a run, and so does what it has learned."""

import random
from typing import TYPE_CHECKING

from bulkcancel.clock import SystemClock
from bulkcancel.engine.credential_check import CredentialCheck
from bulkcancel.engine.limiter import Limiter
from bulkcancel.engine.limiter_watch import LimiterWatch
from bulkcancel.engine.observers import Observers
from bulkcancel.engine.reader import Reader
from bulkcancel.engine.sender import Sender
from bulkcancel.engine.state_reader import StateReader
from bulkcancel.engine.stop_signal import StopSignal
from bulkcancel.events import Endpoint
from bulkcancel.pacing import Pacer

if TYPE_CHECKING:
    from collections.abc import Callable

    from bulkcancel.clock import Clock
    from bulkcancel.engine.api import Api
    from bulkcancel.settings import Settings

_MOST_ASIDE = 16  # requests in flight of what goes on beside canceling and listing


class Dispatcher:
    """Sends requests within the limits of one API.

    Attributes:
        api: The API.
        clock: Where all who work with it get their time from.
        stop_signal: Ends what goes on early.
        observers: Who is told what happens.
        credential_check: What is known of the keys.
        cancels: The limiter of requests that cancel.
        sender: Sends cancels until each is decided or given up.
        states: Reads in which state instances are.
    """

    def __init__(
        self,
        api: "Api",
        settings: "Settings",
        *,
        clock: "Clock | None" = None,
        observers: Observers | None = None,
        jitter: "Callable[[], float]" = random.random,
    ) -> None:
        self.api = api
        self.clock = clock or SystemClock()
        self.stop_signal = StopSignal()
        self.observers = Observers() if observers is None else observers
        self.credential_check = CredentialCheck()
        self._settings = settings
        self._jitter = jitter
        self._readers: dict[Endpoint, Reader] = {}
        self.cancels = self._limiter(Endpoint.CANCEL)
        self.sender = Sender(
            api.cancel,
            api.check_keys,
            self.cancels,
            settings,
            clock=self.clock,
            stop_signal=self.stop_signal,
            credential_check=self.credential_check,
            observers=self.observers,
            jitter=jitter,
        )
        self.states = StateReader(
            api,
            self.reader(Endpoint.READ),
            self.reader(Endpoint.LIST),
            clock=self.clock,
            observers=self.observers,
        )

    def reader(self, endpoint: Endpoint) -> Reader:
        """What sends the requests of one endpoint, through its own limiter: each has a quota of its own."""
        found = self._readers.get(endpoint)
        if found is None:
            found = self._readers[endpoint] = Reader(
                endpoint,
                self._limiter(endpoint),
                self._settings,
                clock=self.clock,
                stop_signal=self.stop_signal,
                observers=self.observers,
                jitter=self._jitter,
            )
        return found

    def _limiter(self, endpoint: Endpoint) -> Limiter:
        settings = self._settings
        is_aside = endpoint is not Endpoint.CANCEL and endpoint is not Endpoint.LIST
        pacer = Pacer(
            concurrency=min(settings.concurrency, _MOST_ASIDE) if is_aside else settings.concurrency,
            rate=None if is_aside else settings.rate,
            headroom=settings.headroom,
        )
        watch = LimiterWatch(endpoint, pacer, self.observers, self.clock)
        return Limiter(pacer, self.clock, self.stop_signal, watch)
