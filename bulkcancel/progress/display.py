"""Shows how far an operation is: a live bar on a terminal, else a line now and then."""

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO, assert_never, cast

from bulkcancel.events import (
    Attempted,
    Concerned,
    Ended,
    Finished,
    Listed,
    OutageBegan,
    OutageEnded,
    Paused,
    Resumed,
    Started,
    Stopping,
)
from bulkcancel.progress.words import counts_of, pause_words, status_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Progress, TaskID

    from bulkcancel.clock import Clock
    from bulkcancel.events import Endpoint, Event
    from bulkcancel.models import Outcome
    from bulkcancel.progress.messages import Messages

_REDRAW = 0.1
_LINE_EVERY = 10.0


class ProgressDisplay:
    """An observer that counts, and shows what it has counted again and again while it lasts."""

    def __init__(self, messages: "Messages", clock: "Clock") -> None:
        self._messages = messages
        self._clock = clock
        self._total: int | None = None
        self._outcomes: Counter[Outcome] = Counter()
        self._pauses: dict[Endpoint, Paused] = {}
        self._down_since: dict[Endpoint, float] = {}

    def observe(self, event: "Event") -> None:
        """Take note of what changes the picture."""
        if isinstance(event, Finished):
            if event.previous is not None:
                self._outcomes[event.previous] -= 1
            self._outcomes[event.result.outcome] += 1
        elif isinstance(event, Attempted):
            return
        elif isinstance(event, Paused):
            self._pauses[event.endpoint] = event
        elif isinstance(event, Resumed):
            self._pauses.pop(event.endpoint, None)
        elif isinstance(event, OutageBegan):
            self._down_since[event.endpoint] = event.since
        elif isinstance(event, OutageEnded):
            self._down_since.pop(event.endpoint, None)
        elif isinstance(event, Started):
            self._total = event.total
            self._outcomes = Counter(event.recorded)
        elif not isinstance(event, Listed | Concerned | Stopping | Ended):
            assert_never(event)

    async def lines(self) -> None:
        """Say how far it is every ten seconds, until canceled."""
        while True:
            await self._clock.sleep(_LINE_EVERY)
            held = self._held()
            outcomes = {outcome.value: count for outcome, count in self._outcomes.items()}
            rows = self._outcomes.total()
            line = status_line(self._outcomes, self._total, held)
            self._messages.info(line, rows=rows, total=self._total, outcomes=outcomes, held=held or None)

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
        """What holds requests back, in words: those that cancel first, else those that read."""
        if not self._pauses:
            return ""
        endpoint = min(self._pauses)  # `cancel` comes before `read`
        now, wall = self._clock.now(), self._clock.wall()
        return pause_words(self._pauses[endpoint], self._down_since.get(endpoint), now, wall)

    def _redraw(self, progress: "Progress", task: "TaskID", held: str) -> None:
        words = " · ".join(filter(None, (counts_of(self._outcomes), held)))
        progress.update(
            task, completed=self._outcomes.total(), total=self._total, description=words, refresh=True
        )
