"""One run of one client against a fresh server, seen from the server."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.clients import commands, python
from bench.ideal import ideal

from bulkcancel.sandbox import HeaderMode, Quota, QuotaModel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.cases import Case
    from bench.clients import Client

_NO_QUOTA = Quota(10**9, 3600, HeaderMode.ALWAYS)
_SERVER = "import sys, asyncio; from bench import server; asyncio.run(server.main(sys.argv[1:]))"
_PATIENCE = 240.0
_STARTS_AT = 0.3  # of a window: early enough to spend the first one


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """What one run came to, by the server's record.

    Attributes:
        failure: Why the client did not do its job, or empty.
        makespan: Seconds from the first request seen to the last reply given.
        ideal: Seconds that a perfect client would have taken from the same first request.
        late: Seconds by which the first request granted in each window was later than need be; without
            the window in which the run began.
        rows: Instances canceled.
        requests: Requests to cancel, whatever the answer.
        refused: Those answered 429.
        others: The smallest share of a window's limit that others got; None without others.
        cpu: The client's own processor seconds, its start included.
        server_busy: The server's processor seconds for each second of the makespan.
        events: When each request was decided, in seconds since the epoch, and whether it was granted.
    """

    failure: str
    makespan: float
    ideal: float
    late: list[float]
    rows: int
    requests: int
    refused: int
    others: float | None
    cpu: float
    server_busy: float
    events: list[tuple[float, bool]]


def measure(client: "Client", case: "Case") -> Measurement:
    """Run it to its end, or for four minutes."""
    with tempfile.TemporaryDirectory() as name, serve(case) as url:
        words = commands(client, case, url, Path(name))
        _wait_for_a_window(case)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        failure = _run(words, Path(name))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        with urllib.request.urlopen(f"{url}/record") as response:  # noqa: S310 - loopback
            (record,) = json.load(response)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return _read(record, case, failure, cpu)


@contextmanager
def serve(case: "Case") -> "Iterator[str]":
    """A fresh server, on the second core; gives its URL."""
    quota = case.quota or _NO_QUOTA
    words = [
        *python(_SERVER, (os.cpu_count() or 1) - 1), f"{quota.limit}/{quota.period}", quota.model.value,
        quota.headers.value, str(quota.burst), str(quota.others), str(case.latency),
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(words, env=environment, text=True, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _wait_for_a_window(case: "Case") -> None:
    """Let every client start at the same place in a window, but for the time its imports take."""
    if case.quota is not None:
        time.sleep((_STARTS_AT - time.time() / case.quota.period) % 1.0 * case.quota.period)


def _run(words: list[list[str]], folder: Path) -> str:
    """Run the processes of one client; gives what went wrong, or nothing."""
    environment = {**os.environ, "DD_API_KEY": "a", "DD_APP_KEY": "b"}
    log = folder / "errors"
    deadline = time.monotonic() + _PATIENCE
    failure = ""
    with log.open("wb") as errors:
        processes = [subprocess.Popen(one, env=environment, stderr=errors, stdout=errors) for one in words]
        for process in processes:
            try:
                code = process.wait(max(0.0, deadline - time.monotonic()))
                failure = failure or (f"ended with {code}" if code else "")
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                failure = f"not done after {_PATIENCE:.0f} s"
    if failure:
        sys.stderr.write(log.read_text("utf-8", "replace")[-2000:])
    return failure


def _read(record: dict[str, Any], case: "Case", failure: str, cpu: float) -> Measurement:
    first, last = record["first_request"], record["last_reply"]
    if first is None:
        raise SystemExit("The client sent nothing at all.")
    if record["pairs"] != case.rows:
        failure = f"{record['pairs']:,} of {case.rows:,} canceled; {failure}".rstrip("; ")
    makespan = last - first
    return Measurement(
        failure=failure,
        makespan=makespan,
        ideal=ideal(case, first),
        late=_lateness(record["events"], case, first),
        rows=record["pairs"],
        requests=len(record["events"]),
        refused=sum(not granted for _, granted in record["events"]),
        others=_others(record["windows"], case),
        cpu=cpu,
        server_busy=record["cpu"] / makespan if makespan else 0.0,
        events=record["events"],
    )


def _lateness(events: list[tuple[float, bool]], case: "Case", first: float) -> list[float]:
    """How long after each turn, and the latency it takes, a request was granted."""
    if case.quota is None or case.quota.model is not QuotaModel.FIXED:
        return []
    period = case.quota.period
    turns: dict[float, float] = {}
    for moment, within in events:
        if within:
            turns.setdefault(moment // period * period, moment)
    return [max(0.0, at - turn - case.latency) for turn, at in turns.items() if turn > first]


def _others(windows: list[dict[str, int]], case: "Case") -> float | None:
    """The others' worst window; the last one is not over, so it counts only where it is alone."""
    if case.quota is None or not case.quota.others:
        return None
    whole = windows[:-1] or windows
    return min(one["others_granted"] for one in whole) / case.quota.limit
