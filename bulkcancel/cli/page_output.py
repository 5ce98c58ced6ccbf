"""Where the page goes: a file, in place of an earlier page and of nothing else, or standard output."""

from pathlib import Path
from typing import TYPE_CHECKING

from bulkcancel.cli.streams import write_data
from bulkcancel.errors import ConfigurationError, words_of
from bulkcancel.operations.report_target import STDIO
from bulkcancel.report import check_replaceable, write_private

if TYPE_CHECKING:
    from bulkcancel.models import Result
    from bulkcancel.overview.facts import Overview

_INSTALL = (
    "--html needs jinja2, which the extra `report` brings: python3 -m pip install 'bulkcancel[report]', "
    "or pipx inject bulkcancel jinja2. Text, --json and --markdown do without."
)


class PageOutput:
    """Collects what a page shows, and writes it."""

    def __init__(self, name: str) -> None:
        """See that a page can be made, and written there, before anything is read.

        Raises:
            ConfigurationError: It can't.
        """
        try:
            from bulkcancel.overview.page.render import MARK, Page  # noqa: PLC0415 - its library may be missing
        except ModuleNotFoundError as error:
            if error.name not in {"jinja2", "markupsafe"}:
                raise
            raise ConfigurationError(_INSTALL) from None
        self._path = None if name == STDIO else Path(name)
        self._page = Page()
        if self._path is None:
            return
        try:
            check_replaceable(self._path)
            is_other = self._path.exists() and not _begins_with(self._path, MARK)
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"The page {name} can't be written: {words_of(error)}.") from None
        if is_other:
            raise ConfigurationError(
                f"{name} is there already, and bulkcancel did not write it: name another file with --html."
            )

    def take(self, row: "Result") -> None:
        """Take a row that was not canceled."""
        self._page.take(row)

    def write(self, overview: "Overview") -> None:
        """Write the page.

        Raises:
            ConfigurationError: It can't be written.
        """
        text = self._page.render(overview)
        if self._path is None:
            write_data(text, ends_line=False)
            return
        try:
            write_private(self._path, text.encode())
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"The page {self._path} can't be written: {words_of(error)}.") from None


def _begins_with(path: Path, start: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(start)) == start
