"""What a monitor counts: metrics for the local agent, and an event where a run begins and where it ends.

All of it watches. Whatever fails here is said once, and neither loses a row nor changes an exit code.
"""

from bulkcancel.metrics.address import AgentAddress
from bulkcancel.metrics.agent import Agent, MissingLibraryError
from bulkcancel.metrics.run_notice import RunNotice
from bulkcancel.metrics.statsd import StatsdMetrics
from bulkcancel.metrics.tags import environment_tags

__all__ = [
    "Agent",
    "AgentAddress",
    "MissingLibraryError",
    "RunNotice",
    "StatsdMetrics",
    "environment_tags",
]
