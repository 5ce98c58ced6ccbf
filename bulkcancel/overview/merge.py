"""Which rows count where several reports, or several rows of one, stand for the same pair.

In one report the last row of a pair counts, as for `--resume`. Between reports, whatever their order, the row
counts that got further: canceled or already finished before not found or rejected, these before tried in
vain, and that before not attempted; among equals the later one. An unusable row and a duplicate count once
for each line of the input.
"""

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Protocol

from bulkcancel.digest import pair_digest
from bulkcancel.errors import ReportError
from bulkcancel.models import CLEAN, RETRYABLE, Outcome
from bulkcancel.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bulkcancel.models import Result

# How a pair stands is one number, and the greater counts: how far it got, when, and which row says so.
_PLACE_BITS, _TIME_BITS = 40, 48
_PLACE = (1 << _PLACE_BITS) - 1
_OF_A_LINE = frozenset({Outcome.INVALID, Outcome.DUPLICATE})
_LONGEST_SITE = 253


class ReportRows(Protocol):
    """A report whose rows can be read as often as wanted.

    Attributes:
        name: What to call it in messages.
    """

    name: str

    def results(self) -> "Iterator[Result]":
        """Every row, in the order written."""
        ...


@dataclass(frozen=True, slots=True)
class Merged:
    """What was found at the first reading.

    Attributes:
        counts: For each row of the reports, in order, whether it counts.
        rows: How many each report has.
        distinct: How many of these stand for a pair, or for an unusable line: the last of each.
        site: The target they all belong to, or empty where none says.
        lacks_site: Whether rows do not say which target they belong to.
        first: When the first request was sent, of those that count or not, or None.
        last: When the last outcome was known, or None.
    """

    counts: bytearray
    rows: tuple[int, ...]
    distinct: tuple[int, ...]
    site: str
    lacks_site: bool
    first: float | None
    last: float | None

    @property
    def replaced(self) -> int:
        """Rows that do not count, for another of the same pair does."""
        return self.counts.count(0)


def merge(reports: "Sequence[ReportRows]") -> Merged:
    """Read reports, and tell which of their rows count.

    A pair costs about 200 bytes while this goes on, and a row one byte afterwards.

    Raises:
        ReportError: One can't be read, or they belong to different targets.
    """
    merging = _Merging()
    for report in reports:
        merging.take(report)
    return merging.end()


class _Merging:
    def __init__(self) -> None:
        self._counts = bytearray()
        self._rows: list[int] = []
        self._distinct: list[int] = []
        self._best: dict[int, int] = {}
        self._lines: set[bytes] = set()
        self._site = self._site_of = ""
        self._lacks_site = False
        self._spans: list[float] = []

    def take(self, report: ReportRows) -> None:
        counts = self._counts
        begin = place = len(counts)
        of_a_line = 0
        own: dict[int, int] = {}
        first, last = float("inf"), float("-inf")
        for row in report.results():
            if row.site != self._site or not row.site:
                self._check_site(row.site, report.name)
            if row.started_at is not None:
                first = min(first, row.started_at)
                last = max(last, row.finished_at or row.started_at)
            if row.outcome in _OF_A_LINE:
                counts.append(self._is_new(row))
                of_a_line += 1
            else:
                own[_pair(row, report.name)] = _standing(row, place)
                counts.append(0)
            place += 1
        self._rows.append(place - begin)
        self._distinct.append(len(own) + of_a_line)
        if first <= last:
            self._spans += (first, last)
        self._keep_better(own)

    def _keep_better(self, own: dict[int, int]) -> None:
        if not self._best:
            self._best = own
            return
        best = self._best
        for pair, standing in own.items():
            if standing > best.get(pair, -1):
                best[pair] = standing

    def _check_site(self, site: str, name: str) -> None:
        if not site:
            self._lacks_site = True
        elif not self._site:
            self._site, self._site_of = site, name
        else:
            first, other = printable(self._site, _LONGEST_SITE), printable(site, _LONGEST_SITE)
            raise ReportError(
                f"{self._site_of} belongs to {first}, and {name} to {other}: what happened there says "
                "nothing about the other. Give reports of one target."
            )

    def _is_new(self, row: "Result") -> bool:
        text = f"{row.line}/{row.outcome}/{row.error_code}/{row.workflow_id}/{row.instance_id}"
        before = len(self._lines)
        self._lines.add(blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest())
        return len(self._lines) > before

    def end(self) -> Merged:
        counts = self._counts
        for standing in self._best.values():
            counts[standing & _PLACE] = 1
        return Merged(
            counts=counts,
            rows=tuple(self._rows),
            distinct=tuple(self._distinct),
            site=self._site,
            lacks_site=self._lacks_site,
            first=min(self._spans, default=None),
            last=max(self._spans, default=None),
        )


def counted(reports: "Iterable[ReportRows]", merged: Merged) -> "Iterator[Result]":
    """Read the reports again: the rows that count, in order.

    Raises:
        ReportError: One can't be read, or is no longer what it was.
    """
    counts = iter(merged.counts)
    for report, rows in zip(reports, merged.rows, strict=True):
        found = 0
        for row in report.results():
            found += 1
            if next(counts, 0):
                yield row
        if found != rows:
            raise ReportError(f"The report {report.name} was changed while it was read; try again.")


def _pair(row: "Result", name: str) -> int:
    try:
        return pair_digest(row.workflow_id, row.instance_id)
    except UnicodeEncodeError:
        raise ReportError(f"The report {name} was altered: an id for line {row.line} is no text.") from None


def _standing(row: "Result", place: int) -> int:
    moment = row.finished_at or row.started_at or 0.0
    return (_reach(row.outcome) << _TIME_BITS | int(moment * 1000)) << _PLACE_BITS | place


def _reach(outcome: Outcome) -> int:
    """How far a row got."""
    if outcome in CLEAN:
        return 3
    if outcome not in RETRYABLE:
        return 2
    return 0 if outcome is Outcome.NOT_ATTEMPTED else 1
