"""One quota window, as far as the replies have told."""

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bulkcancel.pacing.notice import Notice

_SMOOTHING = 1 / 16
_CLOSE = 0.25  # seconds by which two estimates of one window's end may differ
_FIRST_PAUSE = 0.25
_LONGEST_BARE_PAUSE = 10.0
_CAUTIOUS = 4
_ACCEPTED_PER_SLOT = 50
_PAST_EXPECTED_PER_SLOT = 8


class Window:
    """What is left of the current quota window, and when it ends.

    `remaining` is the lowest value the server has named in this window, infinite while it has
    named none. The end is known only to the server's whole second: it lies between `ends_after`
    and `ends_by`.
    """

    def __init__(self) -> None:
        self.limit: int | None = None
        self.period: float | None = None
        self.remaining = math.inf
        self.ends_after = -math.inf
        self.ends_by = math.inf
        self.own = 0
        self.expected: int | None = None
        self.peak_share: float | None = None
        self._whole = False
        self._others = 0.0
        self._bare = 0

    @property
    def others(self) -> float:
        """Requests that others make on this quota for each of ours, lately."""
        return max(0.0, self._others)

    def room(self, in_flight: int, headroom: float) -> float:
        """Requests that may be added to those in flight without overdrawing the window.

        A request in flight may or may not be counted in `remaining` yet; it is taken as not. The
        same goes for what others have on the wire meanwhile, in proportion to their share.
        """
        reserve = headroom * self.limit if self.limit else 0.0
        return self.remaining - reserve - in_flight * (1.0 + self.others)

    def accepted(self, notice: "Notice", sent_at: float, now: float) -> None:
        """Learn from a reply that was not a 429."""
        self._bare = 0
        if notice.remaining is None or notice.reset is None:
            self.remaining -= 1
            self._used()
            return
        after, by = sent_at + notice.reset - 1.0, now + notice.reset
        if by < self.ends_after - _CLOSE:
            return  # a straggler from the window before this one
        self._learn_size(notice)
        if after > self.ends_by + _CLOSE or self._jumped(notice.remaining, now):
            self._begin(whole=True)
        elif self.remaining != math.inf:
            lowest = min(self.remaining, notice.remaining)
            self._others += _SMOOTHING * (self.remaining - lowest - 1.0 - self._others)
        self.remaining = min(self.remaining, notice.remaining)
        self._narrow(after, by)
        self._used()

    def throttled(self, notice: "Notice", sent_at: float, now: float) -> None:
        """Learn from the first 429 of a wave: nothing is left until the window turns."""
        self._learn_size(notice)
        if self._whole and self.own:
            self.expected = self.own
        self.remaining = 0
        self._bare += 1
        pause = _FIRST_PAUSE * 2.0 ** min(self._bare - 1, 16)
        if notice.retry_after is not None or notice.reset is not None:
            told = max(notice.retry_after or 0.0, notice.reset or 0.0)
            self.ends_by = now + max(told, min(pause, 1.0))
            self.ends_after = min(self.ends_by, sent_at + told - 1.0)
        else:
            self.ends_by = self.ends_after = now + min(pause, _LONGEST_BARE_PAUSE)

    def turned(self, notice: "Notice", sent_at: float, now: float) -> None:
        """Learn from the probe that found the window turned."""
        self._begin(whole=True)
        if notice.remaining is None and self.limit is not None:
            if self.period is None:
                self.expected = self.limit
            else:
                self.remaining = self.limit
                self.ends_after, self.ends_by = sent_at + self.period - 1.0, now + self.period
        self.accepted(notice, sent_at, now)

    def careful_cap(self, accepted: int) -> float:
        """How many requests may be in flight while nothing counts down.

        Each would come back as a 429 when the quota runs out, so their number is a small share of
        what has been accepted so far, and one by one where the window is expected to be used up.
        """
        cap = _CAUTIOUS + accepted / _ACCEPTED_PER_SLOT
        if self.expected is None:
            return cap
        return min(
            cap, max(1.0, self.expected - self.own, (self.own - self.expected) / _PAST_EXPECTED_PER_SLOT)
        )

    def _learn_size(self, notice: "Notice") -> None:
        if notice.limit is not None:
            self.limit = notice.limit
        if notice.period is not None:
            self.period = notice.period

    def _jumped(self, remaining: int, now: float) -> bool:
        """Whether more is left than before, past the earliest end: a window so short that ends look alike."""
        return now >= self.ends_after and remaining > self.remaining

    def _begin(self, *, whole: bool) -> None:
        self.remaining = math.inf
        self.ends_after, self.ends_by = -math.inf, math.inf
        self.own = 0
        self._whole = whole

    def _narrow(self, after: float, by: float) -> None:
        self.ends_after = max(self.ends_after, after)
        self.ends_by = min(self.ends_by, by)
        if self.ends_after > self.ends_by:
            self.ends_after, self.ends_by = after, by

    def _used(self) -> None:
        self.own += 1
        if self.limit:
            self.peak_share = max(self.peak_share or 0.0, min(1.0, self.own / self.limit))
