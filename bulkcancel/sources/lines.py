"""Cuts an input's bytes, as they come, into numbered lines of text, in bounded memory."""

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulkcancel.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: The most bytes of a line; a longer one is skipped without being kept.
LINE_LIMIT = 64 * 1024

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WBITS = 31
_UTF8_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
# How files begin that are packed in a way we don't unpack, and what to tell their owners.
_PACKED = {
    b"\x1f\x8b": "is gzipped twice; undo it once: gunzip -c",
    b"PK\x03\x04": "is a ZIP archive or an Excel workbook; unpack it, or save it as CSV",
    b"BZh": "is compressed with bzip2; undo it first: bunzip2 -c",
    b"\xfd7zX": "is compressed with xz; undo it first: xz -dc",
    b"\x28\xb5\x2f\xfd": "is compressed with zstd; undo it first: zstd -dc",
}
_HEAD = 4  # bytes that tell gzip, UTF-8 with BOM, UTF-16 and UTF-32 apart
_MOST_INFLATED = 256 * 1024  # bytes in one piece


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that can't be read: the reason as a code and as a sentence."""

    code: str
    reason: str


_TOO_LONG = BadLine("too_long", f"the line is longer than {LINE_LIMIT} bytes")
_NUL = BadLine("not_text", "the line holds NUL bytes")
_NOT_UTF8 = BadLine("not_text", "the line is not UTF-8")

#: A line's number from 1, and its text without its end.
Line = tuple[int, str | BadLine]


class Inflater:
    """Unpacks gzip in pieces of bounded size; bytes that do not begin like gzip pass through unchanged."""

    def __init__(self) -> None:
        self._head = b""
        self._decided = False
        self._member: zlib._Decompress | None = None

    def feed(self, data: bytes, *, final: bool) -> "Iterator[bytes]":
        """The plain bytes of the next piece.

        Raises:
            EOFError: The compressed data ends early.
            zlib.error: It is damaged.
        """
        if not self._decided:
            data = self._head + data
            if len(data) < len(_GZIP_MAGIC) and not final:
                self._head = data
                return
            self._decided = True
            if data.startswith(_GZIP_MAGIC):
                self._member = zlib.decompressobj(_GZIP_WBITS)
        if self._member is None:
            yield data
            return
        yield from self._inflate(self._member, data)
        if final and not self._member.eof:
            raise EOFError

    def _inflate(self, member: "zlib._Decompress", data: bytes) -> "Iterator[bytes]":
        while data:
            if member.eof:
                data = data.lstrip(b"\0")  # gzip allows padding behind each member
                if not data:
                    return
                member = self._member = zlib.decompressobj(_GZIP_WBITS)
            yield member.decompress(data, _MOST_INFLATED)
            data = member.unused_data if member.eof else member.unconsumed_tail


class LineSplitter:
    """Cuts bytes into lines at LF, CR LF or CR, giving each line as soon as it is complete."""

    def __init__(self) -> None:
        self.line = 0
        self._pending = b""
        self._skipping = False
        self._after_cr = False
        self._started = False

    def feed(self, data: bytes, *, final: bool = False) -> "Iterator[Line]":
        """The lines that this piece completes; with `final`, also a last line that has no line end.

        Raises:
            InputError: The input is UTF-16, UTF-32, packed or not text at all.
        """
        data = self._pending + data
        if not self._started:
            if len(data) < _HEAD and not final and b"\n" not in data:
                self._pending = data
                return
            self._started = True
            data = _without_bom(data)
        if self._after_cr and data:
            data = data.removeprefix(b"\n")
            self._after_cr = False
        if b"\r" in data:
            self._after_cr = data.endswith(b"\r")
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        whole, newline, rest = data.rpartition(b"\n")
        if newline:
            yield from self._lines(whole)
        self._pending = rest
        if len(rest) > LINE_LIMIT:
            self._pending, self._skipping = b"", True
        if final and (self._pending or self._skipping):
            yield from self._lines(self._pending)

    def _lines(self, whole: bytes) -> "Iterator[Line]":
        start = self.line + 1
        if self._skipping:
            self._skipping = False
            self.line += 1
            yield self.line, _TOO_LONG
            _, newline, whole = whole.partition(b"\n")
            if not newline:
                return
            start += 1
        for self.line, line in enumerate(_texts(whole), start):
            yield self.line, line


def _texts(whole: bytes) -> "Iterable[str | BadLine]":
    if b"\0" not in whole:
        try:
            lines = whole.decode().split("\n")
        except UnicodeDecodeError:
            pass
        else:
            # A character takes four bytes at most, so lines of so few characters are within the limit.
            if len(whole) <= LINE_LIMIT or max(map(len, lines)) <= LINE_LIMIT // 4:
                return lines
    return map(_text, whole.split(b"\n"))


def _text(line: bytes) -> str | BadLine:
    if len(line) > LINE_LIMIT:
        return _TOO_LONG
    if b"\0" in line:
        return _NUL
    try:
        return line.decode()
    except UnicodeDecodeError:
        return _NOT_UTF8


def _without_bom(data: bytes) -> bytes:
    """Refuse an input that does not begin like UTF-8 text, and take off its byte order mark."""
    # The second line may not have come yet, so it has no say.
    head = data[:_HEAD].partition(b"\n")[0]
    for start, words in _PACKED.items():
        if head.startswith(start):
            raise InputError(words)
    if head == bytes(_HEAD):
        raise InputError("begins with NUL bytes; it is not text")
    if head.startswith(_UTF16_BOMS) or b"\0" in head:
        encoding = "UTF-32" if b"\0\0" in head else "UTF-16"
        raise InputError(f"is {encoding} text; convert it first: iconv -f {encoding} -t UTF-8")
    return data.removeprefix(_UTF8_BOM)
