"""Results become counts, and counts become a summary and an exit code."""

from bulkcancel.tally.held import Held, HeldBy
from bulkcancel.tally.lines import LineSet
from bulkcancel.tally.summary import Leftover, ReportLoss, Summary, Tally, summarize
from bulkcancel.tally.workflows import WorkflowCount, WorkflowCounts

__all__ = [
    "Held",
    "HeldBy",
    "Leftover",
    "LineSet",
    "ReportLoss",
    "Summary",
    "Tally",
    "WorkflowCount",
    "WorkflowCounts",
    "summarize",
]
