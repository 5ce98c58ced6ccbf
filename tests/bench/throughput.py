"""`make bench`: whole runs over loopback, with and without a quota, as a table.

The server is the sandbox in a process of its own. Times are of this machine and this minute; compare the
ratios of one run.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

BULKCANCEL = [sys.executable, "-c", "import sys; from bulkcancel.cli import main; sys.exit(main())"]
WORKFLOW = UUID(int=1 << 127, version=4)


@dataclass(frozen=True)
class Case:
    """One line of the table; the quota is `limit` requests per `period` seconds, or none."""

    name: str
    rows: int
    limit: int
    period: int
    headers: str
    latency: float
    concurrency: int


CASES = (
    Case("no quota, 64 in flight", 10_000, 10**8, 3600, "always", 0.0, 64),
    Case("headers on every reply", 3_000, 500, 5, "always", 0.02, 32),
    Case("headers on 429 only", 3_000, 500, 5, "on-429", 0.02, 32),
    Case("Retry-After only", 3_000, 500, 5, "retry-after", 0.02, 32),
    Case("bare 429", 2_000, 100, 1, "none", 0.02, 32),
)


def measure(case: Case, folder: Path) -> tuple[float, float, int]:
    """Run it; gives seconds, the ideal's seconds counted from the same start, and 429s."""
    source = folder / "in.csv"
    ids = (UUID(int=(1 << 127) + n, version=4) for n in range(case.rows))
    source.write_text("workflow_id,instance_id\n" + "".join(f"{WORKFLOW},{one}\n" for one in ids))
    server = [
        *BULKCANCEL, "sandbox", "--port", "0", "--quota", f"{case.limit}/{case.period}",
        "--quota-headers", case.headers, "--latency", str(case.latency),
    ]  # fmt: skip
    with subprocess.Popen(server, text=True, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        url = process.stderr.readline().split()[-1]
        words = [
            *BULKCANCEL, "run", str(source), "--yes", "--base-url", url, "-o", str(folder / "r.csv"), "-q",
            "-c", str(case.concurrency), "--summary", str(folder / "s.json"),
        ]  # fmt: skip
        started = time.time()
        keys = {"DD_API_KEY": "a", "DD_APP_KEY": "b"}
        subprocess.run(words, env={**os.environ, **keys}, check=True, stderr=subprocess.DEVNULL)
        process.terminate()
    summary = json.loads((folder / "s.json").read_text())
    windows = -(-case.rows // case.limit)
    first_turn = case.period - started % case.period
    ideal = 0.0 if windows == 1 else first_turn + (windows - 2) * case.period
    return summary["duration_s"], ideal, summary["throttled"]


def main() -> None:
    """Print the table."""
    print(f"{'case':<26}{'rows':>7}{'seconds':>9}{'rows/s':>8}{'÷ ideal':>9}{'429s':>8}")
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            seconds, ideal, throttled = measure(case, Path(folder))
        ratio = f"{seconds / ideal:9.3f}" if ideal else "        -"
        share = 100.0 * throttled / (case.rows + throttled)
        print(f"{case.name:<26}{case.rows:>7}{seconds:>9.2f}{case.rows / seconds:>8.0f}{ratio}{share:>7.2f}%")


if __name__ == "__main__":
    main()
