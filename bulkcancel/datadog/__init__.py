"""The API over HTTP: where it is, who asks, and one request at a time. It moves bytes and judges nothing."""

from importlib import import_module
from typing import TYPE_CHECKING

from bulkcancel.datadog.keys import Credentials, read_credentials
from bulkcancel.datadog.target import Target

if TYPE_CHECKING:
    from bulkcancel.datadog.client import DatadogApi
    from bulkcancel.datadog.transport import connect

__all__ = ["Credentials", "DatadogApi", "Target", "connect", "read_credentials"]

_HOMES = {"DatadogApi": "bulkcancel.datadog.client", "connect": "bulkcancel.datadog.transport"}


def __getattr__(name: str) -> object:
    """Import what needs aiohttp when it is first asked for: keys are checked without it (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = found
    return found
