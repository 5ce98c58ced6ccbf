"""Summaries, read back."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.reports import BEGIN, SITE, held, uuid, write_report, write_summary

from bulkcancel.errors import ReportError
from bulkcancel.events import Endpoint
from bulkcancel.overview.summaries import read_summary
from bulkcancel.tally import HeldBy

HOSTILE = "</script>\x1b[31m\u202e=1+1\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are written there."""
    monkeypatch.chdir(tmp_path)


def test_a_summary_is_read_as_it_was_written() -> None:
    """All that a page or a text shows of it."""
    pauses = (
        held(1, 2.5),
        held(3, 9, HeldBy.OUTAGE, endpoint=Endpoint.READ, status=503, detail="unavailable"),
    )
    name = write_summary("s.json", *pauses, stopped="max_failures", exit_code=3, pauses_left_out=4)
    run = read_summary(name)
    assert (run.name, run.run_id, run.reason, run.report) == ("s.json", uuid(4711), "INC-4711", "a.csv")
    assert (run.site, run.started_at, run.ended_at) == (SITE, BEGIN - 1, BEGIN + 9)
    assert (run.exit_code, run.stopped, run.quota_used) == (3, "max_failures", 0.25)
    assert (run.rows, run.requests, run.throttled) == (3, 3, 0)
    assert (run.duration, run.paused) == (10.0, 0.0)
    assert (run.pauses, run.pauses_left_out, run.doubts) == (pauses, 4, ())


def test_a_summary_of_an_earlier_version_has_less_to_tell() -> None:
    """No id, site, times or pauses; a later one may have more, which is let pass."""
    earlier = json.loads(Path(write_summary("s.json")).read_text(encoding="utf-8"))
    for key in ("run_id", "site", "started_at", "ended_at", "pauses", "pauses_left_out", "reason"):
        del earlier[key]
    Path("s.json").write_text(json.dumps(earlier), encoding="utf-8")
    run = read_summary("s.json")
    assert (run.run_id, run.site, run.started_at, run.ended_at, run.reason) == ("", "", None, None, "")
    assert (run.pauses, run.pauses_left_out) == ((), 0)
    assert read_summary(write_summary("t.json", stopped="a_new_reason", news=[1])).stopped == "a_new_reason"


@pytest.mark.parametrize(
    "pause",
    [
        None,
        {},
        {"reason": "moon", "endpoint": "cancel"},
        {"endpoint": "moon"},
        {"started_at": "then"},
        {"ended_at": "2001-01-01T00:00:00.000Z"},
    ],
)
def test_a_pause_that_is_not_understood_is_left_out(pause: dict[str, Any] | None) -> None:
    """A later version may know other reasons."""
    good = held(1, 2).as_dict()
    bad = pause if not pause else good | pause
    assert read_summary(write_summary("s.json", pauses=[bad, good])).pauses == (held(1, 2),)
    assert read_summary(write_summary("s.json", pauses="none")).pauses == ()


def test_what_stands_in_a_summary_is_printable() -> None:
    """Somebody gave the reason, and a server the detail."""
    pause = held(1, 2, HeldBy.OUTAGE, detail="x").as_dict() | {"detail": HOSTILE, "status": "5"}
    run = read_summary(
        write_summary("s.json", reason=HOSTILE, run_id=HOSTILE, report=HOSTILE, pauses=[pause])
    )
    shown = "</script>\\x1b[31m\\u202e=1+1\\x0a"
    assert (run.reason, run.run_id, run.report, run.pauses[0].detail) == (shown,) * 4
    assert run.pauses[0].status is None


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"rows": None}, "its rows is no number"),
        ({"rows": True}, "its rows is no number"),
        ({"rows": -1}, "its rows is no number"),
        ({"rows": 1.5}, "its rows is no whole number"),
        ({"duration_s": float("nan")}, "its duration_s is no number"),
        ({"paused_s": float("inf")}, "its paused_s is no number"),
        ({"quota_used": "all"}, "its quota_used is no number"),
        ({"exit_code": 10**400}, "its exit_code is no number"),
        ({"reason": ["x"]}, "its reason is no text"),
        ({"reports": [], "causes": []}, "it is what `bulkcancel report --json` wrote"),
    ],
)
def test_what_is_not_as_in_a_summary_is_told(facts: dict[str, Any], said: str) -> None:
    """With the file and what to do."""
    write_summary("s.json", **facts)
    with pytest.raises(ReportError) as caught:
        read_summary("s.json")
    assert str(caught.value) == (
        f"s.json is not the summary of a run: {said}. After --summary, give the file that "
        "`bulkcancel run --summary PATH` wrote; reports are named without an option."
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b"[1]", "it is not a JSON object"),
        (b"{", "it is not a JSON object"),
        (b"{}\n{}\n", "it is not a JSON object"),
        (b"[" * 200_000, "it is not a JSON object"),
        (b"\xff\xfe", "it is not a JSON object"),
        (b"{}", "it has no exit_code"),
        (b'{"line":1,"workflow_id":"w"}', "it is a report"),
    ],
)
def test_what_is_no_summary_is_told_as_what_it_is(content: bytes, said: str) -> None:
    """Whatever it holds."""
    Path("s.json").write_bytes(content)
    with pytest.raises(ReportError, match=f"s.json is not the summary of a run: {said}"):
        read_summary("s.json")


def test_a_report_is_no_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is a file that is too long for one, and what can't be read is told."""
    write_report("a.csv", [])
    with pytest.raises(ReportError, match=r"a.csv is not the summary of a run: it is a report"):
        read_summary("a.csv")
    for name, why in (("none.json", "No such file or directory"), (".", "Is a directory"), ("a\0b", "null")):
        with pytest.raises(ReportError, match=f"can't be read: .*{why}"):
            read_summary(name)
    write_summary("s.json")
    monkeypatch.setattr("bulkcancel.overview.summaries._MOST_BYTES", 10)
    with pytest.raises(ReportError, match="it is too long for one"):
        read_summary("s.json")


def test_a_later_version_is_told() -> None:
    """What it means is not known here."""
    write_summary("s.json", schema_version=2)
    with pytest.raises(
        ReportError, match=r"s.json is of a later version of bulkcancel: its schema_version is 2"
    ):
        read_summary("s.json")
