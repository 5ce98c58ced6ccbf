"""The page of metrics has those of the code, and no other."""

import re
from pathlib import Path

from bulkcancel.events import Endpoint
from bulkcancel.metrics.table import COMMON_TAGS, METRICS
from bulkcancel.models import FailureKind

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "metrics.md").read_text(encoding="utf-8")
HOW_TO = (Path(__file__).parents[2] / "docs" / "how-to" / "monitoring.md").read_text(encoding="utf-8")


def test_the_page_has_every_metric_and_no_other() -> None:
    """With kind, unit and tags, in one order."""
    rows = re.findall(r"^\| `(bulkcancel[\w.]+)` \| (\w+) \| ([^|]+) \|([^|]*)\|", PAGE, re.MULTILINE)
    table = [(name, kind, unit, tuple(re.findall(r"`(\w+)`", tags))) for name, kind, unit, tags in rows]
    assert table == [(one.name, one.kind.value, one.unit, one.tags) for one in METRICS]
    assert f"the tags {' '.join(COMMON_TAGS)}" in re.sub(r"`|\([^)]*\)| and", "", PAGE).replace("  ", " ")


def test_the_page_has_every_value_of_a_tag() -> None:
    """Those that are a closed set."""
    endpoints = re.findall(r"`(\w+)`", PAGE.split("- `endpoint` is ")[1].split("\n- ")[0])
    assert set(endpoints) == {one.value for one in Endpoint}
    statuses = re.findall(r"`(\w+)`", PAGE.split("- `status` is ")[1].split("\n- ")[0])
    assert set(statuses) == {one.value for one in FailureKind}


def test_the_how_to_names_metrics_that_there_are() -> None:
    """In its queries."""
    named = set(re.findall(r"bulkcancel\.[a-z]+(?:\.[a-z]+)?", HOW_TO.replace(".as_", " ")))
    assert named
    assert named <= {one.name for one in METRICS}
