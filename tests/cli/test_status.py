"""`bulkcancel status`: from what was typed to the last word."""

import json
import signal
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from support.children import child
from support.cliapp import IDS, Call, W, write
from support.fakeapi import FakeApi
from support.faketime import FakeClock

from bulkcancel.cli.status_output import StatusOutput
from bulkcancel.models import ExitCode, Failure, InstanceRef, Reply
from bulkcancel.progress.writer import BackgroundWriter

URL = "--base-url http://127.0.0.1:9"
STATUS = ("status", "--base-url", "http://127.0.0.1:9")
HEADER = "line,workflow_id,instance_id,state,kind,started_at,ended_at,age_s,http_status,error_code,error_detail,site"
REFUSED = Reply(403, {}, b"""{"errors":["Missing required permission: 'workflows_read'"]}""")
GONE = Reply(404, {}, b'{"errors":[{"code":"NOT_FOUND"}]}')


class States(FakeApi):
    """Knows the instances it was given, by their kinds."""

    def __init__(self) -> None:
        super().__init__(FakeClock(), latency=0.0)
        self.kinds: dict[str, str | Reply] = {}

    async def get_instance(self, ref: InstanceRef) -> Reply | Failure:
        """Give what is known of one."""
        self.looks += 1
        kind = self.kinds.get(ref.instance_id, GONE)
        if isinstance(kind, Reply):
            return kind
        attributes = {"instanceStatus": {"detailsKind": kind}, "startTimestamp": "2026-01-02T03:00:00Z"}
        document = {"data": {"id": ref.instance_id, "attributes": attributes}}
        return Reply(200, {"Date": "Fri, 02 Jan 2026 03:10:00 GMT"}, json.dumps(document).encode())


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> States:
    """An API in the place of the real one."""
    found = States()

    async def open_api(*_: object) -> States:
        return found

    monkeypatch.setattr("bulkcancel.cli.at_work.open_api", open_api)
    for name in ("DD_API_KEY", "DD_APP_KEY"):
        monkeypatch.setenv(name, "a" * 32)
    return found


@pytest.mark.parametrize(
    ("kinds", "code", "last"),
    [
        (["CANCELED", "SUCCEEDED"], ExitCode.OK, "2 rows: 1 canceled, 1 ended. None runs."),
        ([GONE, "CANCELED"], ExitCode.OK, "2 rows: 1 canceled, 1 not found. None runs."),
        (
            ["IN_PROGRESS", "CANCELED"],
            ExitCode.INCOMPLETE,
            f"2 rows: 1 running, 1 canceled. 1 still runs. Cancel: bulkcancel run {URL} in.csv",
        ),
        (
            [Reply(200, {}, b"{}"), "CANCELED"],
            ExitCode.INCOMPLETE,
            f"2 rows: 1 canceled, 1 unreadable. Read again: bulkcancel status {URL} in.csv --format csv",
        ),
    ],
)
def test_the_last_line_counts_states_and_says_what_to_do(
    call: Call, api: States, kinds: list[Any], code: ExitCode, last: str
) -> None:
    """And the exit code says whether there is something to do."""
    api.kinds = dict(zip(IDS, kinds, strict=False))
    ended = call(*STATUS, write("in.csv", *IDS[: len(kinds)]), "--format", "csv")
    assert (ended.code, len(ended.out.splitlines())) == (code, 3)
    assert ended.last == last
    waits = f"To wait until they have ended: bulkcancel status {URL} in.csv --format csv --wait"
    assert (waits in ended.err) == ("IN_PROGRESS" in kinds)


def test_rows_have_the_columns_that_are_promised(call: Call, api: States) -> None:
    """In each format; ages by the server's clock."""
    api.kinds = {IDS[0]: "IN_PROGRESS"}
    name = write("in.csv", IDS[0], "x")
    invalid, running = sorted(call(*STATUS, name, "--format", "csv").out.splitlines()[1:], reverse=True)
    assert call(*STATUS, name, "--format", "csv").out.splitlines()[0] == HEADER
    assert running == f"2,{W},{IDS[0]},running,IN_PROGRESS,2026-01-02T03:00:00.000Z,,600.000,200,,,127.0.0.1"
    assert invalid.startswith(f"3,{W},x,invalid,,,,,,invalid_id,the instance id 'x' is not a UUID")
    assert call(*STATUS, name, "-o", "s.jsonl").out == ""
    record = next(
        found for found in map(json.loads, Path("s.jsonl").read_text().splitlines()) if found["line"] == 2
    )
    assert list(record) == HEADER.split(",")
    assert (record["age_s"], record["ended_at"], record["started_at"]) == (
        600.0,
        None,
        "2026-01-02T03:00:00.000Z",
    )


@pytest.mark.parametrize("columns", ["80", "120"])
def test_a_table_fits_the_terminal(
    call: Call, api: States, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    """The instance's id is whole, whatever the width."""
    monkeypatch.setenv("COLUMNS", columns)
    api.kinds = {IDS[0]: "IN_PROGRESS", IDS[1]: "SUCCEEDED"}
    lines = call(*STATUS, write("in.csv", *IDS[:2]), "--format", "table").out.splitlines()
    assert lines[0].split() == ["STATE", "INSTANCE", "WORKFLOW", "AGE"]
    assert all(len(line) <= int(columns) for line in lines)
    assert [line.split()[:2] for line in sorted(lines[1:])] == [["ended", IDS[1]], ["running", IDS[0]]]


def test_a_report_of_a_rehearsal_is_refused_at_the_real_thing(call: Call, api: States) -> None:
    """Before anything is asked, and no file is left."""
    assert call("run", write("in.csv", IDS[0]), "--sandbox", "-y", "-o", "r.csv").code == ExitCode.OK
    ended = call(*STATUS, "r.csv", "-o", "s.csv")
    assert ended.code == ExitCode.USAGE
    assert ended.last.startswith("r.csv belongs to sandbox, and requests go to 127.0.0.1: ")
    assert api.looks == 0
    assert not Path("s.csv").exists()
    assert call("status", "r.csv", "--sandbox", "-o", "s.csv").code == ExitCode.OK


def test_a_report_that_does_not_say_where_it_belongs_is_noticed(call: Call, api: States) -> None:
    """It is read all the same."""
    api.kinds = {IDS[0]: "CANCELED"}
    call("run", write("in.csv", IDS[0]), "--sandbox", "-y", "-o", "r.csv")
    report = Path("r.csv")
    report.write_text(report.read_text().replace(",sandbox", ","))
    ended = call(*STATUS, "r.csv")
    assert ended.code == ExitCode.OK
    assert "r.csv has rows that do not say which site they belong to" in ended.err


def test_refused_keys_end_it_and_are_said_with_what_they_lack(call: Call, api: States) -> None:
    """Once, in words that fit: no job goes on."""
    api.kinds = dict.fromkeys(IDS, REFUSED)
    ended = call(*STATUS, write("in.csv", *IDS[:2]), "--format", "csv")
    assert (ended.code, len(ended.out.splitlines())) == (ExitCode.STOPPED, 3)
    assert "permission workflows_read" in ended.err
    assert "The job goes on" not in ended.err
    assert ended.last.startswith("Stopped: the keys were refused. 2 rows: 2 unreadable. Read again: ")


def test_missing_input_is_told_of_before_missing_keys(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """And keys before the input is read."""
    monkeypatch.delenv("DD_API_KEY", raising=False)
    assert "no.csv can't be opened" in call("status", "no.csv").last
    assert "DD_API_KEY" in call("status", write("in.csv", IDS[0])).err


@pytest.mark.parametrize(("text", "says"), [("", "is empty"), ("<html>", "no usable column")])
def test_an_input_that_is_none_is_refused(call: Call, api: States, text: str, says: str) -> None:
    """As `run` refuses it."""
    Path("in.csv").write_text(text)
    ended = call(*STATUS, "in.csv", "-o", "s.csv")
    assert (ended.code, says in ended.last, Path("s.csv").exists()) == (ExitCode.USAGE, True, False)
    assert api.looks == 0


def test_an_input_without_a_row_is_said(call: Call, api: States) -> None:
    """That is no failure: `find` may have found nothing."""
    ended = call(*STATUS, write("in.csv"), "--format", "csv")
    assert (ended.code, ended.out, ended.last) == (ExitCode.OK, f"{HEADER}\n", "There is no row in in.csv.")
    assert api.looks == 0


def test_a_long_input_is_read_once(call: Call, api: States, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only its first row is looked at beforehand."""
    monkeypatch.setattr("bulkcancel.cli.reading._COUNTED", 1)
    api.kinds = {IDS[0]: "CANCELED"}
    ended = call(*STATUS, write("in.csv", *IDS[:2]))
    assert ended.last == "2 rows: 1 canceled, 1 not found. None runs."


def test_it_waits_no_longer_than_it_may(call: Call, api: States) -> None:
    """What still runs then is given as it was last seen; progress is shown beside a file."""
    api.kinds = {IDS[0]: "IN_PROGRESS"}
    words = ("--wait", "--timeout", "0.01s", "-o", "s.csv", "--log-format", "json")
    ended = call(*STATUS, write("in.csv", IDS[0]), *words)
    assert ended.code == ExitCode.INCOMPLETE
    last = json.loads(ended.last)
    assert last["message"].startswith("1 row: 1 running. 1 still runs after 0 s. Cancel: bulkcancel run ")
    assert (last["counts"], last["exit_code"]) == ({"running": 1}, 1)
    assert api.looks == 2


def test_variables_mean_for_status_what_they_mean_for_run(
    call: Call, api: States, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`BULKCANCEL_TIMEOUT` is for one request; the wait has one of its own."""
    monkeypatch.setenv("BULKCANCEL_TIMEOUT", "5s")
    monkeypatch.setenv("BULKCANCEL_WAIT_TIMEOUT", "0.01s")
    monkeypatch.setenv("BULKCANCEL_WAIT", "1")
    api.kinds = {IDS[0]: "IN_PROGRESS"}
    assert "1 still runs after 0 s" in call(*STATUS, write("in.csv", IDS[0])).last


@pytest.mark.parametrize("is_aside", [False, True])
@pytest.mark.parametrize("words", [[], ["-q"], ["--no-progress"]])
def test_progress_of_a_reading_is_shown_where_it_garbles_no_row(
    call: Call, api: States, monkeypatch: pytest.MonkeyPatch, words: list[str], *, is_aside: bool
) -> None:
    """On a terminal only where rows go elsewhere, or are kept for the end."""
    wanted = []

    def showing(*_: object, is_wanted: bool) -> Any:
        wanted.append(is_wanted)
        return nullcontext()

    monkeypatch.setattr("bulkcancel.cli.data_command.showing", showing)
    monkeypatch.setattr(BackgroundWriter, "isatty", lambda _: True)
    monkeypatch.setattr(StatusOutput, "is_aside", is_aside)
    assert call(*STATUS, write("in.csv", IDS[0]), *words).code == ExitCode.OK
    assert wanted == [not words and is_aside]
    assert api.looks == 1


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_wait_with_what_was_last_seen(tmp_path: Path, number: signal.Signals) -> None:
    """All rows are there, and the exit code says what ended it."""
    (tmp_path / "in.csv").write_text("workflow_id,instance_id\n" + "".join(f"{W},{one}\n" for one in IDS))
    words = [
        sys.executable,
        "-m",
        "bulkcancel",
        "status",
        "in.csv",
        "--wait",
        "--sandbox",
        "--log-format",
        "json",
    ]
    with child(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        assert process.stderr.readline()  # the first line of progress: it waits
        process.send_signal(number)
        code = process.wait()
        assert code == {signal.SIGINT: 130, signal.SIGTERM: 143}[number]
        assert len(process.stdout.read().splitlines()) == 1 + len(IDS)
        assert "8 rows: 8 running. Read again: bulkcancel status" in process.stderr.read()
