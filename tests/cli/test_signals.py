"""Signals at every stage of a process: before the run, within it, on a terminal, and when nobody reads."""

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from support.children import (
    MAIN,
    W,
    child,
    exit_of,
    is_asleep,
    is_full,
    on_terminal,
    read_to,
    read_until,
    unread,
    until,
    write,
)
from support.cliapp import outcomes

from bulkcancel.models import Outcome

pytestmark = pytest.mark.slow

SMALL_DISK = """
import atexit, resource, sys
sys.dont_write_bytecode = True  # half a module would be kept, and fail from then on
from bulkcancel.cli.program import main
before = resource.getrlimit(resource.RLIMIT_FSIZE)
atexit.register(resource.setrlimit, resource.RLIMIT_FSIZE, before)  # whoever measures coverage needs room then
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, before[1]))
sys.exit(main())
"""


@pytest.mark.parametrize(
    ("number", "code", "word"),
    [
        (signal.SIGINT, 130, b"Interrupted"),
        (signal.SIGTERM, 143, b"Terminated"),
        (signal.SIGHUP, 143, b"Terminated"),
    ],
)
def test_a_signal_at_the_prompt_ends_it(tmp_path: Path, number: int, code: int, word: bytes) -> None:
    """Nothing was sent, and it says so; no report is left behind."""
    write(tmp_path / "in.csv")
    with on_terminal(tmp_path, "run", "in.csv", "--sandbox", "-o", "r.csv") as (pid, terminal):
        read_until(terminal, b"[y/N]")
        # The interpreter misses a signal between writing its prompt and waiting for the answer.
        until(lambda: is_asleep(pid))
        os.kill(pid, number)
        said = read_until(terminal, b"never")
        assert exit_of(pid) == code
    assert word + b"; nothing was sent." in said
    assert b"Traceback" not in said
    assert sorted(os.listdir(tmp_path)) == ["in.csv"]  # noqa: PTH208 - hidden files count


def test_a_signal_while_the_plan_reads_ends_it(tmp_path: Path) -> None:
    """Before anyone was asked."""
    os.mkfifo(tmp_path / "f")
    words = [sys.executable, "-c", MAIN, "run", "f", "--sandbox", "--dry-run"]
    with child(words, cwd=tmp_path, stderr=subprocess.PIPE) as process:
        writer = os.open(tmp_path / "f", os.O_WRONLY)
        os.write(writer, f"workflow_id,instance_id\n{W},{W}\n".encode())
        until(lambda: not unread(writer) and is_asleep(process.pid))
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate()
        os.close(writer)
    assert (process.returncode, said) == (143, "Terminated; nothing was sent.\n")


def test_a_live_display_is_cleared_away(tmp_path: Path) -> None:
    """The cursor is back, and the last line stands alone."""
    write(tmp_path / "in.csv")
    with on_terminal(tmp_path, "run", "in.csv", "--sandbox", "-y", "--rate", "100/s", "-o", "r.csv") as (
        pid,
        terminal,
    ):
        read_until(terminal, b"canceled")
        os.kill(pid, signal.SIGTERM)
        said = read_until(terminal, b"never")
        assert exit_of(pid) == 143
    assert said.rfind(b"\x1b[?25h") > said.rfind(b"\x1b[?25l")
    assert b"Continue: bulkcancel run in.csv --sandbox -y" in said


def test_a_lost_terminal_drains(tmp_path: Path) -> None:
    """A connection that breaks leaves a whole report, not a crash."""
    write(tmp_path / "in.csv")
    with on_terminal(tmp_path, "run", "in.csv", "--sandbox", "-y", "--rate", "100/s", "-o", "r.csv") as (
        pid,
        terminal,
    ):
        read_until(terminal, b"canceled")
    assert exit_of(pid) == 143
    counts = Counter(outcomes(tmp_path / "r.csv"))
    assert counts.total() == 2000
    assert set(counts) == {Outcome.CANCELED, Outcome.NOT_ATTEMPTED}


def test_a_hangup_that_was_ignored_at_the_start_stays_ignored(tmp_path: Path) -> None:
    """As under `nohup`."""
    write(tmp_path / "in.csv", 300)
    words = [
        sys.executable,
        "-c",
        f"import signal; signal.signal(1, signal.SIG_IGN); {MAIN}",
        "run",
        "in.csv",
    ]
    words += ["--sandbox", "-y", "-v", "--rate", "200/s", "-o", "r.csv"]
    with child(words, cwd=tmp_path, stderr=subprocess.PIPE) as process:
        read_to(process.stderr, "canceled")
        process.send_signal(signal.SIGHUP)
        process.communicate()
    assert process.returncode == 0
    assert outcomes(tmp_path / "r.csv") == [Outcome.CANCELED] * 300


def test_a_signal_while_standard_input_is_silent_drains(tmp_path: Path) -> None:
    """What was read is recorded, and the command that goes on takes a pipe."""
    words = [sys.executable, "-c", MAIN, "run", "--sandbox", "-y", "-v", "-o", "r.csv"]
    with child(words, cwd=tmp_path, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(f"workflow_id,instance_id\n{W},{W}\n{W},{W}x")
        process.stdin.flush()
        read_to(process.stderr, "canceled")
        process.send_signal(signal.SIGINT)
        last = process.stderr.read().splitlines()[-1]
        assert process.wait() == 130
        process.stdin.close()
    assert last.endswith("<the same rows> | bulkcancel run - --sandbox -y -v -o r.csv --resume")
    assert outcomes(tmp_path / "r.csv")[0] is Outcome.CANCELED


def test_a_reader_that_does_not_read_is_left_by_the_second_signal(tmp_path: Path) -> None:
    """A full pipe holds up rows, never signals."""
    write(tmp_path / "in.csv", 5000)
    words = [sys.executable, "-c", MAIN, "run", "in.csv", "--sandbox", "-y", "-o", "-"]
    with child(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        until(lambda: is_full(process.pid, 1))
        process.send_signal(signal.SIGINT)
        read_to(process.stderr, "Stopping")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=5.0) == 130
        process.stdout.read()


def test_a_disk_that_takes_nothing_stops_the_run(tmp_path: Path) -> None:
    """Standard output may be a full disk as well."""
    write(tmp_path / "in.csv")
    words = [sys.executable, "-c", MAIN, "run", "in.csv", "--sandbox", "-y", "-o", "-"]
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            words, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert ended.returncode == 4
    assert (
        "No space left on device. Nothing more was sent; sent and not recorded: input lines 2" in ended.stderr
    )


def test_a_full_disk_says_what_was_sent_and_not_recorded(tmp_path: Path) -> None:
    """And the command it names goes on when there is room again: pasted, with blanks in names."""
    write(tmp_path / "in put.csv", 200)
    words = ["run", "in put.csv", "--sandbox", "--yes", "-o", "it's.csv"]
    ended = subprocess.run(
        [sys.executable, "-c", SMALL_DISK, *words],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert ended.returncode == 4
    last = ended.stderr.splitlines()[-1]
    found = re.search(
        r"sent and not recorded: input lines (.*?)\. When the report can be written again, continue: (.*)",
        last,
    )
    assert found is not None, last
    unrecorded = {int(number) for number in re.findall(r"\d+", found[1])}
    recorded = {int(line.split(",")[0]) for line in (tmp_path / "it's.csv").read_text().splitlines()[1:]}
    assert unrecorded
    assert not unrecorded & recorded
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    again = subprocess.run(
        ["/bin/sh", "-c", found[2]], cwd=tmp_path, env={**os.environ, "PATH": path}, check=False
    )
    assert again.returncode == 0
    assert outcomes(tmp_path / "it's.csv") == [Outcome.CANCELED] * 200
