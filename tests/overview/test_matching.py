"""Whether summaries belong to the reports they are given with."""

from dataclasses import replace
from typing import Any

import pytest
from support.reports import Rows, row, run

from bulkcancel.errors import ReportError
from bulkcancel.models import Outcome
from bulkcancel.overview.facts import ReportFile, RunSummary
from bulkcancel.overview.matching import matched
from bulkcancel.overview.merge import merge

TWO = Rows(row(2), row(3, at=9))


def doubts(one: RunSummary, *reports: Rows, **facts: Any) -> tuple[str, ...]:
    """What speaks against a summary."""
    merged = merge(reports)
    files = [
        replace(ReportFile(report.name, rows), **facts)
        for report, rows in zip(reports, merged.rows, strict=True)
    ]
    (found,) = matched([one], files, merged)
    assert replace(found, doubts=()) == one
    return found.doubts


@pytest.mark.parametrize(
    "one",
    [
        run(),
        run(site=""),
        run(0, 5, rows=1),
        run(report="moved/a.csv"),
        run(report="renamed.csv"),
        run(-99, -50, requests=0),
        replace(run(), started_at=None, ended_at=None),
        replace(run(rows=1), started_at=None, ended_at=None),
    ],
    ids=[
        "whole",
        "earlier version",
        "canary",
        "path",
        "renamed",
        "nothing sent",
        "no times",
        "fewer, no times",
    ],
)
def test_a_summary_of_a_report_is_not_doubted(one: RunSummary) -> None:
    """A later run may have added rows, and a file may have been moved."""
    assert doubts(one, TWO) == ()


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (run(rows=3), "counts 3 rows, and a.csv has 2 rows"),
        (run(rows=1), "counts 1 row, and a.csv has 2 rows"),
        (
            run(-99, -6),
            "tells of a run from 2027-01-15 07:58:21 to 07:59:54 UTC, when no row of a.csv was sent",
        ),
        (
            run(15, 99),
            "tells of a run from 2027-01-15 08:00:15 to 08:01:39 UTC, when no row of a.csv was sent",
        ),
    ],
)
def test_a_summary_that_does_not_fit_is_doubted_with_both_names(one: RunSummary, said: str) -> None:
    """By its rows, or by its time."""
    assert doubts(one, TWO) == (f"The summary s.json {said}. Do they belong together?",)


def test_a_report_that_is_not_whole_may_have_fewer_or_more_rows_than_its_last_run() -> None:
    """It is written right now, or torn; more than it has is doubted all the same."""
    assert doubts(run(rows=1), TWO, is_being_written=True) == doubts(run(rows=1), TWO, is_torn=True) == ()
    assert doubts(run(rows=9), TWO, is_torn=True)


def test_rows_that_were_tried_again_count_once() -> None:
    """A run counts pairs, and its report may have several rows for one; an unusable line is a row as well."""
    again = Rows(row(2, Outcome.FAILED), row(2, at=1), row(3, at=2), row(4, Outcome.INVALID, workflow_id=""))
    assert doubts(run(rows=3), again) == ()
    assert doubts(run(rows=4), again)


def test_of_several_reports_the_one_with_its_name_counts() -> None:
    """Where none has it, that is the doubt; standard output has no name."""
    shards = Rows(*(row(n, at=n / 10) for n in range(2, 7)), name="out/b.csv"), TWO
    assert doubts(run(report="b.csv", rows=5), *shards) == ()
    (said,) = doubts(run(report="b.csv", rows=6), *shards)
    assert "counts 6 rows, and out/b.csv has 5 rows" in said
    (said,) = doubts(run(report="c.csv"), *shards)
    assert said == (
        "The summary s.json is of a run that wrote c.csv, which is not among the reports. Do they belong together?"
    )
    assert doubts(run(report="standard output", rows=5), *shards) == ()
    assert (
        "when no row of out/b.csv and 1 other report was sent"
        in doubts(run(50, 60, report="c.csv"), *shards)[0]
    )


def test_a_summary_of_another_target_is_refused_with_both_names() -> None:
    """A rehearsal says nothing about the real thing."""
    with pytest.raises(
        ReportError, match=r"s.json tells of a run at sandbox, and a.csv of datadoghq.eu: what"
    ):
        doubts(run(site="sandbox"), TWO)
    assert doubts(run(site="sandbox"), Rows(row(2, site=""), row(3, site=""))) == ()


def test_summaries_stand_in_the_order_of_their_runs() -> None:
    """Whatever order they were given in; those that do not say when, last."""
    unknown = replace(run(name="x"), started_at=None)
    runs = matched(
        [unknown, run(5, 9, name="b", rows=1), run(0, 4, name="a", rows=1)],
        [ReportFile("a.csv", 2)],
        merge([TWO]),
    )
    assert [one.name for one in runs] == ["a", "b", "x"]


def test_a_report_without_a_request_fits_any_time() -> None:
    """It does not say when it was written."""
    assert doubts(run(50, 60, rows=1), Rows(row(2, Outcome.NOT_ATTEMPTED))) == ()
