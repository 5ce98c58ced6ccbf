"""One execution of a workflow, from its start to its end."""

from dataclasses import dataclass

RUNNING, CANCELED, SUCCEEDED, FAILED = "IN_PROGRESS", "CANCELED", "SUCCEEDED", "FAILED"


@dataclass(slots=True)
class Instance:
    """One execution; times are in seconds since the epoch, on the server's clock.

    Attributes:
        instance_id: Its id.
        started_at: When it started.
        source: What started it, as the API names it.
        end_kind: What it is once it has ended, as far as that is decided.
        end_at: When it has ended; may lie ahead, and is None where nothing has been decided.
        cancels: Cancels that were accepted.
    """

    instance_id: str
    started_at: float
    source: str
    end_kind: str = ""
    end_at: float | None = None
    cancels: int = 0

    def ended_at(self, wall: float) -> float | None:
        """When it ended, or None while it runs."""
        return None if self.end_at is None or self.end_at > wall else self.end_at

    def kind(self, wall: float) -> str:
        """What the API calls its state."""
        return RUNNING if self.ended_at(wall) is None else self.end_kind

    def cancel_at(self, end_at: float) -> None:
        """Have it end as canceled at that time, if it has not ended before."""
        if self.end_at is None or self.end_at > end_at:
            self.end_at, self.end_kind = end_at, CANCELED
