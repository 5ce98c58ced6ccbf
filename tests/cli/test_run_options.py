"""The options of `run`, as typed values: nothing is looked up by a name in a text any more."""

from dataclasses import FrozenInstanceError, fields
from typing import Any

import click
import pytest

from bulkcancel.cli.run import command
from bulkcancel.cli.run_options import RunOptions
from bulkcancel.cli.typed_options import ColumnOptions, MessageOptions, TargetOptions
from bulkcancel.cli.watching_options import WatchingOptions
from bulkcancel.settings import FailureLimit, Rate, Settings, Shard


def typed(*words: str) -> RunOptions:
    """What click makes of a command line, understood."""
    context = command.make_context("run", list(words))
    return RunOptions.of(context.params)


def test_nothing_typed_is_the_library_s_own_default() -> None:
    """But for what a terminal has to say."""
    options = typed()
    assert options.settings == Settings()
    assert (options.input, options.report, options.resume, options.yes, options.dry_run) == (
        None,
        None,
        False,
        False,
        False,
    )
    assert options.target == TargetOptions(None, None, None, None, sandbox=False, scenario=None)
    assert options.columns == ColumnOptions(None, None, None, any_id=False)
    assert options.messages == MessageOptions("text", quiet=False, verbose=False, no_progress=False)


@pytest.mark.parametrize(
    ("words", "setting", "value"),
    [
        (["-c", "5"], "concurrency", 5),
        (["--rate", "300/m"], "rate", Rate(300, 60.0)),
        (["--headroom", "20%"], "headroom", 0.2),
        (["--max-attempts", "3"], "max_attempts", 3),
        (["--timeout", "2m"], "timeout", 120.0),
        (["--max-duration", "50m"], "max_duration", 3000.0),
        (["--max-failures", "10%"], "max_failures", FailureLimit(10.0, is_percent=True)),
        (["--ignore-not-found"], "ignore_not_found", True),
        (["--no-lookup"], "lookup", False),
        (["--verify"], "verify", True),
        (["--verify-timeout", "9"], "verify_timeout", 9.0),
        (["--limit", "7"], "limit", 7),
        (["--shard", "2/4"], "shard", Shard(2, 4)),
    ],
)
def test_each_option_reaches_its_setting(words: list[str], setting: str, value: object) -> None:
    """And no other."""
    settings = typed(*words).settings
    assert getattr(settings, setting) == value
    others = [one.name for one in fields(Settings) if one.name != setting]
    assert [getattr(settings, name) for name in others] == [getattr(Settings(), name) for name in others]


def test_every_option_of_the_command_is_in_one_group() -> None:
    """One that were read and then forgotten would be found here."""
    known = {
        one.name
        for group in (RunOptions, Settings, TargetOptions, ColumnOptions, MessageOptions, WatchingOptions)
        for one in fields(group)
    }
    read = {param.name for param in command.params if isinstance(param, click.Option | click.Argument)}
    assert read <= known
    beside = {"settings", "target", "columns", "messages", "watching", "max_throttled", "report_filled"}
    assert known - read == beside


def test_options_are_what_was_typed_and_stay_it() -> None:
    """They are handed from room to room."""
    options: Any = typed("in.csv", "-o", "r.csv", "--reason", "why")
    assert (options.input, options.report, options.reason) == ("in.csv", "r.csv", "why")
    with pytest.raises(FrozenInstanceError):
        options.input = "other.csv"
