"""Whether a 503 is a rate limit's, or an outage's."""

import math
from collections import deque
from enum import Enum, auto

_REMEMBERED = 40  # answers
_OFTEN = 5  # 503s among them, from which on they are a rate limit's
_OFTEN_WHEN_TOLD = 3  # the same, where they say when to come back
_OFTEN_WHEN_KNOWN = 2  # the same among the last `_LATELY`, once a rate limit has answered so
_LATELY = 20
_PATIENCE = 2.0  # seconds without a success after which 503s are an outage's
_LONGEST_PATIENCE = 10.0  # the same, where successes have come from time to time
_GAPS = 2  # how often they must have come again to be expected
_BEGINNING = 6  # pauses that may follow soon, because the rate is not yet known
_TRIED = 8  # later pauses that are looked at together
_ILL = 3  # other faults among the answers remembered, and as many as 503s, from which on the API is ill
_TOO_SOON = 60.0  # successes from one of them to the next, on the average, below which they are in vain


class _Answer(Enum):
    SOUND = auto()
    UNAVAILABLE = auto()
    OTHER_FAULT = auto()


class ThrottleDetector:
    """Tells 503s that a rate limit answers, as nginx's does, from those of an outage and from single ones.

    A rate limit lets others through meanwhile: its 503s are many, and successes stand among them. Where no
    success comes any more, it is an outage. A few among hundreds are failures of their own: to pause
    everybody for them would cost more than to try each again. Where as many other faults come, the API is
    ill: a rate limit has no reason for those. And where 503s go on as before although less is sent, it was
    no rate limit: then it takes more of them the next time.

    Attributes:
        is_known: Whether a rate limit has answered 503, as far as is known.
    """

    def __init__(self) -> None:
        self._answers: deque[_Answer] = deque(maxlen=_REMEMBERED)
        self._success_at = -math.inf
        self._gaps: deque[float] = deque(maxlen=_GAPS)
        self._patience = _PATIENCE
        self._told: float | None = None
        self._often = _OFTEN
        self._successes = 0
        self._pauses = 0
        self._apart: deque[int] = deque(maxlen=_TRIED)
        self.is_known = False

    @property
    def is_ill(self) -> bool:
        """Whether as many other faults come as 503s, so that those are no rate limit's either."""
        return self._other_faults >= max(_ILL, self._answers.count(_Answer.UNAVAILABLE))

    @property
    def _other_faults(self) -> int:
        return self._answers.count(_Answer.OTHER_FAULT)

    def record_success(self, now: float) -> None:
        """Note an answer of the API itself."""
        if self._answers and self._answers[-1] is not _Answer.SOUND and self._success_at > -math.inf:
            self._gaps.append(now - self._success_at)
            if len(self._gaps) == _GAPS:
                self._patience = min(_LONGEST_PATIENCE, max(_PATIENCE, 2.0 * min(self._gaps)))
        self._told = None
        self._answers.append(_Answer.SOUND)
        self._successes += 1
        self._success_at = now

    def record_other_fault(self) -> None:
        """Note another 5xx, or a request that brought no reply."""
        self._answers.append(_Answer.OTHER_FAULT)

    def is_throttling(self, now: float, retry_after: float | None) -> bool:
        """Note a 503, and tell whether it is a rate limit's.

        Args:
            now: When it came.
            retry_after: Seconds after which it asks to come back, or None.
        """
        self._answers.append(_Answer.UNAVAILABLE)
        silence = now - self._success_at
        if silence == math.inf:
            return False
        if retry_after is not None and self._told is None:
            self._told = silence + retry_after  # once: an outage may ask for patience again and again
        if silence > max(self._patience, (self._told or 0.0) + _PATIENCE):
            if silence > _LONGEST_PATIENCE:
                self._answers.clear()
                self.is_known = False
            return False
        refused = self._answers.count(_Answer.UNAVAILABLE)
        if self._other_faults >= refused:
            return False
        lately = list(self._answers)[-_LATELY:].count(_Answer.UNAVAILABLE)
        needed = _OFTEN_WHEN_TOLD if retry_after is not None and self._often == _OFTEN else self._often
        if (self.is_known and lately >= _OFTEN_WHEN_KNOWN) or refused >= needed:
            self.is_known = True
            return True
        return False

    def record_pause(self) -> bool:
        """Note that everybody pauses for a 503, and tell whether it helps; else it is taken back."""
        self._pauses += 1
        if self._pauses > _BEGINNING:
            self._apart.append(self._successes)
        self._successes = 0
        if len(self._apart) < _TRIED or sum(self._apart) >= _TRIED * _TOO_SOON:
            return True
        self._pauses = 0
        self._apart.clear()
        self._often = min(2 * self._often, _REMEMBERED)
        self._answers.clear()
        self.is_known = False
        return False
