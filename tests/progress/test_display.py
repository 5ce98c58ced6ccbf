"""The view of an operation, again and again: as live lines, or as messages."""

import json

import anyio
import anyio.lowlevel
import pytest
from support.cliapp import Shown
from support.faketime import FakeClock

from bulkcancel.events import Event
from bulkcancel.progress.display import ProgressDisplay, can_redraw, show_progress, showing
from bulkcancel.progress.log_events import LogEvent
from bulkcancel.progress.messages import LogFormat, Messages
from bulkcancel.progress.view import ProgressView

VIEW = ProgressView(1, 9, 5.0, 0.2, 40.0, {"canceled": 1}, held="quota used up, next window in 2 s")


class Source:
    """Says the same again and again."""

    def observe(self, event: Event) -> None:
        """Pass over it."""

    def view(self) -> ProgressView:
        """As given."""
        return VIEW


class Terminal(Shown):
    """One that can show anything."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        """It is one."""
        return True


async def shown(
    stream: Shown, seconds: float, *, log_format: LogFormat = LogFormat.TEXT, message: str = ""
) -> str:
    """What is shown in that time, as the stream and its surroundings have it."""
    clock = FakeClock()
    messages = Messages(stream, clock, log_format=log_format)
    async with clock.autojump(), anyio.create_task_group() as tasks:
        tasks.start_soon(show_progress, Source(), messages, clock)
        await clock.sleep(seconds)
        if message:
            messages.info(LogEvent.NOTE, message)
        tasks.cancel_scope.cancel()
    assert messages.above is None
    return stream.getvalue()


@pytest.fixture(autouse=True)
def _usual_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")


async def test_without_a_terminal_a_line_comes_every_few_seconds() -> None:
    """With the same facts."""
    line = "1 of 9 rows · 11 % · 12/min · 0:05 elapsed · ETA 0:40 · 1 canceled · quota used up, next window in 2 s\n"
    assert await shown(Shown(), 12.0) == 2 * line


async def test_a_log_has_them_as_fields() -> None:
    """On a terminal too: whoever asks for JSON gets nothing else."""
    (line,) = (await shown(Terminal(), 6.0, log_format=LogFormat.JSON)).splitlines()
    record = json.loads(line)
    assert {name: record[name] for name in ("unit", "done", "total", "outcomes", "eta_s", "held")} == {
        "unit": "rows",
        "done": 1,
        "total": 9,
        "outcomes": {"canceled": 1},
        "eta_s": 40.0,
        "held": VIEW.held,
    }


@pytest.mark.parametrize("is_behind", [False, True])
async def test_on_a_terminal_two_lines_are_redrawn(*, is_behind: bool) -> None:
    """And messages stand above them. Where what was drawn is not read, nothing is drawn on top of it."""
    stream = Terminal()
    stream.is_behind = is_behind
    text = await shown(stream, 1.0, message="a message [above]")
    assert "a message [above]" in text
    assert (text.count("1 / 9") > 5) is not is_behind
    assert ("next window in 2 s" in text) is not is_behind
    last = text.rsplit("1 / 9", 1)[1]
    assert "1 canceled" in last
    assert "ETA" not in last


async def test_an_old_terminal_gets_signs_it_has() -> None:
    """Not the escapes of those it lacks."""
    stream = Terminal()
    stream.encoding = "ascii"
    text = await shown(stream, 0.5)
    assert "1 canceled | quota used up" in text
    assert text.isascii()


@pytest.mark.parametrize(
    ("name", "value", "is_redrawn"),
    [
        ("NO_COLOR", "1", False),
        ("NO_COLOR", "", True),
        ("TERM", "dumb", False),
        ("TERM", "unknown", False),
        ("TERM", "xterm", True),
    ],
)
async def test_who_wants_it_plain_gets_lines(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, *, is_redrawn: bool
) -> None:
    """By the usual variables."""
    monkeypatch.setenv(name, value)
    assert can_redraw(Messages(Terminal(), FakeClock())) is is_redrawn
    assert ("\x1b[" in await shown(Terminal(), 6.0)) is is_redrawn


async def test_a_terminal_that_is_gone_ends_the_display_alone() -> None:
    """Said with -v, as a detail."""

    class Gone(Terminal):
        def write(self, text: str) -> int:
            if "\x1b" in text:
                raise OSError(5, "gone")
            return super().write(text)

    clock, stream = FakeClock(), Gone()
    await show_progress(Source(), Messages(stream, clock, verbose=True), clock)
    assert stream.getvalue() == "Progress is not shown any more: [Errno 5] gone\n"


async def test_the_display_ends_as_the_operation_does() -> None:
    """What holds it back is over then."""
    clock, stream = FakeClock(), Terminal()
    display = ProgressDisplay(Source(), Messages(stream, clock), clock)
    with anyio.move_on_after(0.0):
        await display.live()
    assert "next window" not in stream.getvalue().rsplit("elapsed", 1)[1]


async def test_what_the_body_raises_comes_out_as_it_is() -> None:
    """And whatever ends it, the terminal is as it was."""
    clock, stream = FakeClock(), Terminal()
    messages = Messages(stream, clock)

    async def fail() -> None:
        async with showing(Source(), messages, clock):
            await anyio.lowlevel.checkpoint()
            await anyio.lowlevel.checkpoint()
            raise KeyError("of the body")

    with pytest.raises(KeyError, match="of the body"):
        await fail()
    assert "\x1b[?25h" in stream.getvalue()  # the cursor is back
    assert messages.above is None
    with anyio.CancelScope() as scope:
        async with showing(Source(), messages, clock):
            await anyio.lowlevel.checkpoint()
            await anyio.lowlevel.checkpoint()
            scope.cancel()
            await anyio.sleep_forever()
    assert messages.above is None


async def test_where_it_is_not_wanted_nothing_is_shown() -> None:
    """The body runs all the same."""
    clock, stream = FakeClock(), Shown()
    async with clock.autojump(), showing(Source(), Messages(stream, clock), clock, is_wanted=False):
        await clock.sleep(20.0)
    assert stream.getvalue() == ""
