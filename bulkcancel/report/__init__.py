"""The report: append, lock, recover, compact, read back; CSV and JSON lines."""

from bulkcancel.report.codec import COLUMNS, Format
from bulkcancel.report.journal import Report, StreamReport, read_results

__all__ = ["COLUMNS", "Format", "Report", "StreamReport", "read_results"]
