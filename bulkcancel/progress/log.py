"""The log's own lines: what an operation tells that a person sees in the progress, and a program can't."""

from math import isfinite
from typing import TYPE_CHECKING, assert_never

from bulkcancel.events import (
    Attempted,
    Concerned,
    Ended,
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
from bulkcancel.progress.announcer import Announcer
from bulkcancel.progress.held import REQUESTS, held_words
from bulkcancel.progress.log_events import LogEvent
from bulkcancel.progress.words import number_of

if TYPE_CHECKING:
    from bulkcancel.clock import Clock
    from bulkcancel.events import Concern, Endpoint, Event, Observer
    from bulkcancel.progress.messages import Messages

_WORTH_A_LINE = 5.0  # seconds of a pause: below, the next line of the progress comes sooner


def message_observers(
    messages: "Messages", clock: "Clock", unsaid: "frozenset[Concern]" = frozenset()
) -> "list[Observer]":
    """What turns an operation's events into messages, for people or for programs.

    Args:
        messages: Says them.
        clock: The operation's clock.
        unsaid: Concerns that whoever shows the operation tells in words of its own.
    """
    announcer = Announcer(messages, clock, unsaid)
    return [announcer, LogObserver(messages, clock)] if messages.is_log else [announcer]


class LogObserver:
    """Writes a line for each event that the `Announcer` leaves to the progress display.

    Single requests are not among them: a log would be nothing but them. What comes often is there with `-v`:
    pages, lists, states, quota windows and pauses shorter than 5 s.
    """

    def __init__(self, messages: "Messages", clock: "Clock") -> None:
        self._messages = messages
        self._clock = clock
        self._paused: set[Endpoint] = set()  # those whose pause was said

    def observe(self, event: "Event") -> None:  # noqa: C901 - a line for each event
        """Write it."""
        info, detail = self._messages.info, self._messages.detail
        fields: dict[str, object]
        match event:
            case Started():
                fields = {outcome.value: count for outcome, count in event.recorded.items() if count}
                rows = "rows" if event.total is None else number_of(event.total, "row")
                on_record = f", {sum(event.recorded.values()):,} of them on record" if fields else ""
                info(LogEvent.STARTED, f"Started: {rows}{on_record}.", total=event.total, recorded=fields)
            case PageRead():
                fields = {"read": event.read, "matching": event.matching, "total": event.total}
                text = f"{event.workflow_id}: {number_of(event.read, 'instance')} read."
                detail(LogEvent.PAGE_READ, text, workflow_id=event.workflow_id, **fields)
            case Listed():
                fields = {"read": event.read, "matching": event.matching, "problem": event.problem or None}
                text = f"{event.workflow_id}: listed, {number_of(event.read, 'instance')} read."
                detail(LogEvent.LISTED, text, workflow_id=event.workflow_id, **fields)
            case StateSeen():
                fields = {"workflow_id": event.ref.workflow_id, "instance_id": event.ref.instance_id}
                text = f"line {event.ref.line}: {event.state.value}"
                detail(LogEvent.STATE_SEEN, text, line=event.ref.line, **fields, state=event.state.value)
            case PassEnded():
                fields = {"running": event.running, "new": event.new, "is_whole": event.is_whole}
                text = f"Pass {event.number}: {event.running:,} running, {event.new:,} of them new."
                seconds = round(event.seconds, 3)
                info(LogEvent.PASS_ENDED, text, number=event.number, **fields, seconds=seconds)
            case Paused():
                self._say_pause(event)
            case Resumed():
                text = f"Going on with {REQUESTS[event.endpoint]}."
                say = info if event.endpoint in self._paused else detail
                self._paused.discard(event.endpoint)
                say(LogEvent.RESUMED, text, endpoint=event.endpoint.value)
            case QuotaSeen():
                fields = {"share": round(event.share, 1), "left": round(event.left, 1)}
                text = f"About {event.share:,.0f} {REQUESTS[event.endpoint]} of each quota window are ours."
                endpoint = event.endpoint.value
                detail(LogEvent.QUOTA_SEEN, text, endpoint=endpoint, **fields, period_s=event.period)
            case Stopping():
                text = f"Stopping: {event.reason.value}; {number_of(event.in_flight, 'request')} on the way."
                info(LogEvent.STOPPING, text, reason=event.reason.value, in_flight=event.in_flight)
            case Attempted() | Finished() | OutageBegan() | OutageEnded() | Concerned() | Ended():
                pass
            case _:
                assert_never(event)

    def _say_pause(self, event: Paused) -> None:
        now, seconds = self._clock.now(), max(0.0, event.until - self._clock.now())
        held = held_words(event, None, now=now, wall=self._clock.wall())
        say = self._messages.detail
        if seconds >= _WORTH_A_LINE:
            self._paused.add(event.endpoint)
            say = self._messages.info
        say(
            LogEvent.PAUSED,
            f"{REQUESTS[event.endpoint].capitalize()}: {held}.",
            endpoint=event.endpoint.value,
            reason=event.reason,
            seconds=round(seconds, 3) if isfinite(seconds) else None,
            rate=event.rate and round(event.rate, 3),
        )
