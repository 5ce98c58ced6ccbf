"""What is measured: one quota, one way of telling of it, one number of rows."""

from dataclasses import dataclass, replace

from bulkcancel.sandbox import HeaderMode, Quota, QuotaModel

_WINDOWS = Quota(500, 5)
_BARE = Quota(100, 1, HeaderMode.NONE)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One line of the table of targets.

    Attributes:
        name: How it is asked for.
        title: How it is shown.
        rows: Instances to cancel.
        quota: The server's, the others' traffic with it; None for no quota.
        latency: Seconds from a request to its reply.
        in_flight: Requests at once, per process.
        processes: The job is cut into as many parts.
        headroom: The share that is to be left to others.
        target: What bulkcancel is held to: makespan over ideal and 429s in percent, or its words.
    """

    name: str
    title: str
    rows: int
    quota: Quota | None
    latency: float = 0.02
    in_flight: int = 25
    processes: int = 1
    headroom: float = 0.0
    target: str = ""


CASES = (
    Case(
        name="headers",
        title="headers on every reply",
        rows=3_000,
        quota=_WINDOWS,
        target="≤ 1.01 the first turn aside, 429s ≤ 0.1 %",
    ),
    Case(
        name="on-429",
        title="headers on 429 only",
        rows=3_000,
        quota=replace(_WINDOWS, headers=HeaderMode.ON_429),
        target="≤ 1.05 plus one turn, 429s ≤ 1.5 %",
    ),
    Case(
        name="retry-after",
        title="Retry-After only",
        rows=3_000,
        quota=replace(_WINDOWS, headers=HeaderMode.RETRY_AFTER),
        target="≤ 1.05 plus the rounding of each window to a second, 429s ≤ 2 %",
    ),
    Case(
        name="bare-fixed",
        title="bare 429, fixed window",
        rows=2_000,
        quota=_BARE,
        target="≤ 1.10, 429s ≤ 3 %",
    ),
    Case(
        name="bare-leaky",
        title="bare 429, leaky bucket",
        rows=2_000,
        quota=replace(_BARE, model=QuotaModel.LEAKY),
        target="≤ 1.10, 429s ≤ 3 %",
    ),
    Case(
        name="bare-token",
        title="bare 429, token bucket",
        rows=2_000,
        quota=replace(_BARE, model=QuotaModel.TOKEN),
        target="≤ 1.10, 429s ≤ 3 %",
    ),
    Case(
        name="others",
        title="others ask for half of the quota",
        rows=2_000,
        quota=replace(_WINDOWS, others=0.5),
        target="≤ 1.05, 429s ≤ 1 %",
    ),
    Case(
        name="shards",
        title="four shards at once on one quota",
        rows=3_000,
        quota=_WINDOWS,
        processes=4,
        target="≤ 1.05, 429s ≤ 1 %",
    ),
    Case(
        name="headroom",
        title="--headroom 20%, others ask for 20 %",
        rows=1_800,  # in five windows even where those of the others that come before ours are left to them as well
        quota=replace(_WINDOWS, others=0.2),
        headroom=0.2,
        target="others get ≥ 19 % of each window, 429s ≤ 0.1 %",
    ),
    Case(
        name="no-quota",
        title="no quota, 64 in flight, one core",
        rows=20_000,
        quota=None,
        latency=0.0,
        in_flight=64,
        target="1.5 times the rows/s of the SDK's async client",
    ),
)
