"""What happens in a soak, and when: all of it follows from the seed and the minutes."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from bulkcancel.sandbox import HeaderMode, Quota

_QUOTAS = tuple(Quota(*size) for size in ((300, 10), (600, 10), (1000, 10), (2000, 10), (600, 60)))
# A quota that is not told of at all, and then is, is nobody's API.
_HEADERS = (HeaderMode.ALWAYS, HeaderMode.ALWAYS, HeaderMode.ON_429, HeaderMode.RETRY_AFTER)
_SECONDS_OF_A_CYCLE = 300.0
_LONG_SOAK = 1800.0
_LONG_SLEEP = 360.0
#: The restarts give a fresh window each, so that more goes through than the quotas alone would say.
_SPARE = 1.2


class Kind(StrEnum):
    """What may happen."""

    RESTART = "restart"
    HANG = "hang"
    SLEEP = "sleep"
    SLEEP_AND_RESTART = "sleep and restart"
    QUOTA = "quota"
    FIND = "find"
    DRAIN = "drain"


_SECONDS = {
    Kind.RESTART: (0.0, 3.0, 20.0, 45.0),
    Kind.HANG: (1.0, 6.0, 20.0),
    Kind.SLEEP: (2.0, 8.0, 35.0, 70.0),
    Kind.SLEEP_AND_RESTART: (6.0, 30.0),
    Kind.QUOTA: (0.0,),
    Kind.FIND: (0.0,),
    Kind.DRAIN: (30.0,),
}


@dataclass(frozen=True)
class Event:
    """Something that happens.

    Attributes:
        at: When it begins, in seconds from the start.
        kind: What it is.
        seconds: How long the server is down or hangs, the clients sleep, or nothing else happens.
        quota: The quota from then on, after a restart or a change of it.
        is_flaky: Whether a quarter of the requests meet a fault from then on, after a restart.
        is_killed: Whether a restart begins with SIGKILL instead of SIGTERM.
    """

    at: float
    kind: Kind
    seconds: float
    quota: Quota
    is_flaky: bool
    is_killed: bool


@dataclass(frozen=True)
class Plan:
    """A whole soak.

    Attributes:
        seed: What it follows from.
        seconds: How long it lasts, the end aside.
        first: The quota at the start; nothing else goes wrong then.
        events: What happens, in order; none begins before the one before it is over.
    """

    seed: int
    seconds: float
    first: Quota
    events: tuple[Event, ...]

    @property
    def rows(self) -> int:
        """More rows than the quotas can grant, so that a run that has them lives as long as the soak."""
        granted, since, quota = 0.0, 0.0, self.first
        for event in self.events:
            granted += (event.at - since) * quota.limit / quota.period
            since, quota = event.at, event.quota
        return round(_SPARE * (granted + (self.seconds - since) * quota.limit / quota.period))

    @property
    def seconds_awake(self) -> float:
        """How long the clients can send: no row that is due in an outage or a sleep is made good faster."""
        quiet = {Kind.RESTART, Kind.SLEEP, Kind.SLEEP_AND_RESTART}
        return self.seconds - sum(event.seconds for event in self.events if event.kind in quiet)


def plan(seed: int, minutes: float) -> Plan:
    """Make up a soak: each kind of event comes up once a cycle, in an order of its own."""
    dice = Random(seed)  # noqa: S311 - a test's dice
    first = _QUOTAS[0]
    return Plan(seed, minutes * 60.0, first, tuple(_events(dice, minutes * 60.0, first)))


def _events(dice: Random, until: float, quota: Quota) -> Iterator[Event]:
    scale = min(1.0, until / _SECONDS_OF_A_CYCLE)
    gap = scale * _SECONDS_OF_A_CYCLE / (3 * len(Kind))
    at, long_sleep_due = gap, until >= _LONG_SOAK
    while True:
        for kind in dice.sample(list(Kind), len(Kind)):
            seconds = scale * dice.choice(_SECONDS[kind])
            if kind is Kind.SLEEP and long_sleep_due and at > until / 2:
                seconds, long_sleep_due = _LONG_SLEEP, False
            if kind in {Kind.RESTART, Kind.SLEEP_AND_RESTART, Kind.QUOTA}:
                quota = _other(dice, quota)
            if at + seconds + gap > until:
                return
            yield Event(at, kind, seconds, quota, dice.random() < 1 / 3, dice.random() < 1 / 2)
            at += seconds + gap * dice.uniform(0.5, 1.5)


def _other(dice: Random, quota: Quota) -> Quota:
    """A quota of another size, told of in some way."""
    size = dice.choice([one for one in _QUOTAS if (one.limit, one.period) != (quota.limit, quota.period)])
    return Quota(size.limit, size.period, dice.choice(_HEADERS))
