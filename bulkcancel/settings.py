"""How a run behaves. Each of these checks itself as it is made, so that one that exists can be used."""

import sys
from dataclasses import dataclass
from typing import TypeGuard

from bulkcancel.errors import ConfigurationError

#: Requests in flight at once that are still of use: far beyond what any quota needs.
MOST_CONCURRENT = 1024
#: Attempts of one row: with the longest backoff, more than an hour of them.
MOST_ATTEMPTS = 100
#: The largest share of the quota that may be left to others.
MOST_HEADROOM = 0.9

#: The settings that all operations of one session share.
PER_SESSION = frozenset({"concurrency", "rate", "headroom", "max_attempts", "max_throttled", "timeout"})

_ALL = 100  # percent
_MOST_REQUESTS = 999_999_999  # of a rate, which remembers as many


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` requests in any `per` seconds.

    Raises:
        ConfigurationError: `count` is not a whole number from 1 to 999,999,999, or `per` not a time above 0.
    """

    count: int
    per: float

    def __post_init__(self) -> None:
        _check_whole("Rate.count", self.count, _MOST_REQUESTS)
        _check_seconds("Rate.per", self.per)

    def seconds_for(self, requests: int) -> float:
        """How long so many requests take at least."""
        return requests * self.per / self.count


@dataclass(frozen=True, slots=True)
class Shard:
    """One part of a job that several processes share: number `index`, from 1, of `total`.

    Raises:
        ConfigurationError: They are not whole numbers from 1, or `index` is above `total`.
    """

    index: int
    total: int

    def __post_init__(self) -> None:
        _check_whole("Shard.total", self.total)
        _check_whole("Shard.index", self.index, self.total)


@dataclass(frozen=True, slots=True)
class FailureLimit:
    """When to give up the run: a number of failed rows, or a share of the finished rows in percent.

    Raises:
        ConfigurationError: `value` is no number of rows from 1, or no percentage above 0 up to 100.
    """

    value: float
    is_percent: bool = False

    def __post_init__(self) -> None:
        _check_flag("FailureLimit.is_percent", self.is_percent)
        if self.is_percent:
            usable = _is_number(self.value) and 0 < self.value <= _ALL
            _require(usable, "FailureLimit.value", self.value, "a percentage above 0, up to 100")
        else:
            usable = _is_number(self.value) and 1 <= self.value <= sys.float_info.max
            _require(usable, "FailureLimit.value", self.value, "a number of rows, 1 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a run behaves; built once, handed down, never changed.

    Attributes:
        concurrency: Requests in flight at once, 1 to 1024.
        rate: An upper bound of our own, or None for the API's quota alone.
        headroom: The share of the organization's quota to leave to others, 0.0 to 0.9.
        max_attempts: Requests per row that may fail with 5xx or a network fault, 1 to 100; 429s do not count.
        max_throttled: 429s per row before it is given up as throttled, 1 or more.
        timeout: Seconds for one request, from connecting to the last byte, above 0.
        max_duration: Seconds for the whole run, above 0, or None.
        max_failures: When to give up the run, or None.
        ignore_not_found: Whether `not_found` rows leave the exit code at 0.
        lookup: Whether a row answered 400 or 404 is read, to see if the instance had simply ended.
        verify: Whether to watch each instance until it has ended.
        verify_timeout: Seconds to watch one instance, above 0.
        limit: Stop reading after this many rows that can be sent, 1 or more, or None.
        shard: The part of the input that is ours, or None for all.

    Raises:
        ConfigurationError: One of them can't be used; the message names it and says what it may be.
    """

    concurrency: int = 32
    rate: Rate | None = None
    headroom: float = 0.0
    max_attempts: int = 6
    max_throttled: int = 100
    timeout: float = 30.0
    max_duration: float | None = None
    max_failures: FailureLimit | None = None
    ignore_not_found: bool = False
    lookup: bool = True
    verify: bool = False
    verify_timeout: float = 60.0
    limit: int | None = None
    shard: Shard | None = None

    def __post_init__(self) -> None:
        _check_whole("Settings.concurrency", self.concurrency, MOST_CONCURRENT)
        _check_whole("Settings.max_attempts", self.max_attempts, MOST_ATTEMPTS)
        _check_whole("Settings.max_throttled", self.max_throttled)
        if self.limit is not None:
            _check_whole("Settings.limit", self.limit, or_none=True)
        _check_seconds("Settings.timeout", self.timeout)
        _check_seconds("Settings.verify_timeout", self.verify_timeout)
        if self.max_duration is not None:
            _check_seconds("Settings.max_duration", self.max_duration, or_none=True)
        usable = _is_number(self.headroom) and 0 <= self.headroom <= MOST_HEADROOM
        _require(usable, "Settings.headroom", self.headroom, f"a share from 0.0 to {MOST_HEADROOM}")
        for name, value, kind in (
            ("rate", self.rate, Rate),
            ("max_failures", self.max_failures, FailureLimit),
            ("shard", self.shard, Shard),
        ):
            usable = value is None or isinstance(value, kind)
            _require(usable, f"Settings.{name}", value, f"a {kind.__name__} or None")
        _check_flag("Settings.ignore_not_found", self.ignore_not_found)
        _check_flag("Settings.lookup", self.lookup)
        _check_flag("Settings.verify", self.verify)


def _check_whole(name: str, value: object, most: int | None = None, *, or_none: bool = False) -> None:
    bounds = ", 1 or more" if most is None else f" from 1 to {most}"
    usable = _is_number(value) and isinstance(value, int) and 1 <= value <= (most or value)
    _require(usable, name, value, f"a whole number{bounds}{', or None' if or_none else ''}")


def _check_seconds(name: str, value: object, *, or_none: bool = False) -> None:
    # NaN and infinity are outside these bounds, and so is an int that no float can hold.
    usable = _is_number(value) and 0 < value <= sys.float_info.max
    _require(usable, name, value, f"a number of seconds above 0{', or None' if or_none else ''}")


def _check_flag(name: str, value: object) -> None:
    _require(isinstance(value, bool), name, value, "True or False")


def _is_number(value: object) -> TypeGuard[float]:
    """Whether it is an int or a float; a bool is an int to Python, and no number to a person."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _require(usable: bool, name: str, value: object, wanted: str) -> None:  # noqa: FBT001 - like `assert`
    if not usable:
        raise ConfigurationError.of_value(name, value, wanted)
