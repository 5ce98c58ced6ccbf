"""The command line as a process: pipes, signals and a terminal's absence."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from uuid import UUID

import pytest
from support.children import MAIN, child, read_to
from support.cliapp import outcomes

from bulkcancel.models import Outcome

pytestmark = pytest.mark.slow

W = str(UUID(int=1 << 127, version=4))
HEADER = "workflow_id,instance_id\n"


def row(number: int) -> str:
    """One input row."""
    return f"{W},{UUID(int=(1 << 127) + number, version=4)}\n"


def start(path: Path, *words: str, **options: int) -> AbstractContextManager[subprocess.Popen[str]]:
    """Start a run there."""
    command = [sys.executable, "-c", MAIN, "run", "--sandbox", "--yes", *words]
    return child(command, cwd=path, stderr=subprocess.PIPE, **options)


@pytest.fixture
def many(tmp_path: Path) -> Iterator[Path]:
    """A directory with an input of 2,000 rows."""
    (tmp_path / "in.csv").write_text(HEADER + "".join(map(row, range(2000))))
    yield tmp_path
    assert not list(tmp_path.glob(".*.lock"))


def test_a_row_typed_into_an_open_pipe_is_answered_at_once(tmp_path: Path) -> None:
    """While the pipe stays open."""
    with start(tmp_path, "-", "-o", "-", "-q", stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(HEADER)
        for number in range(3):
            process.stdin.write(row(number))
            process.stdin.flush()
            if not number:
                assert process.stdout.readline().startswith("line,")
            assert process.stdout.readline().startswith(f"{number + 2},{W},")
        process.stdin.close()
        assert process.wait() == 0


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)]
)
def test_a_first_signal_drains(many: Path, number: signal.Signals, code: int) -> None:
    """Every row is accounted for, and the last line continues the run."""
    with start(many, "in.csv", "-o", "r.csv", "-v", "--rate", "200/s") as process:
        assert process.stderr is not None
        read_to(process.stderr, "canceled")
        process.send_signal(number)
        last = process.stderr.read().splitlines()[-1]
        assert process.wait() == code
    counts = Counter(outcomes(many / "r.csv"))
    assert counts.total() == 2000
    assert counts[Outcome.NOT_ATTEMPTED] > 1000
    assert last.endswith("--resume")


def test_a_second_signal_leaves_at_once(many: Path) -> None:
    """The report stays valid, and is continued later."""
    with start(many, "in.csv", "-o", "r.csv", "-v", "--scenario", "flaky") as process:
        assert process.stderr is not None
        read_to(process.stderr, "canceled")
        process.send_signal(signal.SIGINT)
        read_to(process.stderr, "Stopping")
        process.send_signal(signal.SIGTERM)
        process.stderr.read()
        assert process.wait() == 130
    with start(many, "in.csv", "-o", "r.csv", "--resume") as process:
        process.communicate()
    assert outcomes(many / "r.csv") == [Outcome.CANCELED] * 2000


def test_a_killed_run_is_continued(many: Path) -> None:
    """Nothing recorded is lost, and nothing recorded is sent again."""
    for _ in range(3):
        with start(many, "in.csv", "-o", "r.csv", "--resume", "-v", "--rate", "500/s") as process:
            assert process.stderr is not None
            for _ in range(200):
                process.stderr.readline()
            process.kill()
    before = len(outcomes(many / "r.csv"))
    with start(many, "in.csv", "-o", "r.csv", "--resume") as process:
        _, err = process.communicate()
    assert f"{2000 - before:,} requests" in err
    assert outcomes(many / "r.csv") == [Outcome.CANCELED] * 2000


def test_a_reader_that_leaves_ends_the_run_quietly(many: Path) -> None:
    """With 4, and what was sent and not recorded."""
    with start(many, "in.csv", "-o", "-", stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        _, err = process.communicate()
        assert process.returncode == 4
    assert "Traceback" not in err
    assert "Broken pipe" in err.splitlines()[-1]


def test_a_closed_standard_error_does_not_matter(many: Path) -> None:
    """The report goes on."""
    with start(many, "in.csv", "-o", "r.csv") as process:
        assert process.stderr is not None
        process.stderr.close()
        assert process.wait() == 0
    assert len(outcomes(many / "r.csv")) == 2000


def test_a_deleted_report_stops_the_run(many: Path) -> None:
    """Within a second or so."""
    with start(many, "in.csv", "-o", "r.csv", "-v", "--rate", "200/s") as process:
        assert process.stderr is not None
        read_to(process.stderr, "canceled")
        (many / "r.csv").unlink()
        last = process.stderr.read().splitlines()[-1]
        assert process.wait() == 4
    assert "was deleted" in last


def test_the_sandbox_serves_until_it_is_told_to_end(tmp_path: Path) -> None:
    """And a run finds it by its URL."""
    command = [sys.executable, "-c", MAIN, "sandbox", "--port", "0", "--quota", "500/5"]
    with child(command, stderr=subprocess.PIPE) as server:
        assert server.stderr is not None
        url = server.stderr.readline().split()[-1]
        (tmp_path / "in.csv").write_text(HEADER + row(1))
        keys = {"DD_API_KEY": "a", "DD_APP_KEY": "b"}
        run = subprocess.run(
            [sys.executable, "-c", MAIN, "run", "in.csv", "-y", "--base-url", url, "-o", "r.csv"],
            cwd=tmp_path, env={**os.environ, **keys}, capture_output=True, check=False,
        )  # fmt: skip
        assert run.returncode == 0
        server.send_signal(signal.SIGINT)
        server.communicate()
        assert server.returncode == 0
    bad = subprocess.run([*command[:-1], "much"], capture_output=True, text=True, check=False)
    assert (bad.returncode, "write 500/5" in bad.stderr) == (2, True)
