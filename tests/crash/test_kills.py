"""Processes killed at random instants, and continued until they are done; `make crash` kills hundreds."""

import subprocess
import sys
from pathlib import Path

import pytest
from crash.driver import Trial, undergo

pytestmark = pytest.mark.slow

EVERYTHING = ("kill", "signal", "twice", "full")


@pytest.mark.parametrize(
    "trial",
    [
        Trial("calm", ("kill",), seed=1, rows=150, disturbances=5),
        Trial("flaky", EVERYTHING, seed=2, rows=120, disturbances=5),
        Trial("outage", ("kill", "signal"), seed=3, rows=200, disturbances=3, suffix=".jsonl"),
        Trial("busy", EVERYTHING, seed=6, rows=120, disturbances=4, without_input=True),
    ],
    ids=lambda trial: trial.scenario,
)
def test_nothing_is_lost_or_sent_again(tmp_path: Path, trial: Trial) -> None:
    """Whatever happens to the processes, the report and the API agree in the end."""
    course = undergo(trial, tmp_path)
    # Each seed begins with a kill or a full disk: what measures coverage loses a SIGINT while it starts.
    assert course.ends.total() > 1
    # Where other things happen too, how fast the machine is decides which of them come in time.
    assert course.kills > 0 or trial.events != ("kill",)


def test_no_instant_of_a_report_loses_a_row() -> None:
    """Every call to the system is an instant to die before, after, or in the middle of."""
    script = Path(__file__).with_name("instants.py")
    ended = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout.split()[0]) > 100
