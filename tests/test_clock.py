"""The machine's own time."""

from bulkcancel.clock import SystemClock


async def test_a_moment_that_has_passed_is_not_waited_for() -> None:
    """Time goes on between the look at a deadline and the wait for it; it is no fault."""
    await SystemClock().sleep(-0.001)
