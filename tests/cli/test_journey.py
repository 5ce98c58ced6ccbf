"""The whole way in one script, as `make journey` shows it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.cliapp import SAMPLES

pytestmark = pytest.mark.slow


def test_the_journey_ends_in_the_proof(tmp_path: Path) -> None:
    """Each command does its part, and what the last one says holds for all."""
    program = tmp_path / "bulkcancel"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m bulkcancel "$@"\n', encoding="utf-8")
    program.chmod(0o700)
    surroundings = {
        "BULKCANCEL": str(program),
        "FOLDER": str(tmp_path),
        "PORT": "8139",
        "HOME": str(tmp_path),
    }
    ended = subprocess.run(
        ["/bin/sh", SAMPLES / "journey.sh"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(SAMPLES.parent), **surroundings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    for words in (
        "Ready to cancel at",
        "matching; the picture holds since",
        "Canary done: 5 of",
        "rows: ",
        "Empty: two passes, 3.0 s apart, found nothing running.",
        "were canceled",
    ):
        assert words in ended.stdout, ended.stdout
