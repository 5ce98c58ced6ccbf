"""A report knows its target: what was done at one is never taken for done at another."""

import json
from pathlib import Path
from uuid import UUID

import pytest
from support.cliapp import Call, outcomes

from bulkcancel.models import Outcome, Result
from bulkcancel.report import COLUMNS, Format, read_results

W = str(UUID(int=1 << 127, version=4))
IDS = [str(UUID(int=(1 << 127) + n, version=4)) for n in range(1, 9)]
NAMES = ("r.csv", "r.jsonl")


@pytest.fixture(autouse=True)
def _keys(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - it goes to its folder
    """Keys, so that nothing but the report stands in the way; and an input."""
    monkeypatch.setenv("DD_API_KEY", "a" * 32)
    monkeypatch.setenv("DD_APP_KEY", "b" * 40)
    Path("in.csv").write_text("workflow_id,instance_id\n" + "".join(f"{W},{one}\n" for one in IDS))


def row(line: int, outcome: Outcome, site: str) -> Result:
    """A recorded row."""
    return Result(line, W, IDS[line - 2], outcome, 200, "", "it's", 1, 0, 1.8e9, 1.8e9, 20, site)


def earlier(name: str, *rows: Result) -> bytes:
    """A report as it was written before there was `site`."""
    if name.endswith(".csv"):
        whole = [Format.CSV.header, *map(Format.CSV.encode, rows)]
        lines = [b",".join(line.rstrip(b"\n").split(b",")[:-1]) for line in whole]
    else:
        records = [json.loads(Format.JSON_LINES.encode(one)) for one in rows]
        lines = [json.dumps({name: one[name] for name in COLUMNS[:-1]}).encode() for one in records]
    data = b"".join(line + b"\n" for line in lines)
    Path(name).write_bytes(data)
    return data


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("target", "called"),
    [
        (["--base-url", "http://127.0.0.1:9"], "127.0.0.1"),
        (["--base-url", "https://Gateway.example:8443/datadog"], "gateway.example"),
        (["--site", "datadoghq.eu"], "datadoghq.eu"),
    ],
)
def test_a_rehearsal_never_passes_for_the_real_thing(
    call: Call, name: str, target: list[str], called: str
) -> None:
    """With and without INPUT, and for a dry run: both targets are named, and the report stays as it is."""
    assert call("run", "in.csv", "--sandbox", "-y", "-o", name).code == 0
    before = Path(name).read_bytes()
    for words in (["in.csv", "-y"], ["-y"], ["in.csv", "--dry-run"]):
        ended = call("run", *words, *target, "-o", name, "--resume")
        assert ended.code == 2
        assert f"The report {name} belongs to sandbox, and this run goes to {called}:" in ended.err
    assert Path(name).read_bytes() == before


@pytest.mark.parametrize("name", NAMES)
def test_one_row_of_another_target_is_enough(call: Call, name: str) -> None:
    """As where two reports were put together by hand; the last row, and one that is not done, count too."""
    form = Format(Path(name).suffix)
    for outcome in (Outcome.CANCELED, Outcome.FAILED):
        rows = [row(2, Outcome.CANCELED, "sandbox"), row(3, outcome, "datadoghq.eu")]
        Path(name).write_bytes(form.header + b"".join(map(form.encode, rows)))
        ended = call("run", "in.csv", "-y", "--sandbox", "-o", name, "--resume")
        assert ended.code == 2
        assert "belongs to datadoghq.eu, and this run goes to sandbox" in ended.err


@pytest.mark.parametrize("name", NAMES)
def test_every_row_names_its_target(call: Call, name: str) -> None:
    """Those that were sent, and those that were not."""
    with Path("in.csv").open("a") as file:
        file.write(f"{W},{IDS[0]}\n{W},unusable\n")
    assert call("run", "in.csv", "--sandbox", "-y", "-o", name).code == 1
    assert call("run", "in.csv", "--sandbox", "--scenario", "denied", "-y", "-o", f"d{name}").code == 3
    for one, seen in (
        (name, {"canceled", "duplicate", "invalid"}),
        (f"d{name}", {"forbidden", "not_attempted"}),
    ):
        found = list(read_results(Path(one)))
        assert {result.site for result in found} == {"sandbox"}
        assert seen <= {result.outcome.value for result in found}


@pytest.mark.parametrize("name", NAMES)
def test_a_report_without_the_column_resumes_with_a_warning(call: Call, name: str) -> None:
    """A CSV file keeps its own columns to its end, compacted or not; JSON lines take up the new one."""
    before = earlier(name, row(2, Outcome.CANCELED, ""), row(3, Outcome.FAILED, ""))
    warning = f"The report {name} has rows that do not say which site they belong to"
    ended = call("run", "in.csv", "--sandbox", "-y", "-o", name, "--resume")
    assert (ended.code, warning in ended.err) == (0, True)
    assert outcomes(name) == [Outcome.CANCELED] * 8
    lines = Path(name).read_bytes().splitlines()
    is_csv = name.endswith(".csv")
    assert lines[0] == before.splitlines()[0]
    sites = [result.site for result in read_results(Path(name))]
    assert sites == ([""] * 8 if is_csv else ["", *["sandbox"] * 7])
    assert not is_csv or {line.count(b",") for line in lines} == {len(COLUMNS) - 2}
    again = call("run", "--sandbox", "-y", "-o", name, "--resume")
    assert (again.code, warning in again.err) == (0, True)


def test_a_new_report_resumes_without_a_warning(call: Call) -> None:
    """Each of its rows says where it belongs."""
    assert call("run", "in.csv", "--sandbox", "-y", "-o", "r.csv", "--limit", "2").code == 0
    ended = call("run", "in.csv", "--sandbox", "-y", "-o", "r.csv", "--resume")
    assert ended.code == 0
    assert "do not say" not in ended.err
