"""Tells observers what happens. One that fails harms nothing."""

import logging
from typing import TYPE_CHECKING

from bulkcancel.events import Attempted
from bulkcancel.models import Failure, Reply

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bulkcancel.events import Endpoint, Event, Observer
    from bulkcancel.models import InstanceRef

_log = logging.getLogger("bulkcancel")


class Observers:
    """All who watch an operation. An empty one is false, so that nothing is made that nobody hears.

    Attributes:
        hear_of_holds: Whether somebody is told of what holds requests back.
    """

    def __init__(self, observers: "Iterable[Observer]" = ()) -> None:
        self._observers = tuple(observers)
        self._of_holds: tuple[Observer, ...] = ()
        self.hear_of_holds = bool(self._observers)

    def __bool__(self) -> bool:
        return bool(self._observers)

    def add(self, observer: "Observer") -> None:
        """Have one more observer told, from here on."""
        self._observers = (*self._observers, observer)
        self.hear_of_holds = True

    def add_for_holds(self, observer: "Observer") -> None:
        """Have one told of what holds requests back, and of nothing else: the set stays as empty as it is."""
        self._of_holds = (*self._of_holds, observer)
        self.hear_of_holds = True

    def remove(self, observer: "Observer") -> None:
        """Tell an observer nothing more; one that failed is gone already."""
        self._observers = tuple(one for one in self._observers if one is not observer)
        self._of_holds = tuple(one for one in self._of_holds if one is not observer)
        self.hear_of_holds = bool(self._observers or self._of_holds)

    def tell_attempt(
        self, endpoint: "Endpoint", ref: "InstanceRef", answer: Reply | Failure, seconds: float
    ) -> None:
        """Tell everybody that a request has ended."""
        if self._observers:
            status = answer.status if isinstance(answer, Reply) else None
            failure = answer.kind if isinstance(answer, Failure) else None
            self.tell(Attempted(endpoint, ref, status, failure, seconds))

    def tell(self, event: "Event") -> None:
        """Tell everybody. One that fails is told nothing more, and the operation goes on."""
        self._tell(event, self._observers)

    def tell_hold(self, event: "Event") -> None:
        """Tell everybody of a pause or an outage, or of its end."""
        self._tell(event, self._observers + self._of_holds)

    def _tell(self, event: "Event", observers: "tuple[Observer, ...]") -> None:
        for observer in observers:  # replaced, never changed, while somebody is told
            try:
                observer.observe(event)
            except Exception:  # noqa: BLE001 - whatever it is, it is not the operation's failure
                self.remove(observer)
                _log.exception("An observer failed and is told nothing more: %r", observer)
