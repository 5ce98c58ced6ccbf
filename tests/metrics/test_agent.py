"""The vendor's library, with nothing of it in the background."""

import socket
import sys
import threading
from pathlib import Path

import pytest
from support.datagrams import Sample, named, udp_agent, unix_agent

from bulkcancel.metrics import Agent, AgentAddress, MissingLibraryError
from bulkcancel.metrics.agent import MOST_VALUES
from bulkcancel.metrics.table import ALIVE, REQUEST_DURATION, ROWS

ROW = (ROWS, (3,), ["outcome:canceled", "workflow_id:w"])


def test_values_arrive_by_udp(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many in one datagram, each with its tags, those of all, and those of the environment, once."""
    monkeypatch.setenv("DD_ENV", "prod")
    monkeypatch.setenv("DD_SERVICE", "cleanup")
    monkeypatch.setenv("DD_TAGS", "env:dev,team:ops")
    with udp_agent() as there:
        agent = Agent(AgentAddress.of(there.address), ["operation:run"])
        agent.send([ROW, (ALIVE, (7,), []), (REQUEST_DURATION, (0.25, 0.5), ["endpoint:cancel"])])
        (data,) = there.datagrams()
        agent.close()
    common = "operation:run,team:ops,env:prod,service:cleanup"
    assert data.decode().splitlines() == [
        f"bulkcancel.rows:3|c|#outcome:canceled,workflow_id:w,{common}",
        f"bulkcancel.alive:7|g|#{common}",
        f"bulkcancel.request.duration:0.25|d|#endpoint:cancel,{common}",
        f"bulkcancel.request.duration:0.5|d|#endpoint:cancel,{common}",
    ]
    assert agent.problem == ""


def test_values_arrive_at_a_unix_socket(tmp_path: Path) -> None:
    """By the address that `--statsd` takes."""
    with unix_agent(tmp_path / "dsd") as there:
        agent = Agent(AgentAddress.of(there.address), [])
        agent.send([ROW])
        assert there.samples() == [Sample("bulkcancel.rows", 3.0, "c", ("outcome:canceled", "workflow_id:w"))]
        agent.close()


def test_the_environment_names_the_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the option has no value."""
    with unix_agent(tmp_path / "dsd") as there:
        monkeypatch.setenv("DD_DOGSTATSD_URL", there.address)
        agent = Agent(AgentAddress.of_environment(there.address, "", ""), [])
        agent.send([ROW])
        assert len(there.samples()) == 1
        agent.close()


def test_a_full_socket_is_not_waited_for(tmp_path: Path) -> None:
    """What it does not take is dropped, and known of."""
    with unix_agent(tmp_path / "dsd") as there:
        agent = Agent(AgentAddress.of(there.address), [])
        for _ in range(5_000):  # nobody reads
            agent.send([ROW])
        assert "as fast as they come" in agent.problem
        assert len(there.datagrams()) < 5_000
        agent.close()


def test_nobody_at_the_address_is_known_of(tmp_path: Path) -> None:
    """In the system's own words; nothing is raised."""
    agent = Agent(AgentAddress.of(f"unix://{tmp_path / 'nobody'}"), [])
    agent.send([ROW])
    assert agent.problem == "No such file or directory"


def test_a_host_that_has_no_address_is_known_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the words of whoever looked."""

    def unknown(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    agent = Agent(AgentAddress.of("agent.invalid:8125"), [])
    agent.send([ROW])
    assert agent.problem == "Name or service not known"


def test_metrics_that_are_turned_off_are_known_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library sends nothing then, and does not say so."""
    monkeypatch.setenv("DD_DOGSTATSD_DISABLE", "true")
    with udp_agent() as there:
        agent = Agent(AgentAddress.of(there.address), [])
        agent.send([ROW])
        assert there.datagrams() == []
        assert "DD_DOGSTATSD_DISABLE" in agent.problem


def test_the_library_starts_nothing_in_the_background() -> None:
    """No thread, and no packets about itself, however long it goes on."""
    before = set(threading.enumerate())
    with udp_agent() as there:
        agent = Agent(AgentAddress.of(there.address), [])
        agent._client._last_flush_time = 0.0  # as after hours
        agent.send([ROW])
        assert {one.name for one in there.samples()} == {"bulkcancel.rows"}
        agent.close()
    assert set(threading.enumerate()) == before


def test_of_very_many_values_a_share_is_sent() -> None:
    """With the share beside each, so that the agent counts them all."""
    with udp_agent() as there:
        agent = Agent(AgentAddress.of(there.address), [])
        total, sent = 40, []
        for _ in range(total):
            agent.send([(REQUEST_DURATION, [0.25] * (4 * MOST_VALUES), ["endpoint:cancel"])])
            sent += named(there.samples(), "bulkcancel.request.duration")
        agent.close()
    assert {one.share for one in sent} == {0.25}
    assert len(sent) == pytest.approx(total * MOST_VALUES, rel=0.05)


def test_a_missing_library_is_told_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is sent."""
    monkeypatch.setitem(sys.modules, "datadog.dogstatsd.base", None)
    with pytest.raises(MissingLibraryError, match=r"pip install 'bulkcancel\[statsd\]'"):
        Agent(AgentAddress.of("localhost:8125"), [])
