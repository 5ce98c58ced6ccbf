"""Shows how far a run is: a live bar on a terminal, else a line now and then."""

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO, cast

from bulkcancel.progress.words import counts_of, hold_words, status_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import Progress, TaskID

    from bulkcancel.clock import Clock
    from bulkcancel.pacing import Hold
    from bulkcancel.progress.messages import Messages
    from bulkcancel.tally import Tally

_REDRAW = 0.1
_LINE_EVERY = 10.0


class Watch:
    """Looks at a run's counts again and again while it lasts."""

    def __init__(
        self,
        messages: "Messages",
        clock: "Clock",
        tally: "Tally",
        hold: "Callable[[], Hold | None]",
        total: int | None,
    ) -> None:
        self._messages = messages
        self._clock = clock
        self._tally = tally
        self._hold = hold
        self._total = total

    async def lines(self) -> None:
        """Say how far it is every ten seconds, until canceled."""
        while True:
            await self._clock.sleep(_LINE_EVERY)
            held = self._held()
            outcomes = {outcome.value: count for outcome, count in self._tally.outcomes.items()}
            line = status_line(self._tally, self._total, held)
            self._messages.info(
                line, rows=self._tally.rows, total=self._total, outcomes=outcomes, held=held or None
            )

    async def live(self) -> None:
        """Redraw a bar on the terminal, until canceled."""
        with self._bar() as (progress, task):
            try:
                while True:
                    await self._clock.sleep(_REDRAW)
                    # Where nobody looks, or not as fast, pictures would only pile up.
                    if not self._messages.output.is_behind:
                        self._redraw(progress, task, self._held())
            finally:
                self._redraw(progress, task, "")

    @contextmanager
    def _bar(self) -> "Iterator[tuple[Progress, TaskID]]":
        # rich takes a tenth of a second to import, which only a terminal needs to wait for.
        from rich.console import Console  # noqa: PLC0415 - see above
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

        stream = cast("TextIO", self._messages.output)  # as much of one as rich asks for
        console = Console(file=stream, highlight=False, markup=False, emoji=False)
        columns: list[Any] = [
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.description}", markup=False),
        ]
        with Progress(*columns, console=console, auto_refresh=False) as progress:
            self._messages.above = lambda text: console.print(text, soft_wrap=True)
            try:
                yield progress, progress.add_task("", total=self._total)
            finally:
                self._messages.above = None

    def _held(self) -> str:
        hold = self._hold()
        return "" if hold is None else hold_words(hold, self._clock.now(), self._clock.wall())

    def _redraw(self, progress: "Progress", task: "TaskID", held: str) -> None:
        words = " · ".join(filter(None, (counts_of(self._tally.outcomes), held)))
        progress.update(task, completed=self._tally.rows, description=words, refresh=True)
