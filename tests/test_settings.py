"""Settings: what can't be used can't be made, and the message names the field and what it may be."""

import math
import sys
from dataclasses import replace
from functools import partial
from typing import Any, cast

import pytest

from bulkcancel.errors import ConfigurationError
from bulkcancel.settings import FailureLimit, Rate, Settings, Shard

NAN, INF = math.nan, math.inf
HUGE = 10**400  # an int that no float can hold
# Field, what it must be, values that can't be used.
WHOLE = [
    ("concurrency", "a whole number from 1 to 1024", [0, -1, 1025, 1.0, "8", True, None, NAN]),
    ("max_attempts", "a whole number from 1 to 100", [0, -1, 101, 2.0, "6", True, None]),
    ("max_throttled", "a whole number, 1 or more", [0, -1, 2.5, "100", True, None]),
    ("limit", "a whole number, 1 or more, or None", [0, -5, 5.0, "5", True, False]),
]
SECONDS = [0, 0.0, -1, -0.5, NAN, INF, -INF, HUGE, "30", True]
TIMES = [
    ("timeout", "a number of seconds above 0", [*SECONDS, None]),
    ("verify_timeout", "a number of seconds above 0", [*SECONDS, None]),
    ("max_duration", "a number of seconds above 0, or None", SECONDS),
]
OTHERS = [
    ("headroom", "a share from 0.0 to 0.9", [-0.1, 0.91, 1, 1.0, 2.0, NAN, INF, HUGE, "0.2", False, None]),
    ("rate", "a Rate or None", ["5/s", 5, (5, 1.0), Shard(1, 2)]),
    ("max_failures", "a FailureLimit or None", ["10%", 10, 0.1]),
    ("shard", "a Shard or None", ["1/4", (1, 4), 1]),
    ("ignore_not_found", "True or False", [1, "yes", None]),
    ("lookup", "True or False", [0, "no", None]),
    ("verify", "True or False", [0, "no", None]),
]
REFUSED = [(field, wanted, value) for field, wanted, values in WHOLE + TIMES + OTHERS for value in values]


@pytest.mark.parametrize(("field", "wanted", "value"), REFUSED)
def test_what_cannot_be_used_cannot_be_made(field: str, wanted: str, value: Any) -> None:
    """Nor can it be made of what could."""
    given: dict[str, Any] = {field: value}
    for make in (Settings, partial(replace, Settings())):
        with pytest.raises(ConfigurationError) as caught:
            make(**given)
        assert str(caught.value).startswith(f"Settings.{field} is ")
        assert str(caught.value).endswith(f"; it must be {wanted}.")


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("concurrency", [1, 1024]),
        ("max_attempts", [1, 100]),
        ("max_throttled", [1, 10**9]),
        ("limit", [1, 10**9, None]),
        ("timeout", [1, 0.001, 1e9]),
        ("verify_timeout", [1, 0.001]),
        ("max_duration", [1, 0.5, None]),
        ("headroom", [0, 0.0, 0.2, 0.9]),
        ("rate", [Rate(1, 1), Rate(999_999_999, 0.5), Rate(1000, 3600.0), None]),
        ("max_failures", [FailureLimit(1), None]),
        ("shard", [Shard(1, 1), Shard(4, 4), None]),
        ("ignore_not_found", [True, False]),
        ("lookup", [True, False]),
        ("verify", [True, False]),
    ],
)
def test_what_can_be_used_is_kept(field: str, values: list[Any]) -> None:
    """To the bounds."""
    for value in values:
        assert getattr(Settings(**{field: value}), field) == value


@pytest.mark.parametrize(
    ("make", "words"),
    [
        *[(lambda count=count: Rate(count, 1.0), r"Rate\.count .* a whole number from 1 to 999999999") for count in (0, -5, 10**9, 1.5, "5", True, None)],
        *[(lambda per=per: Rate(5, per), r"Rate\.per .* a number of seconds above 0") for per in (*SECONDS, None)],
        *[(lambda index=index: Shard(index, 4), r"Shard\.index .* a whole number from 1 to 4") for index in (0, 5, -1, 1.0, "1", True, None)],
        *[(lambda total=total: Shard(1, total), r"Shard\.total .* a whole number, 1 or more") for total in (0, -4, 4.0, "4", None)],
        *[(lambda rows=rows: FailureLimit(rows), r"FailureLimit\.value .* a number of rows, 1 or more") for rows in (0, 0.5, -1, NAN, INF, HUGE, "5", True, None)],
        *[(lambda share=share: FailureLimit(share, is_percent=True), r"FailureLimit\.value .* a percentage above 0, up to 100") for share in (0, -1, 100.1, 200, NAN, INF, "5", True, None)],
        (lambda: FailureLimit(5, is_percent=cast("bool", 1)), r"FailureLimit\.is_percent .* True or False"),
    ],
)  # fmt: skip
def test_its_parts_check_themselves(make: Any, words: str) -> None:
    """A rate, a shard, a limit of failures."""
    with pytest.raises(ConfigurationError, match=words):
        make()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: FailureLimit(0.5), "FailureLimit.value is 0.5; it must be a number of rows, 1 or more."),
        (lambda: FailureLimit(101, is_percent=True), "FailureLimit.value is 101; it must be a percentage above 0, up to 100."),
        (lambda: Settings(rate=cast("Rate", "5/s")), "Settings.rate is '5/s'; it must be a Rate or None."),
        (lambda: Rate(0, 1.0), "Rate.count is 0; it must be a whole number from 1 to 999999999."),
        (lambda: Settings(headroom=2.0), "Settings.headroom is 2.0; it must be a share from 0.0 to 0.9."),
        (lambda: Settings(timeout=-1.5), "Settings.timeout is -1.5; it must be a number of seconds above 0."),
        (lambda: Settings(verify=cast("bool", "no")), "Settings.verify is 'no'; it must be True or False."),
    ],
)  # fmt: skip
def test_a_message_shows_the_value(make: Any, words: str) -> None:
    """As it was given."""
    with pytest.raises(ConfigurationError) as caught:
        make()
    assert str(caught.value) == words


def test_their_bounds_can_be_used() -> None:
    """And hashed and compared, as before."""
    assert {Rate(1, 0.5), Shard(1, 1), Shard(7, 7), FailureLimit(1), FailureLimit(100, is_percent=True)} == {
        Rate(1, 0.5), Shard(1, 1), Shard(7, 7), FailureLimit(1.0), FailureLimit(100, is_percent=True)
    }  # fmt: skip
    most = sys.float_info.max
    assert FailureLimit(most).value == Settings(timeout=most).timeout == Rate(1, most).per == most
    assert FailureLimit(0.01, is_percent=True).value == 0.01


def test_a_value_is_shown_in_one_short_printable_line() -> None:
    """Whatever it is: it may come from a person's own input."""
    with pytest.raises(ConfigurationError) as caught:
        Settings(limit="\x1b[2J" + "x" * 5000)  # type: ignore[arg-type] # that is the test
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200
