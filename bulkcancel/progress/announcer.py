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
    Paused,
    QuotaSeen,
    Resumed,
    Started,
    Stopping,
)
from bulkcancel.progress.words import duration

if TYPE_CHECKING:
    from bulkcancel.clock import Clock
    from bulkcancel.events import Event
    from bulkcancel.models import Result
    from bulkcancel.progress.messages import Messages


class Announcer:
    """An observer that turns events into messages."""

    def __init__(self, messages: "Messages", clock: "Clock") -> None:
        self._messages = messages
        self._clock = clock

    def observe(self, event: "Event") -> None:
        """Say what is worth a word."""
        if isinstance(event, Attempted):
            return
        if isinstance(event, Finished):
            if self._messages.is_verbose:
                self._say_result(event.result)
        elif isinstance(event, OutageBegan):
            self._messages.warning(
                f"{_WHO[event.endpoint]} not answered soundly for "
                f"{duration(self._clock.now() - event.since)}; {event.detail}. "
                "Rows wait; one probe at a time asks again."
            )
        elif isinstance(event, OutageEnded):
            what = "" if event.endpoint is Endpoint.CANCEL else " reads"
            self._messages.info(f"The API answers{what} again, after {duration(event.seconds)}.")
        elif isinstance(event, Concerned):
            self._say_concern(event)
        elif not isinstance(
            event, Started | PageRead | Listed | Paused | Resumed | QuotaSeen | Stopping | Ended
        ):
            assert_never(event)

    def _say_result(self, result: "Result") -> None:
        words = [f"line {result.line}: {result.outcome.value}", result.error_code, result.error_detail]
        self._messages.detail(
            " · ".join(filter(None, words)),
            line=result.line,
            workflow_id=result.workflow_id,
            instance_id=result.instance_id,
            outcome=result.outcome.value,
            attempts=result.attempts,
        )

    def _say_concern(self, event: Concerned) -> None:
        match event.concern:
            case Concern.BROKEN_HEADER:
                self._messages.warning(f"The API's {event.detail} header can't be true; going by the rest.")
            case Concern.RATE_LIMIT_503:
                self._messages.info(
                    "A rate limit on the way to the API answers 503 instead of 429; requests are paced by it."
                )
            case Concern.FEW_FILES:
                self._messages.warning(
                    "This process may open no more files, so fewer requests go at once. They are sent when "
                    "there is room; to change that, raise the limit with `ulimit -n`."
                )
            case Concern.MAY_NOT_READ:
                self._messages.warning(
                    f"These keys may not read instances: {event.detail}. So nobody looks whether one had "
                    "ended; that needs the permission workflows_read."
                )
            case Concern.NOT_COMPACTED:
                self._messages.warning(event.detail)
            case Concern.SLOW_DISK:
                self._messages.warning("The disk is slow: after a power cut, the last rows are sent again.")
            case _:
                assert_never(event.concern)


_WHO = {
    Endpoint.CANCEL: "The API has",
    Endpoint.READ: "Reads of instances have",
    Endpoint.LIST: "Lists of instances have",
    Endpoint.LIST_WORKFLOWS: "The list of workflows has",
    Endpoint.READ_WORKFLOW: "Reads of workflows have",
    Endpoint.PUBLISH: "Changes of workflows have",
}
