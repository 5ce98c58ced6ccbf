"""The JSON Schemas that are published, and what the commands write."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from support.cliapp import SAMPLES, Call
from support.logs import SCHEMAS
from support.reports import Rows, held, overview, row, run

from bulkcancel.events import Endpoint
from bulkcancel.models import CLEAN, ExitCode, Outcome, Result, StopReason
from bulkcancel.operations.findings import CheckName, CheckStatus
from bulkcancel.overview.document import document_of
from bulkcancel.report import COLUMNS, Format
from bulkcancel.tally import HeldBy

ROW, SUMMARY, CHECK, OVERVIEW = (
    SCHEMAS[f"{name}.v1.json"] for name in ("report-row", "summary", "check", "overview")
)


def closed(schema: Any) -> Any:
    """The schema, and no property that it does not name: what we write is described."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    parts = {name: closed(part) for name, part in schema.items()}
    return {"additionalProperties": False, **parts} if "required" in parts else parts


def check(document: Any, schema: Any) -> None:
    """That it is as described, and described in full."""
    Draft202012Validator(closed(schema)).validate(document)


def rows_of(path: str) -> Iterator[Any]:
    """The rows of a report in JSON lines."""
    return map(json.loads, Path(path).read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_schema_is_one_and_bears_its_version(name: str) -> None:
    """In its name and its id; and a document says which it is of, where it has room for that."""
    Draft202012Validator.check_schema(SCHEMAS[name])
    stem, version = name.removesuffix(".json").split(".v")
    assert SCHEMAS[name]["$id"] == f"urn:bulkcancel:{stem}:{version}"
    stated = SCHEMAS[name]["properties"].get("schema_version", {"const": int(version)})
    assert stated == {"const": int(version)}


def test_the_schemas_have_the_words_of_the_code() -> None:
    """Its columns, outcomes, reasons to stop, exit codes and the lines of a check, in order."""
    outcomes = [outcome.value for outcome in Outcome]
    assert ROW["required"] == list(ROW["properties"]) == list(COLUMNS)
    assert ROW["properties"]["outcome"]["enum"] == outcomes
    said = SUMMARY["properties"]
    assert said["outcomes"]["required"] == list(said["outcomes"]["properties"]) == outcomes
    assert said["stopped"]["enum"] == [None, *(reason.value for reason in StopReason)]
    assert said["exit_code"]["enum"] == list(map(int, ExitCode))
    assert said["causes"]["additionalProperties"]["enum"] == outcomes
    pause = said["pauses"]["items"]["properties"]
    assert pause["reason"]["enum"] == [reason.value for reason in HeldBy]
    assert pause["endpoint"]["enum"] == [endpoint.value for endpoint in Endpoint]
    told = OVERVIEW["properties"]
    assert told["outcomes"]["required"] == list(told["outcomes"]["properties"]) == outcomes
    told_pause = told["pauses"]["items"]["properties"]
    assert told_pause["reason"]["enum"] == [None, *pause["reason"]["enum"], "between_runs"]
    assert told_pause["endpoint"]["enum"] == [None, *pause["endpoint"]["enum"]]
    failures = [outcome.value for outcome in Outcome if outcome not in CLEAN]
    assert told["causes"]["items"]["properties"]["outcome"]["enum"] == failures
    found = CHECK["properties"]["findings"]["items"]["properties"]
    assert found["name"]["enum"] == [name.value for name in CheckName]
    assert found["status"]["enum"] == [status.value for status in CheckStatus]


@pytest.mark.parametrize(
    "result",
    [
        Result(1, "w", "i", Outcome.CANCELED),
        Result(2, "", "", Outcome.INVALID, None, "missing_id", "the instance id is missing"),
        Result(3, "w", "i", Outcome.FAILED, 599, "c", "d", 6, 2, 0.0, 253_370_764_799.9, 10**9, "sandbox"),
    ],
)
def test_a_row_is_as_its_schema_says(result: Result) -> None:
    """At the bounds of what there is."""
    check(json.loads(Format.JSON_LINES.encode(result)), ROW)


@pytest.mark.parametrize(
    ("name", "value"), [("outcome", "cancelled"), ("line", "1"), ("started_at", "2026-11-28"), ("more", 1)]
)
def test_a_row_that_is_otherwise_is_noticed(name: str, value: object) -> None:
    """Else the tests here would say nothing."""
    written = json.loads(Format.JSON_LINES.encode(Result(1, "w", "i", Outcome.CANCELED)))
    with pytest.raises(ValidationError):
        check({**written, name: value}, ROW)


@pytest.mark.slow
@pytest.mark.parametrize("words", [["calm", "-c", "128"], ["denied"], ["finished", "--reason", "why"]])
def test_a_run_writes_what_the_schemas_say(call: Call, words: list[str]) -> None:
    """Its report, its summary, and the last line of its log."""
    given = ["-y", "-o", "r.jsonl", "--summary", "s.json", "--log-format", "json"]
    ended = call("run", SAMPLES / "incident.csv", "--sandbox", "--scenario", *words, *given)
    for one in rows_of("r.jsonl"):
        check(one, ROW)
    summary = json.loads(Path("s.json").read_text(encoding="utf-8"))
    check(summary, SUMMARY)
    assert list(summary) == list(SUMMARY["properties"])
    assert {name: json.loads(ended.last)[name] for name in SUMMARY["required"]} == {
        name: summary[name] for name in SUMMARY["required"]
    }


@pytest.mark.parametrize(("scenario", "is_ok"), [("calm", True), ("denied", False)])
def test_a_check_writes_what_its_schema_says(call: Call, scenario: str, is_ok: bool) -> None:  # noqa: FBT001 - a column
    """Whether all is well or not."""
    document = json.loads(call("check", "--sandbox", "--scenario", scenario, "--json").out)
    check(document, CHECK)
    assert document["ok"] is is_ok


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [
            row(2),
            row(3, Outcome.FAILED, at=5, error_code="http_5xx"),
            row(4, Outcome.INVALID, workflow_id=""),
        ],
        [row(2, Outcome.NOT_ATTEMPTED, site="")],
    ],
)
def test_what_happened_is_as_its_schema_says(rows: list[Result]) -> None:
    """Of nothing, of some rows, and where none was sent."""
    outage = held(0.5, 2, HeldBy.OUTAGE, status=503, detail="away")
    for runs in ([], [run(pauses=(outage,)), replace(run(30, 40), started_at=None, quota_used=0.5)]):
        document = document_of(overview(Rows(*rows), runs=runs))
        check(document, OVERVIEW)
        assert list(document) == list(OVERVIEW["properties"])
        assert list(document)[: len(OVERVIEW["required"])] == OVERVIEW["required"]
