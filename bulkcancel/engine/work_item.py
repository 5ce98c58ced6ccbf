"""One row on its way: what was sent for it, and what came back."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulkcancel.models import Result

if TYPE_CHECKING:
    from bulkcancel.answers import Classification
    from bulkcancel.clock import Clock
    from bulkcancel.models import InstanceRef, Outcome


@dataclass(slots=True, eq=False)
class WorkItem:
    """One row on its way: what was sent for it and what came back.

    Attributes:
        ref: The instance.
        previous: The outcome an earlier run recorded for it, which this one replaces, or None.
        attempts: Requests sent.
        throttled: How many were answered 429, or 503 by a rate limit.
        faults: How many brought a fault that counts against its attempts.
        probes: How many brought a fault while the API was down, which does not.
        is_again: Whether the last was lost with a stale connection, so that the next takes its place.
        is_starved: Whether the last was not sent at all, because no more files may be opened.
        started_at: When the first was sent, in seconds since the epoch, or None.
        started: The same on the monotonic clock.
        classification: What the last answer meant, or None.
        retry_after: Seconds the last fault's reply asked us to wait.
    """

    ref: "InstanceRef"
    previous: "Outcome | None" = None
    attempts: int = 0
    throttled: int = 0
    faults: int = 0
    probes: int = 0
    is_again: bool = False
    is_starved: bool = False
    started_at: float | None = None
    started: float = 0.0
    classification: "Classification | None" = None
    retry_after: float = 0.0

    def result(
        self, outcome: "Outcome", clock: "Clock", *, code: str = "", detail: str = "", site: str = ""
    ) -> Result:
        """Its result."""
        duration = clock.now() - self.started if self.attempts else 0.0
        finished_at = clock.wall()
        if self.started_at is not None and finished_at < self.started_at:
            finished_at = self.started_at + duration  # the clock was set back meanwhile
        ref, classification = self.ref, self.classification
        return Result(
            ref.line,
            ref.workflow_id,
            ref.instance_id,
            outcome,
            classification.status if classification is not None else None,
            code,
            detail,
            self.attempts,
            self.throttled,
            self.started_at,
            finished_at,
            round(duration * 1000),
            site,
        )
