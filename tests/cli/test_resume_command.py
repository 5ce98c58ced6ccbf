"""The command that goes on where a run ends."""

import pytest

from bulkcancel.cli.resume_command import resume_command
from bulkcancel.cli.run import command
from bulkcancel.cli.run_options import RunOptions


def goes_on(typed: str, *, is_replayable: bool = True, needs_input: bool = True) -> str:
    """What continues that command, whose report is r.csv."""
    words = typed.split()
    options = RunOptions.of(command.make_context("run", words[1:]).params)
    return resume_command(words, "r.csv", options, is_replayable=is_replayable, needs_input=needs_input)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("run in.csv", "bulkcancel run in.csv -o r.csv --resume"),
        ("run in.csv -o r.csv", "bulkcancel run in.csv -o r.csv --resume"),
        ("run --resume -o r.csv", "bulkcancel run --resume -o r.csv"),
        ("run in.csv --limit 5 -y", "bulkcancel run in.csv -y -o r.csv --resume"),
        ("run in.csv --limit=5 --shard 1/4", "bulkcancel run in.csv --shard 1/4 -o r.csv --resume"),
    ],
)
def test_the_same_command_goes_on_without_its_limit(typed: str, found: str) -> None:
    """With the report's name, where that was ours; nothing stands twice."""
    assert goes_on(typed) == found


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("run -y", "<the same rows> | bulkcancel run - -y -o r.csv --resume"),
        ("run - -y", "<the same rows> | bulkcancel run - -y -o r.csv --resume"),
        ("run /dev/fd/63", "<the same rows> | bulkcancel run - --yes -o r.csv --resume"),
    ],
)
def test_a_stream_is_sent_again(typed: str, found: str) -> None:
    """From its start, through a pipe, where nobody can be asked."""
    assert goes_on(typed, is_replayable=False) == found


@pytest.mark.parametrize("is_replayable", [True, False])
def test_rows_of_the_report_need_no_input(*, is_replayable: bool) -> None:
    """And no part of one."""
    found = goes_on("run in.csv --shard 1/4 --limit 3", is_replayable=is_replayable, needs_input=False)
    assert found == "bulkcancel run -o r.csv --resume"
