"""What ends a run. A row's failure is a value (`Result`); an exception is the run's."""

from bulkcancel.models import ExitCode


class BulkCancelError(Exception):
    """Base of every error this package raises; its text is one sentence for people."""

    exit_code = ExitCode.USAGE


class ConfigurationError(BulkCancelError):
    """A setting, a key or a combination of them can't be used. Nothing was sent."""


class InputError(BulkCancelError):
    """The input as a whole can't be used. Nothing was sent."""


class ReportError(BulkCancelError):
    """The report can't be used: it is not ours, is in use, or stands in the way. Nothing was sent."""


class ReportLostError(BulkCancelError):
    """The report could no longer be written; sending stops at once."""

    exit_code = ExitCode.REPORT_LOST
