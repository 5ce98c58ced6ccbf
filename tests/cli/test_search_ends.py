"""How a search ends whose output nobody reads any more."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.children import child, is_full, until

slow = pytest.mark.slow

MODULE = [sys.executable, "-m", "bulkcancel"]


@slow
def test_a_search_whose_output_nobody_reads_is_left_by_the_second_signal(tmp_path: Path) -> None:
    """The first asks it to stop; what it has found stands in the way of that."""
    words = [*MODULE, "find", "--all-workflows", "--sandbox", "--scenario", "runaway", "--format", "csv"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with child(words, cwd=tmp_path, **pipes) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        until(lambda: is_full(process.pid, 1))

        def has_left() -> bool:
            process.send_signal(signal.SIGINT)  # again and again: two that come together are one
            return process.poll() is not None

        until(has_left)
        assert process.wait() == 130
        said = process.stderr.read()
        assert said.splitlines()[-1].startswith("Interrupted. "), said


@slow
def test_a_reader_that_has_enough_ends_a_search(tmp_path: Path) -> None:
    """As `head` does: that is no failure, and no more is asked for."""
    words = [*MODULE, "find", "--all-workflows", "--sandbox", "--scenario", "runaway", "--format", "csv"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with child(words, cwd=tmp_path, **pipes) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "workflow_id,instance_id,status,started_at,ended_at,source\n"
        process.stdout.close()
        assert process.wait() == 0
        assert (
            process.stderr.read()
            .splitlines()[-1]
            .startswith("Stopped, because nobody reads the output any more")
        )
