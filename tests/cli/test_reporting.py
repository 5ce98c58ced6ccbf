"""`bulkcancel report`: what is written where, what is said, and how it ends."""

import gzip
import json
import sys
from pathlib import Path

import pytest
from support.cliapp import Call
from support.reports import Rows, held, overview, row, uuid, write_report, write_summary

from bulkcancel.cli import reporting
from bulkcancel.models import Outcome
from bulkcancel.overview.document import document_of
from bulkcancel.overview.markdown import markdown_of
from bulkcancel.overview.text import text_of
from bulkcancel.report import Report

ROWS = [row(2), row(3, Outcome.FAILED, at=1, error_code="http_5xx"), row(4, Outcome.NOT_FOUND, at=2)]
DONE = [row(2), row(3, at=1)]


@pytest.fixture
def report(call: Call) -> Call:
    """The command, with a report of each end in the directory."""
    write_report("a.csv", ROWS)
    write_report("done.csv", DONE)
    return lambda *words: call("report", *words)


def test_the_text_goes_to_standard_output(report: Call) -> None:
    """And what to do next to standard error, as a last line; no keys are needed."""
    ended = report("a.csv")
    assert (ended.code, ended.out) == (0, text_of(overview(Rows(*ROWS)), 100))
    assert ended.err == "1 row is to be tried again: bulkcancel run --resume -o a.csv --site datadoghq.eu\n"


def test_nothing_to_be_tried_again_is_said(report: Call) -> None:
    """So that nobody looks for a command."""
    assert report("done.csv").err == "2 rows, none to be tried again.\n"


def test_the_text_is_as_wide_as_the_terminal(report: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within reason."""
    monkeypatch.setattr(reporting, "is_terminal", lambda _: True)
    for columns, width in [("20", 40), ("70", 70), ("300", 120)]:
        monkeypatch.setenv("COLUMNS", columns)
        assert report("a.csv").out == text_of(overview(Rows(*ROWS)), width)


def test_json_and_markdown_stand_in_place_of_the_text(report: Call) -> None:
    """As they are, for a program and for a ticket."""
    found = overview(Rows(*ROWS))
    assert json.loads(report("a.csv", "--json").out) == document_of(found)
    assert report("a.csv", "--markdown").out == markdown_of(found)


def test_several_reports_are_one(report: Call) -> None:
    """Whatever their formats."""
    write_report("b.jsonl", [row(3, at=9), row(5)])
    Path("b.gz").write_bytes(gzip.compress(Path("b.jsonl").read_bytes()))
    ended = report("a.csv", "b.gz", "--json")
    found = json.loads(ended.out)
    assert (found["rows"], found["replaced"], found["outcomes"]["canceled"]) == (4, 1, 3)
    assert "1 row is left out: another row of the same pair got further or is later." in ended.err


def test_summaries_tell_of_the_runs_that_wrote_the_report(report: Call) -> None:
    """In every form."""
    write_summary("s1.json", held(0.1, 0.9), rows=1, ended_at="2027-01-15T08:00:00.950Z")
    write_summary("s2.json", run_id=uuid(5), reason="</script>", started_at="2027-01-15T08:00:01.500Z")
    words = ("a.csv", "--summary", "s2.json", "--summary", "s1.json")
    ended = report(*words, "--html", "p.html")
    assert (ended.code, ended.err.count("\n")) == (0, 1)
    assert (
        "There were 2 runs; the last ended with exit code 1. Reasons given: INC-4711; </script>."
        in ended.out.replace("\n", " ")
    )
    assert "quota used up 0.8 s" in ended.out.replace("\n", " ")
    runs = json.loads(report(*words, "--json").out)["runs"]
    assert [(one["summary"], one["run_id"]) for one in runs] == [
        ("s1.json", uuid(4711)),
        ("s2.json", uuid(5)),
    ]
    assert uuid(5) in report(*words, "--markdown").out
    page = Path("p.html").read_text(encoding="utf-8")
    assert "&lt;/script&gt;" in page


def test_a_summary_that_is_named_twice_is_read_once(report: Call) -> None:
    """By two names, or as a copy."""
    write_summary("s.json")
    Path("copy.json").write_bytes(Path("s.json").read_bytes())
    ended = report(
        "a.csv", "--json", *("--summary", "s.json", "--summary", "./s.json", "--summary", "copy.json")
    )
    assert len(json.loads(ended.out)["runs"]) == 1
    assert "./s.json is given twice; it is read once." in ended.err
    assert "copy.json is of the same run as s.json; it is left out." in ended.err


def test_a_summary_that_does_not_fit_is_a_warning(report: Call) -> None:
    """With both names, and what is told all the same; on a page or in a text, a note."""
    write_summary("s.json", rows=7)
    said = "The summary s.json counts 7 rows, and a.csv has 3 rows. Do they belong together?"
    assert said in report("a.csv", "--summary", "s.json", "--json").err
    assert f"Note: {said}" in report("a.csv", "--summary", "s.json").out.replace("\n", " ")


def test_summaries_can_be_named_in_the_environment(report: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """As for `run`, which writes there; a name may have a space in it."""
    write_summary("a summary.json")
    monkeypatch.setenv("BULKCANCEL_SUMMARY", "a summary.json")
    assert "The run ended with exit code 1." in report("a.csv").out.replace("\n", " ")


def test_a_report_that_is_named_twice_is_read_once(report: Call) -> None:
    """By whatever names."""
    Path("link.csv").symlink_to("a.csv")
    ended = report("a.csv", "./a.csv", "link.csv", "--json")
    assert json.loads(ended.out)["rows"] == 3
    assert ended.err.count("is given twice; it is read once.") == 2


def test_reports_of_two_targets_are_refused_with_both_names(report: Call) -> None:
    """Nothing is written."""
    write_report("s.csv", [row(2, site="sandbox")])
    ended = report("a.csv", "s.csv", "--failed", "again.csv", "--html", "p.html")
    assert (ended.code, ended.out) == (2, "")
    assert "a.csv belongs to datadoghq.eu, and s.csv to sandbox" in ended.last
    assert not Path("again.csv").exists()
    assert not Path("p.html").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Missing argument 'FILE...'"),
        (("none.csv",), "none.csv can't be read: No such file or directory."),
        (("empty.csv",), "empty.csv is not a report of bulkcancel: it is empty."),
        (("found.csv",), "bulkcancel find"),
        (("bad.csv",), "Line 3 of the report bad.csv"),
        (("a.csv", "--json", "--markdown"), "both go to standard output"),
        (("a.csv", "--json", "--html", "-"), "both go to standard output"),
        (("a.csv", "--failed", "-", "--html", "-"), "both go to standard output"),
        (("-", "-"), "Standard input can be read once"),
        (("a.csv", "--failed", "done.csv"), "done.csv is there already"),
        (("a.csv", "--failed", "no/dir.csv"), "no/dir.csv can't be written: No such file"),
        (("a.csv", "--html", "a.csv"), "bulkcancel did not write it"),
        (("a.csv", "--html", "no/p.html"), "can't be written: No such file"),
        (("a.csv", "--html", "."), "can't be written"),
        (("a.csv", "--htm", "x"), "Did you mean"),
        (
            ("a.csv", "--summary", "none.json"),
            "The summary none.json can't be read: No such file or directory.",
        ),
        (("a.csv", "--summary", "done.csv"), "done.csv is not the summary of a run: it is a report."),
        (
            ("a.csv", "--summary", "other.json"),
            "other.json tells of a run at sandbox, and a.csv of datadoghq.eu",
        ),
    ],
)
def test_what_cannot_be_done_is_told_with_the_reason(report: Call, words: tuple[str, ...], said: str) -> None:
    """Exit code 2, and no file is touched."""
    Path("empty.csv").touch()
    write_summary("other.json", site="sandbox")
    Path("found.csv").write_text("workflow_id,instance_id,status\n")
    Path("bad.csv").write_bytes(Path("a.csv").read_bytes().replace(b"failed", b"fallen"))
    before = {one: one.read_bytes() for one in Path().iterdir()}
    ended = report(*words)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert {one: one.read_bytes() for one in Path().iterdir()} == before


@pytest.mark.parametrize(
    ("rows", "words", "said"),
    [
        ([row(3, Outcome.FAILED, instance_id="i")], ("--failed", "x.csv"), "run x.csv --any-id --site datadoghq.eu"),
        ([row(3, Outcome.FAILED)], ("--failed", "-"), "on standard output, for bulkcancel run - --yes --site datadoghq.eu"),
        ([row(3, Outcome.FAILED, site="gateway.test")], ("--failed", "a b.csv"), "bulkcancel run 'a b.csv'"),
        ([row(3, Outcome.FAILED)], ("done.csv",), "bulkcancel report r.csv done.csv --failed again.csv"),
        ([row(3, Outcome.FAILED, site="")], (), "bulkcancel run --resume -o r.csv"),
    ],
)  # fmt: skip
def test_the_last_line_has_the_command_that_goes_on(
    report: Call, rows: list[object], words: tuple[str, ...], said: str
) -> None:
    """It can be pasted."""
    write_report("r.csv", rows)  # type: ignore[arg-type] # they are results
    write_report("done.csv", [row(9)])
    assert report("r.csv", *words).last.endswith(f"{said}")


def test_a_run_that_goes_on_is_said_and_not_disturbed(report: Call) -> None:
    """It is read as far as it is."""
    running = Report.create(Path("now.csv"))
    running.take(row(2))
    ended = report("now.csv")
    running.take(row(3))
    running.close()
    assert "Note: now.csv is being written by a run: this is how far it is." in ended.out
    assert json.loads(report("now.csv", "--json").out)["rows"] == 2


def test_a_torn_line_is_said_and_left_out(report: Call) -> None:
    """As a crash may leave it."""
    Path("torn.csv").write_bytes(Path("a.csv").read_bytes()[:-9])
    ended = report("torn.csv")
    assert ended.code == 0
    assert "torn.csv ends in the middle of a line" in ended.out


def test_a_long_reading_is_announced(report: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing would move for many seconds."""
    monkeypatch.setattr(reporting, "_WORTH_SAYING", 1)
    assert report("a.csv").err.startswith("Reading 0 MB of reports takes a while.\n")


def test_quiet_leaves_the_last_line(report: Call) -> None:
    """And warnings."""
    assert report("a.csv", "-q").err.count("\n") == 1


def test_the_last_line_can_be_json(report: Call) -> None:
    """With the counts."""
    last = json.loads(report("a.csv", "--log-format", "json").last)
    assert (last["rows"], last["unfinished"]) == (3, 1)


def test_options_can_be_set_in_the_environment(report: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """By their own names."""
    monkeypatch.setenv("BULKCANCEL_JSON", "1")
    assert json.loads(report("a.csv").out)["rows"] == 3


def test_standard_input_is_a_report_too(report: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `run -o -` writes it."""
    with Path("a.csv").open() as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        ended = report("-")
    assert ended.code == 0
    assert ended.last == "1 row is to be tried again: bulkcancel report - --failed again.csv"
