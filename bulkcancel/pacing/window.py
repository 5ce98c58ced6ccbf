"""One quota window, as far as the replies have told."""

import math
from typing import TYPE_CHECKING

from bulkcancel.pacing.headers import LONGEST_PAUSE
from bulkcancel.pacing.turns import Place, Turns

if TYPE_CHECKING:
    from bulkcancel.pacing.headers import RateLimitHeaders

# Where nothing counts down: how many are in flight at first, how many accepted or expected requests allow
# one more, and how many past what was expected do. Each in flight is a 429 when the quota runs out.
_CAUTIOUS = 8
_ACCEPTED_PER_SLOT = 40
_PAST_EXPECTED_PER_SLOT = 8
_MOST_OTHERS = 8.0  # requests of others for each of ours that are reckoned with
_MORE_THAN_BEFORE = 1.25  # times our part of the last window: past that, others have ended, not begun late
_BEGIN_LATE = 0.1  # seconds into a window: others may learn of its turn that much later than we do
_EMPTY_FROM_THE_FIRST = 3  # windows in a row after which a `Remaining` of 0 counts as a broken header
_PRIOR = 16.0  # replies that what is known of others weighs as much as
_ENOUGH_SINCE_REFUSAL = 100  # accepted requests that one 429 may cost, to see whether the limit has grown
_MOST_CARE = 2.0  # how many times fewer are in flight, at the most, for what others have there
_SCOUTS = 5  # a window's last requests, which find out when it ends
_SHARP = 0.05  # seconds to which it need be known
_TIMERS_LATE = 0.01  # seconds
_SPENT_BEFORE = 1  # seconds before the window may end
_COUNTERS_DIFFER = 0.01  # of the limit: how far a server's several counters may be apart
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 10.0  # seconds, where what was told has passed and did not hold
_BELIEVED = 3  # credential_check in a row after which what is told counts as too short


class Window:
    """What is left of the current quota window, and when it ends.

    `remaining` is the lowest value the server has named in this window, infinite while it has
    named none: then what the last window took is `expected` of this one.
    """

    def __init__(self) -> None:
        self.limit: int | None = None
        self.turns = Turns()
        self.remaining = math.inf
        self.own = 0
        self.expected: int | None = None
        self.is_spent = False
        self._first = 0.0
        self._first_own = 0
        self._most = 0.0
        self._empty = 0
        self._others = 1.0
        self._last_own = 0
        self._refused = 0
        self._not_before = -math.inf
        self._heard = 0.0
        self._began = math.inf
        self._accepted = 0
        self._since_refusal = 0
        self._peak: float | None = None

    @property
    def peak_share(self) -> float | None:
        """The largest share of one window that our requests took, 0.0 to 1.0, or None."""
        if not (self.limit and self.own):
            return self._peak
        return max(self._peak or 0.0, min(1.0, self.own / self.limit))

    @property
    def resumes(self) -> float:
        """When to ask whether the window has turned; never long after the last reply, whatever it said."""
        aim = self.turns.aim
        return max(min(aim, self._heard + LONGEST_PAUSE), self._not_before) if aim < math.inf else aim

    @property
    def is_silent(self) -> bool:
        """Whether nothing is known of this window: neither what is left nor when it ends."""
        return self.remaining == math.inf and self.turns.by == math.inf

    @property
    def disbelieves(self) -> bool:
        """Whether window after window had nothing left from its first, accepted request on."""
        return self._empty >= _EMPTY_FROM_THE_FIRST

    def others(self, in_flight: int) -> float:
        """Requests that others make on this quota for each of ours, lately.

        Of ours in flight about half are counted already: they are not others'.
        """
        own = self.own - self._first_own
        theirs = max(0.0, self._first - self.remaining - own - in_flight / 2)
        lately = (theirs + _PRIOR * self._others) / (own + _PRIOR)
        if own < _MORE_THAN_BEFORE * self._last_own or self._heard - self._began < _BEGIN_LATE:
            return max(lately, self._others)
        return lately

    def room(self, in_flight: int, headroom: float) -> float:
        """Requests that may be added to those in flight without overdrawing the window.

        Where others spend the same quota, fewer are kept in flight the less there is left: what they
        have on the wire can only be guessed.
        """
        if self.is_spent:
            return 0.0
        if self.remaining == math.inf:
            return self._silent_room(in_flight, headroom)
        others = self.others(in_flight)
        return self._left(headroom) - in_flight * (1.0 + others) * (1.0 + min(_MOST_CARE, others))

    def held_back(self, now: float, in_flight: int, waiting: int, headroom: float) -> float:
        """Seconds to hold back the window's last few requests, so that they find out when it ends.

        The turn is known to a second. A request sent where half of that second lies before its
        `Reset` and half behind tells which half it is. These are spent well before the window ends.

        Args:
            now: The time.
            in_flight: Requests on the wire.
            waiting: Requests that wait for leave. Each of these and of those on the wire stands for a
                worker, which will come with more; where there are too few to use up what is left,
                nothing is held back.
            headroom: The share of the window to leave to others.
        """
        turns, each = self.turns, 1.0 + self._others
        left = self._left(headroom) - in_flight * each
        if left > _SCOUTS * each or in_flight + waiting <= left or turns.width <= _SHARP:
            return 0.0
        middle = (turns.after + turns.by) / 2.0
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
        self._began = min(self._began, now)
        self._refused = 0
        self._accepted += 1
        self._since_refusal += 1
        self._learn_size(limits)
        begins = sent_at >= self.turns.by
        if limits.reset is not None:
            place = self.turns.place(sent_at, now, limits.reset)
            if place is Place.EARLIER:
                return  # a straggler from the window before this one
            begins = place is Place.LATER or self._jumped(limits.remaining, now, left)
        if begins or (is_probe and limits.remaining is None):
            self._begin(now)
        elif is_probe:
            self.turns.outlived(sent_at, now, later=False)
            self._wait_longer(now)
        if limits.reset is not None:
            self.turns.told(sent_at, now, limits.reset)
        self._count(limits)

    def throttled(self, limits: "RateLimitHeaders", sent_at: float, now: float, *, is_probe: bool) -> None:
        """Learn from the first 429 of a wave: nothing is left until the window turns, if it says when."""
        self._heard = now
        if not limits.tells_when:
            return
        left = max(limits.retry_after or 0.0, limits.reset or 0.0)
        self._learn_size(limits)
        self._empty = 0
        place = self.turns.place(sent_at, now, left)
        if place is Place.EARLIER:
            return
        if place is Place.LATER:
            self._begin(now)
            self.turns.outlived(sent_at, now, later=True)
        elif is_probe:
            self.turns.outlived(sent_at, now, later=False)
        if self.own and not self.is_spent:
            self.expected = min(self.own, self.limit or self.own)
        self.turns.told(sent_at, now, left)
        self.is_spent = True
        self._since_refusal = 0
        self._wait_longer(now)

    def _left(self, headroom: float) -> float:
        """What is left to us.

        A request in flight may or may not be counted in `remaining` yet; it is taken as not.
        """
        return self.remaining - headroom * (self.limit or self._most)

    def _silent_room(self, in_flight: int, headroom: float) -> float:
        """Room while nothing counts down.

        Each request in flight would come back as a 429 when the quota runs out. So until that has
        happened their number is a small share of what was accepted; then what a window took is
        expected of the next, and only now and then, one by one, is it tried whether there is more.
        """
        if self.expected is None:
            return _CAUTIOUS + self._accepted / _ACCEPTED_PER_SLOT - in_flight
        ours = math.floor(self.expected * (1.0 - headroom))
        if self.own + in_flight < ours:
            return min(ours - self.own, _CAUTIOUS + self.expected / _ACCEPTED_PER_SLOT) - in_flight
        knows_turn = self.turns.by < math.inf
        if knows_turn and (headroom or self._since_refusal < _ENOUGH_SINCE_REFUSAL):
            return 0.0
        return max(1.0, (self.own - self.expected) / _PAST_EXPECTED_PER_SLOT) - in_flight

    def _count(self, limits: "RateLimitHeaders") -> None:
        if limits.remaining is None or self.turns.by == math.inf or self.disbelieves:
            self.remaining = max(0.0, self.remaining - 1)
        else:
            if self.remaining == math.inf:
                self._first, self._first_own = limits.remaining + 1.0, self.own
                self._most = max(self._most, self._first)
                self._empty = self._empty + 1 if limits.remaining == 0 and self.limit != 1 else 0
            self.remaining = min(self.remaining, limits.remaining)
        self.own += 1

    def _learn_size(self, limits: "RateLimitHeaders") -> None:
        if limits.limit is not None and limits.limit != self.limit:
            self._peak = self.peak_share
            self.limit = limits.limit
        if limits.period is not None:
            self.turns.period = limits.period

    def _jumped(self, remaining: int | None, now: float, left: float) -> bool:
        """Whether more is left than before the request was sent, past the earliest end."""
        if remaining is None or now < self.turns.after:
            return False
        return remaining > left + _COUNTERS_DIFFER * (self.limit or remaining)

    def _wait_longer(self, now: float) -> None:
        """After a refusal, ask again no sooner than this, even if what was told says so."""
        self._refused += 1
        if self.turns.aim <= now or self._refused > _BELIEVED:
            self._not_before = now + min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**self._refused)

    def _begin(self, now: float) -> None:
        if self.remaining < math.inf and self.own > self._first_own:
            self._last_own = self.own
            others = (self._first - self.remaining) / (self.own - self._first_own) - 1.0
            self._others = min(max(others, 0.0), _MOST_OTHERS)
        self.turns.roll(now)
        self._began = now
        self.remaining = math.inf
        self._peak = self.peak_share
        self.own = 0
        self.is_spent = False
