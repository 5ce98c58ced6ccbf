"""The log of a command, held to its schema: each line, and that its end is what the process says."""

import json
import os
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

SCHEMAS = {
    path.name: json.loads(path.read_text()) for path in files("bulkcancel").joinpath("schemas").iterdir()
}
LOG = SCHEMAS["log.v1.json"]
REGISTRY: Registry[Any] = Registry().with_resources(
    (schema["$id"], Resource.from_contents(schema)) for schema in SCHEMAS.values()
)
_ERRORS = {2, 3, 4}


def is_logged(words: Sequence[object]) -> bool:
    """Whether a command line asks for a log, or the environment does."""
    given = " ".join(map(str, words)).replace("=", " ")
    if "--log-format" in given:
        return "--log-format json" in given
    return os.environ.get("BULKCANCEL_LOG_FORMAT") == "json"


def check_log(text: str, code: int) -> list[dict[str, Any]]:
    """See that each line is as described, and nothing more; and that the last tells how it ended.

    Args:
        text: What stood on standard error.
        code: The process's exit status.
    """
    records = [json.loads(line) for line in text.splitlines()]
    for record in records:
        check_line(record)
    assert len({record["run_id"] for record in records}) == 1
    last = records[-1]
    assert last["event"] in {"ended", "failed"}
    assert last.get("process_exit_code", last["exit_code"]) == code
    assert (last["level"] == "error") is (last["exit_code"] in _ERRORS)
    return records


def check_line(record: dict[str, Any]) -> None:
    """See that a line is as described, and nothing more."""
    _closed(record["event"]).validate(record)


@cache
def _closed(event: str) -> Draft202012Validator:
    """What a line about that event is, with no property that is not described."""
    schema = {
        "$ref": f"{LOG['$id']}#/$defs/{event}",
        "required": LOG["required"],
        "properties": LOG["properties"],
        "unevaluatedProperties": False,
    }
    return Draft202012Validator(schema, registry=REGISTRY)
