"""A prepared run at work: what is around the run itself."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from support.cliapp import IDS, Call, outcomes, write
from support.faketime import FakeClock

from bulkcancel.cli import execute
from bulkcancel.cli.closing import Closing
from bulkcancel.cli.connection import Connection, with_keys
from bulkcancel.datadog import Credentials, Target
from bulkcancel.models import Outcome
from bulkcancel.progress.display import ProgressDisplay
from bulkcancel.progress.writer import BackgroundWriter
from bulkcancel.sandbox import Scenario
from bulkcancel.settings import Settings
from bulkcancel.tally import Summary

RUN = ("--sandbox", "-y", "-o", "r.csv")


class Connected:
    """Stands in for `connect`: keeps what it was given, and whether the connection is still open."""

    def __init__(self) -> None:
        self.given: list[Any] = []
        self.is_open = False

    @asynccontextmanager
    async def connect(self, target: Target, credentials: Credentials, **rest: object) -> AsyncIterator[str]:
        """Give a name instead of an API."""
        self.given = [target, credentials, rest]
        self.is_open = True
        yield "the API"
        self.is_open = False


async def test_the_api_is_the_one_that_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its keys, its certificates and the settings, for as long as the stack is open."""
    connected, settings, bundle = Connected(), Settings(concurrency=3), Path("ca.pem")
    monkeypatch.setattr(execute, "connect", connected.connect)
    keys, target = Credentials("a", "b"), Target.of_site("datadoghq.eu")
    async with AsyncExitStack() as stack:
        api: object = await execute.open_api(
            stack, Connection(target, bundle, None, keys), settings, FakeClock()
        )
        assert api == "the API"
        assert connected.given == [target, keys, {"settings": settings, "ca_bundle": bundle}]
        assert connected.is_open
    assert not connected.is_open


async def test_a_rehearsal_is_served_as_long_as_the_api_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """On this machine, with keys of its own, whatever else is set."""
    connected = Connected()
    monkeypatch.setattr(execute, "connect", connected.connect)
    nowhere = Connection(Target.of_url("http://127.0.0.1"), None, Scenario.CALM)
    async with AsyncExitStack() as stack:
        connection = with_keys(nowhere, None, may_lack=False)
        await execute.open_api(stack, connection, Settings(), FakeClock())
        target, keys, _ = connected.given
        host, _, port = target.base_url.removeprefix("http://").rpartition(":")
        assert (host, keys) == ("127.0.0.1", connection.credentials)
        await (await anyio.connect_tcp(host, int(port))).aclose()
    with pytest.raises(OSError, match=r"connect|refused"):
        await anyio.connect_tcp(host, int(port))


def test_a_display_that_fails_leaves_the_run_alone(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal may be gone."""

    async def fail(_: ProgressDisplay) -> None:
        raise OSError("the terminal is gone")

    monkeypatch.setattr(ProgressDisplay, "lines", fail)
    ended = call("run", write("in.csv", *IDS), *RUN, "-v")
    assert (ended.code, outcomes("r.csv")) == (0, [Outcome.CANCELED] * 8)
    assert "Progress is not shown any more: the terminal is gone" in ended.err


@pytest.mark.parametrize(("words", "shows"), [([], True), (["-q"], False), (["--no-progress"], False)])
def test_progress_is_shown_unless_it_is_not_wanted(
    call: Call, monkeypatch: pytest.MonkeyPatch, words: list[str], *, shows: bool
) -> None:
    """Without a terminal as lines."""
    shown: list[ProgressDisplay] = []

    async def note(display: ProgressDisplay) -> None:
        shown.append(display)

    monkeypatch.setattr(ProgressDisplay, "lines", note)
    assert call("run", write("in.csv", *IDS), *RUN, *words).code == 0
    assert bool(shown) is shows


@pytest.mark.parametrize(
    ("report", "is_file", "is_terminal", "shows"),
    [
        ("-", False, True, False),
        ("-", True, True, True),
        ("-", False, False, True),
        ("r.csv", False, True, True),
    ],
)
def test_a_report_that_goes_to_the_terminal_is_not_drawn_over(
    call: Call, monkeypatch: pytest.MonkeyPatch, report: str, *, is_file: bool, is_terminal: bool, shows: bool
) -> None:
    """Then there is no progress, but the report's own rows."""
    wanted: list[bool] = []

    @asynccontextmanager
    async def showing(*_: object, is_wanted: bool) -> AsyncIterator[None]:
        wanted.append(is_wanted)
        yield

    monkeypatch.setattr(execute, "showing", showing)
    monkeypatch.setattr(execute, "is_aside", lambda _: is_file)
    monkeypatch.setattr(BackgroundWriter, "isatty", lambda _: is_terminal)
    assert call("run", write("in.csv", *IDS), "--sandbox", "-y", "-o", report).code == 0
    assert wanted == [shows]


def test_the_summary_is_written_before_the_last_word(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for the last word finds it; where none is asked for, nothing is written."""
    steps: list[str] = []
    say, write_summary = Closing.say, Closing.write_summary

    def note_words(closing: Closing, summary: Summary, error: BaseException | None) -> None:
        steps.append("words")
        say(closing, replace(summary), error)

    def note_file(closing: Closing, summary: Summary) -> None:
        steps.append("file")
        write_summary(closing, summary)

    monkeypatch.setattr(Closing, "say", note_words)
    monkeypatch.setattr(Closing, "write_summary", note_file)
    assert call("run", write("in.csv", *IDS), *RUN, "--summary", "s.json").code == 0
    assert steps == ["file", "words"]
    assert call("run", "in.csv", "--sandbox", "-y", "-o", "other.csv").code == 0
    assert steps == ["file", "words", "words"]
