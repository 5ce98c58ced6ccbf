"""Pauses after refusals whose own word did not hold."""

import math

import pytest

from bulkcancel.pacing.refusal_backoff import RefusalBackoff


@pytest.mark.parametrize("told", [5.0, 9.0, 10.0])
def test_where_the_time_told_has_passed_the_pauses_double(told: float) -> None:
    """From a tenth of a second to ten seconds."""
    backoff = RefusalBackoff()
    pauses = []
    for _ in range(9):
        backoff.record_refusal(10.0, told)
        pauses.append(backoff.not_before - 10.0)
    assert pauses == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0])


def test_the_server_is_believed_three_times() -> None:
    """The fourth refusal in a row is waited out for longer than it says."""
    backoff = RefusalBackoff()
    for _ in range(3):
        backoff.record_refusal(10.0, 10.001)
        assert backoff.not_before == -math.inf
    backoff.record_refusal(10.0, 10.001)
    assert backoff.not_before == pytest.approx(10.8)


def test_an_accepted_request_begins_the_pauses_anew() -> None:
    """What was refused before it is forgiven."""
    backoff = RefusalBackoff()
    for _ in range(8):
        backoff.record_refusal(10.0, 0.0)
    backoff.record_accepted()
    backoff.record_refusal(20.0, 0.0)
    assert backoff.not_before == pytest.approx(20.1)
