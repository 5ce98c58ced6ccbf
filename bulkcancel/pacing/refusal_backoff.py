"""How long to wait after refusals whose own word on when to come back did not hold."""

import math

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 10.0  # seconds
_BELIEVED = 3  # refusals in a row after which what is told counts as too short


class RefusalBackoff:
    """Doubles with each refusal in a row.

    Attributes:
        not_before: The earliest time to ask again.
    """

    def __init__(self) -> None:
        self.not_before = -math.inf
        self._in_a_row = 0

    def record_accepted(self) -> None:
        """Note a request that was not refused."""
        self._in_a_row = 0

    def record_refusal(self, now: float, told: float) -> None:
        """Note a refusal, and the time from which it was said that requests may go."""
        self._in_a_row += 1
        if told <= now or self._in_a_row > _BELIEVED:
            self.not_before = now + min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**self._in_a_row)
