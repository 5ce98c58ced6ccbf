"""A run that is watched from afar: metrics, events and a command at the end, over real sockets."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from support.children import MAIN, child, read_to, until
from support.cliapp import IDS, Call, W, outcomes, write
from support.datagrams import named, udp_agent, unix_agent
from support.sandboxes import sandbox_beside

from bulkcancel.cli import watching
from bulkcancel.datadog import DatadogApi
from bulkcancel.models import ExitCode, Failure, FailureKind, Outcome, Reply
from bulkcancel.sandbox import SandboxOptions, Scenario

KEYS = {"DD_API_KEY": "a" * 32, "DD_APP_KEY": "b" * 40}  # pragma: allowlist secret
RUN = ("--sandbox", "-y", "-o", "r.csv")
slow = pytest.mark.slow
#: Keeps what it reads.
KEEPING = f"{sys.executable} -c \"import sys; open('seen.json', 'a').write(sys.stdin.read())\""


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys for a test server."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


def seen() -> list[dict[str, Any]]:
    """What the command at the end has read."""
    path = Path("seen.json")
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_a_run_is_measured(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its rows, its requests, and how it ended."""
    monkeypatch.setenv("DD_TAGS", "team:ops")
    with udp_agent() as agent:
        ended = call("run", write("in.csv", *IDS, IDS[0]), *RUN, "--statsd", agent.address)
        samples = agent.samples()
    common = ("operation:run", "site:sandbox", "team:ops")
    rows = {one.tags[0]: one.value for one in named(samples, "bulkcancel.rows")}
    assert rows == {"outcome:canceled": len(IDS), "outcome:duplicate": 1}
    (requests,) = named(samples, "bulkcancel.requests")
    assert (requests.value, requests.tags) == (len(IDS), ("endpoint:cancel", "status:200", *common))
    assert len(named(samples, "bulkcancel.request.duration")) == len(IDS)
    assert [one.value for one in named(samples, "bulkcancel.run.exit")] == [ended.code] == [0]


@slow
def test_a_drain_is_measured(call: Call, tmp_path: Path) -> None:
    """At a Unix socket: how many run, and at the end none."""
    with unix_agent(tmp_path / "dsd") as agent:
        ended = call("drain", "--all-workflows", *RUN, "--settle", "0.05", "--statsd", agent.address)
        samples = agent.samples()
    assert ended.code == ExitCode.OK
    assert named(samples, "bulkcancel.alive")[-1].value == 0.0
    assert "operation:drain" in named(samples, "bulkcancel.rows")[0].tags


@pytest.mark.parametrize("words", [("find", "--all-workflows"), ("status", "in.csv")])
def test_reading_is_measured_too(call: Call, words: tuple[str, ...]) -> None:
    """Requests, and how it ended."""
    write("in.csv", *IDS)
    with udp_agent() as agent:
        ended = call(*words, "--sandbox", "--statsd", agent.address)
        samples = agent.samples()
    (exit_code,) = named(samples, "bulkcancel.run.exit")
    assert (exit_code.value, exit_code.tags) == (ended.code, (f"operation:{words[0]}", "site:sandbox"))
    assert named(samples, "bulkcancel.requests")


def test_metrics_that_do_not_arrive_cost_nothing(call: Call, tmp_path: Path) -> None:
    """It is said once, before the last line, and the job is done."""
    ended = call("run", write("in.csv", *IDS), *RUN, "--statsd", f"unix://{tmp_path}/nobody")
    assert ended.code == ExitCode.OK
    assert outcomes("r.csv") == [Outcome.CANCELED] * len(IDS)
    (said,) = [line for line in ended.err.splitlines() if "do not reach" in line]
    assert said == (
        f"The metrics do not reach unix://{tmp_path}/nobody: No such file or directory. "
        "The job goes on without them."
    )
    assert ended.last != said


def test_a_library_that_is_not_there_is_told_before_anything_is_sent(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what to type."""
    monkeypatch.setitem(sys.modules, "datadog.dogstatsd.base", None)
    ended = call("run", write("in.csv", *IDS), *RUN, "--statsd")
    assert (ended.code, ended.last) == (
        ExitCode.USAGE,
        "--statsd needs the package datadog, which is not installed. Run: pip install 'bulkcancel[statsd]'",
    )
    assert not Path("r.csv").exists()


def test_a_run_puts_two_events_into_the_stream(call: Call) -> None:
    """One where it begins and one where it ends, kept together by the run's own name."""
    with sandbox_beside() as (url, sandbox):
        ended = call(
            "run", write("in.csv", *IDS), "--base-url", url, "-y", "-o", "r.csv", "--event",
            "--reason", "INC-1", "--summary", "s.json",
        )  # fmt: skip
        begun, over = sandbox.record.events
    run_id = json.loads(Path("s.json").read_text())["run_id"]
    assert ended.code == ExitCode.OK
    assert begun["aggregation_key"] == over["aggregation_key"] == f"bulkcancel-{run_id}"
    assert (begun["alert_type"], over["alert_type"]) == ("info", "success")
    assert "Reason: INC-1" in begun["text"]
    assert f"Workflows: {W}" in begun["text"]
    assert f"- {len(IDS)} canceled" in over["text"]
    assert {"operation:run", "exit_code:0", "site:127.0.0.1"} <= set(over["tags"])


@slow
def test_a_drain_puts_two_events_into_the_stream(call: Call) -> None:
    """With the workflows it was to drain."""
    with sandbox_beside() as (url, sandbox):
        ended = call(
            "drain", "--all-workflows", "--base-url", url, "-y", "-o", "r.csv", "--event", "--settle", "0.05"
        )
        begun, over = sandbox.record.events
    assert ended.code == ExitCode.OK
    assert "Workflows: " in begun["text"]
    assert over["title"] == f"bulkcancel drain done at {url}"


def test_a_dry_run_tells_nobody(call: Call) -> None:
    """It changes nothing, so that there is nothing to tell."""
    with udp_agent() as agent, sandbox_beside() as (url, sandbox):
        ended = call(
            "run", write("in.csv", *IDS), "--base-url", url, "--dry-run", "--event",
            "--statsd", agent.address, "--notify-command", KEEPING,
        )  # fmt: skip
        assert (agent.datagrams(), sandbox.record.events, seen()) == ([], [], [])
    assert ended.code == ExitCode.OK


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Reply(403, {}, b""), "403 Forbidden"),
        (Failure(FailureKind.CONNECTION, "connection refused"), "connection refused"),
        (None, "no answer within 0.01 s"),
    ],
)
def test_events_that_are_not_taken_cost_nothing(
    call: Call, monkeypatch: pytest.MonkeyPatch, answer: Reply | Failure | None, told: str
) -> None:
    """They are said once, and no cancel waits for them."""
    import anyio  # noqa: PLC0415 - what hangs here hangs in the command's own loop

    async def post_event(_: DatadogApi, __: object) -> Reply | Failure:
        if answer is None:
            await anyio.sleep_forever()
            raise AssertionError
        return answer

    monkeypatch.setattr(DatadogApi, "post_event", post_event)
    monkeypatch.setattr(watching, "EVENT_SECONDS", 0.01)
    ended = call("run", write("in.csv", *IDS), *RUN, "--event")
    assert ended.code == ExitCode.OK
    assert ended.err.count(f"The event was not taken: {told}. The job goes on without it.") == 1


def test_a_job_that_can_not_begin_puts_no_event_anywhere(call: Call) -> None:
    """Refused keys are found by the first request, so that it ends with an event that is not taken."""
    with sandbox_beside(SandboxOptions(scenario=Scenario.DENIED)) as (url, sandbox):
        ended = call("run", write("in.csv", *IDS), "--base-url", url, "-y", "-o", "r.csv", "--event")
        assert sandbox.record.events == []
    assert ended.code == ExitCode.STOPPED
    assert ended.err.count("The event was not taken: 403 Forbidden") == 1


def test_a_command_reads_the_summary(call: Call) -> None:
    """The same document as `--summary` has, once."""
    ended = call("run", write("in.csv", *IDS), *RUN, "--summary", "s.json", "--notify-command", KEEPING)
    assert ended.code == ExitCode.OK
    assert seen() == [json.loads(Path("s.json").read_text())]


@pytest.mark.parametrize(
    ("rows", "options", "code"),
    [
        ("in.csv", ("--scenario", "denied"), ExitCode.STOPPED),
        ("unknown.csv", (), ExitCode.INCOMPLETE),
    ],
)
def test_a_command_is_run_whatever_the_end(
    call: Call, rows: str, options: tuple[str, ...], code: ExitCode
) -> None:
    """And is told of it."""
    write("in.csv", *IDS)
    write("unknown.csv", f"00000000-{IDS[0][9:]}")
    ended = call("run", rows, *RUN, *options, "--notify-command", KEEPING)
    assert ended.code == code
    assert [one["exit_code"] for one in seen()] == [code]


def test_a_command_is_told_of_an_input_that_can_not_be_used(call: Call) -> None:
    """Rows that come through a pipe are read when the run has begun: it is told the exit code of that end."""
    os.mkfifo("in.fifo")
    writer = threading.Thread(target=lambda: Path("in.fifo").write_text("name;color\nno;ids\n"))
    writer.start()
    ended = call("run", "in.fifo", *RUN, "--notify-command", KEEPING)
    writer.join()
    assert ended.code == ExitCode.USAGE
    assert [one["exit_code"] for one in seen()] == [ended.code]


def test_a_command_that_fails_changes_no_exit_code(call: Call) -> None:
    """It is said, with its last words, before the last line."""
    command = f"{sys.executable} -c \"import sys; print('no chat today'); sys.exit(7)\""
    ended = call("run", write("in.csv", *IDS), *RUN, "--notify-command", command)
    assert ended.code == ExitCode.OK
    told = "failed: it ended with exit code 7. It said: no chat today"
    assert sum(line.endswith(told) for line in ended.err.splitlines()) == 1
    assert not ended.last.endswith(told)


@slow
def test_what_a_command_writes_is_said_with_v_alone(call: Call) -> None:
    """The log is to stay a log, and standard output data."""
    command = f"{sys.executable} -c \"print('told them')\""
    for words, count in (((), 0), (("-v",), 1)):
        ended = call(
            "run",
            write("in.csv", *IDS),
            "--sandbox",
            "-y",
            "-o",
            f"r{count}.csv",
            "--notify-command",
            command,
            *words,
        )
        assert (ended.err.count("told them"), ended.out) == (count, "")


@slow
def test_a_second_signal_does_not_wait_for_a_command(tmp_path: Path) -> None:
    """The first is told what is waited for; the second ends the command too, and the exit code is the job's."""
    (tmp_path / "in.csv").write_text(f"workflow_id,instance_id\n{W},{IDS[0]}\n")
    command = "sh -c 'touch begun; exec sleep 600'"
    words = ["run", "in.csv", *RUN, "--notify-command", command]
    with child([sys.executable, "-c", MAIN, *words], cwd=tmp_path, stderr=subprocess.PIPE) as process:
        until((tmp_path / "begun").exists)
        process.send_signal(signal.SIGINT)
        read_to(process.stderr, "its monitors are being told. Once more to leave at once.")
        process.send_signal(signal.SIGINT)
        assert process.wait() == ExitCode.OK
    assert outcomes(tmp_path / "r.csv") == [Outcome.CANCELED]
