"""Time, as something that is handed in: decisions take `now`, loops take a `Clock`."""

import time
from typing import Protocol


class Clock(Protocol):
    """Where a loop gets its time from."""

    def now(self) -> float:
        """Seconds since an arbitrary point, never going back."""
        ...

    def wall(self) -> float:
        """Seconds since the Unix epoch; may jump."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait that many seconds; not at all where that moment has passed."""
        ...


class SystemClock:
    """The machine's own time."""

    # The system's own functions, not methods around them: a row asks for the time seven times.
    now = staticmethod(time.monotonic)
    wall = staticmethod(time.time)

    async def sleep(self, seconds: float) -> None:
        """Wait, without blocking the event loop."""
        import anyio  # noqa: PLC0415 - `--help` and completion have a clock too, and never wait

        await anyio.sleep(max(0.0, seconds))
