"""The report: append, lock, recover, compact, read back; CSV and JSON lines."""

from bulkcancel.report.codec import COLUMNS, Format
from bulkcancel.report.files import write_private
from bulkcancel.report.journal import Report, StreamReport, check_free, read_recorded, read_results

__all__ = [
    "COLUMNS",
    "Format",
    "Report",
    "StreamReport",
    "check_free",
    "read_recorded",
    "read_results",
    "write_private",
]
