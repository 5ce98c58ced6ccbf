"""`bulkcancel run` against its sandbox: what people type, and what they get."""

import json
import os
import subprocess
from pathlib import Path
from uuid import UUID

import pytest
from support.cliapp import IDS, Call, W, outcomes, write

from bulkcancel.cli.program import COMMANDS
from bulkcancel.models import Outcome, Result
from bulkcancel.report import Format

UNKNOWN = "00000000-0000-4000-8000-000000000001"


def record(name: str, *rows: tuple[str, Outcome]) -> str:
    """A report with those instances and outcomes."""
    found = [Result(n, W, one, outcome, finished_at=1.0) for n, (one, outcome) in enumerate(rows, 2)]
    form = Format(Path(name).suffix)
    Path(name).write_bytes(form.header + b"".join(map(form.encode, found)))
    return name


def test_a_clean_run_exits_0(call: Call) -> None:
    """With one row per input row, and a last line that says so."""
    ended = call("run", write("in.csv", *IDS, IDS[0].upper()), "--sandbox", "-y", "-o", "r.csv")
    assert ended.code == 0
    assert outcomes("r.csv") == [Outcome.CANCELED] * 8 + [Outcome.DUPLICATE]
    assert "Plan: cancel 8 instances of 1 workflow at the sandbox" in ended.err
    assert ended.last == "Done: nothing is left to cancel. Report: r.csv"
    assert ended.out == ""


def test_rows_that_were_not_canceled_exit_1(call: Call) -> None:
    """Unless they were not found and that was expected."""
    ended = call("run", write("in.csv", IDS[0], UNKNOWN), "--sandbox", "-y", "-o", "r.csv")
    assert (ended.code, outcomes("r.csv")) == (1, [Outcome.CANCELED, Outcome.NOT_FOUND])
    ended = call("run", "in.csv", "--sandbox", "-y", "-o", "s.csv", "--ignore-not-found")
    assert ended.code == 0
    ended = call("run", write("bad.csv", "x"), "--sandbox", "-y", "-o", "b.jsonl")
    assert (ended.code, outcomes("b.jsonl")) == (1, [Outcome.INVALID])
    assert "is not a UUID" in ended.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["none.csv", "--sandbox", "-y"], "none.csv can't be opened: No such file"),
        ([".", "--sandbox", "-y"], "is a directory"),
        (["empty.csv", "--sandbox", "-y"], "is empty"),
        (["odd.csv", "--sandbox", "-y"], "found: 'a', 'b'"),
        (["in.csv", "-y"], "DD_API_KEY and DD_APP_KEY not set"),
        (["in.csv", "-y", "--site", "datadoghq.org"], "is not a Datadog site. Did you mean datadoghq.com?"),
        (["in.csv", "--sandbox"], "give --yes"),
        (["in.csv", "--sandbox", "--site", "datadoghq.eu"], "exclude each other"),
        (["in.csv", "--base-url", "http://127.0.0.1", "--site", "datadoghq.eu"], "exclude each other"),
        (["in.csv", "--base-url", "http://example.com"], "unencrypted"),
        (["in.csv", "--scenario", "busy"], "--scenario needs --sandbox"),
        (["in.csv", "--sandbox", "--resume", "-y"], "--resume needs the report's name"),
        (["--sandbox", "--resume", "-y", "-o", "none.csv"], "There is no report none.csv to resume"),
        (["in.csv", "--sandbox", "-y", "-o", "in.csv"], "exists already"),
        (["in.csv", "--sandbox", "-y", "-o", "in.csv", "--resume"], "is not a report"),
        (["in.csv", "--sandbox", "-y", "-o", "r.txt"], "named .csv or .jsonl"),
        (["in.csv", "--sandbox", "-y", "--workflow-id", "x"], "--workflow-id 'x' is not a UUID"),
        (["in.csv", "--sandbox", "-y", "--rate", "fast"], "write 5/s"),
        (["in.csv", "--sandbox", "-y", "--headroom", "95%"], "write 20%"),
        (["in.csv", "--sandbox", "-y", "--max-duration", "0"], "write 30, 90s, 50m or 2h"),
        (["in.csv", "--sandbox", "-y", "--max-failures", "0%"], "write 50 or 10%"),
        (["in.csv", "--sandbox", "-y", "--shard", "5/4"], "write 1/4"),
        (["in.csv", "--sandbox", "--sahrd", "1/4"], "--shard"),
    ],
)
def test_a_mistake_exits_2_with_one_clear_sentence(call: Call, words: list[str], sentence: str) -> None:
    """Nothing is sent, and no report is left behind."""
    write("in.csv", *IDS)
    Path("empty.csv").touch()
    Path("odd.csv").write_text("a,b\n1,2\n")
    before = sorted(os.listdir())  # noqa: PTH208 - hidden files count
    ended = call("run", *words)
    assert ended.code == 2
    assert sentence in ended.err.replace("\n", " ")
    assert "Traceback" not in ended.err
    assert sorted(os.listdir()) == before  # noqa: PTH208 - the same


def test_an_unknown_command_is_suggested_for(call: Call) -> None:
    """Or all of them are named."""
    assert "Did you mean run?" in call("rn").err
    assert f"The commands are: {', '.join(COMMANDS)}." in call("xyz").err
    assert call("--version").out.startswith("bulkcancel, version ")
    assert call("run", "--help").code == 0
    assert "Exit codes" in call("--help").out
    assert call("sandbox", "--help").code == 0


def test_a_header_without_rows_is_a_job_with_nothing_to_do(call: Call) -> None:
    """A nightly pipeline meets it."""
    ended = call("run", write("in.csv"), "--sandbox", "-y", "-o", "r.csv")
    assert (ended.code, Path("r.csv").read_bytes()) == (0, Format.CSV.header)
    assert ended.last.startswith("Nothing to do")


def test_a_dry_run_sends_nothing(call: Call) -> None:
    """It shows the plan, and exits by whether all rows can be used."""
    ended = call("run", write("in.csv", *IDS), "--sandbox", "--dry-run", "--reason", "INC-7")
    assert ended.code == 0
    assert "Reason: INC-7" in ended.err
    bad = call("run", write("bad.csv", IDS[0], *["x"] * 25), "--sandbox", "--dry-run")
    assert bad.code == 1
    assert "and 5 more" in bad.err
    assert not list(Path().glob("*bulkcancel*"))


def test_the_plan_names_the_most_affected_workflows(call: Call) -> None:
    """Ten of them."""
    flows = [str(UUID(int=(1 << 127) + n, version=4)) for n in range(12)]
    Path("in.csv").write_text("".join(f"{w},{IDS[0]}\n" for w in flows))
    assert "in 2 more workflows" in call("run", "in.csv", "--sandbox", "--dry-run", "--limit", "12").err


def test_a_resumed_run_sends_what_is_left(call: Call) -> None:
    """And leaves one row for each."""
    record("r.csv", (IDS[0], Outcome.CANCELED), (IDS[1], Outcome.FAILED), (IDS[2], Outcome.NOT_ATTEMPTED))
    ended = call("run", write("in.csv", *IDS[:5]), "--sandbox", "-y", "-o", "r.csv", "--resume")
    assert ended.code == 0
    assert "4 requests" in ended.err
    assert outcomes("r.csv") == [Outcome.CANCELED] * 5
    again = call("run", "in.csv", "--sandbox", "-y", "-o", "r.csv", "--resume")
    assert (again.code, "requests" in again.err) == (0, False)


def test_a_report_is_an_input_of_its_own(call: Call) -> None:
    """Its unfinished rows are tried again, each once."""
    record("r.jsonl", (IDS[0], Outcome.FAILED), (IDS[1], Outcome.NOT_FOUND), (IDS[0], Outcome.THROTTLED))
    ended = call("run", "--sandbox", "-y", "-o", "r.jsonl", "--resume")
    assert ended.code == 1
    assert "1 request " in ended.err
    assert sorted(outcomes("r.jsonl")) == [Outcome.CANCELED, Outcome.NOT_FOUND]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["--limit", "2"],
            "Canary done: 2 of 9 canceled, 7 remain. Continue: bulkcancel run in.csv",
        ),
        (["--limit=8"], "Canary done: 8 of 9 canceled, 1 remains. Continue: bulkcancel run in.csv"),
        (["--limit", "8", "--shard=1/1"], "Canary done: 8 of 9 canceled, 1 remains. Continue"),
        (["--limit", "9"], "Done: nothing is left to cancel. Report: r.csv"),
    ],
)
def test_a_canary_says_what_remains_and_how_to_go_on(call: Call, words: list[str], sentence: str) -> None:
    """Without its limit; also after a second one."""
    ended = call("run", write("in.csv", *IDS, IDS[0]), "--sandbox", "-y", *words, "-o", "r.csv")
    assert ended.code == 0
    assert ended.last.startswith(sentence)
    assert "--limit" not in ended.last


def test_a_second_canary_counts_what_the_first_has_done(call: Call) -> None:
    """The report's rows and the input's are one job."""
    for sentence in ("2 of 8 canceled, 6 remain", "4 of 8 canceled, 4 remain"):
        ended = call("run", write("in.csv", *IDS), "--sandbox", "-y", "--limit=2", "-o", "r.csv", "--resume")
        assert ended.last.startswith(f"Canary done: {sentence}. ")


def test_a_canary_of_an_input_that_was_not_counted_says_so(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large file is not read twice for the sake of a number."""
    monkeypatch.setattr("bulkcancel.cli.prepare._SCANNED_FOR_THE_BAR", 0)
    ended = call("run", write("in.csv", *IDS), "--sandbox", "-y", "--limit", "2", "-o", "r.csv")
    assert ended.last.startswith(
        "Canary done: 2 canceled. If the input has more, continue: bulkcancel run in.csv"
    )


def test_refused_keys_stop_with_3(call: Call) -> None:
    """One request, everything accounted for, and the way to go on."""
    ended = call(
        "run",
        write("in.csv", *IDS),
        "--sandbox",
        "--scenario",
        "denied",
        "-y",
        "--limit=9",
        "--summary",
        "s.json",
    )
    assert ended.code == 3
    (report,) = Path().glob("bulkcancel-*.csv")
    assert outcomes(report) == [Outcome.FORBIDDEN] + [Outcome.NOT_ATTEMPTED] * 7
    assert ended.last.endswith(f"--summary s.json -o {report} --resume")
    summary = json.loads(Path("s.json").read_text())
    assert (summary["requests"], summary["stopped"], summary["exit_code"]) == (1, "credentials_refused", 3)


def test_messages_can_be_json_or_few(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """One object a line, or the last line alone; a summary that can't be written after all is said."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bulkcancel.cli.closing.write_private", full)
    write("in.csv", *IDS)
    words = ("run", "in.csv", "--sandbox", "-y", "--log-format", "json", "-v", "--summary", "s.json")
    records = [json.loads(line) for line in call(*words).err.splitlines()]
    assert records[-1]["outcomes"]["canceled"] == 8
    assert sum(record["event"] == "row" for record in records) == 8
    assert any(record["level"] == "warning" for record in records)
    quiet = call("run", "in.csv", "--sandbox", "-y", "-q", "-o", "q.csv")
    assert quiet.err.count("\n") == 1


def test_options_come_from_the_environment(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """As BULKCANCEL_<OPTION>."""
    for name, value in (
        ("SANDBOX", "1"),
        ("YES", "1"),
        ("REPORT", "env.csv"),
        ("RATE", "500/s"),
        ("SHARD", "1/1"),
    ):
        monkeypatch.setenv(f"BULKCANCEL_{name}", value)
    monkeypatch.setenv("BULKCANCEL_MAX_FAILURES", "10%")
    assert call("run", write("in.csv", *IDS)).code == 0
    assert len(outcomes("env.csv")) == 8


@pytest.mark.parametrize("words", [[], ["-q", "--no-progress"]])
def test_rows_go_to_standard_output(call: Call, words: list[str]) -> None:
    """Data alone."""
    ended = call("run", write("in.csv", *IDS), "--sandbox", "-y", "-o", "-", *words)
    assert ended.code == 0
    assert ended.out.count("\n") == 9
    assert ended.out.startswith("line,workflow_id")


def test_a_dry_run_reads_a_stream(call: Call) -> None:
    """To its end, or to the limit."""
    write("in.csv", *IDS)
    for extra, want in (([], "cancel 8 instances"), (["--limit", "3"], "cancel 3 instances")):
        os.mkfifo("f")
        with subprocess.Popen(["/bin/sh", "-c", "cat in.csv > f"]):
            assert want in call("run", "f", "--sandbox", "--dry-run", *extra).err
        Path("f").unlink()


def test_refused_keys_are_said_with_what_to_look_at(call: Call) -> None:
    """And how to go on with keys that work; nobody's key is named in a rehearsal."""
    ended = call("run", write("in.csv", *IDS), "--sandbox", "--scenario", "denied", "-y", "-o", "r.csv")
    assert ended.code == 3
    assert (
        "The sandbox refused the keys (403). Check: 1. DD_SITE 2. expired or revoked 3. permission workflows_run "
        "4. enabled for the Actions API.\n"
    ) in ended.err
    assert ended.last.startswith(
        "Stopped: the keys were refused. 8 rows not done. Continue: bulkcancel run in.csv"
    )
