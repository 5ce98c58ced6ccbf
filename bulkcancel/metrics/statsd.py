"""An observer that counts, and hands the counts to the local agent once a second."""

import threading
from collections import deque
from typing import TYPE_CHECKING, Self, assert_never

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
from bulkcancel.metrics.table import (
    ALIVE,
    ARRIVING,
    QUOTA_LIMIT,
    QUOTA_REMAINING,
    REQUEST_DURATION,
    REQUESTS,
    ROWS,
    RUN_DURATION,
    RUN_EXIT,
    THROTTLED,
)
from bulkcancel.models import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bulkcancel.events import Event
    from bulkcancel.metrics.agent import Agent
    from bulkcancel.metrics.table import Metric

    Value = tuple[Metric, Sequence[float], list[str]]

_EVERY = 1.0  # seconds
#: Workflows that have a tag of their own; the rest share one. Each is a time series for each outcome.
MOST_WORKFLOWS = 100
OTHER_WORKFLOWS = "other"
NO_WORKFLOW = "none"
_MOST_KEPT = 50_000  # durations, where nobody takes them away: the name server is slow
_THROTTLED = 429
_MINUTE = 60.0


class StatsdMetrics:
    """Counts what happens, and sends it from a thread of its own, so that no request waits for it.

    An observer like any other: hand it to `observer=`, inside `with`. What fails is told once.
    """

    def __init__(self, agent: "Agent", on_problem: "Callable[[str], None]", *, every: float = _EVERY) -> None:
        """Prepare it.

        Args:
            agent: Where the metrics go.
            on_problem: Is told why they do not get there, once, from the thread.
            every: Seconds between two times that they are sent.
        """
        self._agent = agent
        self._on_problem = on_problem
        self._every = every
        self._has_told = False
        self._workflows: dict[str, str] = {}
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._send_on, name="bulkcancel-statsd", daemon=True)
        self._forget()

    def _forget(self) -> None:
        self._rows: dict[tuple[Outcome, str], int] = {}
        self._requests: dict[tuple[str, object], int] = {}
        self._durations: dict[str, deque[float]] = {}
        self._gauges: dict[tuple[Metric, str], float] = {}

    def start(self) -> None:
        """Send from here on; `close` ends it."""
        self._thread.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def observe(self, event: "Event") -> None:
        """Count."""
        if isinstance(event, Attempted):
            with self._lock:
                self._count_request(event)
        elif isinstance(event, Finished):
            with self._lock:
                result = event.result
                workflow_id = NO_WORKFLOW if result.outcome is Outcome.INVALID else result.workflow_id
                key = result.outcome, self._tag_of(workflow_id)
                self._rows[key] = self._rows.get(key, 0) + 1
        elif isinstance(event, QuotaSeen):
            self._gauge(QUOTA_LIMIT, event.share, event.endpoint.value)
            self._gauge(QUOTA_REMAINING, event.left, event.endpoint.value)
        elif isinstance(event, PassEnded):
            self._gauge(ALIVE, event.running)
            if event.number > 1 and event.seconds > 0.0:  # what the first one finds did not start meanwhile
                self._gauge(ARRIVING, event.new * _MINUTE / event.seconds)
        elif not isinstance(
            event,
            Started
            | Ended
            | StateSeen
            | PageRead
            | Listed
            | Paused
            | Resumed
            | OutageBegan
            | OutageEnded
            | Concerned
            | Stopping,
        ):
            assert_never(event)

    def ended(self, exit_code: int, seconds: float) -> None:
        """Note how the process ends; not from `Ended`, for whoever runs the operation may know better."""
        self._gauge(RUN_EXIT, exit_code)
        self._gauge(RUN_DURATION, seconds)

    def send(self) -> None:
        """Send what was counted since the last time, and tell what fails."""
        with self._sending:
            try:
                self._agent.send(self._take())
                words = self._agent.problem
            except Exception as error:  # noqa: BLE001 - whatever the library has, it is not the run's failure
                words = f"{type(error).__name__}: {error}"
            if words and not self._has_told:
                self._has_told = True
                self._on_problem(words)

    def close(self, timeout: float = 1.0) -> None:
        """Send the rest, and wait for that no longer than so many seconds."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _send_on(self) -> None:
        while not self._over.wait(self._every):
            self.send()
        self.send()
        self._agent.close()

    def _count_request(self, event: Attempted) -> None:
        endpoint = event.endpoint.value
        status = event.status if event.failure is None else event.failure.value
        key = endpoint, status
        self._requests[key] = self._requests.get(key, 0) + 1
        durations = self._durations.get(endpoint)
        if durations is None:
            durations = self._durations[endpoint] = deque(maxlen=_MOST_KEPT)
        durations.append(event.seconds)

    def _gauge(self, metric: "Metric", value: float, endpoint: str = "") -> None:
        with self._lock:
            self._gauges[metric, endpoint] = value

    def _tag_of(self, workflow_id: str) -> str:
        """A workflow's own tag, for as many as may have one."""
        found = self._workflows.get(workflow_id)
        if found is None:
            if len(self._workflows) >= MOST_WORKFLOWS:
                return OTHER_WORKFLOWS
            found = self._workflows[workflow_id] = workflow_id
        return found

    def _take(self) -> "Iterator[Value]":
        """What was counted, which is then forgotten."""
        with self._lock:
            rows, requests, durations, gauges = self._rows, self._requests, self._durations, self._gauges
            self._forget()
        for (outcome, workflow_id), count in rows.items():
            yield ROWS, (count,), [f"outcome:{outcome.value}", f"workflow_id:{workflow_id}"]
        for (endpoint, status), count in requests.items():
            yield REQUESTS, (count,), [f"endpoint:{endpoint}", f"status:{status}"]
            if status == _THROTTLED:
                yield THROTTLED, (count,), [f"endpoint:{endpoint}"]
        for endpoint, seconds in durations.items():
            yield REQUEST_DURATION, seconds, [f"endpoint:{endpoint}"]
        for (metric, endpoint), value in gauges.items():
            yield metric, (value,), [f"endpoint:{endpoint}"] if endpoint else []
