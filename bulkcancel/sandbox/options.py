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


@dataclass(frozen=True, slots=True)
class Quota:
    """Requests per calendar-aligned window, and the headers that tell of it.

    Attributes:
        limit: Requests per window.
        period: Seconds per window.
        headers: Which replies carry which headers.
    """

    limit: int = 10_000
    period: int = 10
    headers: HeaderMode = HeaderMode.ALWAYS


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
