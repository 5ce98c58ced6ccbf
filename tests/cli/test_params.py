"""Texts from the command line as values."""

from collections.abc import Callable

import click
import pytest

from bulkcancel.cli import params
from bulkcancel.settings import FailureLimit, Rate, Shard


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (params.rate, "5/s", Rate(5, 1.0)),
        (params.rate, " 300 / m ", Rate(300, 60.0)),
        (params.rate, "1000/h", Rate(1000, 3600.0)),
        (params.seconds, "30", 30.0),
        (params.seconds, "1.5s", 1.5),
        (params.seconds, "50m", 3000.0),
        (params.seconds, " 2 h ", 7200.0),
        (params.moment, "1970-01-01T01:00+01:00", 0.0),
        (params.moment, "1970-01-02", 86400.0),
        (params.moment, " 1970-01-01T00:01Z ", 60.0),
        (params.headroom, "0%", 0.0),
        (params.headroom, "20 %", 0.2),
        (params.headroom, "90%", 0.9),
        (params.failure_limit, "50", FailureLimit(50.0)),
        (params.failure_limit, "10%", FailureLimit(10.0, is_percent=True)),
        (params.failure_limit, "100%", FailureLimit(100.0, is_percent=True)),
        (params.shard, "2/4", Shard(2, 4)),
        (params.shard, " 4 / 4 ", Shard(4, 4)),
    ],
)
def test_a_text_is_the_value_it_looks_like(read: Callable[[str], object], text: str, value: object) -> None:
    """White space aside."""
    assert read(text) == value


@pytest.mark.parametrize(
    ("read", "texts", "example"),
    [
        (
            params.rate,
            ["", "5", "0/s", "5/d", "-5/s", "1.5/s", "5/s/s", "\u0665/s"],
            "write 5/s, 300/m or 1000/h",
        ),
        (
            params.seconds,
            ["", "0", "0s", "-1", "1d", "inf", "nan", "1e3", "\u0663"],
            "write 30, 90s, 50m or 2h",
        ),
        (params.moment, ["", "noon", "2026-13-01", "12:00"], "write 2026-01-31T12:00Z"),
        (params.headroom, ["", "20", "0.2", "91%", "90.1%", "-1%"], "write 20%"),
        (params.failure_limit, ["", "0", "0%", "101%", "-1", "1.5", "x"], "write 50 or 10%"),
        (
            params.shard,
            ["", "0/4", "5/4", "1", "1/0", "-1/4", "1/4/4", "auto", "auto/0", "Auto/4"],
            "write 1/4 for the first of four",
        ),
    ],
)
def test_any_other_text_is_refused_with_an_example(
    read: Callable[[str], object], texts: list[str], example: str
) -> None:
    """It is repeated, so that a typo can be seen."""
    for text in texts:
        with pytest.raises(click.BadParameter, match=example) as error:
            read(text)
        assert repr(text) in error.value.message


@pytest.mark.parametrize(
    ("name", "text", "want"),
    [
        ("JOB_COMPLETION_INDEX", "auto/8", Shard(1, 8)),
        ("AWS_BATCH_JOB_ARRAY_INDEX", " auto / 8 ", Shard(1, 8)),
        ("CLOUD_RUN_TASK_INDEX", "auto/1", Shard(1, 1)),
    ],
)
def test_a_shard_is_numbered_by_the_scheduler(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, want: Shard
) -> None:
    """Which counts from 0: its last index is the last shard, and one more is refused."""
    monkeypatch.setenv(name, "0")
    assert params.shard(text) == want
    monkeypatch.setenv(name, str(want.total - 1))
    assert params.shard(text) == Shard(want.total, want.total)
    for value in (str(want.total), "", "-1", "\u0661", "one"):
        monkeypatch.setenv(name, value)
        with pytest.raises(click.BadParameter, match=f"an index from 0 to {want.total - 1}, and {name} is"):
            params.shard(text)


def test_a_shard_that_nobody_numbers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the names that are looked for, so that it can be set or written."""
    for name in params._INDEX_NAMES:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(click.BadParameter, match="JOB_COMPLETION_INDEX, AWS_BATCH_JOB_ARRAY_INDEX or CLOUD"):
        params.shard("auto/4")


@pytest.mark.parametrize(("word", "hint"), [("runing", "Did you mean running?"), ("xyz", None)])
def test_a_slip_in_a_choice_is_suggested_for(word: str, hint: str | None) -> None:
    """Where it is like one."""
    with pytest.raises(click.BadParameter) as error:
        params.Choice(["running", "ended"]).convert(word, None, None)
    assert ("Did you mean" in error.value.message) is (hint is not None)
    assert (hint or "") in error.value.message
