"""When may the next request go? Quota windows, outages, `--rate`, `--headroom`; `now` is an argument."""

from bulkcancel.pacing.headers import RateLimitHeaders, http_date, read_rate_limit_headers
from bulkcancel.pacing.pacer import Pacer, Permit, Wait, WaitReason
from bulkcancel.pacing.rate_cap import RateCap

__all__ = [
    "Pacer",
    "Permit",
    "RateCap",
    "RateLimitHeaders",
    "Wait",
    "WaitReason",
    "http_date",
    "read_rate_limit_headers",
]
