"""Where the local agent is."""

import pytest

from bulkcancel.errors import ConfigurationError
from bulkcancel.metrics.address import AgentAddress


@pytest.mark.parametrize(
    ("text", "host", "port", "socket"),
    [
        ("localhost:8125", "localhost", 8125, None),
        ("10.0.0.1:18125", "10.0.0.1", 18125, None),
        ("udp://agent.internal:8125", "agent.internal", 8125, None),
        ("[::1]:8125", "::1", 8125, None),
        ("unix:///var/run/datadog/dsd.socket", None, None, "unix:///var/run/datadog/dsd.socket"),
        ("unixstream:///run/dsd", None, None, "unixstream:///run/dsd"),
    ],
)
def test_an_address_is_read_as_the_vendor_writes_it(
    text: str, host: str | None, port: int | None, socket: str | None
) -> None:
    """And messages call it what was typed."""
    found = AgentAddress.of(text)
    assert (found.host, found.port, found.socket, found.shown) == (host, port, socket, text)


@pytest.mark.parametrize(
    "text",
    [
        "rows.csv",
        "localhost",
        "localhost:0",
        "localhost:65536",
        ":8125",
        "unix://dsd",
        "http://a:1",
        "/run/dsd",
        "a b:1",
    ],
)
def test_what_is_no_address_of_an_agent_is_refused(text: str) -> None:
    """It may be the INPUT, which stood behind an option that takes a value or none."""
    with pytest.raises(ConfigurationError, match="If it is the INPUT"):
        AgentAddress.of(text)


@pytest.mark.parametrize(
    ("variables", "shown"),
    [
        (("", "", ""), "localhost:8125"),
        (("", "10.0.0.1", ""), "10.0.0.1:8125"),
        (("", "10.0.0.1", "18125"), "10.0.0.1:18125"),
        (("", "", "18125"), "localhost:18125"),
        (("unix:///run/dsd", "10.0.0.1", "18125"), "unix:///run/dsd"),
        (("udp://agent:1", "", ""), "udp://agent:1"),
    ],
)
def test_the_environment_s_address_is_left_to_the_library(
    variables: tuple[str, str, str], shown: str
) -> None:
    """Messages call it what the library takes."""
    found = AgentAddress.of_environment(*variables)
    assert (found.host, found.port, found.socket, found.shown) == (None, None, None, shown)


@pytest.mark.parametrize(
    "variables", [("agent:8125", "", ""), ("tcp://a:1", "", ""), ("udp://a", "", ""), ("", "", "http")]
)
def test_an_address_in_the_environment_that_the_library_would_pass_over_is_refused(
    variables: tuple[str, str, str],
) -> None:
    """The library would silently take localhost."""
    with pytest.raises(ConfigurationError, match="DD_DOGSTATSD_"):
        AgentAddress.of_environment(*variables)
