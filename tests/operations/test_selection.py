"""The filters of `find`."""

from typing import Any

import pytest

from bulkcancel.answers import State
from bulkcancel.errors import ConfigurationError
from bulkcancel.listings import InstanceState
from bulkcancel.operations.selection import Selection

RUNNING = InstanceState("i", State.RUNNING, "IN_PROGRESS", 1000.0, None, "api")
FAILED = InstanceState("i", State.ENDED, "FAILED", 1000.0, 1010.0, "schedule")
UNDATED = RUNNING._replace(started_at=None)
ODD = RUNNING._replace(state=State.UNREADABLE, kind="")


def of(*words: str) -> frozenset[str]:
    """A set of words."""
    return frozenset(words)


@pytest.mark.parametrize(
    ("filters", "item", "fits"),
    [
        ({}, RUNNING, True),
        ({}, FAILED, False),
        ({}, ODD, False),
        ({"statuses": of("ended")}, FAILED, True),
        ({"statuses": of("ended")}, RUNNING, False),
        ({"statuses": of("all")}, FAILED, True),
        ({"statuses": of("all")}, ODD, False),
        ({"statuses": of("FAILED")}, FAILED, True),
        ({"statuses": of("SUCCEEDED")}, FAILED, False),
        ({"sources": of("api")}, RUNNING, True),
        ({"sources": of("manual")}, RUNNING, False),
        ({"older_than": 60.0}, RUNNING, True),
        ({"older_than": 60.1}, RUNNING, False),
        ({"newer_than": 60.0}, RUNNING, True),
        ({"newer_than": 59.9}, RUNNING, False),
        ({"newer_than": 1.0}, RUNNING._replace(started_at=9e9), True),
        ({"started_after": 1000.0}, RUNNING, True),
        ({"started_after": 1000.1}, RUNNING, False),
        ({"started_before": 1000.0}, RUNNING, False),
        ({"started_before": 1000.1}, RUNNING, True),
        ({"older_than": 1.0}, UNDATED, False),
        ({}, UNDATED, True),
    ],
)
def test_all_filters_must_fit(filters: dict[str, Any], item: InstanceState, *, fits: bool) -> None:
    """At the server's time 1060."""
    assert Selection(**filters).fits(item, 1060.0) is fits


@pytest.mark.parametrize(
    "filters",
    [
        {"older_than": 60.0, "newer_than": 60.0},
        {"started_after": 5.0, "started_before": 5.0},
        {"statuses": of()},
        {"statuses": "running"},
        {"sources": of("")},
        {"limit": 0},
        {"limit": True},
        {"older_than": float("nan")},
        {"older_than": "2h"},
    ],
)
def test_what_can_not_be_meant_is_refused(filters: dict[str, Any]) -> None:
    """Before anything is read."""
    with pytest.raises(ConfigurationError):
        Selection(**filters)
