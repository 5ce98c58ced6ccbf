"""`make simulate-shards`: one job cut into 1 to 256 shards that share a quota, in virtual time.

Each line sums up runs from random moments of a window: makespan over that of one perfect client, and requests
answered 429. The shards start within ten seconds, in no order, as pods do, and each may have 32 in flight.
"""

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from random import Random
from statistics import fmean

from bench.cases import Case
from bench.ideal import ideal
from bench.simulation import EPOCH, Client, Network, World

from bulkcancel.pacing import Pacer
from bulkcancel.sandbox import HeaderMode, Quota
from bulkcancel.sandbox.quota import QuotaEnforcer

_SHARDS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_QUOTAS = (Quota(600, 60), Quota(5_000, 60))
_HEADERS = (HeaderMode.ALWAYS, HeaderMode.ON_429)
_WINDOWS = 5.12  # rows are a multiple of 256, and the last window is not spent to its end
_IN_FLIGHT = 32
_STARTED_WITHIN = 10.0
_SEEDS = range(4)
_ROW = "{:<28}{:>8}{:>11}{:>9}{:>8}{:>9}"


@dataclass(frozen=True)
class Played:
    """One run: its makespan over the ideal, and the share of 429s."""

    ratio: float
    refused: float


def main() -> int:
    """Print the table."""
    began = time.perf_counter()
    jobs = list(product(_QUOTAS, _HEADERS, _SHARDS))
    print(_ROW.format("quota, headers", "shards", "÷ ideal", "worst", "429s", "worst"))
    with ProcessPoolExecutor() as pool:
        for (quota, headers, shards), line in zip(jobs, pool.map(_line, jobs), strict=True):
            words = f"{quota.limit:,} per {quota.period} s, {headers.value}"
            print(_ROW.format(words, shards, *line), flush=True)
    print(f"{len(jobs) * len(_SEEDS):,} runs in {time.perf_counter() - began:.0f} s")
    return 0


def play_shards(quota: Quota, shards: int, seed: int) -> Played:
    """Run one job cut into so many shards."""
    dice = Random(seed)  # noqa: S311 - a simulation
    network = Network(counted_after=seed % 3 / 2)
    rows = round(quota.limit * _WINDOWS) // shards
    begins = dice.random() * quota.period
    clients = [
        Client(
            Pacer(concurrency=_IN_FLIGHT),
            rows,
            _IN_FLIGHT,
            begins + (_STARTED_WITHIN * dice.random() if one else 0.0),
        )
        for one in range(shards)
    ]
    world = World(QuotaEnforcer(quota, "simulated"), clients, network, seed=seed)
    makespan = world.run()
    assert world.is_done
    perfect = Case(
        name="", title="", rows=rows * shards, quota=quota, in_flight=_IN_FLIGHT, processes=shards,
        latency=network.round_trip * (1.0 + network.jitter / 2.0),
    )  # fmt: skip
    best = ideal(perfect, EPOCH + begins + network.round_trip * network.counted_after)
    return Played(makespan / best, world.refused)


def _line(job: tuple[Quota, HeaderMode, int]) -> list[str]:
    """The numbers of one line."""
    quota, headers, shards = job
    runs = [play_shards(Quota(quota.limit, quota.period, headers), shards, seed) for seed in _SEEDS]
    ratios, refused = [run.ratio for run in runs], [run.refused for run in runs]
    return [f"{fmean(ratios):.3f}", f"{max(ratios):.3f}", f"{fmean(refused):.2%}", f"{max(refused):.2%}"]


if __name__ == "__main__":
    sys.exit(main())
