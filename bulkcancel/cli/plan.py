"""What a run would do, worked out before anyone is asked."""

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bulkcancel.engine.shards import belongs_to
from bulkcancel.ledger import ClaimKind, Ledger
from bulkcancel.models import RejectedRow
from bulkcancel.progress.words import about, number_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bulkcancel.models import Row
    from bulkcancel.settings import Rate, Settings

_WORKFLOWS_SHOWN = 10
_UNUSABLE_SHOWN = 20
_FEWEST_TO_WONDER = 3  # two instances of two workflows are nothing odd


@dataclass(slots=True)
class Plan:
    """Counts of an input's rows.

    Attributes:
        rows: Rows that were read and are ours.
        added: Those of them that are not on record.
        beyond: Rows that are ours, not on record, and left for later by `--limit`; None where they were not
            counted.
        workflows: Rows to be sent, by workflow.
        to_send: Instances that would be canceled.
        duplicates: Rows whose pair stands earlier.
        covered: Rows that are done already, by the report.
        unusable: Rows that can't be sent, the first of them kept.
        unusable_count: How many there are.
    """

    rows: int = 0
    added: int = 0
    beyond: int | None = 0
    workflows: Counter[str] = field(default_factory=Counter)
    to_send: int = 0
    duplicates: int = 0
    covered: int = 0
    unusable: list[RejectedRow] = field(default_factory=list)
    unusable_count: int = 0

    @property
    def shown(self) -> list[str]:
        """The workflows that are shown by themselves, those with the most instances first."""
        return [workflow_id for workflow_id, _ in self.workflows.most_common(_WORKFLOWS_SHOWN)]

    def lines(
        self,
        *,
        where: str,
        reason: str | None,
        names: "Mapping[str, str] | None" = None,
        rate: "Rate | None" = None,
    ) -> list[str]:
        """The plan in words.

        Args:
            where: Where requests go, and as whom.
            reason: What the person gave as the reason, or None.
            names: The workflows' names, as far as they are known.
            rate: The rate that requests are kept to, or None.
        """
        instances = number_of(self.to_send, "instance")
        flows = number_of(len(self.workflows), "workflow")
        lines = [f"Plan: cancel {instances} of {flows} at {where}"]
        if not self.to_send:
            lines = [f"Plan: nothing to cancel at {where}"]
        names = names or {}
        for one in self.shown:
            lines.append(f"  {self.workflows[one]:>9,}  {one}  {names.get(one, '')}".rstrip())
        rest = len(self.workflows) - len(self.shown)
        if rest:
            others = self.to_send - sum(self.workflows[one] for one in self.shown)
            lines.append(f"  {others:>9,}  in {rest:,} more workflows")
        aside = [
            f"{count:,} {words}"
            for count, words in (
                (self.covered, "done already, by the report"),
                (self.duplicates, "duplicate"),
                (self.unusable_count, "unusable"),
            )
            if count
        ]
        if aside:
            lines.append(f"Of {number_of(self.rows, 'row')} read, not to be sent: {', '.join(aside)}")
        if rate is not None and self.to_send:
            lines.append(f"Takes about {about(rate.seconds_for(self.to_send))} at your --rate")
        if reason:
            lines.append(f"Reason: {reason}")
        return lines

    def question(self, where: str, rate: "Rate | None") -> str:
        """What is asked below it.

        Args:
            where: Where requests go, and as whom, in few words.
            rate: The rate that requests are kept to, or None.
        """
        flows = number_of(len(self.workflows), "workflow")
        takes = "" if rate is None else f" Takes about {about(rate.seconds_for(self.to_send))}."
        return f"Cancel {number_of(self.to_send, 'instance')} of {flows} at {where}?{takes}"

    @property
    def looks_swapped(self) -> bool:
        """Whether no workflow has two instances, as when its column holds the instances' ids."""
        return self.to_send == len(self.workflows) >= _FEWEST_TO_WONDER

    def unusable_lines(self) -> list[str]:
        """What is wrong with the first unusable rows."""
        lines = [f"  line {row.line}: {row.reason}" for row in self.unusable]
        more = self.unusable_count - len(self.unusable)
        return [*lines, f"  and {more:,} more"] if more else lines


class Planner:
    """Reads rows as the engine would, and counts. The ledger is to begin another pass afterwards."""

    def __init__(self, ledger: Ledger, settings: "Settings") -> None:
        self._ledger = ledger
        self._settings = settings
        self.plan = Plan()

    def take(self, row: "Row") -> bool:
        """Count a row; tells whether `--limit` leaves room for more."""
        plan, settings = self.plan, self._settings
        if settings.shard is not None and not belongs_to(row, settings.shard):
            return True
        plan.rows += 1
        kind = self._ledger.claim(row).kind
        plan.added += kind is ClaimKind.FRESH or kind is ClaimKind.DUPLICATE
        if kind is ClaimKind.COVERED:
            plan.covered += 1
        elif isinstance(row, RejectedRow):
            plan.unusable_count += 1
            if plan.unusable_count <= _UNUSABLE_SHOWN:
                plan.unusable.append(row)
        elif kind is ClaimKind.DUPLICATE:
            plan.duplicates += 1
        else:
            plan.workflows[row.workflow_id] += 1
            plan.to_send += 1
        return plan.to_send != settings.limit

    def leave(self, rows: "Iterable[Row] | None") -> None:
        """Count the rows that `--limit` leaves for later, or note that nobody counts them."""
        if rows is None:
            self.plan.beyond = None
            return
        shard = self._settings.shard
        ours = rows if shard is None else (row for row in rows if belongs_to(row, shard))
        new = {ClaimKind.FRESH, ClaimKind.DUPLICATE}
        self.plan.beyond = sum(self._ledger.claim(row).kind in new for row in ours)
