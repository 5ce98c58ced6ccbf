"""Which rows are new, repeated, settled or to be tried again."""

import tracemalloc

import pytest

from bulkcancel.ledger import Claim, ClaimKind, Ledger
from bulkcancel.models import InstanceRef, Outcome, Recorded, RejectedRow, Row

FRESH, DUPLICATE, COVERED = (
    Claim(kind) for kind in (ClaimKind.FRESH, ClaimKind.DUPLICATE, ClaimKind.COVERED)
)


def record(instance_id: str, outcome: Outcome, *, workflow_id: str = "w", code: str = "") -> Recorded:
    """A row of an earlier report."""
    return Recorded(workflow_id, instance_id, outcome, code, 1)


def row(instance_id: str, *, workflow_id: str = "w") -> Row:
    """A row that can be sent."""
    return InstanceRef(workflow_id, instance_id, 1)


def bad(instance_id: str, *, workflow_id: str = "w", code: str = "invalid_id") -> Row:
    """A row that can't."""
    return RejectedRow(workflow_id, instance_id, 1, code, "why")


def loaded(*records: Recorded) -> Ledger:
    """A ledger that knows an earlier report."""
    ledger = Ledger()
    ledger.load(records)
    return ledger


def test_without_a_report_each_pair_is_new_once() -> None:
    """A pair is both its ids; unusable rows are new however often they stand there."""
    ledger = Ledger()
    rows = [row("a"), row("a"), row("a", workflow_id="x"), row("b"), bad("a"), bad("a"), row("b"), row("a")]
    assert [ledger.claim(each) for each in rows] == [
        FRESH, DUPLICATE, FRESH, FRESH, FRESH, FRESH, DUPLICATE, DUPLICATE,
    ]  # fmt: skip


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - {Outcome.INVALID, Outcome.DUPLICATE}))
def test_a_pair_on_record_is_covered_or_tried_again(outcome: Outcome) -> None:
    """By its outcome; where it is tried again, the new one takes the place of the recorded one."""
    ledger = loaded(record("a", outcome), record("b", Outcome.CANCELED))
    assert ledger.claim(row("a")) == (COVERED if outcome.is_done else Claim(ClaimKind.RETRY, outcome))
    assert ledger.claim(row("a")) == DUPLICATE
    assert ledger.claim(row("a", workflow_id="b")) == FRESH


def test_repetitions_on_record_cover_as_many_of_the_input() -> None:
    """And no more: each has one row in the report."""
    ledger = loaded(
        record("a", Outcome.CANCELED),
        *[record("a", Outcome.DUPLICATE)] * 3,
        *[record("?", Outcome.INVALID, code="invalid_id")] * 2,
    )
    assert [ledger.claim(row("a")) for _ in range(6)] == [COVERED] * 4 + [DUPLICATE] * 2
    assert [ledger.claim(bad("?")) for _ in range(4)] == [COVERED] * 2 + [FRESH] * 2


@pytest.mark.parametrize("other", [{"workflow_id": "x"}, {"code": "missing_id"}, {"instance_id": "!"}])
def test_unusable_rows_are_alike_in_all_they_show(other: dict[str, str]) -> None:
    """In both ids and in the code."""
    ledger = loaded(record("?", Outcome.INVALID, code="invalid_id"))
    assert ledger.claim(bad(**{"instance_id": "?", **other})) == FRESH
    assert ledger.claim(bad("?")) == COVERED


def test_each_row_on_record_is_counted_by_its_outcome() -> None:
    """A pair by its last one; repetitions and unusable rows one by one."""
    records = [
        record("a", Outcome.FAILED),
        record("b", Outcome.FAILED),
        record("a", Outcome.CANCELED),
        *[record("a", Outcome.DUPLICATE)] * 3,
        *[record("?", Outcome.INVALID)] * 2,
    ]
    assert +loaded(*records).outcomes() == {
        Outcome.CANCELED: 1, Outcome.FAILED: 1, Outcome.DUPLICATE: 3, Outcome.INVALID: 2,
    }  # fmt: skip


def test_pairs_are_counted_whether_or_not_a_pass_met_them() -> None:
    """Those of one outcome together."""
    ledger = loaded(*[record(name, Outcome.FAILED) for name in "abcd"])
    ledger.claim(row("a"))
    ledger.begin_pass()
    ledger.claim(row("b"))
    assert +ledger.outcomes() == {Outcome.FAILED: 4}


def test_loading_tells_whether_a_row_took_the_place_of_another() -> None:
    """Wherever in the report; repetitions and unusable rows take nobody's place."""
    a, b = record("a", Outcome.FAILED), record("b", Outcome.FAILED)
    assert Ledger().load([a, a, b])
    assert Ledger().load([b, a, a])
    assert not Ledger().load([a, b, record("a", Outcome.DUPLICATE), *[record("?", Outcome.INVALID)] * 2])


def test_a_pair_on_record_is_awaited_until_it_is_met() -> None:
    """In each pass anew, and only by a row that is to be tried again itself."""
    failed, done = record("a", Outcome.FAILED), record("b", Outcome.CANCELED)
    ledger = loaded(record("a", Outcome.CANCELED), failed, record("b", Outcome.FAILED), done)
    for _ in range(2):
        assert ledger.awaits(failed)
        assert not ledger.awaits(failed._replace(outcome=Outcome.CANCELED))
        assert not ledger.awaits(done)
        assert not ledger.awaits(done._replace(outcome=Outcome.FAILED))  # overtaken by the one behind it
        assert not ledger.awaits(record("new", Outcome.FAILED))
        assert ledger.claim(row("a")) == Claim(ClaimKind.RETRY, Outcome.FAILED)
        assert not ledger.awaits(failed)
        ledger.begin_pass()


def test_a_pass_takes_nothing_away_from_the_next() -> None:
    """However many there are: the plan's, the run's, a drain's."""
    ledger = loaded(
        record("a", Outcome.FAILED), record("a", Outcome.DUPLICATE), record("b", Outcome.CANCELED)
    )
    outcomes = ledger.outcomes()
    for _ in range(700):
        claims = [ledger.claim(row(name)) for name in ("a", "a", "a", "b", "b", "new", "new")]
        assert claims == [
            Claim(ClaimKind.RETRY, Outcome.FAILED), COVERED, DUPLICATE, COVERED, DUPLICATE, FRESH, DUPLICATE,
        ]  # fmt: skip
        assert ledger.outcomes() == outcomes
        ledger.begin_pass()


def test_a_pair_that_some_passes_did_not_meet_is_new_to_the_next() -> None:
    """Whichever pass met it last."""
    ledger = Ledger()
    for _ in range(40):
        ledger.claim(row("a"))
        for _ in range(20):
            ledger.begin_pass()
            ledger.claim(row("b"))
        assert ledger.claim(row("a")) == FRESH
        ledger.begin_pass()


def test_an_outcome_outlives_the_pass_that_put_it_on_record() -> None:
    """A pair that a later pass meets again is no repetition; what it comes to then replaces what it was."""
    ledger = Ledger()
    assert ledger.claim(row("a")) == FRESH
    ledger.record("w", "a", Outcome.THROTTLED)
    assert ledger.claim(row("a")) == DUPLICATE
    ledger.begin_pass()
    assert ledger.claim(row("a")) == Claim(ClaimKind.RETRY, Outcome.THROTTLED)
    ledger.record("w", "a", Outcome.CANCELED)
    ledger.begin_pass()
    assert ledger.claim(row("a")) == COVERED
    assert +ledger.outcomes() == {Outcome.CANCELED: 1}


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - {Outcome.INVALID, Outcome.DUPLICATE}))
def test_a_pair_that_still_runs_can_be_claimed_anew(outcome: Outcome) -> None:
    """Whatever is on record of it, once in a pass; one without a record is new."""
    ledger = loaded(record("a", outcome))
    for _ in range(2):
        found = [ledger.claim(row(name), anew=True) for name in ("a", "a", "new", "new")]
        assert found == [Claim(ClaimKind.RETRY, outcome), DUPLICATE, FRESH, DUPLICATE]
        ledger.begin_pass()


def test_a_pass_may_ask_for_pairs_alone() -> None:
    """Each is there for the first time once, whatever other passes met; and no outcome is lost."""
    ledger = loaded(record("a", Outcome.FAILED))
    ledger.claim(row("a"))
    pairs = [("w", "a"), ("w", "a"), ("x", "a"), ("w", "new"), ("x", "a")]
    for _ in range(2):
        ledger.begin_pass()
        assert [ledger.first_time(*pair) for pair in pairs] == [True, False, True, True, False]
    assert +ledger.outcomes() == {Outcome.FAILED: 1}
    assert ledger.claim(row("a")) == DUPLICATE
    ledger.begin_pass()
    assert ledger.claim(row("a")) == Claim(ClaimKind.RETRY, Outcome.FAILED)


def test_a_pass_costs_no_memory() -> None:
    """Nor does a state: all pairs share the few there are."""
    ledger = Ledger()
    rows = [row(f"i{number}") for number in range(500)]
    for each in rows:
        ledger.claim(each)
    tracemalloc.start()
    try:
        for _ in range(20):
            ledger.begin_pass()
            for each in rows:
                ledger.claim(each)
        assert tracemalloc.get_traced_memory()[0] < 500 * 8
    finally:
        tracemalloc.stop()
