"""`make bench`: whole runs over loopback next to the peers, as tables of ratios.

Makespan is what the server saw, from the first request to the last reply; the ideal is that of a perfect
client which starts at the same moment (`bench.ideal`). `late` is by how much the first request granted after
a turn of the window was later than need be: at the first turn, and on average at those after it. `others` is
the least that they got of a window. Times are of this machine and this minute, so compare the ratios of one
run. Clients share the first core, the server has the last.

    make bench CASES="headers bare-fixed" CLIENTS="bulkcancel script" IN_FLIGHT="1 25 256"
"""

import argparse
import sys
from dataclasses import replace

from bench.cases import CASES, Case
from bench.clients import BULKCANCEL, CLIENTS, Client
from bench.journeys import JOURNEYS, travel
from bench.measure import Measurement, measure

_HEADINGS = ("client", "in flight", "makespan", "ideal", "÷ ideal", "late", "429s", "others")
_ROW = "  {:<37}{:>9}{:>10}{:>9}{:>9}{:>14}{:>9}{:>9}"
_SPEED_HEADINGS = (
    "client",
    "in flight",
    "rows/s",
    "cpu/row",
    "server busy",
    "÷ SDK async",
    "bulkcancel's ÷ this",
)
_SPEED = "  {:<37}{:>9}{:>10}{:>10}{:>13}{:>13}{:>21}"
_TURNS = 3


def main() -> int:
    """Print a table per case; 1 when a client left work undone, or a journey falls short of its target."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    names = [case.name for case in (*CASES, *JOURNEYS)]
    parser.add_argument("--cases", nargs="*", default=[], choices=names)
    parser.add_argument("--clients", nargs="*", default=[], choices=[one.name for one in CLIENTS])
    parser.add_argument("--in-flight", nargs="*", type=int, default=[], help="in place of the case's own")
    words = parser.parse_args()
    clients = [one for one in CLIENTS if not words.clients or one.name in words.clients]
    failures = 0
    for case in CASES:
        if words.cases and case.name not in words.cases:
            continue
        print(f"\n{case.title}: {_described(case)}\n  target: {case.target}")
        print(_ROW.format(*_HEADINGS) if case.quota else _SPEED.format(*_SPEED_HEADINGS))
        run = _pace if case.quota else _race
        able = [client for client in clients if client.minds_quotas or not case.quota]
        for number in words.in_flight or [case.in_flight]:
            failures += run(replace(case, in_flight=number), able)
    if failures:
        print(f"{failures} of these runs left work undone.")
    short = 0
    for journey in JOURNEYS:
        if not words.cases or journey.name in words.cases:
            for number in words.in_flight or [None]:
                short += travel(journey, number)
    if short:
        print(f"{short} of these figures fall short of their target.")
    return int(bool(failures or short))


def _pace(case: Case, clients: list[Client]) -> int:
    """Measure and print a case with a quota; gives how many runs failed."""
    failures = 0
    for client in clients:
        found = measure(client, case)
        failures += bool(found.failure)
        print(_line(client, case, found), flush=True)
    return failures


def _race(case: Case, clients: list[Client]) -> int:
    """The same without a quota: all take turns, and of each the fastest run counts, as the least disturbed."""
    runs: dict[str, list[Measurement]] = {client.name: [] for client in clients}
    for _ in range(_TURNS):
        for client in clients:
            runs[client.name].append(measure(client, case))
    rates = {name: max(found.rows / found.makespan for found in some) for name, some in runs.items()}
    for client in clients:
        rate, some = rates[client.name], runs[client.name]
        words = _SPEED.format(
            client.title,
            case.in_flight,
            f"{rate:.0f}",
            f"{min(found.cpu / max(1, found.rows) for found in some) * 1e6:.0f} µs",
            f"{max(found.server_busy for found in some):.0%}",
            f"{rate / rates['sdk-async']:.2f}" if "sdk-async" in rates else "",
            f"{rates[BULKCANCEL.name] / rate:.2f}" if BULKCANCEL.name in rates else "",
        )
        failure = next((found.failure for found in some if found.failure), "")
        print(f"{words}   FAILED: {failure}" if failure else words, flush=True)
    return sum(bool(found.failure) for some in runs.values() for found in some)


def _line(client: Client, case: Case, found: Measurement) -> str:
    """One run as a line of the table."""
    first, later = found.late[:1], found.late[1:]
    late = "".join(f"{sum(some) / len(some):6.2f} s" for some in (first, later) if some)
    words = _ROW.format(
        client.title,
        case.in_flight,
        f"{found.makespan:.2f} s",
        f"{found.ideal:.2f} s",
        f"{found.makespan / found.ideal:.3f}",
        late,
        f"{found.refused / found.requests:.2%}",
        "" if found.others is None else f"{found.others:.1%}",
    )
    return f"{words}   FAILED: {found.failure}" if found.failure else words


def _described(case: Case) -> str:
    """A case's numbers."""
    words = f"{case.rows:,} rows"
    if case.quota is None:
        return words
    words += f", {case.quota.limit} per {case.quota.period} s, replies after {case.latency * 1000:.0f} ms"
    return f"{words}, {case.processes} processes" if case.processes > 1 else words


if __name__ == "__main__":
    sys.exit(main())
