"""How a process ends, whatever is closed, full, slow or silent around it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.children import MAIN, child, exit_of, is_full, on_terminal, read_to, read_until, until, write
from support.cliapp import Call, outcomes
from support.logs import check_log

from bulkcancel.cli import program
from bulkcancel.models import Outcome

slow = pytest.mark.slow

MODULE = [sys.executable, "-m", "bulkcancel"]
SCRIPT = [str(Path(sys.executable).with_name("bulkcancel"))]
# A disk that answers until the report has begun, and never again.
SLOW_DISK = f"""
import os, threading
left, sync = [2], os.fsync
def fsync(fd):
    left[0] -= 1
    sync(fd) if left[0] >= 0 else threading.Event().wait()
os.fsync = fsync
{MAIN}
"""
# A name server that never answers.
SILENT_NAMES = f"""
import os, socket, threading
def getaddrinfo(*_, **__):
    os.write(2, b"looked up\\n")
    threading.Event().wait()
socket.getaddrinfo = getaddrinfo
{MAIN}
"""
# The last thing that happens in the process is a signal.
SIGNAL_LAST = f"""
import os, signal, sys
leave, number = os._exit, int(sys.argv.pop(1))
def late(code):
    os.kill(os.getpid(), number)
    leave(code)
os._exit = late
{MAIN}
"""


@slow
@pytest.mark.parametrize("quiet", [(), ("-q",)], ids=["said", "quiet"])
@pytest.mark.parametrize("closed", ["2>&-", "<&- 2>&-", "<&- >&- 2>&-", ">&-"])
def test_closed_standard_streams_do_not_matter(tmp_path: Path, closed: str, quiet: tuple[str, ...]) -> None:
    """Every row is canceled, the exit code is true, and nothing but rows is in the report."""
    write(tmp_path / "in.csv", 50)
    words = [*MODULE, "run", "in.csv", "--sandbox", "-y", "-v", *quiet, "-o", "r.csv"]
    ended = subprocess.run(["/bin/sh", "-c", f'exec "$@" {closed}', "sh", *words], cwd=tmp_path, check=False)
    assert ended.returncode == 0
    assert outcomes(tmp_path / "r.csv") == [Outcome.CANCELED] * 50


@slow
@pytest.mark.parametrize("program", [MODULE, SCRIPT], ids=["module", "script"])
def test_a_standard_error_that_is_closed_in_between_leaves_the_exit_code(
    tmp_path: Path, program: list[str]
) -> None:
    """Whatever started the program, and however Python buffers."""
    write(tmp_path / "in.csv", 300)
    words = [*program, "run", "in.csv", "--sandbox", "-y", "-v", "-o", "r.csv"]
    with child(words, cwd=tmp_path, stderr=subprocess.PIPE) as process:
        read_to(process.stderr, "Plan")
        assert process.stderr is not None
        process.stderr.close()
        assert process.wait() == 0
    assert outcomes(tmp_path / "r.csv") == [Outcome.CANCELED] * 300


@slow
def test_a_closed_standard_output_can_not_take_a_report(tmp_path: Path) -> None:
    """Nothing was sent, and it says what to do."""
    write(tmp_path / "in.csv", 5)
    words = [*MODULE, "run", "in.csv", "--sandbox", "-y", "-o", "-"]
    command = ["/bin/sh", "-c", 'exec "$@" >&-', "sh", *words]
    ended = subprocess.run(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (2, "Standard output is closed; name a report with -o.\n")


@slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("last", [True, False], ids=["at the last instant", "after the last word"])
def test_a_signal_after_the_end_is_let_pass(tmp_path: Path, number: signal.Signals, *, last: bool) -> None:
    """All is written and said: the exit code stays."""
    write(tmp_path / "in.csv", 20)
    program = [sys.executable, "-c", SIGNAL_LAST, str(int(number))] if last else MODULE
    words = [*program, "run", "in.csv", "--sandbox", "-y", "-o", "r.csv"]
    with child(words, cwd=tmp_path, stderr=subprocess.PIPE) as process:
        read_to(process.stderr, "Done")
        if not last:
            process.send_signal(number)
        assert process.stderr is not None
        assert (process.stderr.read(), process.wait()) == ("", 0)


@slow
def test_a_signal_after_two_is_let_pass(tmp_path: Path) -> None:
    """While instances are watched, the first one stops, the second leaves, and a third changes nothing."""
    write(tmp_path / "in.csv")
    program = [sys.executable, "-c", SIGNAL_LAST, str(int(signal.SIGTERM))]
    words = [*program, "run", "in.csv", "--sandbox", "-y", "-v", "--verify", "--rate", "100/s", "-o", "r.csv"]
    with child(words, cwd=tmp_path, stderr=subprocess.PIPE) as process:
        read_to(process.stderr, "canceled")
        process.send_signal(signal.SIGINT)
        read_to(process.stderr, "Stopping")
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        last = process.stderr.read().splitlines()[-1]
        assert process.wait() == 130
    assert last.startswith("Interrupted")


@slow
def test_a_standard_error_that_nobody_reads_holds_up_nothing(tmp_path: Path) -> None:
    """Rows are canceled, a signal is heard, and the last words are there when somebody reads."""
    write(tmp_path / "in.csv", 4000)
    words = [*MODULE, "run", "in.csv", "--sandbox", "-y", "-v", "--log-format", "json", "-o", "r.csv"]
    with child([*words, "--rate", "1000/s"], cwd=tmp_path, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        until(lambda: is_full(process.pid, 2))
        before = len(outcomes(tmp_path / "r.csv"))
        until(lambda: len(outcomes(tmp_path / "r.csv")) > before + 500)
        process.send_signal(signal.SIGINT)
        log = process.stderr.read()
        said = [record["message"] for record in check_log(log, 130)]
        assert process.wait() == 130
    assert said[-1].startswith("Interrupted")
    assert any(line.startswith("Stopping") for line in said)


@slow
def test_a_standard_error_that_is_never_read_ends_with_the_run(tmp_path: Path) -> None:
    """The last words are not waited for any longer than a moment."""
    write(tmp_path / "in.csv", 3000)
    words = [*MODULE, "run", "in.csv", "--sandbox", "-y", "-v", "--log-format", "json", "-o", "r.csv"]
    with child(words, cwd=tmp_path, stderr=subprocess.PIPE) as process:
        assert process.wait() == 0
        assert process.stderr is not None
        process.stderr.close()
    assert outcomes(tmp_path / "r.csv") == [Outcome.CANCELED] * 3000


@slow
def test_a_terminal_that_is_stopped_holds_up_nothing(tmp_path: Path) -> None:
    """Somebody pressed Ctrl-S, or the connection hangs: a signal drains all the same."""
    write(tmp_path / "in.csv")
    words = ["run", "in.csv", "--sandbox", "-y", "--rate", "100/s", "-o", "r.csv"]
    with on_terminal(tmp_path, *words) as (pid, terminal):
        read_until(terminal, b"canceled")
        os.write(terminal, b"\x13")
        before = len(outcomes(tmp_path / "r.csv"))
        until(lambda: len(outcomes(tmp_path / "r.csv")) > before + 50)
        os.kill(pid, signal.SIGINT)
        assert exit_of(pid) == 130
    assert len(outcomes(tmp_path / "r.csv")) == 2000


@slow
def test_a_second_signal_does_not_wait_for_the_disk(tmp_path: Path) -> None:
    """It leaves a whole report, and says how to go on."""
    write(tmp_path / "in.csv")
    words = [
        "run",
        "in.csv",
        "--sandbox",
        "-y",
        "-v",
        "--rate",
        "100/s",
        "-o",
        "r.csv",
        "--summary",
        "s.json",
    ]
    with child([sys.executable, "-c", SLOW_DISK, *words], cwd=tmp_path, stderr=subprocess.PIPE) as process:
        read_to(process.stderr, "canceled")
        process.send_signal(signal.SIGINT)
        read_to(process.stderr, "Stopping")
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        last = process.stderr.read().splitlines()[-1]
        assert process.wait() == 130
    assert last.startswith("Interrupted")
    assert last.endswith("--resume")
    assert set(outcomes(tmp_path / "r.csv")) <= {Outcome.CANCELED, Outcome.NOT_ATTEMPTED}


@slow
def test_a_second_signal_does_not_wait_for_names(tmp_path: Path) -> None:
    """A name server that never answers has a thread wait for it."""
    write(tmp_path / "in.csv", 20)
    words = ["run", "in.csv", "-y", "--base-url", "https://silent.invalid", "-o", "r.csv"]
    keys = {"DD_API_KEY": "a" * 32, "DD_APP_KEY": "b" * 40}
    command = [sys.executable, "-c", SILENT_NAMES, *words]
    with child(command, cwd=tmp_path, stderr=subprocess.PIPE, env={**os.environ, **keys}) as process:
        read_to(process.stderr, "looked up")
        process.send_signal(signal.SIGINT)
        read_to(process.stderr, "Stopping")
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        assert process.stderr.read().splitlines()[-1].startswith("Interrupted")
        assert process.wait() == 130


@slow
@pytest.mark.parametrize("program", [MODULE, SCRIPT], ids=["module", "script"])
def test_the_program_has_one_name(program: list[str]) -> None:
    """However it is started."""
    ended = subprocess.run([*program, "run", "--nonsense"], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr.splitlines()[0]) == (2, "Usage: bulkcancel run [OPTIONS] [INPUT]")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "--log-format", "json", "--nonsense"], "No such option"),
        (["run", "--log-format=json", "--rate", "x", "in.csv"], "is not a rate"),
        (["run", "--log-format", "json", "missing.csv", "--sandbox", "-y"], "missing.csv"),
        (["rum", "--log-format", "json"], "No such command"),
        (["run", "--log-format", "json", "--api-key", "k"], "Keys are never options"),
    ],
)
def test_usage_errors_are_json_too(call: Call, words: list[str], message: str) -> None:
    """Where a program reads the messages: one object, with the sentence alone."""
    ended = call(*words)
    assert ended.code == 2
    (line,) = ended.err.splitlines()
    record = json.loads(line)
    assert (record["event"], record["level"], record["exit_code"]) == ("failed", "error", 2)
    assert message in record["message"]
    assert "Usage" not in record["message"]


def test_a_damaged_installation_is_no_interruption(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that a full disk cut short fails as the end of an input does."""

    def import_module(_: str) -> None:
        raise EOFError("marshal data too short")

    monkeypatch.setattr(program, "import_module", import_module)
    ended = call("run", "in.csv", "--sandbox", "-y")
    assert ended.code == 3
    assert "a fault of its own, EOFError: marshal data too short. Please report this" in ended.last


def test_the_environment_chooses_json_too(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """As for every option; what is typed beats it."""
    monkeypatch.setenv("BULKCANCEL_LOG_FORMAT", "json")
    assert json.loads(call("run", "--nonsense").err)["level"] == "error"
    assert call("run", "--nonsense", "--log-format", "text").err.startswith("Usage")


def test_a_program_that_calls_the_command_line_keeps_its_signals(call: Call) -> None:
    """They are handled as before when it returns."""
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    write(Path("in.csv"), 3)
    assert call("run", "in.csv", "--sandbox", "-y", "-o", "r.csv").code == 0
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before
