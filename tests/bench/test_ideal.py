"""What a perfect client would need: a table of cases that can be worked out by hand."""

from dataclasses import replace

import pytest
from bench.cases import CASES, Case
from bench.ideal import ideal

from bulkcancel.sandbox import Quota, QuotaModel

NOON = 1_200_000_000
FIXED, TOKEN, LEAKY = QuotaModel


def case(quota: Quota | None, rows: int, in_flight: int = 10, **more: float) -> Case:
    """One with replies after a quarter of a second."""
    plain = Case(name="", title="", rows=rows, quota=quota, latency=0.25, in_flight=in_flight)
    return replace(plain, **more)  # type: ignore[arg-type] # numbers of a table


@pytest.mark.parametrize(
    ("measured", "starts", "seconds"),
    [
        # no quota, none that matters, and the last window costs no more than one reply
        (case(None, 1000), 0.0, 0.0),
        (case(Quota(100, 5), 10), 0.0, 0.25),
        (case(Quota(100, 5), 40), 0.0, 1.0),
        (case(Quota(10, 5), 30), 0.0, 10.25),
        # a window that is half gone still has its whole budget
        (case(Quota(10, 5), 30), 2.5, 7.75),
        # a request counts in the window in which it is answered
        (case(Quota(10, 5), 30), 4.5, 5.75),
        (case(Quota(10, 5), 30), 4.875, 10.375),
        # slow when the concurrency is: one request per quarter of a second
        (case(Quota(10, 5), 21, in_flight=1), 0.0, 10.25),
        (case(Quota(100, 5), 40, in_flight=1), 0.0, 10.0),
        (case(Quota(100, 5), 40, in_flight=1, processes=4), 0.0, 2.5),
        # others spread over the window, and come first where they come first
        (case(Quota(10, 5, others=0.5), 20), 0.0, 5.25),
        (case(Quota(10, 5, others=0.5), 20), 2.75, 7.5),
        # headroom is left whether or not others ask for it
        (case(Quota(10, 5, others=0.2), 16, headroom=0.2), 0.0, 5.25),
        (case(Quota(10, 5, others=0.2), 17, headroom=0.2), 0.0, 10.25),
        # a full token bucket, then its refill of two per second
        (case(Quota(10, 5, model=TOKEN), 10), 0.0, 0.25),
        (case(Quota(10, 5, model=TOKEN), 20), 0.0, 5.25),
        # nginx: the burst and one more, then one per half a second
        (case(Quota(10, 5, model=LEAKY, burst=3), 4), 0.0, 0.25),
        (case(Quota(10, 5, model=LEAKY, burst=3), 14), 0.0, 5.25),
    ],
)
def test_the_ideal_is_what_can_be_worked_out_by_hand(measured: Case, starts: float, seconds: float) -> None:
    """Seconds from the first request to the last reply."""
    assert ideal(measured, NOON + starts) == pytest.approx(seconds, abs=0.002)


@pytest.mark.parametrize("measured", [one for one in CASES if one.quota], ids=lambda one: one.name)
def test_concurrency_beyond_need_makes_no_difference(measured: Case) -> None:
    """Where a window can be spent in a fraction of it."""
    found = [ideal(replace(measured, in_flight=number), NOON + 1.5) for number in (25, 256)]
    assert found[1] == pytest.approx(found[0], rel=0.03)
