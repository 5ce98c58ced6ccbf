"""Who watches a run from afar: the local agent, the event stream, and a command at the end.

None of them may cost anything: what fails is said once, and only the end waits for it, a few seconds.
"""

import asyncio
import json
import os
from http.client import responses as phrases
from typing import TYPE_CHECKING, Any

from anyio import move_on_after

from bulkcancel.cli.notifying import notify, without_keys
from bulkcancel.events import Started
from bulkcancel.metrics import Agent, RunNotice, StatsdMetrics, environment_tags
from bulkcancel.models import Failure, FailureKind, Reply
from bulkcancel.operations.threads import in_thread
from bulkcancel.progress.log_events import LogEvent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    from bulkcancel.cli.connection import Connection
    from bulkcancel.cli.run_options import RunOptions
    from bulkcancel.engine.observers import Observers
    from bulkcancel.events import Event
    from bulkcancel.metrics import AgentAddress
    from bulkcancel.progress.messages import Messages
    from bulkcancel.tally import Summary

    class EventApi(Protocol):
        """Takes events."""

        async def post_event(self, event: dict[str, Any]) -> Reply | Failure:
            """Put one into the event stream."""
            ...


#: Seconds for one event, and for the last metrics.
EVENT_SECONDS, METRICS_SECONDS = 5.0, 1.0
_GRACE = 0.1
_GOOD = range(200, 300)


class Metrics:
    """The metrics of one command, from its first request to its exit code; none where none are asked for."""

    def __init__(
        self, address: "AgentAddress | None", operation: str, site: str, messages: "Messages"
    ) -> None:
        """Prepare them.

        Raises:
            MissingLibraryError: What sends them is not installed.
        """
        self._messages = messages
        self._address = address
        self._agent = None
        self._observer: StatsdMetrics | None = None
        if address is not None:
            self._agent = Agent(address, [f"operation:{operation}", f"site:{site}"])

    def begin(self, observers: "Observers") -> None:
        """Watch what happens from here on."""
        if self._agent is None:
            return
        observer = StatsdMetrics(self._agent, self._tell_from_thread(asyncio.get_running_loop()))
        try:
            observer.start()
        except RuntimeError as error:  # there may be no more threads
            self._tell(str(error))
            return
        self._observer = observer
        observers.add(observer)

    def _tell_from_thread(self, loop: asyncio.AbstractEventLoop) -> "Any":  # noqa: ANN401 - a callable
        return lambda words: loop.call_soon_threadsafe(self._tell, words)

    def _tell(self, words: str) -> None:
        where = "" if self._address is None else self._address.shown
        self._messages.warning(
            LogEvent.METRICS_LOST,
            f"The metrics do not reach {where}: {words}. The job goes on without them.",
        )

    async def end(self, exit_code: int, seconds: float) -> None:
        """Send the rest."""
        if self._observer is not None:
            self._observer.ended(exit_code, seconds)
            await in_thread(_GRACE, self._observer.close, METRICS_SECONDS)

    def leave(self) -> None:
        """Wait for nothing."""
        if self._observer is not None:
            self._observer.close(0.0)


class Watching:
    """Tells them all of one run.

    Attributes:
        is_telling: Whether it is telling them how it ended.
    """

    def __init__(
        self,
        operation: str,
        options: "RunOptions",
        connection: "Connection",
        report: str,
        messages: "Messages",
    ) -> None:
        """Prepare it, before anything is sent.

        Args:
            operation: `run` or `drain`.
            options: Who is to be told, and why it is done.
            connection: Where requests go, and as whom.
            report: The report's name.
            messages: Says what fails.

        Raises:
            MissingLibraryError: What sends metrics is not installed.
        """
        self._options = options.watching
        self._connection = connection
        self._messages = messages
        self._metrics = Metrics(self._options.statsd, operation, connection.label, messages)
        self._notice = RunNotice(
            operation,
            messages.run_id,
            where=connection.name,
            site=connection.target.site,
            reason=options.reason,
            report=report,
            tags=(f"site:{connection.label}", *environment_tags(os.environ, is_with_own=True)),
        )
        self._events: _Events | None = None
        self.is_telling = False

    def begin(self, observers: "Observers", api: "EventApi", workflow_ids: "Sequence[str]") -> None:
        """Watch what happens from here on."""
        self._metrics.begin(observers)
        if self._options.event:
            self._events = _Events(api, self._messages, self._notice.begun(workflow_ids))
            observers.add(self._events)

    async def end(self, summary: "Summary") -> None:
        """Tell the agent and the event stream how it ends."""
        self.is_telling = True
        if self._events is not None:
            await self._events.end(self._notice.ended(summary, summary.workflows.ids()))
        await self._metrics.end(int(summary.exit_code), summary.duration)

    def leave(self) -> None:
        """Wait for nothing: it has ended, or it never began."""
        self._metrics.leave()

    async def notify(self, document: dict[str, Any]) -> None:
        """Run the command that is to be told."""
        words = self._options.notify_command
        if not words:
            return
        keys = self._connection.credentials
        environ = without_keys(os.environ, () if keys is None else (keys.api_key, keys.app_key))
        wrong, lines = await notify(words, f"{json.dumps(document)}\n".encode(), environ)
        for line in lines:
            self._messages.detail(LogEvent.NOTIFY_OUTPUT, f"{words[0]}: {line}")
        if wrong:
            said = f" It said: {lines[-1]}" if lines else ""
            self._messages.warning(
                LogEvent.NOTIFY_FAILED, f"--notify-command {words[0]} failed: {wrong}.{said}"
            )


class _Events:
    """Sends the event at the start while the run goes on, and the one at the end after it."""

    def __init__(self, api: "EventApi", messages: "Messages", begun: dict[str, Any]) -> None:
        self._api = api
        self._messages = messages
        self._begun = begun
        self._task: asyncio.Task[None] | None = None
        self._has_failed = False

    def observe(self, event: "Event") -> None:
        """Send the first one where the run begins, without waiting for it."""
        if isinstance(event, Started) and self._task is None:
            self._task = asyncio.create_task(self._send(self._begun))

    async def end(self, ended: dict[str, Any]) -> None:
        """Send the last one, after the first."""
        if self._task is not None:
            await self._task
        await self._send(ended)

    async def _send(self, event: dict[str, Any]) -> None:
        answer: Reply | Failure | None = None
        try:
            with move_on_after(EVENT_SECONDS):
                answer = await self._api.post_event(event)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is not the run's failure
            answer = Failure(FailureKind.UNKNOWN, str(error) or type(error).__name__)
        if isinstance(answer, Reply) and answer.status in _GOOD:
            return
        if not self._has_failed:
            self._has_failed = True
            self._messages.warning(
                LogEvent.EVENT_LOST,
                f"The event was not taken: {_words_of(answer)}. The job goes on without it.",
            )


def _words_of(answer: Reply | Failure | None) -> str:
    match answer:
        case None:
            return f"no answer within {EVENT_SECONDS:g} s"
        case Failure():
            return answer.detail
        case Reply():
            return f"{answer.status} {phrases.get(answer.status, '')}".rstrip()
