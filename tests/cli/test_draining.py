"""`drain` from its words to its last line."""

import signal
from pathlib import Path

import pytest
from support.cliapp import Call, outcomes
from support.runaway import RunawayApi, W

from bulkcancel.models import ExitCode, Outcome


def test_a_dry_run_shows_the_plan_and_sends_nothing(call: Call) -> None:
    """With names, and what a filter leaves out."""
    ended = call("drain", W, "--sandbox", "--dry-run", "--older-than", "1s")
    assert (ended.code, ended.out) == (ExitCode.OK, "")
    assert f"{W}  Workflow {W[:8]}, published" in ended.err
    assert ended.last == "Dry run: nothing was sent. Run it without --dry-run."
    assert not list(Path().iterdir())


def test_a_dry_run_that_could_not_list_everything_says_so(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And which workflow it was."""
    api = RunawayApi(alive=5)
    api.latency = 0.0

    async def open_api(*_: object) -> RunawayApi:
        return api

    monkeypatch.setattr("bulkcancel.cli.at_work.open_api", open_api)
    unknown = "6e1d8a52-3c4b-4f0e-9a57-0b6a2c1d9e10"
    ended = call("drain", W, unknown, "--sandbox", "--dry-run")
    assert ended.code == ExitCode.INCOMPLETE
    assert f"The workflow {unknown} could not be listed: there is no such workflow" in ended.err
    assert ended.last == "Dry run: not everything could be listed; nothing was sent."


def test_more_than_allowed_ends_with_2(call: Call) -> None:
    """With exit code 2, and no report."""
    ended = call("drain", W, "--sandbox", "--max-instances", "5", "-y", "-o", "r.csv")
    assert ended.code == ExitCode.USAGE
    assert "25 instances run, which is more than --max-instances 5. Nothing was sent." in ended.err
    assert not Path("r.csv").exists()


def test_it_asks_on_a_terminal_or_not_at_all(call: Call) -> None:
    """Without one, it wants --yes."""
    ended = call("drain", W, "--sandbox")
    assert ended.code == ExitCode.USAGE
    assert "give --yes" in ended.err


def test_read_only_forbids_it(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before keys are asked for; a rehearsal and a dry run are no harm."""
    monkeypatch.setenv("DD_READ_ONLY", "true")
    ended = call("drain", W, "-y")
    assert ended.code == ExitCode.USAGE
    assert "DD_READ_ONLY" in ended.err


def test_refused_keys_are_said_before_anything_is_changed(call: Call) -> None:
    """By the first list."""
    ended = call("drain", W, "--sandbox", "--scenario", "denied", "-y", "-o", "r.csv")
    assert ended.code == ExitCode.STOPPED
    assert ended.last.endswith("Nothing was changed.")
    assert not Path("r.csv").exists()


@pytest.mark.slow
def test_a_workflow_is_drained_and_that_is_said(call: Call) -> None:
    """With one report row for each instance, a summary, and what stays unpublished."""
    ended = call(
        "drain", W, "--sandbox", "--settle", "0.1s", "--unpublish", "-y", "-o", "r.csv", "--summary", "s.json"
    )
    assert ended.code == ExitCode.OK
    assert outcomes("r.csv") == [Outcome.CANCELED] * 25
    assert ended.last == (
        "Empty: two passes, 0.1 s apart, found nothing running. Buffered instances can still start minutes "
        "later: look again with `bulkcancel find`. Still unpublished, to be published again in the workflow "
        f"editor: Workflow {W[:8]}. Report: r.csv"
    )
    assert '"canceled": 25' in Path("s.json").read_text(encoding="utf-8")
    again = call("drain", W, "--sandbox", "--settle", "0.1s", "-y", "-o", "r.csv", "--resume")
    assert again.code == ExitCode.OK  # another sandbox, whose instances run again: each is canceled anew
    assert outcomes("r.csv") == [Outcome.CANCELED] * 25


@pytest.mark.slow
def test_a_report_of_another_target_is_not_continued(call: Call) -> None:
    """A rehearsal is never taken for the real thing."""
    call("drain", W, "--sandbox", "--settle", "0.1s", "-y", "-o", "r.csv")
    keys = {"DD_API_KEY": "a" * 32, "DD_APP_KEY": "b" * 32}
    Path("keys").write_text("".join(f"{name}={value}\n" for name, value in keys.items()), encoding="utf-8")
    Path("keys").chmod(0o600)
    ended = call("drain", W, "--site", "eu", "--keys-file", "keys", "-y", "-o", "r.csv", "--resume")
    assert ended.code == ExitCode.USAGE
    assert "belongs to sandbox" in ended.err


@pytest.mark.slow
def test_an_interrupted_drain_says_how_to_go_on(call: Call) -> None:
    """By a signal in the settle time; its report is whole."""
    import threading  # noqa: PLC0415 - here alone

    timer = threading.Timer(2.5, signal.raise_signal, (signal.SIGINT,))
    timer.start()
    try:
        ended = call("drain", W, "--sandbox", "--settle", "1h", "-y", "-o", "r.csv")
    finally:
        timer.cancel()
    assert ended.code == ExitCode.INTERRUPTED
    assert outcomes("r.csv") == [Outcome.CANCELED] * 25
