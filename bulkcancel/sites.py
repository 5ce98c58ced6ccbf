"""Hosts: the vendor's sites, as https://docs.datadoghq.com/getting_started/site/ lists them, and our own."""

import ipaddress

SITES = (
    "datadoghq.com",
    "us3.datadoghq.com",
    "us5.datadoghq.com",
    "datadoghq.eu",
    "ap1.datadoghq.com",
    "ap2.datadoghq.com",
    "uk1.datadoghq.com",
    "ddog-gov.com",
    "us2.ddog-gov.com",
)

#: What a report calls the look-alike API of a rehearsal.
SANDBOX = "sandbox"

#: What people call them; the vendor's own documentation does too.
SHORT_NAMES = {
    "us1": "datadoghq.com",
    "us3": "us3.datadoghq.com",
    "us5": "us5.datadoghq.com",
    "eu": "datadoghq.eu",
    "ap1": "ap1.datadoghq.com",
    "ap2": "ap2.datadoghq.com",
    "uk1": "uk1.datadoghq.com",
}

#: Where the vendor does not offer the product, by https://docs.datadoghq.com/actions/workflows/
WITHOUT_WORKFLOWS = frozenset({"ddog-gov.com", "us2.ddog-gov.com"})


def site_of_host(host: str) -> str | None:
    """The site a host belongs to (`app.datadoghq.eu`, `acme.datadoghq.com`), or None."""
    name = host.lower()
    matching = [site for site in SITES if name == site or name.endswith(f".{site}")]
    return max(matching, key=len, default=None)


def is_loopback(host: str) -> bool:
    """Whether a host names this machine itself."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    # Whether a mapped IPv4 address counts changed between Python versions; here it does.
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
