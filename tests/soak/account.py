"""What a soak comes to: each run's report against the server's own record, and what the runs held over time."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from soak.processes import Sample
from support.recording import LIMITED, SOUND, Answer

from bulkcancel.models import Outcome, Result

_BYTES_PER_PAIR = 90
_SLACK = 8.0  # MiB: what an interpreter's own heap may come and go by
_MORE_AT_LEAST = 1
_WARMED_UP, _QUARTER = 0.1, 0.25
_MIB = 1 << 20


def sent_again(answers: Iterable[Answer]) -> Iterator[tuple[Answer, Answer]]:
    """Answers about instances that had a sound one before, and that one."""
    sound: dict[tuple[str, str], Answer] = {}
    for answer in answers:
        pair = answer.workflow_id, answer.instance_id
        if pair in sound:
            yield answer, sound[pair]
        if answer.status == SOUND:
            sound[pair] = answer


@dataclass
class Account:
    """A run's requests and rows, by the server's record.

    Attributes:
        requests: Requests to cancel that were answered.
        limited: Those answered 429.
        faults: Those that met a fault.
        excused: Those sent again after a sound answer that a restart, a hang or a sleep may have kept away.
        needless: Those sent again after a sound answer that nothing kept away.
        lost: Input rows that the report has not just once, or as something else than `canceled`, and rows
            that it calls canceled without a sound answer in the record.
    """

    requests: int = 0
    limited: int = 0
    faults: int = 0
    excused: int = 0
    needless: int = 0
    lost: int = 0

    def count_requests(self, answers: Iterable[Answer], disturbed: list[tuple[float, float]]) -> None:
        """Count what was asked, and what of it in vain.

        Args:
            answers: Those to the run's requests, in order.
            disturbed: When an answer could get lost or come too late, in seconds since the epoch.
        """
        found = list(answers)
        self.requests = len(found)
        self.limited = sum(answer.status == LIMITED for answer in found)
        self.faults = sum(answer.is_fault for answer in found)
        for _, before in sent_again(found):
            if any(begin <= before.at <= end for begin, end in disturbed):
                self.excused += 1
            else:
                self.needless += 1

    def count_lost(self, wanted: list[str], found: Iterable[Result], answers: Iterable[Answer]) -> None:
        """Compare a finished report with the input and with the record.

        Args:
            wanted: The input's instances, in the order of its lines.
            found: The report's rows.
            answers: Those to the run's requests.
        """
        sound = {answer.instance_id for answer in answers if answer.status == SOUND}
        rows: dict[int, list[Result]] = defaultdict(list)
        for row in found:
            rows[row.line].append(row)
        for line, instance in enumerate(wanted, 2):
            match rows.pop(line, []):
                case [row] if row.outcome is Outcome.CANCELED and row.instance_id == instance in sound:
                    pass
                case _:
                    self.lost += 1
        self.lost += len(rows)


@dataclass(frozen=True)
class Growth:
    """What a run held, from when it was warm to its end.

    Attributes:
        least_before: The fewest descriptors in the first quarter, once it was warm.
        least_after: The fewest in the last.
        most: The most at any time.
        memory_before: MiB when it was warm.
        memory_after: MiB at the end.
        pairs: Rows it dealt with meanwhile.
    """

    least_before: int
    least_after: int
    most: int
    memory_before: float
    memory_after: float
    pairs: int

    @property
    def memory_bound(self) -> float:
        """MiB that it may have at the end: what it promises for each pair, and some slack."""
        return self.memory_before + self.pairs * _BYTES_PER_PAIR / _MIB + _SLACK

    def falls_short(self, connections: int) -> list[str]:
        """What grew that should not, in words.

        Args:
            connections: How many it may have at once.
        """
        found = []
        if self.least_after > self.least_before + _MORE_AT_LEAST:
            found.append(
                f"descriptors grew: at least {self.least_before} at first, {self.least_after} at last"
            )
        if self.most > self.least_before + connections + _MORE_AT_LEAST:
            found.append(f"{self.most} descriptors are more than {connections} connections need")
        if self.memory_after > self.memory_bound:
            found.append(f"memory grew to {self.memory_after:.1f} MiB, above {self.memory_bound:.1f}")
        return found


def growth_of(samples: list[Sample], sent_at: list[float]) -> Growth:
    """What samples show, next to when rows were dealt with on the same clock."""
    until = samples[-1].at
    first = [one.descriptors for one in samples if until * _WARMED_UP <= one.at <= until * _QUARTER]
    last = [one.descriptors for one in samples if one.at >= until * (1.0 - _QUARTER)]
    warm = next(one for one in samples if one.at >= until * _WARMED_UP)
    return Growth(
        least_before=min(first),
        least_after=min(last),
        most=max(one.descriptors for one in samples),
        memory_before=warm.memory,
        memory_after=samples[-1].memory,
        pairs=sum(warm.at < at <= until for at in sent_at),
    )


def counted_by_span(answers: Iterable[Answer], began: float, span: float) -> dict[int, Counter[str]]:
    """Answers for each span of time, by status."""
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for answer in answers:
        found[int((answer.at - began) // span)][answer.status] += 1
    return found
