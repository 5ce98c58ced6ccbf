"""What a search came to, in words: what was read, what matches, and since when the picture holds."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bulkcancel.models import ExitCode
from bulkcancel.progress.words import end_words, number_of

if TYPE_CHECKING:
    from bulkcancel.models import StopReason
    from bulkcancel.operations.find import InstanceSearch


class FindWords:
    """Says how a search ended.

    Attributes:
        exit_code: What that calls for.
    """

    def __init__(self, search: "InstanceSearch", stop: "StopReason | None", *, is_read: bool) -> None:
        """Take what it came to.

        Args:
            search: The search.
            stop: Why it ended early, or None.
            is_read: Whether somebody read the output to its end.
        """
        self._search = search
        self.exit_code, self._why = _end_of(search, stop, is_read=is_read)

    def before(self) -> str:
        """Nothing more than the last words say."""
        return ""

    def last(self) -> str:
        """The last words."""
        search, since = self._search, ""
        if search.as_of is not None:
            moment = f"{datetime.fromtimestamp(search.as_of, UTC):%Y-%m-%d %H:%M:%S} UTC"
            since = f"; the picture holds since {moment}; what started or ended later may be missing"
        return f"{self._why}{number_of(search.read, 'instance')} read, {search.found:,} matching{since}."

    def counts(self) -> dict[str, object]:
        """The same for the log."""
        return {"read": self._search.read, "matching": self._search.found}


def _end_of(search: "InstanceSearch", stop: "StopReason | None", *, is_read: bool) -> tuple[ExitCode, str]:
    """The exit code, and what to say before the counts."""
    if not is_read:
        return ExitCode.OK, "Stopped, because nobody reads the output any more: "
    if stop is not None:
        return stop.exit_code, f"{end_words(stop)}. "
    if search.unlisted or search.problem is not None:
        return (
            ExitCode.INCOMPLETE,
            f"Not whole: {number_of(len(search.unlisted), 'workflow')} not listed. ",
        )
    if search.is_limited:
        return ExitCode.OK, "Stopped at --limit: "
    return ExitCode.OK, "" if search.found else "Nothing matches: "
