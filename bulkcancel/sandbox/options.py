"""What kind of API the sandbox plays."""

from dataclasses import dataclass, field
from enum import StrEnum


class Scenario(StrEnum):
    """What a run is to meet."""

    CALM = "calm"
    BUSY = "busy"
    FLAKY = "flaky"
    OUTAGE = "outage"
    DENIED = "denied"
    FINISHED = "finished"
    RUNAWAY = "runaway"

    @property
    def description(self) -> str:
        """What happens in it, for people."""
        return _DESCRIPTIONS[self]


_DESCRIPTIONS = {
    Scenario.CALM: "everything is accepted, the quota is far away",
    Scenario.BUSY: "the quota is tight: 250 requests per 3 s",
    Scenario.FLAKY: "a quarter of the requests meet a 5xx, a reset, a stall, or a truncated or HTML body",
    Scenario.OUTAGE: "the API is down for 6 s after the first 150 cancels, then back",
    Scenario.DENIED: "the keys are refused",
    Scenario.FINISHED: "a part of the instances has already ended",
    Scenario.RUNAWAY: "a workflow has 3,000 alive and starts 2 more a second; 400 cancels per 2 s",
}


class HeaderMode(StrEnum):
    """What the sandbox says about its quota, and when."""

    ALWAYS = "always"
    ON_429 = "on-429"
    RETRY_AFTER = "retry-after"
    RETRY_AFTER_DATE = "retry-after-date"
    NONE = "none"


class QuotaModel(StrEnum):
    """How the sandbox counts requests."""

    FIXED = "fixed"
    TOKEN = "token"  # noqa: S105 - of a bucket
    LEAKY = "leaky"


class Permission(StrEnum):
    """What an application key may do."""

    READ = "workflows_read"
    RUN = "workflows_run"
    WRITE = "workflows_write"


@dataclass(frozen=True, slots=True)
class Quota:
    """How many requests the sandbox grants, and the headers that tell of it.

    Attributes:
        limit: Requests per period; a token bucket's capacity.
        period: Seconds per calendar-aligned window; the time in which a bucket regains the limit.
        headers: Which replies carry which headers. `X-RateLimit-…` tell of windows, so a bucket sends none.
        model: Fixed windows, as the API has them, or a gateway's token bucket or leaky bucket (nginx's).
        burst: Requests that a leaky bucket grants at once beyond the first.
        others: The share of the limit that other users of the same quota ask for in each window, evenly
            spread; 0.0 to 1.0. What is left of the quota is theirs and ours in the order of asking.
    """

    limit: int = 10_000
    period: int = 10
    headers: HeaderMode = HeaderMode.ALWAYS
    model: QuotaModel = QuotaModel.FIXED
    burst: int = 10
    others: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Runaway:
    """A workflow that keeps starting instances while it is published.

    Attributes:
        alive: Instances that run when the sandbox begins.
        ended: Instances that had ended by then, evenly among the others.
        rate: Instances it starts per second while it is published.
        late: Instances that were buffered, and start although it has just been unpublished.
        late_within: Seconds from then until the last of them starts, evenly.
    """

    alive: int = 3000
    ended: int = 0
    rate: float = 2.0
    late: int = 12
    late_within: float = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """How instances end; each share is from 0.0 to 1.0, and chance says whom it meets.

    Attributes:
        delay: Seconds from an accepted cancel until the instance has ended.
        slow: The share of instances for which that takes longer.
        slow_delay: The seconds it takes for those.
        stubborn: The share of instances that run on after their first cancel, which is accepted all the same.
        own: The share of instances that end by themselves.
        own_within: Seconds within which those do, from their start or that of the sandbox.
        answer: The status that the cancel of an ended instance is answered with; None for 200 where it had
            been canceled, and else for each of 200, 400 and 404 by chance.
    """

    delay: float = 0.4
    slow: float = 0.0
    slow_delay: float = 4.0
    stubborn: float = 0.0
    own: float = 0.0
    own_within: float = 60.0
    answer: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """How lists of instances are cut into pages.

    Attributes:
        first: The number of the first page: 0 or 1.
        refuses_zero: Whether a server that begins at 1 answers page 0 with 400, instead of with page 1.
        cap: The most instances on a page, whatever was asked for.
    """

    first: int = 0
    refuses_zero: bool = False
    cap: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOptions:
    """How the sandbox behaves; the same options and requests at the same times bring the same answers.

    Attributes:
        scenario: What a run is to meet.
        seed: What the scenario's chances follow from.
        quota: The quota for cancels; None for the scenario's own.
        read_quota: The quota of each other endpoint, counted apart; None for one like that for cancels.
        latency: Seconds from a request to its reply.
        stall: Seconds for which `flaky` leaves a request without an answer.
        runaway: A workflow that keeps starting instances; None for the scenario's own, if it has one.
        listed: Instances that every other workflow lists from the start.
        ends: How instances end; None for the scenario's own way.
        pages: How lists are cut.
        only_known: Whether workflows and instances that the sandbox does not list itself are unknown to it.
        lacks: Permissions that the application key does not have.
        keeps_published: Whether a PATCH is answered 200 and changes nothing.
        clock_ahead: Seconds by which the server's clock is ahead of this machine's.
        api_key: The only API key that is accepted; empty for any.
        app_key: The only application key that is accepted; empty for any.
    """

    scenario: Scenario = Scenario.CALM
    seed: int = 0
    quota: Quota | None = None
    read_quota: Quota | None = None
    latency: float = 0.02
    stall: float = 3.0
    runaway: Runaway | None = None
    listed: int = 25
    ends: Ends | None = None
    pages: Pages = field(default_factory=Pages)
    only_known: bool = False
    lacks: frozenset[Permission] = frozenset()
    keeps_published: bool = False
    clock_ahead: float = 0.0
    api_key: str = ""
    app_key: str = ""

    @property
    def cancel_quota(self) -> Quota:
        """The quota in force for cancels."""
        return self.quota or _QUOTAS.get(self.scenario) or Quota()

    @property
    def quota_of_others(self) -> Quota:
        """The quota in force for each endpoint but the cancels'."""
        return self.read_quota or self.cancel_quota

    @property
    def runaway_in_force(self) -> Runaway | None:
        """The workflow that keeps starting instances, if there is one."""
        return self.runaway or (Runaway() if self.scenario is Scenario.RUNAWAY else None)

    @property
    def ends_in_force(self) -> Ends:
        """How instances end."""
        return self.ends or (_RUNAWAY_ENDS if self.scenario is Scenario.RUNAWAY else Ends())


_QUOTAS = {Scenario.BUSY: Quota(250, 3), Scenario.RUNAWAY: Quota(400, 2)}
_RUNAWAY_ENDS = Ends(slow=0.02, stubborn=0.005, own=0.02)
