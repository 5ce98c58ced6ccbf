"""When may the next request go? Quota windows, outages, `--rate`, `--headroom`; `now` is an argument."""

from bulkcancel.pacing.headers import RateLimitHeaders, read_rate_limit_headers
from bulkcancel.pacing.pacer import Hold, HoldReason, Pacer, Permit
from bulkcancel.pacing.spacing import Spacing

__all__ = ["Hold", "HoldReason", "Pacer", "Permit", "RateLimitHeaders", "Spacing", "read_rate_limit_headers"]
