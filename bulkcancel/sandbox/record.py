"""What the sandbox was asked and what it answered."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Record:
    """The server's own record.

    Attributes:
        statuses: Replies to cancel requests, by status; 0 stands for a connection cut off.
        cancels: The same for each pair, `workflow/instance`, in order.
        accepted: Cancels that took effect or were to, by pair: more than one for a cancel sent again.
        requests: Replies of each endpoint but the cancels', by its name and by status.
        events: What was put into the event stream.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    cancels: dict[str, list[int]] = field(default_factory=dict)
    accepted: Counter[str] = field(default_factory=Counter)
    requests: dict[str, Counter[int]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)

    def note_cancel(self, pair: str, status: int) -> None:
        """Note what a cancel request was answered."""
        self.statuses[status] += 1
        self.cancels.setdefault(pair, []).append(status)

    def note(self, endpoint: str, status: int) -> None:
        """Note what another request was answered."""
        self.requests.setdefault(endpoint, Counter())[status] += 1
