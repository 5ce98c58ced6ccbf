"""A look-alike of the API on loopback, for rehearsals, demos and tests."""

from bulkcancel.sandbox.options import (
    Ends,
    HeaderMode,
    Pages,
    Permission,
    Quota,
    QuotaModel,
    Runaway,
    SandboxOptions,
    Scenario,
)

__all__ = [
    "Ends",
    "HeaderMode",
    "Pages",
    "Permission",
    "Quota",
    "QuotaModel",
    "Runaway",
    "SandboxOptions",
    "Scenario",
]
