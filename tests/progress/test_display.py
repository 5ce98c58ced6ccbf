"""How far an operation is, as a bar or as lines."""

import anyio
import pytest
from support.cliapp import Shown
from support.faketime import FakeClock

from bulkcancel.events import Endpoint, Finished, OutageBegan, OutageEnded, Paused, Resumed, Started
from bulkcancel.models import Outcome, Result
from bulkcancel.progress.display import ProgressDisplay
from bulkcancel.progress.messages import Messages


async def test_without_a_terminal_a_line_comes_now_and_then() -> None:
    """Every ten seconds."""
    clock, stream = FakeClock(), Shown()
    display = ProgressDisplay(Messages(stream, clock), clock)
    display.observe(Started(9, {Outcome.CANCELED: 1}))
    async with clock.autojump(), anyio.create_task_group() as tasks:
        tasks.start_soon(display.lines)
        await clock.sleep(25.0)
        tasks.cancel_scope.cancel()
    assert stream.getvalue() == "1 of 9 rows · 1 canceled\n" * 2


@pytest.mark.parametrize("is_behind", [False, True])
async def test_on_a_terminal_a_bar_is_redrawn(*, is_behind: bool) -> None:
    """And messages stand above it. Where what was drawn is not read, nothing is drawn on top of it."""
    clock = FakeClock()
    stream = Shown()
    stream.isatty = lambda: True  # type: ignore[method-assign] # a terminal
    stream.is_behind = is_behind
    messages = Messages(stream, clock)
    display = ProgressDisplay(messages, clock)
    display.observe(Started(9, {Outcome.CANCELED: 1}))
    display.observe(Paused(Endpoint.CANCEL, "the API does not answer", clock.now() + 5.0))
    async with clock.autojump(), anyio.create_task_group() as tasks:
        tasks.start_soon(display.live)
        await clock.sleep(1.0)
        messages.info("a message [above]")
        tasks.cancel_scope.cancel()
    shown = stream.getvalue()
    assert "a message [above]" in shown
    assert "1/9" in shown
    assert ("paused until" in shown) is not is_behind
    assert messages.above is None


async def test_the_display_counts_what_it_is_told() -> None:
    """Rows that are tried again move from one outcome to another; what held requests back is over in time."""
    clock, stream = FakeClock(), Shown()
    display = ProgressDisplay(Messages(stream, clock), clock)
    result = Result(1, "w", "i", Outcome.CANCELED, attempts=1)
    display.observe(Started(3, {Outcome.FAILED: 2}))
    display.observe(Finished(result, Outcome.FAILED))
    display.observe(Finished(result, None))
    display.observe(Paused(Endpoint.READ, "the quota is used up", clock.now() + 99.0))
    display.observe(OutageBegan(Endpoint.CANCEL, clock.now() - 5.0, "refused"))
    display.observe(Paused(Endpoint.CANCEL, "the API does not answer", clock.now() + 99.0))
    async with clock.autojump(), anyio.create_task_group() as tasks:
        tasks.start_soon(display.lines)
        await clock.sleep(15.0)
        display.observe(Resumed(Endpoint.CANCEL))
        display.observe(OutageEnded(Endpoint.CANCEL, 20.0))
        await clock.sleep(10.0)
        display.observe(Resumed(Endpoint.READ))
        await clock.sleep(10.0)
        tasks.cancel_scope.cancel()
    first, second, third = stream.getvalue().splitlines()
    assert first.startswith("3 of 3 rows · 2 canceled, 1 failed · paused until")
    assert first.endswith("the API does not answer, for 15.0 s now; then a probe asks again")
    assert " · reads paused until " in second
    assert third == "3 of 3 rows · 2 canceled, 1 failed"
