"""What kind of API the sandbox plays."""

from dataclasses import dataclass
from enum import StrEnum


class Scenario(StrEnum):
    """What a run is to meet."""

    CALM = "calm"
    BUSY = "busy"
    FLAKY = "flaky"
    OUTAGE = "outage"
    DENIED = "denied"
    FINISHED = "finished"

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
class SandboxOptions:
    """How the sandbox behaves; the same options and requests bring the same answers.

    Attributes:
        scenario: What a run is to meet.
        seed: What the scenario's chances follow from.
        quota: The quota for cancels; None for the scenario's own. Reads have one of the same size.
        latency: Seconds from a request to its reply.
        end_delay: Seconds from an accepted cancel until the instance has ended.
        stall: Seconds for which `flaky` leaves a request without an answer.
        only_known: Whether instances that the sandbox does not list itself are unknown to it.
        api_key: The only API key that is accepted; empty for any.
        app_key: The only application key that is accepted; empty for any.
    """

    scenario: Scenario = Scenario.CALM
    seed: int = 0
    quota: Quota | None = None
    latency: float = 0.02
    end_delay: float = 0.4
    stall: float = 3.0
    only_known: bool = False
    api_key: str = ""
    app_key: str = ""

    @property
    def cancel_quota(self) -> Quota:
        """The quota in force."""
        if self.quota is not None:
            return self.quota
        return Quota(250, 3) if self.scenario is Scenario.BUSY else Quota()
