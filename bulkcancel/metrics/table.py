"""The metrics: a closed set. docs/reference/metrics.md has the same table, and a test compares the two."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How the values of a metric add up."""

    COUNT = "count"
    GAUGE = "gauge"
    DISTRIBUTION = "distribution"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes:
        name: As a monitor has it.
        kind: How its values add up.
        unit: What they count.
        tags: The tags it bears, beside those that all bear.
    """

    name: str
    kind: Kind
    unit: str
    tags: tuple[str, ...] = ()


#: Tags that every metric bears, before those of the environment.
COMMON_TAGS = ("operation", "site")

ROWS = Metric("bulkcancel.rows", Kind.COUNT, "row", ("outcome", "workflow_id"))
REQUESTS = Metric("bulkcancel.requests", Kind.COUNT, "request", ("endpoint", "status"))
REQUEST_DURATION = Metric("bulkcancel.request.duration", Kind.DISTRIBUTION, "second", ("endpoint",))
THROTTLED = Metric("bulkcancel.throttled", Kind.COUNT, "request", ("endpoint",))
QUOTA_LIMIT = Metric("bulkcancel.quota.limit", Kind.GAUGE, "request", ("endpoint",))
QUOTA_REMAINING = Metric("bulkcancel.quota.remaining", Kind.GAUGE, "request", ("endpoint",))
ALIVE = Metric("bulkcancel.alive", Kind.GAUGE, "instance")
ARRIVING = Metric("bulkcancel.arriving", Kind.GAUGE, "instance per minute")
RUN_DURATION = Metric("bulkcancel.run.duration", Kind.GAUGE, "second")
RUN_EXIT = Metric("bulkcancel.run.exit", Kind.GAUGE, "exit code")

METRICS = (
    ROWS,
    REQUESTS,
    REQUEST_DURATION,
    THROTTLED,
    QUOTA_LIMIT,
    QUOTA_REMAINING,
    ALIVE,
    ARRIVING,
    RUN_DURATION,
    RUN_EXIT,
)
