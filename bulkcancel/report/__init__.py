"""The report: append, lock, recover, compact, read back; CSV and JSON lines."""

from bulkcancel.report.codec import COLUMNS, Format
from bulkcancel.report.files import check_replaceable, write_private
from bulkcancel.report.journal import Report, check_free
from bulkcancel.report.scan import read_recorded, read_results
from bulkcancel.report.stream import StreamReport

__all__ = [
    "COLUMNS",
    "Format",
    "Report",
    "StreamReport",
    "check_free",
    "check_replaceable",
    "read_recorded",
    "read_results",
    "write_private",
]
