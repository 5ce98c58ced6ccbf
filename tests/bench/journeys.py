"""The journeys of `make bench`: what goes on before and after a cancel, each held to a target.

make bench CASES="find find-quota verify drain pipe eight-shards"
"""

import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.cases import Case
from bench.clients import BULKCANCEL_CODE, python
from bench.figure import Figure
from bench.ideal import ideal
from bench.indexed_job import shards
from bench.list_server import CANCELS, LISTED, LISTS
from bench.processes import LAST_CORE, Done, bulkcancel, environment, fetch, sandbox, served

from bulkcancel.sandbox import Quota
from bulkcancel.sandbox.chances import made_up_id, workflow_id_of

if TYPE_CHECKING:
    from collections.abc import Callable

_INSTANCES, _RUNNING = 50_000, 20_000
_PAGES = _INSTANCES // 100
_REPLY_TIME = 0.02
_IN_FLIGHT = 8  # with more, what a page costs the processor decides: 32 bring 1,600 of them a second
_TURNS = 5
_FAR_AWAY = "1000000000/3600"
_LIST_QUOTA = Quota(50, 5)
_CANCEL_QUOTA = Quota(400, 2)
_SETTLE, _END_DELAY, _SLOWEST_END = 10.0, 0.4, 4.0
_LIST_SERVER = (
    "import sys, asyncio; from bench import list_server; asyncio.run(list_server.main(sys.argv[1:]))"
)


@dataclass(frozen=True)
class Journey:
    """One line of the table of targets.

    Attributes:
        name: How it is asked for.
        title: How it is shown.
        measure: Goes on it, with so many requests in flight; gives what was found.
    """

    name: str
    title: str
    measure: "Callable[[int], list[Figure]]"


def travel(journey: Journey, in_flight: int | None) -> int:
    """Measure and print one; gives how many of its figures fall short."""
    print(f"\n{journey.title}")
    figures = journey.measure(in_flight or _IN_FLIGHT)
    for figure in figures:
        print(figure, flush=True)
    return sum(figure.falls_short for figure in figures)


def _find(in_flight: int) -> list[Figure]:
    """The quickest of some turns counts, as the least disturbed; of memory the most."""
    ratios, memory = [], 0.0
    for _ in range(_TURNS):
        with served(_list_server(_FAR_AWAY)) as url:
            done = bulkcancel(
                "find", LISTED, "--base-url", url, "--format", "csv", "-c", str(in_flight), output=os.devnull
            )
            record = fetch(f"{url}/record")[LISTS]
        _must_have_read_all(done)
        reply_time = record["reply_time"]
        ratios.append(_makespan(record) / (_PAGES / in_flight * reply_time))
        memory = max(memory, done.memory)
    return [
        Figure(f"makespan ÷ ideal, {in_flight} in flight, the best of {_TURNS}", min(ratios), 1.3),
        Figure("the same, the worst", max(ratios)),
        Figure("MiB at most", memory, 80.0),
    ]


def _find_under_quota(in_flight: int) -> list[Figure]:
    """The ideal reads each page, and one more to see that nothing has moved, and one behind a full last one."""
    quota = _LIST_QUOTA
    with served(_list_server(_size(quota))) as url:
        time.sleep((0.3 - time.time() / quota.period) % 1.0 * quota.period)
        done = bulkcancel(
            "find", LISTED, "--base-url", url, "--format", "csv", "-c", str(in_flight), output=os.devnull
        )
        record = fetch(f"{url}/record")[LISTS]
    _must_have_read_all(done)
    perfect = Case(name="", title="", rows=_PAGES + 2, quota=quota, latency=_REPLY_TIME, in_flight=in_flight)
    events = record["events"]
    return [
        Figure("makespan ÷ ideal", _makespan(record) / ideal(perfect, record["first_request"]), 1.02),
        Figure("% of requests answered 429", 100 * sum(not ok for _, ok in events) / len(events), 0.1),
        Figure("requests", len(events)),
    ]


def _verify(in_flight: int) -> list[Figure]:
    """Requests of every kind, by the server's record."""
    counts = []
    for more in ([], ["--verify"]):
        server = ["--quota", _size(_CANCEL_QUOTA), "--latency", str(_REPLY_TIME)]
        with tempfile.TemporaryDirectory() as name, sandbox(*server) as url:
            source = Path(name) / "in.csv"
            _write_rows(source)
            words = ["run", str(source), "--yes", "--base-url", url, "-c", str(in_flight), *more]
            done = bulkcancel(*words, "-o", str(Path(name) / "report.csv"))
            if done.code:
                raise SystemExit(f"run {' '.join(more)} ended with {done.code}: {done.said}")
            record = fetch(f"{url}/sandbox/record")
        counts.append(_total(record["statuses"]) + sum(map(_total, record["requests"].values())))
    return [
        Figure("requests with --verify ÷ without", counts[1] / counts[0], 1.15),
        Figure("requests without", counts[0]),
        Figure("requests with", counts[1]),
    ]


def _drain(in_flight: int) -> list[Figure]:
    """From the command's first word to its last, and what the server says is left then.

    All end soon after their first cancel; and once more as the scenario `runaway` has it, where some take
    four seconds and some need a second cancel: that is told, for the target does not speak of it.
    """
    quota = ("--quota", _size(_CANCEL_QUOTA))
    plain = _drained(in_flight, "--alive", "3000", "--spawn", "2/s", *quota)
    hard = _drained(in_flight, "--scenario", "runaway")
    return [
        Figure(f"seconds, {plain.cancels:,} cancels", plain.seconds, plain.bound(_END_DELAY)),
        Figure("running or waiting at its end, by the server's record", plain.left, 0),
        Figure("exit status", plain.code, 0),
        Figure("seconds ÷ that bound with slow and stubborn ends", hard.seconds / hard.bound(_SLOWEST_END)),
        Figure("running or waiting at its end, by the server's record", hard.left, 0),
        Figure("exit status", hard.code, 0),
    ]


@dataclass(frozen=True)
class _Drained:
    code: int
    seconds: float
    cancels: int
    left: int

    def bound(self, end_delay: float) -> float:
        """The seconds that it may take."""
        return 1.1 * self.cancels / _CANCEL_QUOTA.limit * _CANCEL_QUOTA.period + end_delay + _SETTLE


def _drained(in_flight: int, *server: str) -> _Drained:
    workflow = workflow_id_of(0, 0)
    with tempfile.TemporaryDirectory() as name, sandbox("--only-known", *server) as url:
        words = ["drain", workflow, "--unpublish", "--yes", "--settle", f"{_SETTLE:.0f}s", "--base-url", url]
        done = bulkcancel(*words, "-c", str(in_flight), "-o", str(Path(name) / "report.csv"))
        record = fetch(f"{url}/sandbox/record")
    left = record["workflows"][workflow]
    return _Drained(done.code, done.seconds, _total(record["statuses"]), left["running"] + left["waiting"])


def _pipe(in_flight: int) -> list[Figure]:
    """`find | run -`: the first cancel comes while pages are still being read, and nothing is lost."""
    with tempfile.TemporaryDirectory() as name, served(_list_server(_FAR_AWAY)) as url:
        base = ["--base-url", url, "-c", str(in_flight)]
        finder = subprocess.Popen(
            [*python(BULKCANCEL_CODE, None), "find", LISTED, *base],
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        with finder:
            words = ["run", "-", "--yes", "-o", str(Path(name) / "report.csv"), *base]
            done = bulkcancel(*words, standard_input=finder.stdout)
        record = fetch(f"{url}/record")
    lists, cancels = record[LISTS], record[CANCELS]
    if done.code or finder.returncode:
        raise SystemExit(f"find ended with {finder.returncode}, run with {done.code}: {done.said}")
    return [
        Figure("canceled of 20,000 that are missing", _RUNNING - cancels["pairs"], 0),
        Figure("first cancel ÷ last page, from the first page on", _share_before(cancels, lists), 1.0),
        Figure("cancels per second", cancels["pairs"] / _makespan(cancels)),
        Figure("MiB at most of run", done.memory),
    ]


def _share_before(cancels: dict[str, Any], lists: dict[str, Any]) -> float:
    begin = lists["first_request"]
    share: float = (cancels["first_request"] - begin) / (lists["last_reply"] - begin)
    return share


def _write_rows(path: Path) -> None:
    """10,000 instances of five workflows in turn."""
    rows = [
        f"{workflow_id_of(1, number % 5)},{made_up_id(1, 'instance', number)}\n" for number in range(10_000)
    ]
    path.write_text(f"workflow_id,instance_id\n{''.join(rows)}", encoding="utf-8")


def _list_server(size: str) -> list[str]:
    return [*python(_LIST_SERVER, LAST_CORE), str(_INSTANCES), str(_RUNNING), str(_REPLY_TIME), size]


def _makespan(record: dict[str, Any]) -> float:
    """Seconds from the first request to the last reply of one endpoint."""
    seconds: float = record["last_reply"] - record["first_request"]
    return seconds


def _must_have_read_all(done: Done) -> None:
    if done.code or f"{_INSTANCES:,} instances read, {_RUNNING:,} matching" not in done.said:
        raise SystemExit(f"find ended with {done.code}: {done.said}")


def _size(quota: Quota) -> str:
    return f"{quota.limit}/{quota.period}"


def _total(statuses: dict[str, int]) -> int:
    return sum(statuses.values())


JOURNEYS = (
    Journey("find", f"find: {_RUNNING:,} running among {_INSTANCES:,}, no quota", _find),
    Journey(
        "find-quota",
        f"find: the same, {_LIST_QUOTA.limit} list calls per {_LIST_QUOTA.period} s",
        _find_under_quota,
    ),
    Journey("verify", "run --verify: 10,000 instances of five workflows", _verify),
    Journey("drain", "drain: 3,000 alive, two more a second until unpublished, 400 cancels per 2 s", _drain),
    Journey("pipe", f"find | run -: {_RUNNING:,} running among {_INSTANCES:,}, no quota", _pipe),
    Journey("eight-shards", "run --shard auto/8: eight on one quota, one killed and started again", shards),
)
