"""Who is measured, and how each is started: as processes of their own, with the case's concurrency."""

import csv
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from bench.cases import Case

WORKFLOW = UUID(int=1 << 127, version=4)
PEERS = Path(__file__).parent / "peers"
_PINNED = "import os; hasattr(os, 'sched_setaffinity') and os.sched_setaffinity(0, {{{core}}}); "
BULKCANCEL_CODE = "import sys; from bulkcancel.cli.program import main; sys.exit(main())"
_SCRIPT = "import runpy, sys; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"


@dataclass(frozen=True)
class Client:
    """One of those compared.

    Attributes:
        name: How it is asked for.
        title: How it is shown.
        script: Where it is among the peers; empty for bulkcancel.
        minds_quotas: Whether it can be measured against one.
    """

    name: str
    title: str
    script: str = ""
    minds_quotas: bool = True


BULKCANCEL = Client("bulkcancel", "bulkcancel")
SCRIPT = Client("script", "script: aiohttp, semaphore, tenacity", "script.py")
CLIENTS = (
    BULKCANCEL,
    Client("sdk-threads", "SDK in threads", "sdk_threads.py"),
    Client("sdk-async", "SDK on asyncio", "sdk_async.py"),
    SCRIPT,
    Client("bare", "aiohttp alone: nothing kept or retried", "bare.py", minds_quotas=False),
)


def python(code: str, core: int | None) -> list[str]:
    """Words that run code, on one core where the system can hold it there."""
    return [sys.executable, "-c", (_PINNED.format(core=core) if core is not None else "") + code]


def commands(client: Client, case: "Case", url: str, folder: Path) -> list[list[str]]:
    """The command lines of one run: one for each process; writes the inputs they read.

    bulkcancel's processes are shards of one input, each with a report of its own; the peers know no
    shards, so the input is cut up for them. All share the first core.
    """
    ids = [str(UUID(int=(1 << 127) + number, version=4)) for number in range(case.rows)]
    found = []
    for part in range(case.processes):
        source = folder / f"in-{part}.csv"
        _write(source, ids if client is BULKCANCEL else ids[part :: case.processes])
        if client is BULKCANCEL:
            words = [
                *python(BULKCANCEL_CODE, 0), "run", str(source), "--yes", "--base-url", url, "--quiet",
                "--report", str(folder / f"report-{part}.csv"), "--concurrency", str(case.in_flight),
                "--headroom", f"{case.headroom:.0%}", "--shard", f"{part + 1}/{case.processes}",
            ]  # fmt: skip
        else:
            script = str(PEERS / client.script)
            words = [*python(_SCRIPT, 0), script, url, str(source), str(case.in_flight)]
        found.append(words)
    return found


def _write(path: Path, ids: list[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("workflow_id", "instance_id"))
        writer.writerows((WORKFLOW, one) for one in ids)
