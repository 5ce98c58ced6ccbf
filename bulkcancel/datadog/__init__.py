"""The API over HTTP: where it is, who asks, and one request at a time. It moves bytes and judges nothing."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bulkcancel.datadog.client import DatadogApi
    from bulkcancel.datadog.keys import Credentials, read_credentials
    from bulkcancel.datadog.target import Target
    from bulkcancel.datadog.transport import connect

__all__ = ["Credentials", "DatadogApi", "Target", "connect", "read_credentials"]

_HOMES = {
    "Credentials": "bulkcancel.datadog.keys",
    "DatadogApi": "bulkcancel.datadog.client",
    "Target": "bulkcancel.datadog.target",
    "connect": "bulkcancel.datadog.transport",
    "read_credentials": "bulkcancel.datadog.keys",
}


def __getattr__(name: str) -> object:
    """Import a name when it is first asked for: keys are checked without aiohttp (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = found
    return found
