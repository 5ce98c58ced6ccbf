"""Eight shards on one quota, as an Indexed Job of Kubernetes has them: each its own process, rows and report.

One is killed in the middle and started again by the same command, as the next pod of its index is. Their
reports are merged by `report`, and counted against the server's own record.
"""

import json
import signal
import subprocess
import tempfile
import time
from collections import Counter, defaultdict
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench.cases import Case
from bench.clients import BULKCANCEL_CODE, WORKFLOW, python
from bench.figure import Figure
from bench.ideal import ideal
from bench.processes import LAST_CORE, bulkcancel, environment, served
from support.recording import LIMITED, SERVER, SOUND, Answer, read_record, words_of

from bulkcancel.digest import pair_digest
from bulkcancel.report import read_results
from bulkcancel.sandbox import Quota, Scenario
from bulkcancel.sandbox.chances import made_up_id

_SHARDS = 8
_ROWS = 5_800  # the last window is not spent to its end, so that a few requests lost cost no whole window
_QUOTA = Quota(500, 5)
_LATENCY = 0.02  # the sandbox's own
_KILLED = 3
_KILLED_AFTER, _STARTED_AGAIN_AFTER = 20.0, 3.0
_PATIENCE = 240.0


def shards(in_flight: int) -> list[Figure]:
    """Run them; the ideal is that of one perfect client, who is never killed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_input(folder / "in.csv")
        words = ["0", str(folder / "record"), "0", Scenario.CALM.value, words_of(_QUOTA)]
        with served([*python(SERVER, LAST_CORE), *words]) as url:
            time.sleep((0.3 - time.time() / _QUOTA.period) % 1.0 * _QUOTA.period)
            ended = _run_all(folder, url, in_flight)
        record = read_record(folder / "record")
        reports = [_report(folder, number) for number in range(1, _SHARDS + 1)]
        merged = bulkcancel("report", *map(str, reports), "--json", output=str(folder / "merged.json"))
        if merged.code:
            raise SystemExit(f"report ended with {merged.code}: {merged.said}")
        told = json.loads((folder / "merged.json").read_text("utf-8"))
        lines = Counter(row.line for report in reports for row in read_results(report))
    return [*_pace(record, in_flight), *_fairness(record, ended), *_count(record, told, lines)]


def _run_all(folder: Path, url: str, in_flight: int) -> dict[int, float]:
    """Start all at once, and kill one in between; gives when each ended, in seconds since the epoch."""
    with ExitStack() as stack:
        running = {n: stack.enter_context(_start(n, folder, url, in_flight)) for n in range(1, _SHARDS + 1)}
        stack.callback(_kill, running)
        time.sleep(_KILLED_AFTER)
        running[_KILLED].send_signal(signal.SIGKILL)
        time.sleep(_STARTED_AGAIN_AFTER)
        running[_KILLED] = stack.enter_context(_start(_KILLED, folder, url, in_flight))
        ended: dict[int, float] = {}
        deadline = time.monotonic() + _PATIENCE
        while len(ended) < _SHARDS:
            for number, process in running.items():
                if number not in ended and process.poll() is not None:
                    ended[number] = time.time()
                    if process.returncode:
                        said = _log(folder, number).read_text("utf-8")[-2000:]
                        raise SystemExit(f"shard {number} ended with {process.returncode}: {said}")
            if time.monotonic() > deadline:
                raise SystemExit(f"after {_PATIENCE:.0f} s, only shards {sorted(ended)} had ended")
            time.sleep(0.05)
    return ended


def _start(number: int, folder: Path, url: str, in_flight: int) -> "subprocess.Popen[bytes]":
    """The first try and the next are one command: --resume goes on with the report that there is."""
    words = [
        "run", str(folder / "in.csv"), "--shard", f"auto/{_SHARDS}", "--resume", "-o", str(_report(folder, number)),
        "--yes", "--quiet", "--base-url", url, "-c", str(in_flight),
    ]  # fmt: skip
    told = {**environment(), "JOB_COMPLETION_INDEX": str(number - 1)}
    with _log(folder, number).open("ab") as log:
        return subprocess.Popen([*python(BULKCANCEL_CODE, 0), *words], env=told, stderr=log)


def _kill(running: "dict[int, subprocess.Popen[bytes]]") -> None:
    for process in running.values():
        process.kill()


def _pace(record: list[Answer], in_flight: int) -> list[Figure]:
    begins = record[0].at - _LATENCY
    perfect = Case(
        name="", title="", rows=_ROWS, quota=_QUOTA, latency=_LATENCY, in_flight=in_flight, processes=_SHARDS
    )
    refused = sum(one.status == LIMITED for one in record)
    return [
        Figure("makespan ÷ ideal", (record[-1].at - begins) / ideal(perfect, begins), 1.05),
        # In each window, each shard may learn by one that the others have used it up.
        Figure("% of requests answered 429", 100 * refused / len(record), 100 * _SHARDS / _QUOTA.limit),
    ]


def _fairness(record: list[Answer], ended: dict[int, float]) -> list[Figure]:
    """How even it was: window by window while all eight had rows, and at the end."""
    windows: dict[int, Counter[int]] = defaultdict(Counter)
    last_granted: dict[int, float] = {}
    for one in record:
        if one.status == SOUND:
            number = pair_digest(one.workflow_id, one.instance_id) % _SHARDS + 1
            windows[int(one.at // _QUOTA.period)][number] += 1
            last_granted[number] = one.at
    killed_at = record[0].at + _KILLED_AFTER
    whole = [
        counts
        for window, counts in sorted(windows.items())[1:]
        if (window + 1) * _QUOTA.period < min(killed_at, *ended.values())
    ]
    even = _QUOTA.limit / _SHARDS
    least = [min(counts[n] for n in range(1, _SHARDS + 1)) / even for counts in whole]
    most = [max(counts.values()) / even for counts in whole]
    seconds = sorted(at - record[0].at for number, at in last_granted.items() if number != _KILLED)
    return [
        Figure("what the shard with the least got of its eighth of a window, mean", sum(least) / len(least)),
        Figure("what the shard with the most got of it, mean", sum(most) / len(most)),
        Figure("seconds until the first of those not killed was done", seconds[0]),
        Figure("seconds until the last of them was", seconds[-1]),
        Figure("seconds until the killed one was", last_granted[_KILLED] - record[0].at),
    ]


def _count(record: list[Answer], told: dict[str, Any], lines: Counter[int]) -> list[Figure]:
    """The reports against the record; what the killed one had on the wire may have been sent twice."""
    accepted = Counter((one.workflow_id, one.instance_id) for one in record if one.status == SOUND)
    twice = sum(count > 1 for count in accepted.values())
    canceled = told["outcomes"]["canceled"]
    once = sum(count == 1 for line, count in lines.items() if 2 <= line < _ROWS + 2)
    return [
        Figure("rows that the server did not accept", _ROWS - len(accepted), 0),
        Figure("rows that it accepted twice: on the wire at the kill", twice),
        Figure("rows that the merged report does not call canceled", _ROWS - canceled, 0),
        Figure("rows that do not stand in one report, once", _ROWS - once + len(lines) - once, 0),
    ]


def _report(folder: Path, number: int) -> Path:
    return folder / f"shard-{number}.csv"


def _log(folder: Path, number: int) -> Path:
    return folder / f"shard-{number}.log"


def _write_input(path: Path) -> None:
    rows = [f"{WORKFLOW},{made_up_id(0, 'shards', number)}\n" for number in range(_ROWS)]
    path.write_text(f"workflow_id,instance_id\n{''.join(rows)}", encoding="ascii")
