"""503s in virtual time: those of rate limits, which few requests are wasted on, and those that come at random."""

from random import Random

import pytest
from bench.simulation import Client, Network, Server, World

from bulkcancel.pacing import Pacer
from bulkcancel.sandbox import HeaderMode, Quota, QuotaModel
from bulkcancel.sandbox.quota import QuotaEnforcer


def job(server: Server, *, rows: int, in_flight: int, round_trip: float, seed: int) -> tuple[Client, float]:
    """One client's job against a server that refuses with 503; all its rows are accepted in the end."""
    client = Client(Pacer(concurrency=in_flight), rows, in_flight, begins=Random(seed).random())  # noqa: S311 - a simulation
    world = World(server, [client], Network(round_trip=round_trip), seed=seed, refuses_with=503)
    makespan = world.run()
    assert world.is_done
    return client, makespan


@pytest.mark.parametrize("in_flight", [2, 4, 32, 256])
@pytest.mark.parametrize("round_trip", [0.0005, 0.02, 0.2])
@pytest.mark.parametrize(
    "quota",
    [
        Quota(50, 1, HeaderMode.NONE, model=QuotaModel.LEAKY, burst=5),
        Quota(50, 1, HeaderMode.NONE, model=QuotaModel.LEAKY),
        Quota(10, 1, HeaderMode.NONE, model=QuotaModel.LEAKY, burst=20),
        Quota(100, 1, HeaderMode.NONE, model=QuotaModel.TOKEN),
        Quota(100, 1, HeaderMode.NONE),
        Quota(500, 5, HeaderMode.RETRY_AFTER),
    ],
)
def test_few_requests_are_wasted_on_a_limit_that_answers_503(
    quota: Quota, round_trip: float, in_flight: int
) -> None:
    """Whichever way it counts, however far away it is, and however many rows are on their way."""
    for seed in range(3):
        server = QuotaEnforcer(quota, "")
        client, _ = job(server, rows=600, in_flight=in_flight, round_trip=round_trip, seed=seed)
        assert client.throttled + client.faults <= 0.1 * len(client.sent)


class Failing:
    """A server without a quota that answers 503 at random."""

    def __init__(self, share: float, seed: int) -> None:
        self._share = share
        self._random = Random(seed)  # noqa: S311 - a simulation

    def take(self, wall: float) -> tuple[bool, dict[str, str]]:  # noqa: ARG002 - the protocol
        """Answer."""
        return self._random.random() >= self._share, {}


@pytest.mark.parametrize(("share", "at_most"), [(0.01, 4.0), (0.03, 20.0), (0.1, 20.0), (0.3, 200.0)])
@pytest.mark.parametrize("seed", range(4))
def test_503s_at_random_do_not_starve_a_run(share: float, at_most: float, seed: int) -> None:
    """One in a hundred slows nothing down; where many look like a rate limit's, pacing is soon given up."""
    client, makespan = job(Failing(share, seed), rows=2000, in_flight=32, round_trip=0.02, seed=seed)
    assert makespan < at_most  # 1.4 s without any
    if share == 0.01:
        assert client.throttled == 0
