"""The sandbox's quota: windows that begin at multiples of the period, and headers that tell of them."""

import math
from email.utils import formatdate
from typing import TYPE_CHECKING

from bulkcancel.sandbox.options import HeaderMode

if TYPE_CHECKING:
    from bulkcancel.sandbox.options import Quota


class Limiter:
    """Counts requests in calendar-aligned windows."""

    def __init__(self, quota: "Quota", name: str) -> None:
        self._quota = quota
        self._name = name
        self._window = -1
        self._used = 0

    def take(self, wall: float) -> tuple[bool, dict[str, str]]:
        """Whether a request at that time is within the quota, and the headers of its reply."""
        quota = self._quota
        window = math.floor(wall / quota.period)
        if window != self._window:
            self._window, self._used = window, 0
        within = self._used < quota.limit
        self._used += within
        left = (window + 1) * quota.period - wall
        return within, self._headers(math.ceil(left), wall, within=within)

    def _headers(self, reset: int, wall: float, *, within: bool) -> dict[str, str]:
        mode = self._quota.headers
        if mode is HeaderMode.ALWAYS or (mode is HeaderMode.ON_429 and not within):
            return {
                "X-RateLimit-Limit": str(self._quota.limit),
                "X-RateLimit-Period": str(self._quota.period),
                "X-RateLimit-Remaining": str(self._quota.limit - self._used),
                "X-RateLimit-Reset": str(reset),
                "X-RateLimit-Name": self._name,
            }
        if within:
            return {}
        if mode is HeaderMode.RETRY_AFTER:
            return {"Retry-After": str(reset)}
        if mode is HeaderMode.RETRY_AFTER_DATE:
            return {"Retry-After": formatdate(math.ceil(wall + reset), usegmt=True)}
        return {}
