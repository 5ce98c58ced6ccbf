"""One quota window, as far as the replies have told."""

import math
from typing import TYPE_CHECKING, NamedTuple

from bulkcancel.pacing.headers import LONGEST_PAUSE
from bulkcancel.pacing.others_use import OthersUse
from bulkcancel.pacing.refusal_backoff import RefusalBackoff
from bulkcancel.pacing.reset_estimate import ResetEstimate, WindowMatch
from bulkcancel.pacing.uncounted_quota import UncountedQuota

if TYPE_CHECKING:
    from bulkcancel.pacing.headers import RateLimitHeaders

_EMPTY_FROM_THE_FIRST = 3  # windows in a row after which a `Remaining` of 0 counts as a broken header
_MOST_CARE = 2.0  # how many times fewer are in flight, at the most, for what others have there
_SCOUTS = 5  # a window's last requests, which find out when it ends
_SHARP = 0.05  # seconds to which it need be known
_TIMERS_LATE = 0.01  # seconds
_SPENT_BEFORE = 1  # seconds before the window may end
_COUNTERS_DIFFER = 0.01  # of the limit: how far a server's several counters may be apart


class Outlook(NamedTuple):
    """What may be expected of a quota: nothing is paced by it.

    Attributes:
        share: Requests in a whole window that are likely ours.
        left: How many of these this window has left.
        ends: When it ends.
        period: Seconds from one window to the next, or None where that is not known.
    """

    share: float
    left: float
    ends: float
    period: float | None


class Window:
    """What is left of the current quota window, and when it ends.

    Args:
        headroom: The share of each window to leave to others, 0.0 to 0.9.

    Attributes:
        limit: Requests per window, as far as the server has told.
        reset: When the window ends, as far as it can be known.
        others: What others spend of it.
        uncounted: What may be sent while nothing counts down.
        remaining: The lowest value the server has named in this window, infinite while it has named none.
        own: Our requests in this window that were answered.
        is_spent: Whether a 429 has said that nothing is left.
        turns: How many windows before this one have ended.
    """

    def __init__(self, headroom: float = 0.0) -> None:
        self._headroom = headroom
        self.limit: int | None = None
        self.reset = ResetEstimate()
        self.others = OthersUse()
        self.uncounted = UncountedQuota()
        self.remaining = math.inf
        self.own = 0
        self.is_spent = False
        self.turns = 0
        self._backoff = RefusalBackoff()
        self._heard = 0.0  # when the last reply came
        self._most = 0.0  # the most that was ever named as left
        self._empty = 0  # windows in a row that named nothing as left from their first request on
        self._peak: float | None = None  # the largest share of a window before this one that was ours

    @property
    def peak_share(self) -> float | None:
        """The largest share of one window that our requests took, 0.0 to 1.0, or None."""
        if not (self.limit and self.own):
            return self._peak
        return max(self._peak or 0.0, min(1.0, self.own / self.limit))

    @property
    def resumes(self) -> float:
        """When to ask whether the window has turned; never long after the last reply, whatever it said."""
        aim = self.reset.aim
        return max(min(aim, self._heard + LONGEST_PAUSE), self._backoff.not_before) if aim < math.inf else aim

    @property
    def outlook(self) -> Outlook | None:
        """What may be expected of this window and of those to come, or None while too little is known."""
        size = self.limit or self._most
        if not size or self.reset.latest == math.inf:
            return None
        # What others spend is guessed at first, and with too much care to tell anybody by it.
        each = 1.0 + (self.others.before if self.turns and self._most else 0.0)
        share = size * (1.0 - self._headroom) / each
        left = 0.0 if self.is_spent else min(share, max(0.0, self._left()) / each)
        return Outlook(share, left, self.reset.latest, self.reset.period)

    @property
    def is_silent(self) -> bool:
        """Whether nothing is known of this window: neither what is left nor when it ends."""
        return self.remaining == math.inf and self.reset.latest == math.inf

    @property
    def disbelieves(self) -> bool:
        """Whether window after window had nothing left from its first, accepted request on."""
        return self._empty >= _EMPTY_FROM_THE_FIRST

    def room(self, in_flight: int) -> float:
        """Requests that may be added to those in flight without overdrawing the window.

        Where others spend the same quota, fewer are kept in flight the less there is left: what they
        have on the wire can only be guessed.
        """
        if self.is_spent:
            return 0.0
        if self.remaining == math.inf:
            knows_turn = self.reset.latest < math.inf
            return self.uncounted.room(self.own, in_flight, self._headroom, knows_turn=knows_turn)
        others = self.others.lately(self.remaining, self.own, in_flight, self._heard)
        return self._left() - in_flight * (1.0 + others) * (1.0 + min(_MOST_CARE, others))

    def held_back(self, now: float, in_flight: int, waiting: int) -> float:
        """Seconds to hold back the window's last few requests, so that they find out when it ends.

        The turn is known to a second. A request sent where half of that second lies before its
        `Reset` and half behind tells which half it is. These are spent well before the window ends.

        Args:
            now: The time.
            in_flight: Requests on the wire.
            waiting: Requests that wait for leave. Each of these and of those on the wire stands for a
                worker, which will come with more; where there are too few to use up what is left,
                nothing is held back.
        """
        reset, each = self.reset, 1.0 + self.others.before
        left = self._left() - in_flight * each
        if left > _SCOUTS * each or in_flight + waiting <= left or reset.width <= _SHARP:
            return 0.0
        middle = (reset.earliest + reset.latest) / 2.0
        whole = math.floor(middle - now + _TIMERS_LATE)
        if whole < _SPENT_BEFORE:
            return 0.0
        return math.inf if in_flight else max(0.0, middle - whole - now)

    def accepted(
        self, limits: "RateLimitHeaders", sent_at: float, now: float, *, left: float, is_probe: bool
    ) -> None:
        """Learn from a reply that was not a 429.

        Args:
            limits: What it says.
            sent_at: When its request was sent.
            now: When it came.
            left: What `remaining` was when its request was sent.
            is_probe: Whether it went to see if the window has turned.
        """
        self._heard = now
        self.others.record_reply(now)
        self._backoff.record_accepted()
        self.uncounted.record_accepted()
        self._learn_size(limits)
        begins = sent_at >= self.reset.latest
        if limits.reset is not None:
            match = self.reset.match(sent_at, now, limits.reset)
            if match is WindowMatch.EARLIER:
                return  # a straggler from the window before this one
            begins = match is WindowMatch.LATER or self._jumped(limits.remaining, now, left)
        if begins or (is_probe and limits.remaining is None):
            self._begin(now)
        elif is_probe:
            self.reset.outlived(sent_at, now)
            self._backoff.record_refusal(now, self.reset.aim)
        if limits.reset is not None:
            self.reset.observe(sent_at, now, limits.reset)
        self._count(limits)

    def throttled(self, limits: "RateLimitHeaders", sent_at: float, now: float, *, is_probe: bool) -> None:
        """Learn from the first 429 since the last pause: nothing is left until the window turns."""
        self._heard = now
        if not limits.tells_when:
            return
        left = max(limits.retry_after or 0.0, limits.reset or 0.0)
        self._learn_size(limits)
        self._empty = 0
        match = self.reset.match(sent_at, now, left)
        if match is WindowMatch.EARLIER:
            return
        if match is WindowMatch.LATER:
            self._begin(now)
            self.reset.record_contention()
        elif is_probe:
            self.reset.outlived(sent_at, now)
        if self.own and not self.is_spent:
            self.uncounted.record_exhausted(self.own, self.limit)
        self.reset.observe(sent_at, now, left)
        self.is_spent = True
        self.uncounted.record_refusal()
        self._backoff.record_refusal(now, self.reset.aim)

    def _left(self) -> float:
        """What is left to us.

        A request in flight may or may not be counted in `remaining` yet; it is taken as not.
        """
        return self.remaining - self._headroom * (self.limit or self._most)

    def _count(self, limits: "RateLimitHeaders") -> None:
        if limits.remaining is None or self.reset.latest == math.inf or self.disbelieves:
            self.remaining = max(0.0, self.remaining - 1)
        else:
            if self.remaining == math.inf:
                first = limits.remaining + 1.0
                self.others.record_first_count(first, self.own)
                self._most = max(self._most, first)
                self._empty = self._empty + 1 if limits.remaining == 0 and self.limit != 1 else 0
            self.remaining = min(self.remaining, limits.remaining)
        self.own += 1

    def _learn_size(self, limits: "RateLimitHeaders") -> None:
        if limits.limit is not None and limits.limit != self.limit:
            self._peak = self.peak_share
            self.limit = limits.limit
        if limits.period is not None:
            self.reset.period = limits.period

    def _jumped(self, remaining: int | None, now: float, left: float) -> bool:
        """Whether more is left than before the request was sent, past the earliest end."""
        if remaining is None or now < self.reset.earliest:
            return False
        return remaining > left + _COUNTERS_DIFFER * (self.limit or remaining)

    def _begin(self, now: float) -> None:
        self.turns += 1
        self.others.begin_window(self.remaining, self.own, now)
        self.reset.roll(now)
        self.remaining = math.inf
        self._peak = self.peak_share
        self.own = 0
        self.is_spent = False
