"""What a run has begun, recorded and left: the one account that its summary is made from."""

from typing import TYPE_CHECKING

from bulkcancel.tally import Leftover, LineSet, ReportLoss, Tally, summarize

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bulkcancel.engine.intake import Intake
    from bulkcancel.engine.limiter import Limiter
    from bulkcancel.engine.work_item import WorkItem
    from bulkcancel.models import Result, StopReason
    from bulkcancel.tally import Summary


class RunAccount:
    """Keeps what is on record apart from what was begun and is not.

    Attributes:
        tally: The counts over the report's rows.
        loss: How the report was lost, or None.
        is_closed: Whether results are not recorded any more.
    """

    def __init__(self, tally: Tally | None = None) -> None:
        self.tally = tally or Tally()
        self.loss: ReportLoss | None = None
        self.is_closed = False
        self._open: set[WorkItem] = set()
        self._total: int | None = None
        self._paused_before = 0.0
        self._on_record = 0
        self._to_retry = 0

    def begin(self, total: int | None, limiter: "Limiter") -> None:
        """Note where a run begins.

        Args:
            total: How many rows a report of all the input has, where that is known beforehand.
            limiter: The limiter of its requests, which may have served other runs.
        """
        self._total = total
        self._paused_before = limiter.paused
        self._on_record, self._to_retry = self.tally.rows, self.tally.unfinished

    def take(self, item: "WorkItem") -> None:
        """Note a row that was taken from the input, to be sent."""
        self._open.add(item)

    def leave(self, item: "WorkItem") -> None:
        """Note that the report says of a row what there is to say, from an earlier run."""
        self._open.discard(item)

    def record(self, result: "Result", item: "WorkItem | None") -> None:
        """Note that a result is on record."""
        if item is None:
            self.tally.add(result)
        else:
            self._open.discard(item)
            self.tally.add(result, item.previous)

    def lose(self, words: str, recent: "Iterable[int]", *, is_gone: bool) -> None:
        """Note that the report is lost: with all it held, or perhaps with those recent lines."""
        self.is_closed = True
        if is_gone:
            self.loss = ReportLoss(words, self.tally.sent, is_gone=True, earlier=self._on_record)
        elif self.loss is None:
            self.loss = ReportLoss(words, LineSet(recent))

    def summary(
        self,
        intake: "Intake | None",
        limiter: "Limiter",
        *,
        duration: float,
        stop: "StopReason | None",
        ignore_not_found: bool,
    ) -> "Summary":
        """What the run has come to, now."""
        return summarize(
            self.tally,
            duration=duration,
            paused=limiter.paused - self._paused_before,
            quota_used=limiter.pacer.quota_used,
            stop=stop,
            ignore_not_found=ignore_not_found,
            left=self._left(intake),
            loss=self.loss,
        )

    def _left(self, intake: "Intake | None") -> Leftover:
        sent = [item for item in self._open if item.attempts]
        unreported = sum(item.previous is None for item in self._open)
        has_read_all = intake is not None and intake.has_read_all and not self.is_closed
        if not has_read_all and self._total is not None:
            unreported = max(unreported, self._total - self.tally.rows)
        may_have_more = not has_read_all and self._total is None
        return Leftover(
            unrecorded=LineSet(item.ref.line for item in sent),
            requests=sum(item.attempts for item in sent),
            throttled=sum(item.throttled for item in sent),
            unreported=unreported,
            may_have_more=may_have_more,
            is_limited=intake is not None and intake.is_limited,
            gone=max(0, self._to_retry - intake.retried) if intake is not None and has_read_all else 0,
        )
