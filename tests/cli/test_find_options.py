"""The options of `find`, as typed values."""

from dataclasses import fields

import click
import pytest

from bulkcancel.cli.find import command
from bulkcancel.cli.find_options import FindOptions, FoundFormat
from bulkcancel.cli.typed_options import MessageOptions, TargetOptions
from bulkcancel.errors import ConfigurationError
from bulkcancel.operations.selection import Selection
from bulkcancel.settings import Rate, Settings


def typed(*words: str) -> FindOptions:
    """What click makes of a command line, understood."""
    return FindOptions.of(command.make_context("find", list(words)).params)


def test_find_without_words_is_the_library_s_own_default() -> None:
    """What runs, as a session finds it."""
    found = typed()
    assert (found.selection, found.settings) == (Selection(), Settings())
    assert (found.workflows, found.all_workflows, found.name, found.any_id) == ((), False, None, False)
    assert (found.output, found.form, found.count) == (None, None, False)
    assert found.target == TargetOptions(None, None, None, None, sandbox=False, scenario=None)
    assert found.messages == MessageOptions("text", quiet=False, verbose=False, no_progress=False)


@pytest.mark.parametrize(
    ("words", "selection"),
    [
        (["--status", "ended", "--status", "Failed"], Selection(statuses=frozenset({"ended", "Failed"}))),
        (["--older-than", "2h"], Selection(older_than=7200.0)),
        (["--newer-than", "10m"], Selection(newer_than=600.0)),
        (["--started-after", "1970-01-01T00:01Z"], Selection(started_after=60.0)),
        (["--started-before", "1970-01-01T00:02Z"], Selection(started_before=120.0)),
        (["--source", "api", "--source", "manual"], Selection(sources=frozenset({"api", "manual"}))),
        (["--limit", "7"], Selection(limit=7)),
    ],
)
def test_each_filter_reaches_the_selection(words: list[str], selection: Selection) -> None:
    """And no other; the limit is no setting of a run."""
    found = typed(*words)
    assert (found.selection, found.settings) == (selection, Settings())


def test_the_rest_reaches_its_place() -> None:
    """Names, the output, the pace."""
    found = typed(
        *["a", "b", "-o", "x.csv", "--format", "links", "--count", "--any-id", "--name", "n"],
        *["--rate", "5/s", "-c", "3", "--sandbox", "-q"],
    )
    assert (found.workflows, found.output, found.form) == (("a", "b"), "x.csv", FoundFormat.LINKS)
    assert (found.count, found.any_id, found.name) == (True, True, "n")
    assert found.settings == Settings(rate=Rate(5, 1.0), concurrency=3)
    assert (found.target.sandbox, found.messages.quiet) == (True, True)


def test_every_option_of_find_has_its_place() -> None:
    """One that were read and then forgotten would be found here."""
    renamed = {"statuses", "sources", "all_workflows"}
    known = renamed | {
        one.name
        for group in (FindOptions, Selection, Settings, TargetOptions, MessageOptions)
        for one in fields(group)
    }
    read = {param.name for param in command.params if isinstance(param, click.Option | click.Argument)}
    assert read <= known


def test_times_that_exclude_each_other_are_refused() -> None:
    """As the library does."""
    with pytest.raises(ConfigurationError, match="both older and newer"):
        typed("--older-than", "2h", "--newer-than", "1h")
