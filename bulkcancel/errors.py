"""What ends a run. A row's failure is a value (`Result`); an exception is the run's."""

from bulkcancel.models import ExitCode
from bulkcancel.text import printable

_SHOWN = 60  # characters of a value that can't be used


def words_of(error: Exception) -> str:
    """What went wrong: the system's own words where it has some."""
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)


class BulkCancelError(Exception):
    """Base of every error this package raises; its text is one sentence for people."""

    exit_code = ExitCode.USAGE


class ConfigurationError(BulkCancelError):
    """A setting, a key or a combination of them can't be used. Nothing was sent."""

    @classmethod
    def of_value(cls, name: str, value: object, wanted: str) -> "ConfigurationError":
        """The error of one value: what it is called, what it is, and what it must be."""
        return cls(f"{name} is {printable(repr(value), _SHOWN)}; it must be {wanted}.")


class InputError(BulkCancelError):
    """The input as a whole can't be used. Nothing was sent."""


class ReportError(BulkCancelError):
    """The report can't be used: it is not ours, is in use, or stands in the way. Nothing was sent."""


class ReportLostError(BulkCancelError):
    """The report could no longer be written; sending stops at once."""

    exit_code = ExitCode.REPORT_LOST


class CompactionError(BulkCancelError):
    """A finished report, whole as it is, could not be rewritten with one row for each input row."""


class ReportGoneError(ReportLostError):
    """The report was deleted or moved, and what it held is gone with it."""
