"""One at a time, and free for whoever comes."""

import anyio
from anyio.lowlevel import checkpoint

from bulkcancel.engine.unfair_lock import UnfairLock


async def test_one_task_is_inside_at_a_time() -> None:
    """Those who had to wait get in all the same, also where one of them is canceled."""
    lock = UnfairLock()
    inside, most, done = 0, 0, 0

    async def pass_through() -> None:
        nonlocal inside, most, done
        async with lock:
            inside += 1
            most = max(most, inside)
            await checkpoint()
            inside -= 1
            done += 1

    async def give_up() -> None:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await pass_through()

    async with anyio.create_task_group() as tasks:
        for number in range(50):
            tasks.start_soon(give_up if number % 10 == 5 else pass_through)
    assert (inside, most, done) == (0, 1, 45)
