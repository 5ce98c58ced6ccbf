"""A signal at instants all over the beginning and the end of the event loop, where it is easiest to be lost."""

import signal
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
from support.children import LONGEST, unmeasured

from bulkcancel.report import read_results

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parents[1] / "support" / "signal_instants.py"
ROWS = 20
WORKFLOW = UUID(int=1 << 127, version=4)
INSTANCES = [UUID(int=(1 << 127) + number, version=4) for number in range(ROWS)]


def run(folder: Path, instant: int, number: signal.Signals) -> "subprocess.CompletedProcess[str]":
    """Run a small job to its end, with a signal at that instant."""
    (folder / "in.csv").write_text("".join(f"{WORKFLOW},{one}\n" for one in INSTANCES))
    (folder / "r.csv").unlink(missing_ok=True)
    words = [sys.executable, str(SCRIPT), str(instant), number.name, "run", "in.csv", "-o", "r.csv"]
    words += ["--sandbox", "--yes", "-q", "-c", "4"]
    # Whoever measures coverage counts lines in the same way.
    return subprocess.run(
        words, cwd=folder, env=unmeasured(), capture_output=True, text=True, timeout=LONGEST, check=False
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_signal_while_the_loop_starts_or_ends_is_neither_lost_nor_a_hang(
    tmp_path: Path, number: signal.Signals
) -> None:
    """The process ends by itself, says so, and has every row in its report."""
    marks = run(tmp_path, 0, number)
    begins, ends, lines = map(int, marks.stdout.split())
    starting = [*(begins * part // 8 for part in range(1, 8)), *range(begins - 600, begins, 60)]
    ending = [ends + (lines - ends) * part // 8 for part in range(8)]
    stopped = 128 + number
    for instant in [1, *starting, *ending]:
        ended = run(tmp_path, instant, number)
        assert ended.returncode in ({stopped} if instant < begins else {stopped, 0}), (instant, ended.stderr)
        assert "Traceback" not in ended.stderr
        assert ended.stderr.startswith(("Interrupted. ", "Terminated. ", "Done: ")), (instant, ended.stderr)
        assert sorted(row.line for row in read_results(tmp_path / "r.csv")) == list(range(1, ROWS + 1)), (
            instant
        )
