"""What holds of the pacing whatever the server, in virtual time."""

import math
from collections import Counter
from dataclasses import replace
from itertools import product
from random import Random
from typing import Any

import pytest
from bench.cases import CASES, Case
from bench.simulate_shards import play_shards
from bench.simulation import EPOCH, Client, Network, Server, World, play
from hypothesis import given, settings
from hypothesis import strategies as st

from bulkcancel.pacing import Pacer
from bulkcancel.sandbox import HeaderMode, Quota, QuotaModel
from bulkcancel.sandbox.quota import QuotaEnforcer
from bulkcancel.settings import Rate

BY_NAME = {case.name: case for case in CASES}
windows = st.builds(
    Quota,
    limit=st.integers(2, 60),
    period=st.integers(1, 60),
    headers=st.sampled_from(HeaderMode),
    others=st.sampled_from([0.0, 0.0, 0.3]),
)
buckets = st.builds(
    Quota,
    limit=st.integers(2, 60),
    period=st.integers(1, 60),
    headers=st.just(HeaderMode.NONE),
    model=st.sampled_from([QuotaModel.TOKEN, QuotaModel.LEAKY]),
    burst=st.integers(0, 20),
)
networks = st.builds(
    Network,
    round_trip=st.sampled_from([0.001, 0.02, 0.3]),
    counted_after=st.sampled_from([0.0, 0.5, 1.0]),
    clock_ahead=st.sampled_from([0.0, 0.4, -7200.0, 7200.0]),
    drift=st.sampled_from([0.0, 1e-4, -1e-4]),
)


def job(
    server: Server, network: Network, seed: int, *, rows: int, in_flight: int, **options: Any
) -> tuple[World, Client, float]:
    """One client's job, from a random moment; at most a day of it."""
    begins = Random(seed).random() * 60.0  # noqa: S311 - a simulation
    client = Client(Pacer(concurrency=in_flight, **options), rows, in_flight, begins)
    world = World(server, [client], network, seed=seed)
    return world, client, world.run(until=86_400.0)


@pytest.mark.slow
@settings(max_examples=800)
@given(
    windows | buckets, networks, st.sampled_from([1, 8, 256]), st.sampled_from([0.0, 0.2]), st.integers(0, 99)
)
def test_every_row_gets_through_whatever_the_server(
    quota: Quota, network: Network, in_flight: int, headroom: float, seed: int
) -> None:
    """No quota, way to tell of it, network or clock makes it stall, spin or give up."""
    world, client, makespan = job(
        QuotaEnforcer(quota, ""), network, seed, rows=150, in_flight=in_flight, headroom=headroom
    )
    assert world.is_done
    rate = max(1.0, quota.limit * (1.0 - quota.others) * (1.0 - headroom)) / quota.period
    assert makespan <= 4.0 * (150 / rate + quota.period) + 60.0
    assert len(client.sent) <= 2 * 150 + 60


@settings(max_examples=60)
@given(
    st.integers(1, 40),
    st.sampled_from([1.0, 60.0]),
    st.sampled_from([1, 8, 256]),
    st.integers(0, 99),
    networks,
)
def test_a_simulated_rate_is_never_exceeded(
    count: int, per: float, in_flight: int, seed: int, network: Network
) -> None:
    """Of its unit, whatever is in flight and however the server throttles."""
    quota = Quota(50, 5, HeaderMode.ON_429)
    rate = Rate(count, per)
    _, client, _ = job(QuotaEnforcer(quota, ""), network, seed, rows=120, in_flight=in_flight, rate=rate)
    sent = client.sent
    assert all(later - earlier >= per - 1e-9 for earlier, later in zip(sent, sent[count:], strict=False))


@pytest.mark.parametrize("in_flight", [1, 8, 32, 256])
@pytest.mark.parametrize("seed", range(3))
def test_a_told_window_is_spent_to_its_last_request_without_a_429(in_flight: int, seed: int) -> None:
    """And its turn is known to a few hundredths of a second after the second window."""
    case = replace(BY_NAME["headers"], in_flight=in_flight, rows=2_500)
    world, _, _ = play(case, seed=seed, network=Network())
    (client,) = world.clients
    assert client.throttled == 0
    windows = Counter(math.floor(moment / 5.0) for moment in client.accepted)
    if in_flight >= 8:
        whole = sorted(windows)[1:-1]
        assert [windows[number] for number in whole] == [500] * len(whole)
        late = [min(one for one in client.accepted if one // 5.0 == number) % 5.0 for number in whole[1:]]
        assert max(late) < 0.15


@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("headers", 0.001),
        ("on-429", 0.015),
        ("retry-after", 0.025),
        ("bare-fixed", 0.03),
        ("bare-leaky", 0.03),
        ("bare-token", 0.03),
        ("others", 0.01),
        ("shards", 0.01),
        ("headroom", 0.001),
    ],
)
def test_few_requests_are_wasted(name: str, share: float) -> None:
    """Whichever way the quota is counted and told."""
    case = BY_NAME[name]
    for seed, in_flight in product(range(2), (8, 64)):
        parts = replace(case, rows=case.rows // 2, in_flight=in_flight)
        world, _, _ = play(parts, seed=seed, network=Network())
        assert world.refused <= 2 * share  # a run half as long has as many to learn from


def test_headroom_is_really_left() -> None:
    """Others who ask for the share get it, in every window."""
    for seed in range(4):
        quota = Quota(500, 5, others=0.2)
        server = QuotaEnforcer(quota, "")
        case = Case(name="", title="", rows=1_500, quota=quota, in_flight=64, headroom=0.2)
        _, makespan, _ = play(case, seed=seed, network=Network(), server=server)
        counts = server.windows(EPOCH + makespan)[1:-1]
        assert len(counts) >= 2
        assert min(count.others_granted for count in counts) == 100
        assert not any(count.others_refused for count in counts)


class Changing:
    """A quota whose limit is another from a certain time on."""

    def __init__(self, before: Quota, after: Quota, at: float) -> None:
        self._before, self._after, self._at = QuotaEnforcer(before, ""), QuotaEnforcer(after, ""), EPOCH + at

    def take(self, wall: float) -> tuple[bool, dict[str, str]]:
        """Count by the limit that is in force."""
        return (self._before if wall < self._at else self._after).take(wall)


@pytest.mark.parametrize(
    "headers", [HeaderMode.ALWAYS, HeaderMode.ON_429, HeaderMode.RETRY_AFTER, HeaderMode.NONE]
)
@pytest.mark.parametrize(("before", "after"), [(100, 400), (400, 100)])
def test_a_limit_may_change_during_the_run(headers: HeaderMode, before: int, after: int) -> None:
    """What is learned is not held on to."""
    server = Changing(Quota(before, 2, headers), Quota(after, 2, headers), 10.0)
    client = Client(Pacer(concurrency=32), 5 * before + 10 * after, 32)
    world = World(server, [client], Network())
    makespan = world.run()
    assert world.is_done
    assert makespan < (1.5 if headers is HeaderMode.NONE else 1.35) * 30.0
    assert world.refused < 0.06


class Greedy:
    """A server that others empty as soon as its window turns, but for a moment."""

    def __init__(self, moment: float) -> None:
        self._moment = moment
        self._window = -1.0
        self._used = 0

    def take(self, wall: float) -> tuple[bool, dict[str, str]]:
        """Grant 20 requests at the beginning of each window of 5 s."""
        window, gone = wall // 5.0, wall % 5.0
        if window != self._window:
            self._window, self._used = window, 0
        within = gone < self._moment and self._used < 20
        self._used += within
        left = 20 - self._used if gone < self._moment else 0
        headers = {"X-RateLimit-Limit": "500", "X-RateLimit-Period": "5", "X-RateLimit-Remaining": str(left)}
        return within, {**headers, "X-RateLimit-Reset": str(math.ceil(5.0 - gone))}


def test_others_that_race_for_the_quota_do_not_starve_us() -> None:
    """Where the window is empty when we come, we come earlier: the turn is searched for."""
    client = Client(Pacer(concurrency=32), 200, 32, begins=0.7)
    world = World(Greedy(0.12), [client], Network())
    assert world.run() < 150.0
    assert world.is_done


LIES = [
    {"X-RateLimit-Reset": "-5", "X-RateLimit-Remaining": "0"},
    {"X-RateLimit-Reset": "7, 7", "X-RateLimit-Remaining": "3, 3", "X-RateLimit-Period": "5"},
    {"X-RateLimit-Reset": str(int(EPOCH) + 3), "X-RateLimit-Remaining": "0"},
    {"X-RateLimit-Reset": str(int(EPOCH) - 9999), "X-RateLimit-Remaining": "0"},
    {"X-RateLimit-Reset": "999999", "X-RateLimit-Remaining": "0", "X-RateLimit-Period": "5"},
    {"X-RateLimit-Remaining": "0"},
    {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "0", "X-RateLimit-Limit": "0"},
    {"X-RateLimit-Remaining": "99999999", "X-RateLimit-Reset": "1", "X-RateLimit-Limit": "5"},
    {"Retry-After": "0"},
    {"Retry-After": "86400"},
    {"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"},
    {"Retry-After": "soon"},
    {"X-RateLimit-Period": "0", "X-RateLimit-Reset": "2", "X-RateLimit-Remaining": "nan"},
    {},
]


class Liar:
    """A quota of 30 per 3 s that says something else."""

    def __init__(self, lies: list[dict[str, str]], *, grants: bool = True) -> None:
        self._limiter = QuotaEnforcer(Quota(30, 3, HeaderMode.NONE), "")
        self._lies = lies
        self._grants = grants
        self._asked = 0

    def take(self, wall: float) -> tuple[bool, dict[str, str]]:
        """Count rightly, and lie in turn."""
        self._asked += 1
        within, _ = self._limiter.take(wall)
        return within and self._grants, self._lies[self._asked % len(self._lies)]


@given(st.lists(st.sampled_from(LIES), min_size=1, max_size=4), st.sampled_from([1, 32]))
def test_lies_do_no_harm(lies: list[dict[str, str]], in_flight: int) -> None:
    """The job gets done, with no pause beyond five minutes."""
    client = Client(Pacer(concurrency=in_flight), 60, in_flight)
    world = World(Liar(lies), [client], Network())
    world.run()
    assert world.is_done
    gaps = [later - earlier for earlier, later in zip(client.sent, client.sent[1:], strict=False)]
    assert max(gaps) <= 301.0


@pytest.mark.slow
@given(st.lists(st.sampled_from(LIES), min_size=1, max_size=4), st.sampled_from([1, 32]))
def test_a_server_that_refuses_everything_is_asked_ever_more_rarely(
    lies: list[dict[str, str]], in_flight: int
) -> None:
    """No header makes a loop that burns requests."""
    client = Client(Pacer(concurrency=in_flight), 60, in_flight)
    World(Liar(lies, grants=False), [client], Network()).run(until=3600.0)
    assert 10 <= len(client.sent) <= 600
    assert sum(moment > 1800.0 for moment in client.sent) <= 250


@pytest.mark.parametrize("seed", range(3))
def test_a_shard_that_is_left_alone_takes_the_whole_quota(seed: int) -> None:
    """Also where only a 429 tells of it, and what the others took was no longer expected."""
    assert play_shards(Quota(100, 10, HeaderMode.ON_429), 8, seed).ratio < 1.3


@pytest.mark.parametrize("headers", [HeaderMode.ALWAYS, HeaderMode.ON_429])
@pytest.mark.parametrize("seed", range(3))
def test_a_run_with_headroom_takes_what_others_no_longer_do(headers: HeaderMode, seed: int) -> None:
    """What they had left of one window is not all it takes for ever; and their share stays theirs."""
    server = QuotaEnforcer(Quota(100, 10, headers), "")
    begins, later = (10.0 * Random(one).random() for one in (seed, seed + 9))  # noqa: S311 - a simulation
    nightly = Client(Pacer(concurrency=32, headroom=0.2), 600, 32, begins)
    others = Client(Pacer(concurrency=32), 500, 32, begins + later)
    World(server, [nightly, others], Network(), seed=seed).run()
    assert nightly.ended < 1.4 * 110.0
    alone = [one.granted for one in server.windows(EPOCH) if one.starts_at > EPOCH + others.ended]
    assert all(granted <= 85 for granted in alone)  # 80, and a few that came late for the window before
