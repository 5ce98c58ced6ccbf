"""Shows how far an operation is: two live lines on a terminal, else a line now and then."""

import asyncio
import dataclasses
import os
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, TextIO, cast

from anyio import CancelScope

from bulkcancel.progress import layout
from bulkcancel.progress.log_events import LogEvent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from bulkcancel.clock import Clock
    from bulkcancel.progress.messages import Messages
    from bulkcancel.progress.view import ProgressSource

_REDRAW = 0.1
_LINE_EVERY = 5.0


def can_redraw(messages: "Messages") -> bool:
    """Whether messages go to a terminal whose lines can be drawn again, and nobody wants them plain."""
    wants_plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") in {"dumb", "unknown"}
    return messages.is_plain and messages.output.isatty() and not wants_plain


@asynccontextmanager
async def showing(
    source: "ProgressSource", messages: "Messages", clock: "Clock", *, is_wanted: bool = True
) -> "AsyncIterator[None]":
    """Show how far an operation is while the body runs; afterwards the terminal is as it was."""
    if not is_wanted:
        yield
        return
    # No task group: it would wrap what the body raises.
    aside = asyncio.create_task(show_progress(source, messages, clock))
    try:
        yield
    finally:
        aside.cancel()
        with CancelScope(shield=True):
            await asyncio.wait([aside])


async def show_progress(source: "ProgressSource", messages: "Messages", clock: "Clock") -> None:
    """Show how far an operation is until canceled, as its surroundings have it."""
    display = ProgressDisplay(source, messages, clock)
    try:
        await (display.live() if can_redraw(messages) else display.lines())
    except Exception as error:  # noqa: BLE001 - a terminal that is gone, for one: the operation goes on
        messages.detail(LogEvent.PROGRESS_LOST, f"Progress is not shown any more: {error}")


class ProgressDisplay:
    """Shows the view of a source again and again while it lasts."""

    def __init__(self, source: "ProgressSource", messages: "Messages", clock: "Clock") -> None:
        self._source = source
        self._messages = messages
        self._clock = clock

    async def lines(self) -> None:
        """Say how far it is every few seconds, until canceled."""
        while True:
            await self._clock.sleep(_LINE_EVERY)
            view = self._source.view()
            self._messages.info(LogEvent.PROGRESS, layout.sentence(view), **layout.fields(view))

    async def live(self) -> None:
        """Keep two lines on the terminal up to date, until canceled; they stay as they are at the end."""
        with self._drawing() as draw:
            try:
                while True:
                    # Where nobody looks, or not as fast, pictures would only pile up.
                    if not self._messages.output.is_behind:
                        draw(is_over=False)
                    await self._clock.sleep(_REDRAW)
            finally:
                draw(is_over=True)

    @contextmanager
    def _drawing(self) -> "Iterator[Callable[..., None]]":
        # rich takes a tenth of a second to import, which only a terminal needs to wait for.
        from rich.console import Console  # noqa: PLC0415 - see above
        from rich.live import Live  # noqa: PLC0415 - the same
        from rich.text import Text  # noqa: PLC0415 - the same

        stream = cast("TextIO", self._messages.output)  # as much of one as rich asks for
        console = Console(file=stream, highlight=False, markup=False, emoji=False)

        def draw(*, is_over: bool) -> None:
            view = self._source.view()
            if is_over:
                view = dataclasses.replace(view, held="", is_over=True)
            shown = "\n".join(layout.lines(view, console.width - 1))
            if not console.encoding.lower().startswith("utf"):
                shown = layout.in_ascii(shown)
            text = Text(shown, no_wrap=True, overflow="ellipsis")
            text.highlight_regex("━+", "cyan")
            text.highlight_regex("─+", "dim")
            live.update(text, refresh=True)

        with Live(console=console, auto_refresh=False) as live:
            self._messages.above = lambda text: console.print(text, soft_wrap=True)
            try:
                yield draw
            finally:
                self._messages.above = None
