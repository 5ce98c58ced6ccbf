"""A drain that is killed at random instants, and continued: it ends empty, with one row for each instance."""

import csv
import json
import os
import random
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.children import LONGEST, MAIN
from support.runaway import W

pytestmark = pytest.mark.slow

KILLS = 10
KEY = "5a6db0c5a6db0c5a6db0c5a6db0c5a6d"  # pragma: allowlist secret


@contextmanager
def sandbox(*options: str) -> Iterator[str]:
    """A sandbox in a process of its own; gives its address."""
    words = [sys.executable, "-c", MAIN, "sandbox", "--scenario", "runaway", "--port", "0", *options]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None
            told = next(line for line in process.stdout if "http://" in line)
            yield next(word for word in told.split() if word.startswith("http://")).rstrip(".,;")
        finally:
            process.kill()


def record(url: str) -> dict[str, Any]:
    """What the sandbox tells of the workflow."""
    with urllib.request.urlopen(f"{url}/sandbox/record", timeout=10) as reply:  # noqa: S310 - loopback
        found: dict[str, Any] = json.load(reply)["workflows"][W]
    return found


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_a_drain_that_is_killed_goes_on(tmp_path: Path, suffix: str) -> None:
    """Whatever instant it was, by the server's own record."""
    chance, report = random.Random(suffix), tmp_path / f"r{suffix}"  # noqa: S311 - nothing here is secret
    surroundings = {**os.environ, "DD_API_KEY": KEY, "DD_APP_KEY": KEY}
    with sandbox("--alive", "200", "--quota", "40/1") as url:
        words = [
            sys.executable,
            "-c",
            MAIN,
            "drain",
            W,
            "--base-url",
            url,
            "--unpublish",
            "--yes",
            "--resume",
        ]
        words += ["--settle", "0.5s", "--verify-timeout", "2s", "-o", str(report)]
        for _ in range(KILLS):
            with subprocess.Popen(words, env=surroundings, stderr=subprocess.DEVNULL) as process:
                time.sleep(chance.uniform(0.3, 1.2))  # the instant is what this is about
                process.kill()
        ended = subprocess.run(
            words, env=surroundings, capture_output=True, text=True, timeout=LONGEST, check=False
        )
        assert ended.returncode == 0, ended.stderr
        assert "Empty: two passes" in ended.stderr
        found = record(url)
    assert (found["running"], found["waiting"], found["published"]) == (0, 0, False)
    text = report.read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(text)) if suffix == ".csv" else [json.loads(line) for line in text]
    ids = [row["instance_id"] for row in rows]
    assert len(ids) == len(set(ids))
    assert {row["outcome"] for row in rows} <= {"canceled", "already_finished"}
    assert len(rows) >= found["canceled"]
