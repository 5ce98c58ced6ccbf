"""What a drain cancels: what is found running, pass after pass, until two in a row find nothing."""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from anyio import Event

from bulkcancel.answers import Verdict
from bulkcancel.digest import pair_digest
from bulkcancel.engine.stop_signal import StoppedError
from bulkcancel.errors import ReportLostError
from bulkcancel.events import PassEnded
from bulkcancel.models import InstanceRef, Outcome, Result

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator

    from bulkcancel.engine.dispatcher import Dispatcher
    from bulkcancel.ledger import Ledger
    from bulkcancel.models import Recorded, Row
    from bulkcancel.operations.find import InstanceSearch
    from bulkcancel.operations.found import FoundInstance

_QUIET = 2  # passes in a row that find nothing
_MOST_QUIET = 5  # of them that could not list everything: what is away may come back
_MOST_FUTILE = 3  # passes in a row in which nothing new was found and nothing ended
_ENDED = frozenset({Outcome.CANCELED, Outcome.ALREADY_FINISHED})
_PERMANENT = frozenset({Verdict.NOT_FOUND, Verdict.FORBIDDEN, Verdict.UNAUTHORIZED, Verdict.REJECTED})


@dataclass(slots=True)
class Pass:
    """One pass.

    Attributes:
        number: Which, from 1.
        began: When it began.
        running: Instances found running.
        new: How many of them no pass before had found.
        ended: Rows of it that were seen to end.
        gaps: Why it can't say that nothing runs, each in words.
        is_permanent: Whether another pass would not mend that.
    """

    number: int
    began: float
    running: int = 0
    new: int = 0
    ended: int = 0
    gaps: list[str] = field(default_factory=list)
    is_permanent: bool = True


class DrainRows:
    """The rows of a drain, each pass when that before has its outcomes.

    Instances that a pass leaves undone are tried again in the next, whether it finds them or not.

    Attributes:
        name: What to call it in messages.
        is_replayable: False: what runs now is not what will.
        passes: The passes that ended.
        is_empty: Whether it is proven that nothing runs.
        is_futile: Whether it gave up, for what it found runs on all the same.
        announce: Takes a row that is new, as the report is to have it until it has its outcome; or None.
    """

    def __init__(
        self,
        dispatcher: "Dispatcher",
        ledger: "Ledger",
        new_search: "Callable[[], InstanceSearch]",
        *,
        site: str,
        settle: float,
        after_pass: "Callable[[Pass, float], None]",
    ) -> None:
        """Prepare it.

        Args:
            dispatcher: What sends requests.
            ledger: Knows what is done.
            new_search: Makes what lists the instances that are wanted, anew for each pass.
            site: What the report calls the API.
            settle: Seconds between two passes that find nothing.
            after_pass: Is told of each pass, and of the seconds since the one before began.
        """
        self._clock = dispatcher.clock
        self._stop_signal = dispatcher.stop_signal
        self._observers = dispatcher.observers
        self._ledger = ledger
        self._new_search = new_search
        self._site = site
        self._settle = settle
        self._after_pass = after_pass
        self._lines: dict[int, int] = {}
        self._last_line = 0
        self._recorded = 0  # the last line that is on record
        self.announce: Callable[[Result], Awaitable[None] | None] | None = None
        self._undone: dict[tuple[str, str], int] = {}
        self._met: set[int] = set()  # in this pass
        self._open = 0
        self._news = Event()
        self._now = Pass(0, 0.0)
        self._quiet = 0  # passes in a row that found nothing
        self._quiet_since = 0.0
        self._futile = 0  # passes in a row that changed nothing
        self.name = "what runs"
        self.is_replayable = False
        self.passes: list[Pass] = []
        self.is_empty = False
        self.is_futile = False

    def check(self, records: "Iterable[Recorded]") -> "Iterator[Recorded]":
        """Hand the records of an earlier drain through, and learn what it left undone."""
        for record in records:
            pair = record.workflow_id, record.instance_id
            self._lines[pair_digest(*pair)] = record.line
            self._last_line = self._recorded = max(self._last_line, record.line)
            if record.outcome.is_done:
                self._undone.pop(pair, None)
            else:
                self._undone[pair] = record.line
            yield record

    def note(self, result: Result) -> None:
        """Take a row's result."""
        self._open -= 1
        pair = result.workflow_id, result.instance_id
        self._ledger.record(*pair, result.outcome)
        if result.outcome.is_done:
            self._undone.pop(pair, None)
            self._now.ended += result.outcome in _ENDED
        else:
            self._undone[pair] = result.line
        self._news.set()

    def stop_waiting(self) -> None:
        """Do nothing: each wait of ours ends with the operation."""

    async def batches(self) -> "AsyncIterator[Iterator[Row]]":
        """Give the rows of each pass, a batch for each page; the next pass begins when all have outcomes."""
        before = self._clock.now()
        try:
            while True:
                this = self._now = Pass(len(self.passes) + 1, self._clock.now())
                async for batch in self._batches_of_pass():
                    yield batch
                await self._until_all_have_outcomes()
                self._end_pass(this, this.began - before if self.passes else 0.0)
                before = this.began
                if self._is_over():
                    return
                if self._quiet or self._futile:
                    with self._stop_signal.interrupts():
                        await self._clock.sleep(self._settle)
        except StoppedError:
            return

    async def _batches_of_pass(self) -> "AsyncIterator[Iterator[Row]]":
        """What is found running, what was left undone, and what has started until all that was sent.

        Raises:
            StoppedError: The operation stops.
        """
        self._ledger.begin_pass()
        self._met.clear()
        for is_first in (True, False):
            search = self._new_search()
            async for page in search.pages():
                rows = tuple(self._rows(page))
                await self._put_on_record(rows)
                yield iter(rows)
            if search.stop is not None or self._stop_signal.reason is not None:
                raise StoppedError
            self._judge(search, self._now)
            if is_first:
                yield iter(tuple(self._left_undone()))
            if not self._now.running:
                return

    async def _put_on_record(self, rows: "Iterable[InstanceRef]") -> None:
        """Have new rows in the report before they are sent: where we are killed, they are tried again."""
        if self.announce is None:
            return
        with suppress(ReportLostError):  # the first result that it is to take says so
            for row in rows:
                if row.line > self._recorded:
                    self._recorded = row.line
                    waiting = self.announce(self._found_row(row))
                    if waiting is not None:
                        await waiting

    def _found_row(self, row: InstanceRef) -> Result:
        ids = row.workflow_id, row.instance_id
        detail, now = "found running", self._clock.wall()
        return Result(
            row.line, *ids, Outcome.NOT_ATTEMPTED, None, "", detail, finished_at=now, site=self._site
        )

    def _is_over(self) -> bool:
        """Whether the passes so far are enough: to prove that nothing runs, or to give up."""
        this, now = self.passes[-1], self._clock.now()
        if this.running:
            self._quiet = 0
            self._futile = 0 if this.new or this.ended else self._futile + 1
            self.is_futile = self._futile >= _MOST_FUTILE
            return self.is_futile
        self._quiet, self._futile = self._quiet + 1, 0
        self._quiet_since = now if self._quiet == 1 else self._quiet_since
        if self._quiet < _QUIET or now < self._quiet_since + self._settle:
            return False
        last = self.passes[-_QUIET:]
        self.is_empty = not any(one.gaps for one in last)
        is_hopeless = all(one.gaps and one.is_permanent for one in last)
        return self.is_empty or is_hopeless or self._quiet >= _MOST_QUIET

    def _left_undone(self) -> "Iterator[InstanceRef]":
        """What earlier passes left undone, and this one has not met."""
        for pair, line in tuple(self._undone.items()):
            key = pair_digest(*pair)
            if key not in self._met:
                self._met.add(key)
                self._open += 1
                yield InstanceRef(*pair, line)

    def _rows(self, page: "tuple[FoundInstance, ...]") -> "Iterator[InstanceRef]":
        """What a page shows running, as far as this pass has not met it."""
        for one in page:
            key = pair_digest(*one.pair)
            if key in self._met:
                continue
            self._met.add(key)
            line = self._lines.get(key)
            if line is None:
                self._last_line += 1
                line = self._lines[key] = self._last_line
                self._now.new += 1
            self._now.running += 1
            self._open += 1
            yield InstanceRef(*one.pair, line)

    async def _until_all_have_outcomes(self) -> None:
        while self._open > 0:
            self._news = Event()
            with self._stop_signal.interrupts():
                await self._news.wait()

    def _judge(self, search: "InstanceSearch", this: Pass) -> None:
        """Note what keeps a pass from saying that nothing runs."""
        if search.problem is not None:
            this.gaps.append(f"the list of workflows could not be read: {search.problem.detail}")
            this.is_permanent = search.problem.verdict in _PERMANENT
        for one in search.unlisted:
            if one.problem is not None:
                this.gaps.append(f"workflow {one.workflow_id} could not be listed: {one.problem.detail}")
                this.is_permanent = this.is_permanent and one.problem.verdict in _PERMANENT
        listings = search.listings
        for count, words in (
            (sum(one.others for one in listings), "running instances are not what was asked for"),
            (sum(one.undated for one in listings), "instances do not tell when they started"),
            (sum(one.unusable for one in listings), "instances are listed in a way that can't be read"),
        ):
            if count:
                this.gaps.append(f"{count:,} {words}")
        this.gaps = list(dict.fromkeys(this.gaps))

    def _end_pass(self, this: Pass, seconds: float) -> None:
        seconds = seconds or self._clock.now() - this.began
        self.passes.append(this)
        if self._observers:
            self._observers.tell(
                PassEnded(this.number, this.running, this.new, seconds, is_whole=not this.gaps)
            )
        self._after_pass(this, seconds)
