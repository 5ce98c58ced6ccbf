"""What to do about rows that were not canceled."""

import pytest

from bulkcancel.hints import hint_for
from bulkcancel.models import CLEAN, FailureKind, Outcome


@pytest.mark.parametrize("outcome", list(Outcome))
def test_whatever_was_not_canceled_has_a_hint(outcome: Outcome) -> None:
    """A sentence at least, and none where there is nothing to do."""
    hint = hint_for(outcome)
    assert (hint == "") is (outcome in CLEAN)
    assert hint == "" or (hint[0].isupper() and hint.endswith("."))


@pytest.mark.parametrize("kind", list(FailureKind))
def test_a_network_fault_has_a_hint_of_its_own(kind: FailureKind) -> None:
    """But for one that nobody knows."""
    is_own = hint_for(Outcome.FAILED, kind.value) != hint_for(Outcome.FAILED)
    assert is_own is (kind is not FailureKind.UNKNOWN)


@pytest.mark.parametrize(
    ("outcome", "code", "said"),
    [
        (Outcome.FORBIDDEN, "http_4xx_403", "workflows_run"),
        (Outcome.FORBIDDEN, "http_4xx_401", "are not accepted"),
        (Outcome.FAILED, "http_5xx", "status page"),
        (Outcome.FAILED, "not_json", "Something in between"),
        (Outcome.INVALID, "missing_id", "An id is missing"),
        (Outcome.INVALID, "too_long", "Repair these rows"),
        (Outcome.REJECTED, "SOME_CODE", "It says why"),
        (Outcome.NOT_FOUND, "INSTANCE_NOT_FOUND", "no such instance"),
        (Outcome.NOT_ATTEMPTED, "http_5xx", "Continue it"),
        (Outcome.CANCELED, "http_5xx", ""),
    ],
)
def test_a_hint_fits_the_cause(outcome: Outcome, code: str, said: str) -> None:
    """The code tells more than the outcome, where we know it."""
    assert said in hint_for(outcome, code)
