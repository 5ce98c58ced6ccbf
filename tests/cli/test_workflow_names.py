"""The names in a plan: those that can be read in time, and never at the price of the question."""

import signal
from collections.abc import Callable

import click
import pytest
from support.fakeapi import UNKNOWN
from support.runaway import RunawayApi, W

from bulkcancel.cli.connection import Connection
from bulkcancel.cli.signals import Signals
from bulkcancel.cli.workflow_names import names_of
from bulkcancel.clock import SystemClock
from bulkcancel.datadog import Target
from bulkcancel.models import Failure, Reply, StopReason
from bulkcancel.settings import Settings

CONNECTION = Connection(Target.of_url("http://127.0.0.1:9"), None, None)
OTHER = "0df11b8c-5cd2-4864-9cfa-257808096a89"


class Api(RunawayApi):
    """Calls something first, then shows a workflow."""

    first: Callable[[], None] | None = None

    async def get_workflow(self, workflow_id: str) -> Reply | Failure:
        """Show it, without waiting."""
        if self.first is not None:
            self.first()
        self.latency = 0.0
        return await super().get_workflow(workflow_id)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    """An API in the place of the real one."""
    found = Api(alive=1)

    async def open_api(*_: object) -> Api:
        return found

    monkeypatch.setattr("bulkcancel.cli.workflow_names.open_api", open_api)
    return found


def ask(signals: Signals) -> dict[str, str]:
    """Ask for the names of two."""
    return names_of([W, OTHER], CONNECTION, Settings(), SystemClock(), signals)


def test_those_that_can_be_read_have_names(api: Api) -> None:
    """Another is shown by its id alone."""
    assert ask(Signals()) == {W: f"Runaway {W[:8]}"}
    api.refuses["get_workflow"] = UNKNOWN
    assert ask(Signals()) == {}


def test_a_signal_ends_it_before_anything_is_sent(api: Api) -> None:
    """And counts as one that came before the run."""
    signals = Signals()
    signals.take_over()
    try:
        api.first = lambda: signal.raise_signal(signal.SIGTERM)
        with pytest.raises(click.Abort):
            ask(signals)
    finally:
        signals.give_back()
    assert (signals.reason, signals.has_begun) == (StopReason.TERMINATED, False)


def test_what_takes_too_long_is_left_out(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """A question without names is better than a late one."""
    monkeypatch.setattr("bulkcancel.cli.workflow_names._PATIENCE", 0.0)
    assert ask(Signals()) == {}
    assert api.calls["get_workflow"] <= 2
