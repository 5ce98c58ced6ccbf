"""A soak's plan: everything comes up, nothing overlaps, and the runs have rows for all of it."""

from collections import Counter
from itertools import pairwise

import pytest
from soak.plan import Kind, plan


@pytest.mark.parametrize("minutes", [2.0, 60.0])
def test_a_seed_makes_one_plan(minutes: float) -> None:
    """The same on every machine, and another than the next seed's."""
    assert plan(3, minutes) == plan(3, minutes)
    assert plan(3, minutes) != plan(4, minutes)


@pytest.mark.parametrize("seed", range(5))
def test_everything_comes_up_and_nothing_begins_before_the_last_is_over(seed: int) -> None:
    """Within the time, each kind again and again, and once a sleep beyond all that is waited for an API."""
    made = plan(seed, 60.0)
    assert all(one.at + one.seconds < later.at for one, later in pairwise(made.events))
    assert made.events[-1].at + made.events[-1].seconds < made.seconds
    kinds = Counter(event.kind for event in made.events)
    assert set(kinds) == set(Kind)
    assert min(kinds.values()) >= 10
    sleeps = [event.seconds for event in made.events if event.kind is Kind.SLEEP]
    assert sum(seconds > 300.0 for seconds in sleeps) == 1


@pytest.mark.parametrize("seed", range(5))
def test_the_rows_last_as_long_as_the_soak(seed: int) -> None:
    """There are more than all its windows can grant, a fresh one after each restart included."""
    made = plan(seed, 60.0)
    restarts = [event for event in made.events if event.kind in {Kind.RESTART, Kind.SLEEP_AND_RESTART}]
    granted, since, quota = 0.0, 0.0, made.first
    for event in made.events:
        granted += (event.at - since) * quota.limit / quota.period
        since, quota = event.at, event.quota
    granted += (made.seconds - since) * quota.limit / quota.period
    assert made.rows > granted + sum(event.quota.limit for event in restarts)
