"""When may the next request go? Quota windows, outages, `--rate`, `--headroom`; `now` is an argument."""

from bulkcancel.pacing.notice import Notice, read_notice
from bulkcancel.pacing.pacer import Hold, HoldReason, Pacer, Ticket
from bulkcancel.pacing.spacing import Spacing

__all__ = ["Hold", "HoldReason", "Notice", "Pacer", "Spacing", "Ticket", "read_notice"]
