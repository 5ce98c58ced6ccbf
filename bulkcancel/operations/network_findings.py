"""What `check` finds on the way to the API: pure functions of what a look-up and a first contact brought."""

from datetime import UTC, datetime

from bulkcancel.datadog.contact import Contact, NoContact, Obstacle
from bulkcancel.errors import words_of
from bulkcancel.operations.findings import CheckName, Finding, failed, fine, unknown
from bulkcancel.pacing import http_date
from bulkcancel.text import printable

_CLOCK_TOLERANCE = 30.0  # seconds
_ADDRESSES_SHOWN = 3
_DETAIL_LIMIT = 60
_MINUTE, _HOUR = 60.0, 3600.0


def of_addresses(host: str, addresses: list[str], asks_for: str) -> Finding:
    """What a host's name stands for; of a proxy's, also whose name it will look up."""
    if addresses == [host]:
        found = f"{host} is an address: nothing to look up"
    else:
        more = len(addresses) - _ADDRESSES_SHOWN
        shown = ", ".join(addresses[:_ADDRESSES_SHOWN]) + (f" and {more} more" if more > 0 else "")
        found = f"{host} is {shown}"
    return fine(CheckName.NAME_RESOLUTION, f"{found}; the proxy looks up {asks_for}" if asks_for else found)


def of_failed_look_up(host: str, error: OSError | UnicodeError, named_by: str) -> Finding:
    """Why a host has no address.

    Args:
        host: The host.
        error: What the look-up ended with.
        named_by: The option or variable that names the host, or empty for a known site.
    """
    if isinstance(error, TimeoutError):
        detail = f"nobody said in time what {host} stands for"
    else:
        detail = f"{host} has no address: {printable(words_of(error), _DETAIL_LIMIT)}"
    remedy = "Check the network, the VPN and the name server of this machine"
    if named_by:
        remedy += f", and {named_by}"
    if not named_by.endswith("PROXY"):
        remedy += "; where only a proxy leads out, set HTTPS_PROXY"
    return failed(CheckName.NAME_RESOLUTION, detail, f"{remedy}.")


def of_proxy(proxy: str, without: str, contact: Contact | NoContact) -> Finding:
    """Whether the way leads through a proxy, and whether that lets us pass.

    Args:
        proxy: Its host and port, or empty where there is none.
        without: Why there is none.
        contact: What came of the first contact.
    """
    if not proxy:
        return fine(CheckName.PROXY, f"none: {without}")
    if isinstance(contact, Contact):
        return fine(CheckName.PROXY, f"{proxy} lets us pass")
    match contact.obstacle:
        case Obstacle.PROXY_UNREACHABLE:
            remedy = "Check the address in HTTPS_PROXY or ALL_PROXY, and whether this machine may reach it."
            return failed(CheckName.PROXY, f"{proxy} can't be reached: {contact.detail}", remedy)
        case Obstacle.PROXY_PASSWORD:
            remedy = (
                "Put the user name and password before the host: "
                "HTTPS_PROXY=http://user:password@host:port."  # pragma: allowlist secret
            )
            return failed(CheckName.PROXY, f"{proxy} wants a password: {contact.detail}", remedy)
        case Obstacle.PROXY_REFUSED:
            remedy = "Have it allow the API's host, or name that in NO_PROXY where a direct way is open."
            return failed(CheckName.PROXY, f"{proxy} does not let us pass: {contact.detail}", remedy)
        case Obstacle.NO_CONNECTION_IN_TIME:
            remedy = "Check the address in HTTPS_PROXY or ALL_PROXY, and whether it leads to the API's host."
            return failed(CheckName.PROXY, f"no connection through {proxy} in time", remedy)
        case _:
            return fine(CheckName.PROXY, f"{proxy} lets us pass")


def of_tls(
    host: str, contact: Contact | NoContact, *, is_https: bool, is_loopback: bool, now: float
) -> Finding:
    """Whether the API can be reached, over a connection that is what it says.

    Args:
        host: Its host and port.
        contact: What came of the first contact.
        is_https: Whether TLS is to be used at all.
        is_loopback: Whether it is on this machine.
        now: What this machine's clock shows, in seconds since the epoch.
    """
    name = CheckName.TLS
    if isinstance(contact, Contact) or contact.obstacle is Obstacle.NO_REPLY:
        if not is_https:
            return fine(name, "not used: http, on this machine alone")
        words = _certificate_in(contact) if isinstance(contact, Contact) else ""
        return fine(name, words or "the certificate is trusted")
    match contact.obstacle:
        case Obstacle.UNTRUSTED:
            return failed(
                name,
                f"the certificate of {host} is not trusted: {contact.detail}",
                "A proxy or gateway with a certificate authority of its own: name that with --ca-bundle. "
                "Else somebody may be reading along.",
            )
        case Obstacle.OUT_OF_DATE:
            return failed(
                name,
                f"the certificate of {host} does not hold now: {contact.detail}",
                f"Set this machine's clock if {_date(now)} is wrong; else tell the server's owner.",
            )
        case Obstacle.OTHER_NAME:
            return failed(
                name,
                f"the certificate is not for {host}: {contact.detail}",
                "Check --site or --base-url, and where the name leads; it is not what answers there.",
            )
        case Obstacle.NO_TLS:
            remedy = "Check the port in --base-url; a firewall or proxy may answer instead of the API."
            return failed(
                name, f"{host} does not speak TLS, or an old version of it: {contact.detail}", remedy
            )
    words = contact.detail or "no answer in time"
    remedy = (
        "Check --base-url: does it listen there?"
        if is_loopback
        else ("Check the firewall and the VPN; where only a proxy leads out, set HTTPS_PROXY.")
    )
    return failed(name, f"no connection to {host}: {words}", remedy)


def of_clock(contact: Contact) -> Finding:
    """Whether this machine's clock and the server's agree, as far as whole seconds tell."""
    server = http_date(contact.date)
    if server is None:
        return unknown(CheckName.CLOCK, "the server told no time")
    # The header cuts its fraction off; the reply was written some time between question and answer.
    ahead = (contact.asked_at + contact.answered_at) / 2 - (server + 0.5)
    if abs(ahead) <= _CLOCK_TOLERANCE:
        return fine(CheckName.CLOCK, f"as the server's, to within {max(1.0, abs(ahead)):.0f} s")
    where = "ahead of" if ahead > 0.0 else "behind"
    return failed(
        CheckName.CLOCK,
        f"{_span(abs(ahead))} {where} the server's",
        "Set this machine's clock (NTP): reports have their times from it.",
    )


def _certificate_in(contact: Contact) -> str:
    words = [contact.tls] if contact.tls else []
    if contact.issuer:
        words.append(f"the certificate is by {contact.issuer}")
    if contact.valid_until is not None:
        words.append(f"valid until {_date(contact.valid_until)}")
    return ", ".join(words)


def _date(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d}"


def _span(seconds: float) -> str:
    if seconds < 2 * _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _HOUR:.1f} h"
