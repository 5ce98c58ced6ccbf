"""Everything that sends requests to one API: it outlives a run, and so does what it has learned."""

import random
from typing import TYPE_CHECKING, Protocol

from bulkcancel.clock import SystemClock
from bulkcancel.engine.credential_check import CredentialCheck
from bulkcancel.engine.limiter import Limiter
from bulkcancel.engine.limiter_watch import LimiterWatch
from bulkcancel.engine.observers import Observers
from bulkcancel.engine.sender import Sender
from bulkcancel.engine.stop_signal import StopSignal
from bulkcancel.engine.verifier import Verifier
from bulkcancel.events import Endpoint
from bulkcancel.pacing import Pacer

if TYPE_CHECKING:
    from collections.abc import Callable

    from bulkcancel.clock import Clock
    from bulkcancel.models import Failure, InstanceRef, Reply
    from bulkcancel.settings import Settings

_MOST_READS = 16


class Api(Protocol):
    """What the engine needs of the API."""

    async def cancel(self, ref: "InstanceRef") -> "Reply | Failure":
        """Ask for one instance to be canceled."""
        ...

    async def get_instance(self, ref: "InstanceRef") -> "Reply | Failure":
        """Read one instance."""
        ...

    async def check_keys(self) -> "Reply | Failure":
        """Ask whether both keys are good."""
        ...


class Dispatcher:
    """Sends requests within the limits of one API.

    Attributes:
        clock: Where all who work with it get their time from.
        stop_signal: Ends what goes on early.
        observers: Who is told what happens.
        credential_check: What is known of the keys.
        cancels: The limiter of requests that cancel.
        reads: The limiter of requests that read: reads and cancels have different quotas.
        sender: Sends cancels until each is decided or given up.
        verifier: Watches instances until they have ended.
    """

    def __init__(
        self,
        api: Api,
        settings: "Settings",
        *,
        clock: "Clock | None" = None,
        observers: Observers | None = None,
        jitter: "Callable[[], float]" = random.random,
    ) -> None:
        self.clock = clock or SystemClock()
        self.stop_signal = StopSignal()
        self.observers = Observers() if observers is None else observers
        self.credential_check = CredentialCheck()
        pacer = Pacer(concurrency=settings.concurrency, rate=settings.rate, headroom=settings.headroom)
        self.cancels = self._limiter(pacer, Endpoint.CANCEL)
        readers = min(settings.concurrency, _MOST_READS)
        self.reads = self._limiter(Pacer(concurrency=readers, headroom=settings.headroom), Endpoint.READ)
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
        self.verifier = Verifier(
            api.get_instance,
            self.reads,
            clock=self.clock,
            stop_signal=self.stop_signal,
            observers=self.observers,
        )

    def _limiter(self, pacer: Pacer, endpoint: Endpoint) -> Limiter:
        watch = LimiterWatch(endpoint, pacer, self.observers, self.clock)
        return Limiter(pacer, self.clock, self.stop_signal, watch)
