"""Exit codes that a job takes for a success: said on the last line, and never those that hide a failure."""

import json
from pathlib import Path

import pytest
from support.cliapp import IDS, Call, W, outcomes, write

from bulkcancel.cli.ok_exit import MAY_BE_OK, NEVER_OK, Ending, OkExit
from bulkcancel.models import ExitCode, Outcome, StopReason

UNKNOWN = "00000000-0000-4000-8000-000000000001"
BOTH = OkExit(MAY_BE_OK)


def test_every_exit_code_is_one_that_can_be_taken_as_0_or_has_a_reason() -> None:
    """None is forgotten."""
    assert {ExitCode.OK} | MAY_BE_OK | set(NEVER_OK) == set(ExitCode)


@pytest.mark.parametrize("stop", StopReason)
def test_of_what_ends_a_run_early_the_planned_end_alone_is_a_success(stop: StopReason) -> None:
    """Keys that are refused night after night must not be, because the job is bounded as well."""
    is_ok = stop is StopReason.MAX_DURATION
    assert BOTH.ending(stop.exit_code, stop).process_code == (0 if is_ok else stop.exit_code)
    assert OkExit().ending(stop.exit_code, stop) == Ending(stop.exit_code, stop.exit_code)


def test_rows_that_are_left_are_a_success_where_that_was_said(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last line has the exit code that it was, and summary and log have both."""
    words = ("run", write("in.csv", IDS[0], UNKNOWN), "--sandbox", "-y", "-q")
    ended = call(*words, "-o", "r.csv", "--ok-exit", "1", "--summary", "s.json")
    assert ended.code == 0
    assert ended.err == (
        "Exit code 1, taken as 0 by --ok-exit. Finished: 1 row not canceled. The report says why: r.csv\n"
    )
    assert outcomes("r.csv") == [Outcome.CANCELED, Outcome.NOT_FOUND]
    summary = json.loads(Path("s.json").read_text())
    assert (summary["exit_code"], summary["process_exit_code"]) == (1, 0)
    monkeypatch.setenv("BULKCANCEL_OK_EXIT", "1,3")
    log = call(*words, "-o", "t.csv", "--log-format", "json")
    said = json.loads(log.last)
    assert (log.code, said["exit_code"], said["process_exit_code"]) == (0, 1, 0)


def test_what_was_not_named_stays_what_it_is(call: Call) -> None:
    """And so does a clean end."""
    words = ("run", write("in.csv", IDS[0], UNKNOWN), "--sandbox", "-y", "--ok-exit", "3")
    ended = call(*words, "-o", "r.csv", "--summary", "s.json")
    assert (ended.code, "--ok-exit" in ended.err) == (1, False)
    assert json.loads(Path("s.json").read_text())["process_exit_code"] == 1
    clean = call(*words, "-o", "s.csv", "--ignore-not-found", "--ok-exit=1")
    assert (clean.code, "--ok-exit" in clean.err) == (0, False)


def test_refused_keys_are_never_a_success(call: Call) -> None:
    """Whatever was named."""
    words = ("--sandbox", "--scenario", "denied", "--ok-exit", "1,3")
    assert call("run", write("in.csv", *IDS), "-y", "-o", "r.csv", *words).code == 3
    assert call("status", "in.csv", *words).code == 3
    assert call("find", W, *words).code == 3


def test_the_others_can_end_with_0_too(call: Call) -> None:
    """Instances that run on, rows that a dry run can't use, and workflows that were not listed."""
    states = call("status", write("in.csv", *IDS), "--sandbox", "--ok-exit", "1")
    assert (states.code, states.last[:39]) == (0, "Exit code 1, taken as 0 by --ok-exit. 8")
    dry = call("run", write("bad.csv", "x"), "--sandbox", "--dry-run", "--ok-exit", "1")
    assert (dry.code, dry.last[:45]) == (0, "Exit code 1, taken as 0 by --ok-exit. Dry run")
    plan = call("drain", UNKNOWN, "--sandbox", "--dry-run", "--ok-exit", "1")
    assert (plan.code, plan.last[:45]) == (0, "Exit code 1, taken as 0 by --ok-exit. Dry run")
    found = call("find", UNKNOWN, "--sandbox", "--ok-exit", "1")
    assert (found.code, found.last[:43]) == (0, "Exit code 1, taken as 0 by --ok-exit. Not w")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("2", "2 is never taken as 0: nothing was sent"),
        ("1,4", "4 is never taken as 0: rows were sent"),
        ("130", "130 is never taken as 0: rows are left"),
        ("143", "143 is never taken as 0: rows are left"),
        ("0", "'0' is no exit code that can be taken as 0; write 1, 3 or 1,3."),
        ("1,", "'1,' is no exit code"),
        ("01", "'01' is no exit code"),
        ("one", "'one' is no exit code"),
    ],
)
def test_a_code_that_can_t_be_taken_as_0_is_refused(call: Call, value: str, words: str) -> None:
    """With the reason."""
    ended = call("run", write("in.csv", *IDS), "--sandbox", "-y", "--ok-exit", value)
    assert ended.code == 2
    assert words in ended.err
