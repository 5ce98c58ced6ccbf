"""A look-alike of the API on loopback, for rehearsals, demos and tests."""

from bulkcancel.sandbox.options import HeaderMode, Quota, QuotaModel, SandboxOptions, Scenario

__all__ = ["HeaderMode", "Quota", "QuotaModel", "SandboxOptions", "Scenario"]
