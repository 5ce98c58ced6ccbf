"""The recipe for a container: no shell stands between the signal and the program, which is process 1."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.children import MAIN, W, child, until
from support.jobs import JOBS, KEYS, sandbox

RECIPE = (JOBS / "Containerfile").read_text(encoding="utf-8")
UNSHARE = shutil.which("unshare") or ""
#: A process namespace of its own; who is not root needs a user namespace for that.
AS_PROCESS_1 = [
    UNSHARE,
    *(["--user", "--map-root-user"] if os.geteuid() else []),
    "--pid",
    "--fork",
    "--kill-child",
]


def test_a_container_needs_no_shell() -> None:
    """Every command is a list of words, and the user has no rights."""
    for words in re.findall(r"^(?:RUN|ENTRYPOINT|CMD) (.+)$", RECIPE, re.MULTILINE):
        assert isinstance(json.loads(words), list)
    last = RECIPE.split("\nFROM ")[-1]
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", last, re.MULTILINE)
    assert "\nRUN" not in last


@pytest.mark.slow
def test_process_1_drains_at_sigterm(tmp_path: Path) -> None:
    """The kernel does nothing by default for process 1: without a handler, SIGTERM would be lost."""
    if not UNSHARE or subprocess.run([*AS_PROCESS_1, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets us have no process namespace of our own")
    keys = dict(line.split("=") for line in KEYS.splitlines())
    report = tmp_path / "report.csv"
    with sandbox() as url:
        words = [*AS_PROCESS_1, sys.executable, "-c", MAIN, "run", "-", "-y", "-o", str(report)]
        environment = {**os.environ, **keys, "BULKCANCEL_BASE_URL": url}
        with child(words, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as outer:
            assert outer.stdin is not None
            outer.stdin.write(f"workflow_id,instance_id\n{W},{W}\n")
            outer.stdin.flush()
            until(lambda: report.exists() and W in report.read_text(encoding="utf-8"))
            (inner,) = (
                Path(f"/proc/{outer.pid}/task/{outer.pid}/children").read_text(encoding="utf-8").split()
            )
            status = Path(f"/proc/{inner}/status").read_text(encoding="utf-8")
            os.kill(int(inner), signal.SIGTERM)
            said = outer.stderr.read() if outer.stderr is not None else ""
            assert outer.wait() == 143
    assert re.search(r"^NSpid:\s+\d+\s+1$", status, re.MULTILINE)
    assert "Terminated" in said
