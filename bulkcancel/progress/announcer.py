"""Says what a person should know at once while an operation goes on; with `-v`, also each result."""

from typing import TYPE_CHECKING, assert_never

from bulkcancel.events import (
    Attempted,
    Concern,
    Concerned,
    Ended,
    Endpoint,
    Finished,
    Listed,
    OutageBegan,
    OutageEnded,
    PageRead,
    PassEnded,
    Paused,
    QuotaSeen,
    Resumed,
    Started,
    StateSeen,
    Stopping,
)
from bulkcancel.progress.held import REQUESTS, fault_detail, fault_words
from bulkcancel.progress.log_events import LogEvent
from bulkcancel.progress.words import span

if TYPE_CHECKING:
    from bulkcancel.clock import Clock
    from bulkcancel.events import Event
    from bulkcancel.models import Result
    from bulkcancel.progress.messages import Messages

_NOTHING_LOST = "Paused, asking again every 1 to 10 s. Nothing is lost."


class Announcer:
    """An observer that turns events into messages.

    Args:
        messages: Says them.
        clock: The time.
        unsaid: Concerns that whoever shows the operation tells in words of its own.
    """

    def __init__(
        self, messages: "Messages", clock: "Clock", unsaid: "frozenset[Concern]" = frozenset()
    ) -> None:
        self._messages = messages
        self._clock = clock
        self._unsaid = unsaid

    def observe(self, event: "Event") -> None:
        """Say what is worth a word."""
        if isinstance(event, Attempted | StateSeen):
            return
        if isinstance(event, Finished):
            if self._messages.is_verbose:
                self._say_result(event.result)
        elif isinstance(event, OutageBegan):
            self._messages.warning(
                LogEvent.OUTAGE_BEGAN,
                f"{_outage(event, self._clock.now())} {_NOTHING_LOST}",
                endpoint=event.endpoint.value,
                http_status=event.status,
            )
        elif isinstance(event, OutageEnded):
            what = "" if event.endpoint is Endpoint.CANCEL else f" {REQUESTS[event.endpoint]}"
            self._messages.info(
                LogEvent.OUTAGE_ENDED,
                f"The API answers{what} again, after {span(event.seconds)}. Going on.",
                endpoint=event.endpoint.value,
                seconds=round(event.seconds, 3),
            )
        elif isinstance(event, Concerned):
            self._say_concern(event)
        elif not isinstance(
            event, Started | PageRead | Listed | PassEnded | Paused | Resumed | QuotaSeen | Stopping | Ended
        ):
            assert_never(event)

    def _say_result(self, result: "Result") -> None:
        words = [f"line {result.line}: {result.outcome.value}", result.error_code, result.error_detail]
        self._messages.detail(
            LogEvent.ROW,
            " · ".join(filter(None, words)),
            line=result.line,
            workflow_id=result.workflow_id,
            instance_id=result.instance_id,
            outcome=result.outcome.value,
            attempts=result.attempts,
        )

    def _say_concern(self, event: Concerned) -> None:
        if event.concern not in self._unsaid:
            say = self._messages.info if event.concern is Concern.RATE_LIMIT_503 else self._messages.warning
            say(LogEvent(event.concern.value), _concern_words(event))


def _concern_words(event: Concerned) -> str:
    match event.concern:
        case Concern.BROKEN_HEADER:
            return f"The API's {event.detail} header can't be true. It is left out; the job goes on."
        case Concern.RATE_LIMIT_503:
            return (
                "The API answers 503 where a rate limit would answer 429. Sending more slowly; "
                "no row fails by it."
            )
        case Concern.FEW_FILES:
            return (
                "This process may open no more files, so fewer requests go at once. No row is lost. "
                "For more speed, raise the limit with `ulimit -n` and start again."
            )
        case Concern.MAY_NOT_READ:
            return (
                f"These keys may not read instances: {event.detail}. The job goes on, but does not see "
                "which instances had ended before. For that, give the keys workflows_read."
            )
        case Concern.KEEPS_STARTING | Concern.NOT_COMPACTED:
            return event.detail
        case Concern.SLOW_DISK:
            return (
                "The disk is slow. After a power cut, --resume sends the last rows again; that does no harm."
            )
        case _:
            assert_never(event.concern)


def _outage(event: OutageBegan, now: float) -> str:
    """What the API does, as a sentence; of cancels without saying so."""
    words = fault_words(event, now)
    if event.endpoint is not Endpoint.CANCEL:
        words = f"{REQUESTS[event.endpoint]}: {words}"
    said = fault_detail(event.detail, event.status)
    detail = f": {said}" if said else ""
    return f"{words[0].upper()}{words[1:]}{detail}."
