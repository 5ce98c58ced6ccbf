"""Which row of a pair counts."""

from itertools import permutations

import pytest
from support.reports import SITE, Rows, row

from bulkcancel.errors import ReportError
from bulkcancel.models import Outcome, Result
from bulkcancel.overview.merge import counted, merge


def kept(*reports: Rows) -> list[Result]:
    """The rows that count."""
    return list(counted(reports, merge(reports)))


def outcomes_of(*reports: Rows) -> list[Outcome]:
    """Their outcomes."""
    return [one.outcome for one in kept(*reports)]


def test_in_one_report_the_last_row_of_a_pair_counts() -> None:
    """As for `--resume`, also where an earlier one got further: it was found running all the same."""
    rows = [row(2, Outcome.FAILED), row(3), row(2, Outcome.CANCELED, at=5), row(3, Outcome.FAILED, at=6)]
    assert kept(Rows(*rows)) == rows[2:]


@pytest.mark.parametrize(
    ("lesser", "greater"),
    [
        (row(2, Outcome.FAILED, at=9), row(2, Outcome.CANCELED)),
        (row(2, Outcome.NOT_FOUND, at=9), row(2, Outcome.CANCELED)),
        (row(2, Outcome.REJECTED, at=9), row(2, Outcome.ALREADY_FINISHED)),
        (row(2, Outcome.UNCONFIRMED, at=9), row(2, Outcome.NOT_FOUND)),
        (row(2, Outcome.NOT_ATTEMPTED, at=9), row(2, Outcome.FAILED)),
        (row(2, Outcome.FAILED), row(2, Outcome.FORBIDDEN, at=9)),
        (row(2, Outcome.CANCELED), row(2, Outcome.ALREADY_FINISHED, at=9)),
        (row(2, Outcome.FAILED), row(2, Outcome.FAILED, at=0.001)),
        (row(2, Outcome.NOT_FOUND), row(2, Outcome.REJECTED, at=9)),
    ],
    ids=lambda one: one.outcome.value,
)
def test_between_reports_the_row_that_got_further_counts(lesser: Result, greater: Result) -> None:
    """Whatever the order they are given in; among equals the later one."""
    assert kept(Rows(lesser), Rows(greater, name="b")) == [greater]
    assert kept(Rows(greater), Rows(lesser, name="b")) == [greater]


def test_what_a_report_replaced_itself_does_not_count_between_reports() -> None:
    """Its last row speaks for it."""
    first = Rows(row(2, Outcome.CANCELED), row(2, Outcome.FAILED, at=1))
    second = Rows(row(2, Outcome.NOT_FOUND), name="b")
    assert outcomes_of(first, second) == [Outcome.NOT_FOUND]


def test_the_order_of_reports_changes_nothing() -> None:
    """Not the rows, nor how many are left out."""
    reports = [
        Rows(row(2, Outcome.FAILED), row(3), row(4, Outcome.FAILED, at=1)),
        Rows(row(2, at=5), row(4, Outcome.FORBIDDEN, at=3), name="b"),
        Rows(row(3, Outcome.NOT_FOUND, at=7), row(4, Outcome.FAILED, at=2), row(5), name="c"),
    ]
    found = {(tuple(sorted(kept(*order))), merge(order).replaced) for order in permutations(reports)}
    assert len(found) == 1
    ((rows, replaced),) = found
    assert [one.outcome for one in rows] == [
        Outcome.CANCELED,
        Outcome.CANCELED,
        Outcome.FORBIDDEN,
        Outcome.CANCELED,
    ]
    assert replaced == 4


def test_shards_are_added_up() -> None:
    """With their unusable rows and duplicates, which are alike but for their lines."""
    flaws = [row(n, Outcome.INVALID, workflow_id="", instance_id="", error_code="missing_id") for n in (4, 5)]
    again = [row(n, Outcome.DUPLICATE, instance_id=row(2).instance_id) for n in (6, 7)]
    assert len(kept(Rows(row(2), flaws[0], again[0]), Rows(row(3), flaws[1], again[1], name="b"))) == 6


def test_an_unusable_row_of_two_tries_counts_once() -> None:
    """The same line of the same input."""
    flaw = row(4, Outcome.INVALID, error_code="missing_id")
    again = row(5, Outcome.DUPLICATE)
    assert len(kept(Rows(flaw, again), Rows(flaw, again, name="b"))) == 2


def test_reports_of_two_targets_are_refused() -> None:
    """Both are named, with their reports."""
    with pytest.raises(ReportError, match=rf"a\.csv belongs to {SITE}, and b\.csv to sandbox") as refusal:
        merge([Rows(row(2)), Rows(row(3, site="sandbox"), name="b.csv")])
    assert refusal.value.exit_code == 2


def test_a_report_without_a_site_fits_any() -> None:
    """It is said."""
    merged = merge([Rows(row(2, site="")), Rows(row(3), name="b")])
    assert (merged.site, merged.lacks_site) == (SITE, True)
    assert not merge([Rows(row(3))]).lacks_site


def test_the_span_is_that_of_rows_that_were_sent() -> None:
    """An unusable row was seen before; a row that was replaced was sent all the same."""
    merged = merge([Rows(row(2, Outcome.INVALID, at=-9), row(3, Outcome.FAILED, at=1), row(3, at=4))])
    assert merged.first is not None
    assert merged.last is not None
    assert merged.last - merged.first == pytest.approx(3.02)
    assert merge([Rows(row(2, Outcome.NOT_ATTEMPTED))]).first is None


def test_an_id_that_is_no_text_is_refused() -> None:
    """Somebody altered the report."""
    with pytest.raises(ReportError, match="line 2 is no text"):
        merge([Rows(row(2, instance_id="\ud800"))])


def test_a_report_that_changed_meanwhile_is_told() -> None:
    """A number from two states of it would be wrong."""
    merged = merge([Rows(row(2), row(3))])
    with pytest.raises(ReportError, match="was changed while it was read"):
        list(counted([Rows(row(2))], merged))
