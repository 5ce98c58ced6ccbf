"""`make simulate`: the benchmark's cases in virtual time, as a table of makespan over ideal and 429s.

Each line sums up runs from random moments of a window, with 1 to 256 requests in flight, counted by the
server when they arrive, half way, or when the reply leaves.
"""

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import product
from statistics import fmean

from bench.cases import CASES, Case
from bench.simulation import Network, play

_ROUND_TRIPS = (0.005, 0.02, 0.1)
_IN_FLIGHT = (1, 4, 16, 64, 256)
_SEEDS = range(12)
_ROW = "{:<40}{:>11}{:>9}{:>9}{:>11}{:>11}{:>11}"


def main() -> int:
    """Print the table."""
    began = time.perf_counter()
    cases = [case for case in CASES if case.quota is not None]
    jobs = list(product(cases, _ROUND_TRIPS))
    print(_ROW.format("case", "round trip", "÷ ideal", "at most", "late, s", "429s", "at most"))
    with ProcessPoolExecutor() as pool:
        for (case, round_trip), line in zip(jobs, pool.map(_line, jobs), strict=True):
            print(_ROW.format(case.title, f"{round_trip * 1000:g} ms", *line), flush=True)
    runs = len(jobs) * len(_IN_FLIGHT) * len(_SEEDS)
    print(f"{runs:,} runs in {time.perf_counter() - began:.0f} s")
    return 0


def _line(job: tuple[Case, float]) -> list[str]:
    """The numbers of one line."""
    case, round_trip = job
    case = replace(case, latency=round_trip * (1.0 + Network.jitter / 2.0))
    ratios, late, refused = [], [], []
    for in_flight, seed in product(_IN_FLIGHT, _SEEDS):
        network = Network(round_trip=round_trip, counted_after=seed % 3 / 2)
        world, makespan, best = play(replace(case, in_flight=in_flight), seed=seed, network=network)
        assert world.is_done
        ratios.append(makespan / best)
        late.append(makespan - best)
        refused.append(world.refused)
    return [
        f"{fmean(ratios):.3f}", f"{max(ratios):.3f}", f"{fmean(late):.2f}",
        f"{fmean(refused):.2%}", f"{max(refused):.2%}",
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
