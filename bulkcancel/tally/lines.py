"""Line numbers, many of them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_BITS = 64


class LineSet:
    """A set of line numbers. Neighbors share memory: in a long run each costs a few bits."""

    def __init__(self, lines: "Iterable[int]" = ()) -> None:
        self._chunks: dict[int, int] = {}
        for line in lines:
            self.add(line)

    def add(self, line: int) -> None:
        """Put a line in."""
        chunk, bit = divmod(line, _BITS)
        self._chunks[chunk] = self._chunks.get(chunk, 0) | 1 << bit

    def spans(self) -> "Iterator[tuple[int, int]]":
        """The first and the last line of each run of neighbors, in order."""
        span: tuple[int, int] | None = None
        for line in self:
            if span is not None and line == span[1] + 1:
                span = span[0], line
                continue
            if span is not None:
                yield span
            span = line, line
        if span is not None:
            yield span

    def __iter__(self) -> "Iterator[int]":
        for chunk in sorted(self._chunks):
            bits = self._chunks[chunk]
            while bits:
                lowest = bits & -bits
                yield chunk * _BITS + lowest.bit_length() - 1
                bits ^= lowest

    def __len__(self) -> int:
        return sum(bits.bit_count() for bits in self._chunks.values())

    def __eq__(self, other: object) -> bool:
        return self._chunks == other._chunks if isinstance(other, LineSet) else NotImplemented

    __hash__ = None  # type: ignore[assignment] # it changes

    def __repr__(self) -> str:
        return f"LineSet({list(self)})"
