"""Names with the day or the run's id in them: what is filled in, what is left, and what is refused."""

import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.cliapp import IDS, Call, W, outcomes, write

from bulkcancel.cli.file_names import FileName, UnknownPlaceholderError, fill_in, spelled
from bulkcancel.cli.invocation import Invocation
from bulkcancel.cli.signals import Signals
from bulkcancel.models import Outcome
from bulkcancel.progress.writer import BackgroundWriter

BEGAN_AT = 1_767_225_599.9  # 2025-12-31, 23:59:59 in UTC
RUN = Invocation(
    [], BackgroundWriter(io.StringIO()), Signals(), "0a1b2c3d-0000-4000-8000-000000000000", BEGAN_AT
)


@pytest.fixture
def at_midnight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every command line begin then."""
    monkeypatch.setattr(
        "bulkcancel.cli.program.Invocation", lambda *had: Invocation(had[0], had[1], had[2], had[3], BEGAN_AT)
    )


@pytest.mark.parametrize(
    ("typed", "text", "filled"),
    [
        ("r.csv", "r.csv", set()),
        ("r-{date}.csv", "r-2025-12-31.csv", {"date"}),
        ("{date}/r-{date}T{time}.csv", "2025-12-31/r-2025-12-31T235959Z.csv", {"date", "time"}),
        ("r-{run_id}.csv", f"r-{RUN.run_id}.csv", {"run_id"}),
        ("r-{{date}}.csv", "r-{date}.csv", set()),
        ("r-{{old}}-{date}.csv", "r-{old}-2025-12-31.csv", {"date"}),
        ("r{}-{1}-{-}-{ date }.csv", "r{}-{1}-{-}-{ date }.csv", set()),
        ("r{.csv", "r{.csv", set()),
        ("r}date{.csv", "r}date{.csv", set()),
        ("-", "-", set()),
    ],
)
def test_what_begins_with_a_letter_in_braces_is_filled_in(typed: str, text: str, filled: set[str]) -> None:
    """At the moment the run began, in UTC; other braces are a name's own."""
    assert fill_in(typed, RUN) == FileName(typed, text, frozenset(filled))


@pytest.mark.parametrize(
    "typed", ["r-{day}.csv", "r-{Date}.csv", "{date:%Y}.csv", "r-{a,b}.csv", "{{{ds}}}.csv"]
)
def test_a_placeholder_that_does_not_exist_is_refused(typed: str) -> None:
    """Never a file of such a name, and the sentence has those that exist."""
    with pytest.raises(
        UnknownPlaceholderError, match=r"there are \{date\}, \{time\} and \{run_id\}\. .* \{\{"
    ):
        fill_in(typed.replace("{{{ds}}}", "{ds}{{x}}"), RUN)


@given(st.text(st.sampled_from("{}aA1-."), max_size=12))
def test_a_file_s_own_name_can_be_given_as_an_option(name: str) -> None:
    """Whatever braces it has."""
    assert fill_in(spelled(name), RUN).text == name


@pytest.mark.usefixtures("at_midnight")
def test_a_report_and_its_summary_have_the_day_and_the_run_in_their_names(call: Call) -> None:
    """And what is said names the files, so that it can be pasted tomorrow."""
    words = ("run", write("in.csv", *IDS), "--sandbox", "-y", "--limit", "5")
    ended = call(*words, "-o", "r-{date}.csv", "--summary={run_id}.json")
    assert outcomes("r-2025-12-31.csv") == [Outcome.CANCELED] * 5
    (summary,) = Path().glob("*.json")
    assert json.loads(summary.read_text())["run_id"] == summary.stem
    assert ended.last.endswith(
        "Continue: bulkcancel run in.csv --sandbox -y '--summary={run_id}.json' -o r-2025-12-31.csv --resume"
    )


@pytest.mark.usefixtures("at_midnight")
def test_the_day_s_report_is_gone_on_with(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a scheduler tries again; the name may come from the environment."""
    monkeypatch.setenv("BULKCANCEL_REPORT", "r-{date}.csv")
    words = ("run", write("in.csv", *IDS), "--sandbox", "-y", "--resume")
    first = call(*words, "--limit", "3")
    assert first.last.endswith("bulkcancel run in.csv --sandbox -y --resume -o r-2025-12-31.csv")
    second = call(*words)
    assert (second.code, "5 requests" in second.err) == (0, True)
    assert outcomes("r-2025-12-31.csv") == [Outcome.CANCELED] * 8
    other = call("run", "--sandbox", "-y", "--resume", "-o", "other-{date}.csv")
    assert (other.code, other.last) == (2, "There is no report other-2025-12-31.csv to resume, and no INPUT.")


@pytest.mark.parametrize("word", ["run_id", "time"])
def test_a_name_that_is_new_each_time_can_t_be_gone_on_with(call: Call, word: str) -> None:
    """It would never be there."""
    ended = call(
        "run", write("in.csv", *IDS), "--sandbox", "-y", "--resume", "-o", f"r-{{date}}-{{{word}}}.csv"
    )
    assert ended.code == 2
    assert ended.last.startswith(
        f"--resume goes on with a report that is there, and {{{word}}} is another one"
    )
    assert list(Path().glob("r-*")) == []


@pytest.mark.parametrize(
    "words",
    [
        ("run", "in.csv", "--sandbox", "-y", "-o", "r-{day}.csv"),
        ("run", "in.csv", "--sandbox", "-y", "--summary", "{day}.json"),
        ("run", "in-{day}.csv", "--sandbox", "-y"),
        ("status", "in-{day}.csv", "--sandbox"),
        ("report", "in-{day}.csv"),
        ("drain", W, "--sandbox", "-y", "-o", "r-{day}.csv"),
        ("find", W, "--sandbox", "-o", "{day}.csv"),
        ("status", "in.csv", "--sandbox", "-o", "{day}.csv"),
        ("report", "r.csv", "--html", "{day}.html"),
        ("report", "r.csv", "--failed", "{day}.csv"),
    ],
)
def test_a_wrong_placeholder_is_a_mistake_everywhere(call: Call, words: tuple[str, ...]) -> None:
    """Nothing is written by that name."""
    write("in.csv", *IDS)
    ended = call(*words)
    assert ended.code == 2
    assert "{day} is no placeholder; there are {date}, {time} and {run_id}." in ended.err
    assert list(Path().glob("*day*")) == []


@pytest.mark.slow
@pytest.mark.usefixtures("at_midnight")
def test_what_is_found_read_and_told_has_the_day_in_its_name_too(call: Call) -> None:
    """As the report of a run; the last line names the file, and takes its own braces for what they are."""
    assert call("find", W, "--sandbox", "-o", "found-{date}.csv").code == 0
    status = call("status", "found-{date}.csv", "--sandbox", "-o", "states-{date}.csv")
    assert (status.code, status.last.split("Cancel: ")[1]) == (
        1,
        "bulkcancel run found-2025-12-31.csv --sandbox",
    )
    assert Path("states-2025-12-31.csv").exists()
    words = (
        "run",
        "found-{date}.csv",
        "--sandbox",
        "-y",
        "--scenario",
        "denied",
        "-o",
        "{{x}}-{date}.csv",
    )
    assert call(*words).last.endswith(
        "bulkcancel run found-2025-12-31.csv --sandbox -y --scenario denied -o '{{x}}-2025-12-31.csv' --resume"
    )
    report = "{x}-2025-12-31.csv"
    told = call("report", report, "--failed", "again-{date}.csv", "--html", "page-{date}.html")
    assert told.last.startswith("The page is page-2025-12-31.html: open it")
    assert told.last.endswith("bulkcancel run again-2025-12-31.csv --sandbox")
    assert call("report", "{{x}}-{date}.csv").code == 0
    assert call("report", report).last.endswith("--resume -o '{{x}}-2025-12-31.csv' --sandbox")


def test_a_file_that_is_there_is_meant_whatever_braces_it_has(call: Call) -> None:
    """As it was before there were placeholders."""
    ended = call("run", write("in-{day}.csv", *IDS), "--sandbox", "-y", "--limit", "5", "-o", "r.csv")
    assert ended.last.endswith("Continue: bulkcancel run 'in-{day}.csv' --sandbox -y -o r.csv --resume")
