"""`bulkcancel find`: what is written, what is said, and how it ends."""

import json
from collections.abc import Callable

import pytest
from support.cliapp import Ended

from bulkcancel.cli.program import main
from bulkcancel.models import ExitCode
from bulkcancel.sandbox.chances import workflow_id_of

W = workflow_id_of(0, 0)
REHEARSAL = ("--sandbox", "--scenario", "runaway")
Find = Callable[..., Ended]


@pytest.fixture
def find(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Find:
    """Call the command line."""
    for name in ("DD_API_KEY", "DD_APP_KEY"):
        monkeypatch.setenv(name, "a" * 32)

    def call(*words: str) -> Ended:
        code = main(["find", *words])
        return Ended(code, *capfd.readouterr())

    return call


@pytest.mark.slow
def test_what_is_found_is_an_input_for_run(find: Find) -> None:
    """With all its columns; each instance stands once."""
    ended = find(W, *REHEARSAL)
    lines = ended.out.splitlines()
    assert ended.code == ExitCode.OK
    assert lines[0] == "workflow_id,instance_id,status,started_at,ended_at,source"
    assert len(set(lines)) == len(lines) >= 3001
    assert all(line.startswith(f"{W},") and ",running," in line for line in lines[1:])
    assert "matching; the picture holds since" in ended.last


@pytest.mark.slow
def test_counts_stand_alone(find: Find) -> None:
    """One line for each workflow."""
    found = [
        json.loads(line) for line in find(W, "--count", "--format", "jsonl", *REHEARSAL).out.splitlines()
    ]
    assert [one["workflow_id"] for one in found] == [W]
    assert found[0]["count"] > 2900  # some end by themselves meanwhile, and some start


@pytest.mark.slow
def test_a_limit_ends_it(find: Find) -> None:
    """And is said."""
    ended = find("--all-workflows", "--sandbox", "--limit", "3", "--format", "csv")
    assert (ended.code, len(ended.out.splitlines())) == (ExitCode.OK, 4)
    assert ended.last.startswith("Stopped at --limit")


@pytest.mark.slow
def test_refused_keys_stop_it_and_are_said_once(find: Find) -> None:
    """Whatever else was asked for."""
    ended = find(W, "--sandbox", "--scenario", "denied")
    assert ended.code == ExitCode.STOPPED
    assert ended.err.count("may not read it") == 1
    assert "permission workflows_read" in ended.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Name a WORKFLOW"),
        (("x",), "is not a UUID"),
        ((W, "--all-workflows"), "Name workflows, or take them"),
        ((W, "--older-than", "1h", "--newer-than", "10m"), "older and newer"),
        ((W, "--started-after", "2026-02-01", "--started-before", "2026-01-01"), "after and before"),
        ((W, "--started-after", "soon"), "is not a time"),
        (("https://app.datadoghq.eu/workflow/" + W, "--site", "us1"), "The link leads to datadoghq.eu"),
        (("https://example.com/workflow/" + W,), "not a link to a workflow"),
        ((W, "--sandbox", "--format", "links"), "needs a site"),
    ],
)
def test_what_can_not_be_asked_for_is_refused(find: Find, words: tuple[str, ...], said: str) -> None:
    """With exit code 2, and nothing is sent."""
    ended = find(*words)
    assert ended.code == ExitCode.USAGE
    assert said in ended.err


def test_a_file_that_is_there_is_not_written_over(
    find: Find, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """It may be the report of a run."""
    path = tmp_path_factory.mktemp("found") / "report.csv"
    path.write_text("mine")
    ended = find(W, "--sandbox", "-o", str(path))
    assert (ended.code, path.read_text()) == (ExitCode.USAGE, "mine")
