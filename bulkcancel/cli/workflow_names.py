"""The names of the workflows in a plan, for whoever is asked about it."""

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import anyio
import click
from anyio import create_task_group, move_on_after

from bulkcancel.cli.at_work import open_api
from bulkcancel.engine.dispatcher import Dispatcher
from bulkcancel.engine.stop_signal import StoppedError
from bulkcancel.operations.publishing import Publishing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bulkcancel.cli.connection import Connection
    from bulkcancel.cli.signals import Signals
    from bulkcancel.clock import Clock
    from bulkcancel.models import StopReason
    from bulkcancel.settings import Settings

_PATIENCE = 3.0  # seconds; a question without names is better than a late one


def names_of(
    workflow_ids: "Sequence[str]",
    connection: "Connection",
    settings: "Settings",
    clock: "Clock",
    signals: "Signals",
) -> dict[str, str]:
    """The names of those workflows that these keys may read, as far as they come in time.

    Raises:
        click.Abort: A signal came meanwhile.
    """
    return anyio.run(_read, workflow_ids, connection, settings, clock, signals)


async def _read(
    workflow_ids: "Sequence[str]",
    connection: "Connection",
    settings: "Settings",
    clock: "Clock",
    signals: "Signals",
) -> dict[str, str]:
    names: dict[str, str] = {}
    heard: list[StopReason] = []

    async def read(workflow_id: str) -> None:
        try:
            found = await publishing.read(workflow_id)
        except StoppedError:
            return
        if found is not None and found.name:
            names[workflow_id] = found.name

    def heed(reason: "StopReason") -> None:
        heard.append(reason)
        scope.cancel()

    async with AsyncExitStack() as stack:
        stack.enter_context(signals.heard_by(heed, is_run=False))
        with move_on_after(_PATIENCE) as scope:
            api = await open_api(stack, connection, settings, clock)
            publishing = Publishing(Dispatcher(api, settings, clock=clock))
            async with create_task_group() as tasks:
                for workflow_id in workflow_ids:
                    tasks.start_soon(read, workflow_id)
    if heard:
        signals.recall(heard[0])
        raise click.Abort
    return names
