"""Rows that count, counted."""

from hypothesis import given
from hypothesis import strategies as st
from support.reports import SITE, Rows, W, overview, row, uuid

from bulkcancel.hints import hint_for
from bulkcancel.models import CLEAN, Outcome, Result
from bulkcancel.overview.count import overview_of
from bulkcancel.overview.merge import merge


def test_it_counts_what_happened() -> None:
    """Rows, requests, workflows and causes."""
    found = overview(
        Rows(
            row(2, at=0),
            row(3, Outcome.FAILED, at=1, attempts=6, throttled=2, error_code="http_5xx", error_detail="down"),
            row(
                4,
                Outcome.FAILED,
                at=2,
                workflow_id=uuid(7),
                error_code="http_5xx",
                error_detail="up",
                duration_ms=90,
            ),
            row(5, Outcome.NOT_FOUND, at=3),
            row(6, Outcome.DUPLICATE),
        )
    )
    assert (found.rows, found.sent, found.requests, found.throttled) == (5, 4, 9, 2)
    assert (found.unfinished, found.failures, found.replaced) == (2, 3, 0)
    assert list(found.outcomes) == list(Outcome)
    assert found.site == SITE
    assert [(one.outcome, one.code, one.rows, one.line, one.detail) for one in found.causes] == [
        (Outcome.FAILED, "http_5xx", 2, 3, "down"),
        (Outcome.NOT_FOUND, "", 1, 5, ""),
    ]
    assert [one.hint for one in found.causes] == [
        hint_for(Outcome.FAILED, "http_5xx"),
        hint_for(Outcome.NOT_FOUND),
    ]
    assert [(one.workflow_id, one.rows, one.failures) for one in found.workflows] == [
        (W, 4, 2),
        (uuid(7), 1, 1),
    ]
    latencies = [one.latency for one in found.workflows]
    assert [one and (one.median, one.longest) for one in latencies] == [(20, 20), (90, 90)]
    assert found.rate is not None
    assert round(found.rate, 2) == 1.32


def test_rows_that_were_never_sent_have_no_time() -> None:
    """No latency, no timeline, no rate; and no pause."""
    found = overview(Rows(row(2, Outcome.NOT_ATTEMPTED), row(3, Outcome.INVALID, workflow_id="")))
    assert (found.sent, found.latency, found.timeline, found.rate, found.pauses) == (0, None, None, None, ())
    assert found.workflows[0].latency is None


def test_an_empty_report_is_one_without_rows() -> None:
    """Nothing divides by them."""
    found = overview(Rows())
    assert (found.rows, found.span, found.workflows, found.causes) == (0, 0.0, (), ())


def test_codes_without_end_are_one_cause() -> None:
    """A server may give each row a code of its own."""
    found = overview(Rows(*(row(n, Outcome.REJECTED, error_code=f"c{n}") for n in range(150))))
    assert sum(one.rows for one in found.causes) == 150
    assert len(found.causes) == 101
    assert (found.causes[0].code, found.causes[0].rows) == ("other", 50)


def test_who_watches_is_given_each_row_that_was_not_canceled() -> None:
    """And of a pair's rows the one that counts."""
    seen: list[Result] = []
    reports = [
        Rows(row(2), row(3, Outcome.FAILED), row(4, Outcome.FAILED), row(5, Outcome.DUPLICATE)),
        Rows(row(3, at=9), name="b"),
    ]
    overview_of(reports, merge(reports), [], [seen.append])
    assert [one.line for one in seen] == [4]


rows = st.builds(
    row,
    st.integers(1, 12),
    st.sampled_from(list(Outcome)),
    at=st.floats(0, 100),
    workflow_id=st.sampled_from([uuid(n) for n in range(3)]),
    error_code=st.sampled_from(["", "http_5xx", "x"]),
    duration_ms=st.integers(0, 10_000),
)


@given(st.lists(st.lists(rows, max_size=12), min_size=1, max_size=3))
def test_all_numbers_add_up_to_the_rows(given_rows: list[list[Result]]) -> None:
    """Whatever the reports hold, and however often a pair stands in them."""
    found = overview(*(Rows(*one, name=str(n)) for n, one in enumerate(given_rows)))
    assert found.rows + found.replaced == sum(map(len, given_rows))
    assert sum(one.rows for one in found.workflows) == found.rows
    assert sum(one.rows for one in found.causes) == found.failures
    assert found.failures == sum(count for outcome, count in found.outcomes.items() if outcome not in CLEAN)
    if found.timeline is not None:
        line = found.timeline
        assert line.done[-1] + line.refused[-1] + line.open[-1] == found.sent
    assert all(
        found.begin <= one.begin < one.end <= found.end for one in found.pauses if found.begin and found.end
    )
