"""What a reply's headers say about the quota, read so that no header can do harm.

The headers are those of https://docs.datadoghq.com/api/latest/rate-limits/; a gateway may add
`Retry-After`, double a value (`7, 7`), or write an epoch where seconds belong.
"""

from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

#: No header makes a run wait longer than this many seconds without asking again.
LONGEST_PAUSE = 300.0

_EPOCHS_BEGIN = 1_000_000_000  # a Reset this large is a point in time, not a number of seconds
_LONGEST_PERIOD = 86_400
_MOST_DIGITS = 15


class RateLimitHeaders(NamedTuple):
    """What one reply says about the quota; None for what it doesn't say.

    Attributes:
        limit: Requests per window.
        period: Seconds per window.
        remaining: Requests left in this window.
        reset: Seconds until the window ends, rounded by the server to whole ones.
        retry_after: Seconds until a request may be tried again.
        broken: The name of a header that can't be what it says, or empty.
    """

    limit: int | None = None
    period: float | None = None
    remaining: int | None = None
    reset: float | None = None
    retry_after: float | None = None
    broken: str = ""

    @property
    def tells_when(self) -> bool:
        """Whether it says when a request may be tried again."""
        return self.retry_after is not None or self.reset is not None


_SILENT = RateLimitHeaders()


def read_rate_limit_headers(headers: "Mapping[str, str]", wall: float) -> RateLimitHeaders:
    """Read the quota headers of one reply.

    Args:
        headers: The reply's headers, matched without regard to case.
        wall: Seconds since the epoch, for headers that name a point in time where the reply has no
            usable `Date`: that is the clock they were written by.
    """
    remaining_text = headers.get("X-RateLimit-Remaining")
    reset_text = headers.get("X-RateLimit-Reset")
    retry_text = headers.get("Retry-After")
    if remaining_text is None and reset_text is None and retry_text is None:
        return _SILENT
    limit, period, broken = _size(headers.get("X-RateLimit-Limit"), headers.get("X-RateLimit-Period"))
    remaining = _number(remaining_text)
    reset = _seconds(reset_text, headers, wall)
    retry_after = _retry_after(retry_text, headers, wall)
    if reset is not None:
        # One second more than the period is rounding; anything beyond can't be true.
        if reset > (period or LONGEST_PAUSE) + 1:
            broken = "X-RateLimit-Reset"
        reset = min(reset, float(period or LONGEST_PAUSE))
    if remaining is not None and limit is not None and remaining > limit:
        remaining, broken = limit, "X-RateLimit-Remaining"
    if remaining is None and remaining_text is not None:
        broken = "X-RateLimit-Remaining"
    if reset is None and reset_text is not None:
        broken = "X-RateLimit-Reset"
    if retry_after is None and retry_text is not None:
        broken = "Retry-After"
    return RateLimitHeaders(limit, period, remaining, reset, retry_after, broken)


@lru_cache(maxsize=8)  # these two hardly ever change
def _size(limit_text: str | None, period_text: str | None) -> tuple[int | None, int | None, str]:
    """A window's requests and seconds, and the name of the header that can't be what it says."""
    limit, period, broken = _number(limit_text), _number(period_text), ""
    if (period is None and period_text is not None) or period == 0 or (period or 0) > _LONGEST_PERIOD:
        period, broken = None, "X-RateLimit-Period"
    if (limit is None and limit_text is not None) or limit == 0:
        limit, broken = None, "X-RateLimit-Limit"
    return limit, period, broken


def _number(text: str | None) -> int | None:
    """A whole number from a header; of a doubled one (`7, 7`), the smaller half."""
    if text is None:
        return None
    if text.isdecimal() and text.isascii() and len(text) <= _MOST_DIGITS:
        return int(text)
    numbers = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and part.isascii() and len(part) <= _MOST_DIGITS for part in numbers):
        return None
    return min(map(int, numbers))


def _seconds(text: str | None, headers: "Mapping[str, str]", wall: float) -> float | None:
    """Seconds from a header that holds them, or an epoch."""
    number = _number(text)
    if number is None or number < _EPOCHS_BEGIN:
        return number
    return max(0.0, number - _written_at(headers, wall))


def _retry_after(text: str | None, headers: "Mapping[str, str]", wall: float) -> float | None:
    if text is None:
        return None
    seconds = _seconds(text, headers, wall)
    if seconds is None:
        moment = http_date(text)
        if moment is None:
            return None
        seconds = max(0.0, moment - _written_at(headers, wall))
    return min(seconds, LONGEST_PAUSE)


def _written_at(headers: "Mapping[str, str]", wall: float) -> float:
    """The time on the server's clock when the reply was written; ours may be hours off."""
    moment = http_date(headers.get("Date", ""))
    return wall if moment is None else moment


def http_date(text: str) -> float | None:
    """Seconds since the epoch of an HTTP date, or None where it is none."""
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    except (ValueError, TypeError, LookupError, OverflowError):  # a parser of mail meets anything at all
        return None
