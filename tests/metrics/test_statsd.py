"""What is counted, and what becomes of it."""

import threading
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import pytest

from bulkcancel.events import Attempted, Ended, Endpoint, Finished, PassEnded, QuotaSeen, Started
from bulkcancel.metrics.statsd import MOST_WORKFLOWS, StatsdMetrics
from bulkcancel.metrics.table import METRICS, Metric
from bulkcancel.models import ExitCode, FailureKind, InstanceRef, Outcome, Result

W = str(UUID(int=1 << 127, version=4))
Values = dict[tuple[str, tuple[str, ...]], list[float]]


class Keeping:
    """Stands in for the agent: keeps what it is sent."""

    def __init__(self) -> None:
        self.got: Values = {}
        self.problem = ""
        self.sends = 0
        self.is_closed = False
        self.fault: Exception | None = None

    def send(self, values: Iterable[tuple[Metric, Sequence[float], list[str]]]) -> None:
        """Keep them."""
        self.sends += 1
        if self.fault is not None:
            raise self.fault
        for metric, numbers, tags in values:
            assert tuple(tag.partition(":")[0] for tag in tags) == metric.tags
            self.got.setdefault((metric.name, tuple(tags)), []).extend(numbers)

    def close(self) -> None:
        """Note it."""
        self.is_closed = True


def counting(problems: list[str] | None = None) -> tuple[StatsdMetrics, Keeping]:
    """Metrics, and what keeps them."""
    agent: Any = Keeping()
    return StatsdMetrics(agent, (problems if problems is not None else []).append), agent


def finished(outcome: Outcome, workflow_id: str = W) -> Finished:
    """A row that has its outcome."""
    return Finished(Result(1, workflow_id, "i", outcome), None)


def attempted(status: int | None, failure: FailureKind | None = None, seconds: float = 0.5) -> Attempted:
    """A request to cancel that has ended."""
    return Attempted(Endpoint.CANCEL, InstanceRef(W, "i", 1), status, failure, seconds)


def test_every_metric_is_sent_by_something() -> None:
    """By what it is about; the table has no other."""
    metrics, agent = counting()
    events = [
        Started(1, {}),
        attempted(200),
        attempted(429, seconds=0.25),
        attempted(None, FailureKind.TIMEOUT),
        finished(Outcome.CANCELED),
        finished(Outcome.CANCELED),
        QuotaSeen(Endpoint.CANCEL, 60.0, 12.0, 30.0, 60.0),
        PassEnded(2, 7, 3, 30.0, True),
        Ended(ExitCode.OK, None, {}, 3, 4.0),
    ]
    for event in events:
        metrics.observe(event)  # type: ignore[arg-type] # a list of all kinds
    metrics.ended(1, 4.5)
    metrics.send()
    cancel = ("endpoint:cancel",)
    assert agent.got == {
        ("bulkcancel.rows", ("outcome:canceled", f"workflow_id:{W}")): [2],
        ("bulkcancel.requests", (*cancel, "status:200")): [1],
        ("bulkcancel.requests", (*cancel, "status:429")): [1],
        ("bulkcancel.requests", (*cancel, "status:http_timeout")): [1],
        ("bulkcancel.throttled", cancel): [1],
        ("bulkcancel.request.duration", cancel): [0.5, 0.25, 0.5],
        ("bulkcancel.quota.limit", cancel): [60.0],
        ("bulkcancel.quota.remaining", cancel): [12.0],
        ("bulkcancel.alive", ()): [7],
        ("bulkcancel.arriving", ()): [6.0],
        ("bulkcancel.run.exit", ()): [1],
        ("bulkcancel.run.duration", ()): [4.5],
    }
    assert {name for name, _ in agent.got} == {metric.name for metric in METRICS}


def test_what_was_sent_is_not_sent_again() -> None:
    """A count is of what came since."""
    metrics, agent = counting()
    for _ in range(2):
        metrics.observe(finished(Outcome.CANCELED))
        metrics.send()
    metrics.send()
    assert agent.got["bulkcancel.rows", ("outcome:canceled", f"workflow_id:{W}")] == [1, 1]


def test_workflows_share_a_tag_past_a_hundred() -> None:
    """Each is a time series for each outcome, and series cost money."""
    metrics, agent = counting()
    for number in range(MOST_WORKFLOWS + 2):
        metrics.observe(finished(Outcome.CANCELED, f"w{number}"))
    metrics.observe(finished(Outcome.FAILED, "w0"))
    metrics.send()
    assert len(agent.got) == MOST_WORKFLOWS + 2
    assert agent.got["bulkcancel.rows", ("outcome:canceled", "workflow_id:other")] == [2]
    assert agent.got["bulkcancel.rows", ("outcome:failed", "workflow_id:w0")] == [1]


def test_what_stands_in_an_unusable_row_becomes_no_tag() -> None:
    """It can be anything, a line of a log or a secret."""
    metrics, agent = counting()
    metrics.observe(finished(Outcome.INVALID, "anything at all"))
    metrics.send()
    assert list(agent.got) == [("bulkcancel.rows", ("outcome:invalid", "workflow_id:none"))]


def test_what_a_drain_finds_first_did_not_arrive_meanwhile() -> None:
    """It was there."""
    metrics, agent = counting()
    metrics.observe(PassEnded(1, 500, 500, 10.0, True))
    metrics.send()
    assert list(agent.got) == [("bulkcancel.alive", ())]


@pytest.mark.parametrize("is_raised", [True, False])
def test_what_fails_is_told_once(is_raised: bool) -> None:  # noqa: FBT001 - a column of a table
    """Whether the library raises or drops."""
    problems: list[str] = []
    metrics, agent = counting(problems)
    agent.fault = RuntimeError("broken") if is_raised else None
    agent.problem = "" if is_raised else "Connection refused"
    for _ in range(3):
        metrics.observe(finished(Outcome.CANCELED))
        metrics.send()
    assert problems == ["RuntimeError: broken" if is_raised else "Connection refused"]


def test_the_rest_is_sent_at_the_end_by_its_own_thread() -> None:
    """No request waits for it, and nothing is left behind."""
    metrics, agent = counting()
    with metrics:
        assert "bulkcancel-statsd" in {one.name for one in threading.enumerate()}
        metrics.observe(finished(Outcome.CANCELED))
    assert agent.got["bulkcancel.rows", ("outcome:canceled", f"workflow_id:{W}")] == [1]
    assert agent.is_closed
    assert "bulkcancel-statsd" not in {one.name for one in threading.enumerate()}


def test_it_is_sent_while_the_run_goes_on() -> None:
    """Again and again."""
    agent: Any = Keeping()
    came = threading.Event()

    def send(values: Any) -> None:
        if list(values):
            came.set()

    agent.send = send
    with StatsdMetrics(agent, lambda _: None, every=0.001) as metrics:
        metrics.observe(finished(Outcome.CANCELED))
        assert came.wait(30.0)


def test_an_agent_that_hangs_holds_nobody_up() -> None:
    """The name server does not answer: counting goes on, and the end waits no longer than it says."""
    agent: Any = Keeping()
    hangs, is_in = threading.Event(), threading.Event()

    def send(_: Any) -> None:
        is_in.set()
        hangs.wait(60.0)

    agent.send = send
    metrics = StatsdMetrics(agent, lambda _: None, every=0.001)
    metrics.start()
    assert is_in.wait(30.0)
    metrics.observe(finished(Outcome.CANCELED))
    metrics.close(0.01)
    assert metrics._thread.is_alive()
    hangs.set()
    metrics._thread.join(30.0)
    assert not metrics._thread.is_alive()
