"""Removes secrets from what servers and libraries say: a gateway may echo the headers it was sent."""

import json
import re
from typing import TYPE_CHECKING

from multidict import CIMultiDict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_MARK = "[redacted]"
# Texts are cut, so parts of a secret are removed too, from this many characters on. A shorter secret is not
# looked for at all.
_PIECE = 8
# Where one of these stands, a key may be spelled in other bytes: by JSON's escapes, in UTF-16 or in UTF-32.
_ESCAPES = (b"\\", b"\0")


class Redactor:
    """Removes secrets, and longer pieces of them, from texts.

    Use it for texts that are kept or shown. Most answers are neither, and it would slow them down.
    """

    def __init__(self, texts: "Iterable[str]") -> None:
        self._pieces = sorted(
            {
                text[start : start + _PIECE].lower()
                for text in texts
                for start in range(len(text) - _PIECE + 1)
            }
        )
        # Behind the last whole piece, fewer characters than a piece has may be left of a secret.
        known = f"(?:{'|'.join(map(re.escape, self._pieces))})+[A-Za-z0-9_-]{{0,{_PIECE - 1}}}"
        self._pattern = re.compile(known, re.IGNORECASE | re.ASCII)

    def text(self, text: str) -> str:
        """The text without secrets."""
        folded = text.lower()
        if not any(piece in folded for piece in self._pieces):  # far quicker than the regular expression
            return text
        return self._pattern.sub(_MARK, text)

    def body(self, body: bytes) -> bytes:
        """A body without secrets. If it has to be decoded to find them, it comes back decoded."""
        if any(escape in body for escape in _ESCAPES):
            try:
                body = json.dumps(json.loads(body), ensure_ascii=False).encode(errors="replace")
            except (ValueError, RecursionError):
                body = body.replace(b"\0", b"")
        # Latin-1 has a character for each byte, so all other bytes come back unchanged.
        return self.text(body.decode("latin-1")).encode("latin-1")

    def headers(self, headers: "Mapping[str, str]") -> "Mapping[str, str]":
        """Headers without secrets."""
        return CIMultiDict((name, self.text(value)) for name, value in headers.items())
