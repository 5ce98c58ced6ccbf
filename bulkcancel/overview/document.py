"""An overview as one JSON document, for programs."""

from typing import TYPE_CHECKING, Any

from bulkcancel.overview.words import sentences
from bulkcancel.text import printable, rfc3339

if TYPE_CHECKING:
    from bulkcancel.overview.facts import (
        Cause,
        Latency,
        Overview,
        Pause,
        ReportFile,
        RunSummary,
        WorkflowTotals,
    )

SCHEMA_VERSION = 1
_LONGEST = 4096


def document_of(overview: "Overview") -> dict[str, Any]:
    """All of it but the timeline, as `schemas/overview.v1.json` describes it."""
    return {
        "schema_version": SCHEMA_VERSION,
        "summary": " ".join(sentences(overview)),
        "site": overview.site or None,
        "reports": [_file(one) for one in overview.files],
        "rows": overview.rows,
        "replaced": overview.replaced,
        "outcomes": {outcome.value: count for outcome, count in overview.outcomes.items()},
        "unfinished": overview.unfinished,
        "failures": overview.failures,
        "sent": overview.sent,
        "requests": overview.requests,
        "throttled": overview.throttled,
        "started_at": _time(overview.begin),
        "finished_at": _time(overview.end),
        "duration_s": round(overview.span, 3),
        "rows_per_s": None if overview.rate is None else round(overview.rate, 3),
        "paused_s": round(overview.paused, 3),
        "pauses": [_pause(one) for one in overview.pauses],
        "latency_ms": _latency(overview.latency),
        "workflows": [_workflow(one) for one in overview.workflows],
        "causes": [_cause(one) for one in overview.causes],
        "runs": [_run(one) for one in overview.runs],
    }


def _file(one: "ReportFile") -> dict[str, Any]:
    return {
        "name": printable(one.name, _LONGEST),
        "rows": one.rows,
        "torn": one.is_torn,
        "being_written": one.is_being_written,
    }


def _pause(one: "Pause") -> dict[str, Any]:
    held = one.held
    reason = held.reason.value if held is not None else "between_runs" if one.is_between_runs else None
    return {
        "started_at": _time(one.begin),
        "duration_s": round(one.end - one.begin, 3),
        "reason": reason,
        "endpoint": None if held is None else held.endpoint.value,
        "status": None if held is None else held.status,
        "detail": "" if held is None else held.detail,
    }


def _run(one: "RunSummary") -> dict[str, Any]:
    return {
        "summary": printable(one.name, _LONGEST),
        "run_id": one.run_id or None,
        "reason": one.reason or None,
        "report": one.report or None,
        "started_at": _time(one.started_at),
        "ended_at": _time(one.ended_at),
        "exit_code": one.exit_code,
        "stopped": one.stopped or None,
        "rows": one.rows,
        "requests": one.requests,
        "throttled": one.throttled,
        "duration_s": one.duration,
        "paused_s": one.paused,
        "quota_used": one.quota_used,
        "doubts": [printable(doubt, 4 * _LONGEST) for doubt in one.doubts],
    }


def _latency(one: "Latency | None") -> dict[str, int] | None:
    if one is None:
        return None
    return {"median": one.median, "p90": one.p90, "p99": one.p99, "max": one.longest}


def _workflow(one: "WorkflowTotals") -> dict[str, Any]:
    return {
        "workflow_id": one.workflow_id,
        "rows": one.rows,
        "failures": one.failures,
        "outcomes": {outcome.value: count for outcome, count in one.outcomes.items()},
        "latency_ms": _latency(one.latency),
    }


def _cause(one: "Cause") -> dict[str, Any]:
    return {
        "outcome": one.outcome.value,
        "error_code": one.code,
        "rows": one.rows,
        "example_line": one.line,
        "example_detail": one.detail,
        "hint": one.hint,
    }


def _time(moment: float | None) -> str | None:
    return None if moment is None else rfc3339(moment)
