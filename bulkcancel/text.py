"""Makes text from elsewhere safe: to print, or to stand in a request's path; and moments text."""

import re
import unicodedata
from datetime import UTC, datetime

# Controls, formats (bidi, zero width), surrogates, private use, unassigned, line and paragraph separators.
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MOST_IN_TWO_DIGITS, _MOST_IN_FOUR_DIGITS = 0xFF, 0xFFFF
# What RFC 3986 calls unreserved, and `:`. None of these ends a path segment or begins an escape; a segment
# that begins with a letter or a digit is not a dot segment.
_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:~-]{0,127}", re.ASCII)


def is_path_segment(text: str) -> bool:
    """Whether a text can stand in a request's path, and is then exactly one segment of it."""
    return _SEGMENT.fullmatch(text) is not None


def printable(text: str, limit: int) -> str:
    """The text with every unprintable character escaped, cut to `limit` characters."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(map(_escape, text[: limit + 1]))
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def rfc3339(moment: float) -> str:
    """A moment, in seconds since the epoch, as RFC 3339 has it: in UTC, with milliseconds."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _escape(char: str) -> str:
    if unicodedata.category(char) not in _UNPRINTABLE:
        return char
    code = ord(char)
    if code <= _MOST_IN_TWO_DIGITS:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= _MOST_IN_FOUR_DIGITS else f"\\U{code:08x}"
