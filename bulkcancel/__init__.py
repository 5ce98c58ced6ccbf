"""Cancel many Datadog workflow executions at once, within the rate limit, and know what happened to each."""

from bulkcancel._version import __version__

__all__ = ["__version__"]
