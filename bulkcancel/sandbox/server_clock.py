"""The server's clock, which may be ahead of this machine's."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bulkcancel.clock import Clock


class ServerClock:
    """A clock that goes like another, and shows another time of day."""

    def __init__(self, clock: "Clock", ahead: float) -> None:
        self._clock = clock
        self._ahead = ahead

    def now(self) -> float:
        """Seconds since an arbitrary point, never going back."""
        return self._clock.now()

    def wall(self) -> float:
        """Seconds since the Unix epoch, as the server has them."""
        return self._clock.wall() + self._ahead

    async def sleep(self, seconds: float) -> None:
        """Wait that many seconds."""
        await self._clock.sleep(seconds)
