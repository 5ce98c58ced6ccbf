"""What a perfect client would need: pure, in virtual time, with the server's own way of counting."""

import heapq
from dataclasses import replace
from typing import TYPE_CHECKING

from bulkcancel.sandbox import HeaderMode, QuotaModel
from bulkcancel.sandbox.quota import QuotaEnforcer

if TYPE_CHECKING:
    from bench.cases import Case

    from bulkcancel.sandbox import Quota


def ideal(case: "Case", first_request: float) -> float:
    """Seconds from the first request to the last reply of a client that knows the quota and wastes nothing.

    It has as many requests in flight as the case allows, each for the server's latency, and is never
    refused. In fixed windows it spends what is left of the first one, then whole windows; having to see a
    window turn before it sends costs it one latency per window, so the last window costs no more than it
    takes to send what is left. A bucket's refill it foresees. Others are on the server as they are in the
    run, and first come is first served; with headroom it leaves them that share of the limit, unasked.

    Args:
        case: What is measured.
        first_request: When the server saw the first request, in seconds since the epoch: how far a window
            is gone then decides what is left of it.
    """
    if case.quota is None:
        return 0.0
    quota = replace(case.quota, headers=HeaderMode.NONE)
    if case.headroom:
        quota = replace(quota, limit=quota.limit - round(quota.limit * case.headroom), others=0.0)
    free = [first_request + case.latency] * (case.in_flight * case.processes)
    return _last_reply(quota, free, case.rows, case.latency) - first_request


def _last_reply(quota: "Quota", free: list[float], rows: int, latency: float) -> float:
    """When the last row is answered; `free` holds when each slot's next request can be answered."""
    limiter = QuotaEnforcer(quota, "")
    after_a_turn = latency if quota.model is QuotaModel.FIXED else 0.0
    soonest = 0.0
    for _ in range(rows):
        moment = max(heapq.heappop(free), soonest)
        while not limiter.take(moment)[0]:
            moment += limiter.ready_in(moment) + after_a_turn
        soonest = moment
        heapq.heappush(free, moment + latency)
    return soonest
