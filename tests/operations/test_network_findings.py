"""What is found on the way to the API."""

import socket

import pytest

from bulkcancel.datadog.contact import Contact, NoContact, Obstacle
from bulkcancel.operations.findings import CheckName, CheckStatus, Finding
from bulkcancel.operations.network_findings import of_addresses, of_clock, of_failed_look_up, of_proxy, of_tls

OK, UNKNOWN, FAILED = CheckStatus
NOON = 1_200_000_000.0
DATE = "Thu, 10 Jan 2008 21:20:00 GMT"
HOST = "api.example"
MET = Contact(NOON, NOON, DATE, "TLSv1.3", "Example Trust", NOON + 86_400 * 30)


@pytest.mark.parametrize(
    ("host", "addresses", "asks_for", "words"),
    [
        (HOST, ["10.0.0.1"], "", "api.example is 10.0.0.1"),
        (HOST, ["1", "2", "3"], "", "api.example is 1, 2, 3"),
        (HOST, ["1", "2", "3", "4", "5"], "", "api.example is 1, 2, 3 and 2 more"),
        ("::1", ["::1"], "", "::1 is an address: nothing to look up"),
        ("proxy.example", ["10.0.0.1"], HOST, "proxy.example is 10.0.0.1; the proxy looks up api.example"),
    ],
)
def test_a_name_is_told_with_its_addresses(
    host: str, addresses: list[str], asks_for: str, words: str
) -> None:
    """Some of them."""
    assert of_addresses(host, addresses, asks_for) == Finding(CheckName.NAME_RESOLUTION, OK, words)


@pytest.mark.parametrize(
    ("error", "named_by", "words", "hint", "no_hint"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "", "has no address: Name or", "set HTTPS_PROXY", "--base-url"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "--base-url", "has no address", "and --base-url", "and HTTPS_PROXY"),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure"), "HTTPS_PROXY or ALL_PROXY", "Temporary failure", "and HTTPS_PROXY or ALL_PROXY.", "leads out"),
        (TimeoutError(), "", "nobody said in time", "name server", "--base-url"),
        (UnicodeError("label too long"), "--base-url", "label too long", "--base-url", "and HTTPS_PROXY"),
    ],
)  # fmt: skip
def test_a_name_that_leads_nowhere(
    error: OSError | UnicodeError, named_by: str, words: str, hint: str, no_hint: str
) -> None:
    """Whoever named it is told, where it may be misspelled."""
    found = of_failed_look_up(HOST, error, named_by)
    assert (found.name, found.status) == (CheckName.NAME_RESOLUTION, FAILED)
    assert words in found.detail
    assert hint in found.remedy
    assert no_hint not in found.remedy


@pytest.mark.parametrize(
    ("obstacle", "words", "hint"),
    [
        (Obstacle.PROXY_UNREACHABLE, "can't be reached: why", "HTTPS_PROXY"),
        (Obstacle.PROXY_PASSWORD, "wants a password: why", "user:password@host"),
        (Obstacle.PROXY_REFUSED, "does not let us pass: why", "NO_PROXY"),
        (Obstacle.NO_CONNECTION_IN_TIME, "no connection through proxy.example:3128 in time", "HTTPS_PROXY"),
        *((one, "lets us pass", "") for one in (Obstacle.UNTRUSTED, Obstacle.NO_REPLY, Obstacle.UNREACHABLE)),
    ],
)
def test_what_a_proxy_may_do(obstacle: Obstacle, words: str, hint: str) -> None:
    """What lies behind it is not its fault."""
    found = of_proxy("proxy.example:3128", "", NoContact(obstacle, "why"))
    assert found.status is (FAILED if hint else OK)
    assert words in found.detail
    assert hint in found.remedy


def test_a_proxy_that_lets_us_pass_and_none() -> None:
    """Why there is none, is said."""
    assert of_proxy("proxy.example:3128", "", MET) == Finding(
        CheckName.PROXY, OK, "proxy.example:3128 lets us pass"
    )
    for contact in (MET, NoContact(Obstacle.UNREACHABLE, "")):
        assert of_proxy("", "NO_PROXY names the host", contact).detail == "none: NO_PROXY names the host"


@pytest.mark.parametrize(
    ("obstacle", "words", "hint"),
    [
        (Obstacle.UNTRUSTED, "is not trusted: why", "--ca-bundle"),
        (Obstacle.OUT_OF_DATE, "does not hold now: why", "clock if 2008-01-10 is wrong"),
        (Obstacle.OTHER_NAME, "is not for api.example: why", "--base-url"),
        (Obstacle.NO_TLS, "does not speak TLS", "the port"),
        (Obstacle.UNREACHABLE, "no connection to api.example: why", "HTTPS_PROXY"),
        (Obstacle.NO_CONNECTION_IN_TIME, "no connection to api.example: why", "firewall"),
        (Obstacle.NO_REPLY, "the certificate is trusted", ""),
    ],
)
def test_what_may_be_wrong_with_a_connection(obstacle: Obstacle, words: str, hint: str) -> None:
    """Each has its remedy."""
    found = of_tls(HOST, NoContact(obstacle, "why"), is_https=True, is_loopback=False, now=NOON)
    assert (found.name, found.status) == (CheckName.TLS, FAILED if hint else OK)
    assert words in found.detail
    assert hint in found.remedy


def test_a_connection_that_can_be_trusted() -> None:
    """Who says so is told: behind a proxy that reads along it is somebody else."""
    found = of_tls(HOST, MET, is_https=True, is_loopback=False, now=NOON)
    assert found.detail == "TLSv1.3, the certificate is by Example Trust, valid until 2008-02-09"
    bare = of_tls(HOST, Contact(NOON, NOON, DATE), is_https=True, is_loopback=False, now=NOON)
    assert bare.detail == "the certificate is trusted"
    assert bare.status is OK


def test_this_machine_needs_no_tls_but_somebody_who_listens() -> None:
    """Http there is never unencrypted to others."""
    assert of_tls(HOST, MET, is_https=False, is_loopback=True, now=NOON).detail.startswith("not used")
    silent = NoContact(Obstacle.NO_CONNECTION_IN_TIME, "")
    found = of_tls(HOST, silent, is_https=False, is_loopback=True, now=NOON)
    assert found.detail == "no connection to api.example: no answer in time"
    assert found.remedy == "Check --base-url: does it listen there?"


@pytest.mark.parametrize(
    ("ours", "status", "words"),
    [
        (0.5, OK, "to within 1 s"),
        (-29.0, OK, "to within 30 s"),
        (30.4, OK, "to within 30 s"),
        (32.5, FAILED, "32 s ahead of the server's"),
        (-299.5, FAILED, "5 min behind the server's"),
        (3600.5, FAILED, "60 min ahead of the server's"),
        (-9000.0, FAILED, "2.5 h behind the server's"),
    ],
)
def test_clocks_are_compared_in_the_middle_of_the_request(
    ours: float, status: CheckStatus, words: str
) -> None:
    """A slow reply makes no clock wrong; and the server cuts its fraction off."""
    for slowness in (0.0, 20.0):
        contact = Contact(NOON + ours - slowness, NOON + ours + slowness, DATE)
        found = of_clock(contact)
        assert found.status is status
        assert words in found.detail
        assert bool(found.remedy) is (status is FAILED)


@pytest.mark.parametrize("date", ["", "yesterday", "Thu, 99 Jan 2008 21:20:00 GMT"])
def test_a_server_may_tell_no_time(date: str) -> None:
    """Then nothing is known of the clock."""
    assert of_clock(Contact(NOON, NOON, date)) == Finding(CheckName.CLOCK, UNKNOWN, "the server told no time")
