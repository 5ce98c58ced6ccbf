"""Cancel many Datadog workflow executions at once, within the rate limit, and know what happened to each.

What is exported here is the library. So are `bulkcancel.events`, what an observer is told, and
`bulkcancel.metrics`, an observer that tells a monitor: their names say little outside of them. All else may
change in any release.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from bulkcancel._version import __version__

if TYPE_CHECKING:
    from bulkcancel.datadog import Credentials, Target
    from bulkcancel.errors import (
        BulkCancelError,
        ConfigurationError,
        InputError,
        ReportError,
        ReportLostError,
    )
    from bulkcancel.events import Observer
    from bulkcancel.models import (
        ExitCode,
        InstanceRef,
        InstanceStatus,
        Outcome,
        Result,
        StateName,
        StopReason,
    )
    from bulkcancel.operations.check import check
    from bulkcancel.operations.drain import DrainOutcome
    from bulkcancel.operations.find import InstanceSearch
    from bulkcancel.operations.findings import CheckName, CheckStatus, Finding
    from bulkcancel.operations.found import FoundInstance
    from bulkcancel.operations.library import cancel_all, open_session
    from bulkcancel.operations.selection import Selection
    from bulkcancel.operations.session import Session
    from bulkcancel.operations.status import StatusReading
    from bulkcancel.settings import FailureLimit, Rate, Settings, Shard
    from bulkcancel.tally import Summary

__all__ = [
    "BulkCancelError",
    "CheckName",
    "CheckStatus",
    "ConfigurationError",
    "Credentials",
    "DrainOutcome",
    "ExitCode",
    "FailureLimit",
    "Finding",
    "FoundInstance",
    "InputError",
    "InstanceRef",
    "InstanceSearch",
    "InstanceStatus",
    "Observer",
    "Outcome",
    "Rate",
    "ReportError",
    "ReportLostError",
    "Result",
    "Selection",
    "Session",
    "Settings",
    "Shard",
    "StateName",
    "StatusReading",
    "StopReason",
    "Summary",
    "Target",
    "__version__",
    "cancel_all",
    "check",
    "open_session",
]

_HOMES = {
    "DrainOutcome": "bulkcancel.operations.drain",
    "FoundInstance": "bulkcancel.operations.found",
    "InstanceSearch": "bulkcancel.operations.find",
    "Selection": "bulkcancel.operations.selection",
    "cancel_all": "bulkcancel.operations.library",
    "check": "bulkcancel.operations.check",
    "CheckName": "bulkcancel.operations.findings",
    "CheckStatus": "bulkcancel.operations.findings",
    "Finding": "bulkcancel.operations.findings",
    "open_session": "bulkcancel.operations.library",
    "StatusReading": "bulkcancel.operations.status",
    "Session": "bulkcancel.operations.session",
    "Observer": "bulkcancel.events",
    "Credentials": "bulkcancel.datadog",
    "Target": "bulkcancel.datadog",
    "FailureLimit": "bulkcancel.settings",
    "Rate": "bulkcancel.settings",
    "Settings": "bulkcancel.settings",
    "Shard": "bulkcancel.settings",
    "Summary": "bulkcancel.tally",
    "BulkCancelError": "bulkcancel.errors",
    "ConfigurationError": "bulkcancel.errors",
    "InputError": "bulkcancel.errors",
    "ReportError": "bulkcancel.errors",
    "ReportLostError": "bulkcancel.errors",
}


def __getattr__(name: str) -> object:
    """Import a name when it is first asked for: the command line needs few of them (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(_HOMES.get(name, "bulkcancel.models")), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """The exported names."""
    return list(__all__)
