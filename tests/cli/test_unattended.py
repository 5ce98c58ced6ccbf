"""A job as cron starts it: hardly an environment, no terminal, nobody to ask."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from support.children import LONGEST, MAIN, child, read_to, unmeasured
from support.cliapp import Ended, W, outcomes

from bulkcancel.cli import named_lock
from bulkcancel.cli.invocation import Invocation
from bulkcancel.cli.named_lock import NamedLock
from bulkcancel.cli.signals import Signals
from bulkcancel.models import Outcome
from bulkcancel.progress.writer import BackgroundWriter

pytestmark = pytest.mark.slow

UNKNOWN = "00000000-0000-4000-8000-000000000001"
KEYS = "DD_API_KEY=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nDD_APP_KEY=bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n"  # pragma: allowlist secret


class Job:
    """A folder with private keys, and a server to go to."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self._url = url
        (folder / "keys").touch(0o600)
        (folder / "keys").write_text(KEYS)

    def run(self, *words: str, keys: str = "keys") -> Ended:
        """Run a command as cron does."""
        command = [*self._words(words), "--base-url", self._url, *(["--keys-file", keys] if keys else [])]
        return self.alone(*command)

    def alone(self, *command: str) -> Ended:
        """Run that very command line so."""
        ended = subprocess.run(
            ["/usr/bin/env", "-i", "PATH=/usr/bin:/bin", f"HOME={self.folder}", *command],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    @staticmethod
    def _words(words: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-c", MAIN, *words]


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Job]:
    """One, with a server whose workflows run."""
    command = [sys.executable, "-c", MAIN, "sandbox", "--port", "0"]
    with child(command, stderr=subprocess.PIPE, env=unmeasured()) as server:
        line = read_to(server.stderr, "listens at")
        yield Job(tmp_path, line.rsplit(maxsplit=1)[1])
        server.terminate()


@pytest.fixture
def lock_name() -> Iterator[str]:
    """A name for a lock that nobody else has, where all locks of this user are."""
    name = f"test-{uuid4()}"
    yield name
    (named_lock._own_folder() / f"{name}.lock").unlink()


def test_a_job_finds_cancels_and_tells_without_a_shell(job: Job, lock_name: str) -> None:
    """Each command by itself, as a unit has them; what is left at its bound, the next turn cancels."""
    found = job.run("find", "--all-workflows", "-q", "-o", "stuck.csv")
    assert (found.code, found.out, found.err.count("\n")) == (0, "", 1)
    words = ("run", "stuck.csv", "--yes", "--resume", "-q", "-o", "report.csv", "--lock", lock_name)
    first = job.run(*words, "--limit", "10", "--summary", "{run_id}.json")
    assert (first.code, first.out, first.err.count("\n")) == (0, "", 1)
    (summary,) = job.folder.glob("*.json")
    assert json.loads(summary.read_text())["run_id"] == summary.stem
    second = job.run(*words)
    assert second.err == "Done: nothing is left to cancel. Report: report.csv\n"
    rows = len((job.folder / "stuck.csv").read_text().splitlines()) - 1
    assert outcomes(job.folder / "report.csv") == [Outcome.CANCELED] * rows
    told = job.alone(
        sys.executable, "-c", MAIN, "report", "report.csv", "--html", "page.html", "--json", "-q"
    )
    assert (told.code, json.loads(told.out)["rows"]) == (0, rows)
    assert (job.folder / "page.html").stat().st_mode & 0o777 == 0o600


def test_a_job_that_can_t_work_says_why_in_its_mail(job: Job) -> None:
    """And ends as its scheduler has to know, with nothing sent where that is so."""
    (job.folder / "in.csv").write_text(
        f"workflow_id,instance_id\n{W},{UUID(int=1 << 127, version=4)}\n{W},{UNKNOWN}\n"
    )
    words = ("run", "in.csv", "--yes", "-q", "-o", "report.csv")
    assert job.run(*words, keys="").err.startswith("DD_API_KEY and DD_APP_KEY not set in the environment")
    (job.folder / "keys").chmod(0o644)
    assert job.run(*words).err.startswith("keys can be read by others (mode 0644)")
    (job.folder / "keys").chmod(0o600)
    unasked = job.run("run", "in.csv", "-q")
    assert (unasked.code, unasked.err[:34]) == (2, "There is no terminal to ask on: gi")
    assert sorted(os.listdir(job.folder)) == ["in.csv", "keys"]  # noqa: PTH208 - hidden files count
    left = job.run(*words)
    assert (left.code, left.err.count("\n")) == (1, 1)
    taken = job.run(*words, "--resume", "--ok-exit", "1")
    assert (taken.code, taken.err[:37]) == (0, "Exit code 1, taken as 0 by --ok-exit.")


def test_a_job_meets_the_one_before_it(job: Job, lock_name: str) -> None:
    """Also where that was started with another environment, by hand."""
    lock = NamedLock.take(lock_name, Invocation([], BackgroundWriter(io.StringIO()), Signals(), "x", 0.0))
    try:
        (job.folder / "in.csv").write_text(f"workflow_id,instance_id\n{W},{UNKNOWN}\n")
        words = ("run", "in.csv", "--yes", "-q", "-o", "report.csv", "--lock", lock_name)
        refused = job.run(*words)
        assert (refused.code, f"process {os.getpid()}, " in refused.err) == (2, True)
        assert job.run(*words, "--if-locked", "skip").code == 0
        assert not (job.folder / "report.csv").exists()
    finally:
        lock.release()
    assert job.run(*words).code == 1
