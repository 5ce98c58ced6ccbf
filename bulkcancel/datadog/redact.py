"""Keeps secrets out of what servers and libraries say: a gateway may echo the headers it was sent."""

import json
import re
from typing import TYPE_CHECKING

from multidict import CIMultiDict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_MARK = "[redacted]"
# Pieces of a secret this long are taken out too, for texts are cut; a shorter secret is none.
_PIECE = 8
_ESCAPES = (b"\\", b"\0")  # what could spell a key in other bytes than its own, and be read back as the key


class Redactor:
    """Takes secrets, and what could be a longer piece of one, out of texts.

    It is meant for texts that are kept, not for every answer: the answers that say nothing are the many.
    """

    def __init__(self, texts: "Iterable[str]") -> None:
        self._pieces = sorted(
            {
                text[start : start + _PIECE].lower()
                for text in texts
                for start in range(len(text) - _PIECE + 1)
            }
        )
        # Pieces overlap, so what is left of a secret behind the last whole piece is shorter than a piece.
        known = f"(?:{'|'.join(map(re.escape, self._pieces))})+[A-Za-z0-9_-]{{0,{_PIECE - 1}}}"
        self._pattern = re.compile(known, re.IGNORECASE | re.ASCII)

    def text(self, text: str) -> str:
        """The text without secrets."""
        folded = text.lower()
        if not any(piece in folded for piece in self._pieces):  # far quicker than the expression is
            return text
        return self._pattern.sub(_MARK, text)

    def body(self, body: bytes) -> bytes:
        """A body without secrets; one that has to be decoded to be read comes back decoded."""
        if any(escape in body for escape in _ESCAPES):
            try:
                body = json.dumps(json.loads(body), ensure_ascii=False).encode(errors="replace")
            except (ValueError, RecursionError):
                body = body.replace(b"\0", b"")
        # Latin 1 has a character for each byte, so that whatever else it is comes back as it was.
        return self.text(body.decode("latin-1")).encode("latin-1")

    def headers(self, headers: "Mapping[str, str]") -> "Mapping[str, str]":
        """Headers without secrets."""
        return CIMultiDict((name, self.text(value)) for name, value in headers.items())
