"""Makes rows of an input's bytes. It reads nothing itself: it is fed the bytes as they come."""

import re
import zlib
from typing import TYPE_CHECKING

from bulkcancel.errors import InputError
from bulkcancel.sources.delimited import OpenQuoteError, StrayQuoteError
from bulkcancel.sources.formats import choose_format
from bulkcancel.sources.lines import BadLine, Inflater, Line, LineSplitter
from bulkcancel.sources.pairs import reject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bulkcancel.models import Row
    from bulkcancel.sources.formats import RecordFormat
    from bulkcancel.sources.options import InputOptions

# A quoted field that is longer than this was opened by a stray quotation mark.
_QUOTED_LINES = 200
_QUOTED_CHARACTERS = 64 * 1024
_SEP_LINE = re.compile(r'"?sep=(.)"?', re.IGNORECASE)


class Parser:
    """Makes rows of an input's bytes, each as soon as its line is complete.

    Attributes:
        is_broken: Whether the compressed input is damaged; what follows the damage can't be read.
    """

    def __init__(self, options: "InputOptions") -> None:
        self._options = options
        self._inflater = Inflater()
        self._splitter = LineSplitter()
        self._format: RecordFormat | None = None
        self._delimiter = ""
        self._open: list[tuple[int, str]] = []
        self._open_size = 0
        self._is_stray = False
        self._gave_up = False
        self.is_broken = False

    def feed(self, data: bytes, *, final: bool = False) -> "Iterator[Row]":
        """The rows that this piece completes.

        Raises:
            InputError: The input as a whole can't be used. The message begins with a verb, so that the
                caller can put the input's name before it.
        """
        pieces = self._inflater.feed(data, final=final)
        while not self.is_broken:
            try:
                piece = next(pieces, None)
            except (EOFError, zlib.error) as error:
                yield from self._end_inflating(error)
                return
            if piece is None:
                break
            yield from self._rows(self._splitter.feed(piece))
        if final:
            yield from self._rows(self._splitter.feed(b"", final=True))
            yield from self._close_quote()
            if not self.has_begun:
                raise InputError("is empty: there is no header and no row in it")

    @property
    def has_begun(self) -> bool:
        """Whether a first record has been seen, so that the input as a whole is usable."""
        return self._format is not None or bool(self._open) or self._gave_up

    def break_off(self, reason: str) -> "Iterator[Row]":
        """The last rows, where the rest of the input can't be read for this reason."""
        yield from self._close_quote()
        yield reject("", "", self._splitter.line + 1, "unreadable", f"{reason}; rows from here on are lost")

    def abandon(self) -> "Iterator[Row]":
        """The last rows, where the rest of the input won't be read."""
        yield from self._close_quote()

    def _end_inflating(self, error: Exception) -> "Iterator[Row]":
        self.is_broken = True
        if not self.has_begun:
            raise InputError("can't be decompressed: it is not whole, or damaged") from None
        yield from self.break_off(
            f"the compressed input {'ends early' if isinstance(error, EOFError) else 'is damaged'}"
        )

    def _rows(self, lines: "Iterable[Line]") -> "Iterator[Row]":
        for line, text in lines:
            if self._open:
                yield from self._continue_quote(line, text)
                continue
            known = self._format
            if known is None or isinstance(text, BadLine) or '"' in text:
                yield from self._single(line, text)
                continue
            if not (stripped := text.lstrip()) or stripped[0] == "#":
                continue
            yield known.row(text, line)

    def _single(self, line: int, text: str | BadLine) -> "Iterator[Row]":
        """Read a line that `_rows` has no short way for: a first, a quoted or a bad one."""
        if isinstance(text, BadLine):
            if not self.has_begun:
                raise InputError(f"can't be used: at line {line}, {text.reason}")
            yield reject("", "", line, text.code, text.reason)
            return
        stripped = text.strip()
        if not stripped or stripped[0] == "#":
            return
        try:
            if self._format is not None:
                yield self._format.row(text, line)
            elif not self._delimiter and (sep := _SEP_LINE.fullmatch(stripped)):
                self._delimiter = sep[1]
            else:
                self._format, is_row = choose_format(text, self._options, self._delimiter)
                if is_row:
                    yield self._format.row(text, line)
        except OpenQuoteError as error:
            self._is_stray = isinstance(error, StrayQuoteError)
            self._open = [(line, text)]
            self._open_size = len(text)

    def _continue_quote(self, line: int, text: str | BadLine) -> "Iterator[Row]":
        """Add a line to the record whose quote is open, or give that record up."""
        if isinstance(text, BadLine):
            yield from self._close_quote()
            yield from self._single(line, text)
            return
        self._open.append((line, text))
        self._open_size += len(text)
        if '"' in text:
            start, whole = self._open[0][0], "\n".join(part for _, part in self._open)
            held, self._open = self._open, []
            rows = list(self._single(start, whole))
            if not self._open:
                yield from rows
                return
            self._open = held
        if self._is_stray or len(self._open) > _QUOTED_LINES or self._open_size > _QUOTED_CHARACTERS:
            yield from self._close_quote()

    def _close_quote(self) -> "Iterator[Row]":
        """Give up an open quote: reject the line it stands in, and read the lines behind it one by one."""
        while self._open:
            (line, _), *rest = self._open
            self._open, self._gave_up = [], True
            reason = "a quotation mark opens here and is not closed"
            yield reject("", "", line, "unclosed_quote", reason)
            yield from self._rows(rest)
