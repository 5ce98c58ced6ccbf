"""Times in which requests were held back, and why."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bulkcancel.events import Endpoint
from bulkcancel.text import printable, rfc3339

_LONGEST_DETAIL = 500


class HeldBy(StrEnum):
    """What held requests back."""

    QUOTA = "quota_used_up"
    LIMIT = "rate_limited"
    OUTAGE = "outage"


@dataclass(frozen=True, slots=True)
class Held:
    """A time in which requests of one kind were held back, but for those that asked whether they may go on.

    Attributes:
        begin: When it began, in seconds since the epoch.
        end: When it was over.
        reason: Why.
        endpoint: Which requests.
        status: In an outage, what the API answered, or None where it did not.
        detail: In an outage, what it said, or why there was no answer.
    """

    begin: float
    end: float
    reason: HeldBy
    endpoint: Endpoint = Endpoint.CANCEL
    status: int | None = None
    detail: str = ""

    @property
    def seconds(self) -> float:
        """How long it was."""
        return self.end - self.begin

    def as_dict(self) -> dict[str, Any]:
        """Its JSON form, as in a summary."""
        return {
            "started_at": rfc3339(self.begin),
            "ended_at": rfc3339(self.end),
            "reason": self.reason.value,
            "endpoint": self.endpoint.value,
            "status": self.status,
            "detail": printable(self.detail, _LONGEST_DETAIL),
        }
