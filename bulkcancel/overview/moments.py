"""When rows began and ended: progress and latency in steps, and the pauses between; in bounded memory."""

from array import array
from itertools import accumulate
from typing import TYPE_CHECKING

from bulkcancel.models import CLEAN, RETRYABLE
from bulkcancel.overview.facts import Latency, Pause, Timeline

if TYPE_CHECKING:
    from bulkcancel.models import Result

_STEPS = 240  # that a chart shows
_MOST_TICKS = 1_000_000
_TICK = 0.05  # seconds, the precision of a pause where the whole is not so long that it must be less
_SHORTEST_PAUSE = 0.5  # seconds
_SLOW = 3.0  # medians: a slower reply alone is no pause
_LONGEST = (1 << 32) - 1  # milliseconds that are counted exactly, 49 days


class Moments:
    """Takes rows one by one; the span they fall into is known beforehand."""

    def __init__(self, begin: float, end: float) -> None:
        self._begin, self._end = begin, end
        span = max(end - begin, 0.001)
        self._step = span / _STEPS
        self._tick = max(_TICK, span / _MOST_TICKS)
        self._busy = bytearray(int(span / self._tick) + 2)
        self._ended = [[0] * _STEPS for _ in range(3)]
        self._durations = [array("I") for _ in range(_STEPS)]

    def add(self, row: "Result") -> None:
        """Take a row that was sent."""
        begun, ended = row.started_at, row.finished_at
        if begun is None or ended is None:
            return
        for moment in (begun, ended):
            tick = int((moment - self._begin) / self._tick)
            self._busy[min(max(tick, 0), len(self._busy) - 1)] = 1
        step = min(max(int((ended - self._begin) / self._step), 0), _STEPS - 1)
        group = 0 if row.outcome in CLEAN else 2 if row.outcome in RETRYABLE else 1
        self._ended[group][step] += 1
        self._durations[step].append(duration_of(row))

    def latency(self) -> Latency | None:
        """Of all rows."""
        ordered = sorted(duration for step in self._durations for duration in step)
        return Latency.of(ordered) if ordered else None

    def timeline(self) -> Timeline:
        """What happened when."""
        steps = [sorted(step) for step in self._durations]
        done, refused, unfinished = (list(accumulate(group)) for group in self._ended)
        return Timeline(
            begin=self._begin,
            step=self._step,
            done=done,
            refused=refused,
            open=unfinished,
            median=[step[len(step) // 2] if step else None for step in steps],
            p95=[step[len(step) * 95 // 100] if step else None for step in steps],
            longest=[step[-1] if step else None for step in steps],
        )

    def pauses(self, usual: float) -> tuple[Pause, ...]:
        """The times in which no row began and none ended.

        Args:
            usual: What a row takes in the median, in seconds.
        """
        least = max(_SHORTEST_PAUSE, _SLOW * usual)
        found: list[Pause] = []
        busy, tick = self._busy, self._tick
        last = busy.find(1)
        while (following := busy.find(1, last + 1)) > 0:
            if (following - last - 1) * tick >= least:
                found.append(
                    Pause(self._begin + (last + 1) * tick, min(self._begin + following * tick, self._end))
                )
            last = following
        return tuple(found)


def duration_of(row: "Result") -> int:
    """What it took, in milliseconds, as far as four bytes hold it."""
    return min(max(row.duration_ms, 0), _LONGEST)
