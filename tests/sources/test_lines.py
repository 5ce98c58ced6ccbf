"""Bytes become numbered lines, and what is compressed is inflated, however the bytes come."""

import gzip
from itertools import chain

import pytest

from bulkcancel.errors import InputError
from bulkcancel.sources.lines import LINE_LIMIT, BadLine, Inflater, LineSplitter


def lines(*pieces: bytes) -> list[tuple[int, str]]:
    """Each line's number, and its text or the code of what is wrong with it."""
    splitter = LineSplitter()
    found = [*chain(*map(splitter.feed, pieces)), *splitter.feed(b"", final=True)]
    return [(line, text.code if isinstance(text, BadLine) else text) for line, text in found]


def one_by_one(data: bytes) -> list[bytes]:
    """A piece for each byte."""
    return [data[n : n + 1] for n in range(len(data))]


def inflated(*pieces: bytes) -> list[bytes]:
    """What comes of compressed bytes, piece by piece."""
    inflater = Inflater()
    found = list(chain(*(inflater.feed(piece, final=False) for piece in pieces)))
    return [*found, *inflater.feed(b"", final=True)]


@pytest.mark.parametrize(
    ("data", "want"),
    [
        ("\ufeffa,b\n".encode(), [(1, "a,b")]),
        ("\ufeff\n\ufeffb\n".encode(), [(1, ""), (2, "\ufeffb")]),
        ("a\ufeff\n".encode(), [(1, "a\ufeff")]),
        ("é\n€\n".encode(), [(1, "é"), (2, "€")]),
        (b"\na\n\nb", [(1, ""), (2, "a"), (3, ""), (4, "b")]),
        (b"a\r\n\r\nb\r\rc\n\nd\r", [(1, "a"), (2, ""), (3, "b"), (4, ""), (5, "c"), (6, ""), (7, "d")]),
        (b"x\xff y\tz\na b\n", [(1, "not_text"), (2, "a b")]),
        (b"a b\n \0 \n", [(1, "a b"), (2, "not_text")]),
        (b"\xff", [(1, "not_text")]),
        (b"abc", [(1, "abc")]),
        (b"", []),
    ],
)
def test_lines_are_the_same_however_the_bytes_come(data: bytes, want: list[tuple[int, str]]) -> None:
    """At once or one by one; a byte order mark is taken off the beginning of the text alone."""
    assert lines(data) == lines(*one_by_one(data)) == want


def test_a_line_feed_behind_a_carriage_return_ends_one_line_in_whatever_piece_it_comes() -> None:
    """And a line feed that begins a later piece is a blank line of its own."""
    assert lines(b"a,b\r", b"\nc\n", b"\nd\n") == [(1, "a,b"), (2, "c"), (3, ""), (4, "d")]
    assert lines(b"a,b\r", b"", b"\nc") == [(1, "a,b"), (2, "c")]


@pytest.mark.parametrize("other", [b"", b"b\nc\n", b"\xff\nc\n"])
@pytest.mark.parametrize("char", ["a", "é", "€"])
def test_a_line_may_have_as_many_bytes_as_the_limit_and_no_more(char: str, other: bytes) -> None:
    """Bytes count, not characters; whatever comes with the line, whole or in pieces."""
    most = char * (LINE_LIMIT // len(char.encode()))
    most += "x" * (LINE_LIMIT - len(most.encode()))
    for text, want in ((most, most), (most + "x", "too_long"), (most + char * LINE_LIMIT, "too_long")):
        data = text.encode() + b"\n"
        assert lines(data + other)[0] == (1, want)
        assert (
            lines(data)[-1] == lines(data[:-1])[-1] == lines(data[:9], data[9:-1], data[-1:])[-1] == (1, want)
        )
        assert lines(other + data)[-1] == (other.count(b"\n") + 1, want)


def test_the_lines_behind_one_that_is_too_long_are_read() -> None:
    """It is one line, however many pieces it takes, and whatever stands at its cut."""
    long = b"x" * (LINE_LIMIT + 1)
    assert lines(long, long, long + b"\nb\nc\n", b"d") == [(1, "too_long"), (2, "b"), (3, "c"), (4, "d")]
    assert lines(b"a\n" + long, b"\n", b"\nb\n") == [(1, "a"), (2, "too_long"), (3, ""), (4, "b")]
    assert lines(long, b"\n", b"c") == [(1, "too_long"), (2, "c")]
    assert lines(b"a\n", long) == [(1, "a"), (2, "too_long")]


def test_a_short_line_is_given_at_once() -> None:
    """Though four bytes are needed to tell encodings apart: whoever writes a stream may wait for the row."""
    assert list(LineSplitter().feed(b"a\n")) == [(1, "a")]
    assert list(LineSplitter().feed(b"abc\r")) == [(1, "abc")]
    assert list(Inflater().feed(b"a\n", final=False)) == [b"a\n"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("a,b\n".encode("utf-16"), "is UTF-16 text; .* iconv -f UTF-16"),
        ("a,b\n".encode("utf-16-be"), "is UTF-16 text"),
        ("a,b\n".encode("utf-16-le"), "is UTF-16 text"),
        ("a,b\n".encode("utf-32"), "is UTF-32 text; .* iconv -f UTF-32"),
        ("a,b\n".encode("utf-32-be"), "is UTF-32 text"),
        (b"\0" * 9, "begins with NUL bytes"),
        (b"PK\x03\x04...", "is a ZIP archive"),
        (b"\xfd7zXZ\0", "is compressed with xz"),
        (b"\x1f\x8b\x08..", "is gzipped twice"),
    ],
)
def test_what_is_no_utf_8_is_told_by_its_first_bytes(data: bytes, words: str) -> None:
    """Also where they come one by one."""
    for pieces in ([data], one_by_one(data)):
        with pytest.raises(InputError, match=words):
            lines(*pieces)


def test_what_is_compressed_comes_out_whole_however_the_bytes_come() -> None:
    """Several members, and padding between and after them."""
    data = gzip.compress(b"a,b\n", mtime=0) + b"\0\0" + gzip.compress(b"c,d\n", mtime=0) + b"\0" * 9
    assert b"".join(inflated(data)) == b"".join(inflated(*one_by_one(data))) == b"a,b\nc,d\n"


@pytest.mark.parametrize("data", [b"", b"\x1f", b"a", b"ab", b"\0\0a"])
def test_what_is_not_compressed_is_handed_through(data: bytes) -> None:
    """Though the first byte of gzip be there."""
    assert b"".join(inflated(data)) == b"".join(inflated(*one_by_one(data))) == data


def test_a_compressed_input_is_inflated_in_bounded_pieces() -> None:
    """However much a few bytes stand for."""
    sizes = [len(piece) for piece in inflated(gzip.compress(bytes(10**7), mtime=0))]
    assert (sum(sizes), max(sizes)) == (10**7, 256 * 1024)


def test_anything_but_padding_between_members_is_damage() -> None:
    """Rows could be missing there."""
    with pytest.raises(Exception, match="incorrect header"):
        inflated(gzip.compress(b"a", mtime=0) + b"\0X" + gzip.compress(b"b", mtime=0))


@pytest.mark.parametrize("cut", [2, 12, -9, -1])
def test_compressed_data_that_ends_early_is_told(cut: int) -> None:
    """Wherever that is."""
    with pytest.raises(EOFError):
        inflated(gzip.compress(b"a,b\n", mtime=0)[:cut])
