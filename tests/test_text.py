"""Text from elsewhere, made fit to print."""

import pytest

from bulkcancel.text import is_path_segment, printable, rfc3339


@pytest.mark.parametrize(
    ("text", "limit", "want"),
    [
        ("", 3, ""),
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("é€😀", 3, "é€😀"),
        ("é€😀x", 3, "é€…"),
        ("a\x1b[0m", 20, r"a\x1b[0m"),
        ("\0\n\x7f\x9f\xad", 40, r"\x00\x0a\x7f\x9f\xad"),
        ("\u0378\u200b\u2028\u202e\ue000", 40, r"\u0378\u200b\u2028\u202e\ue000"),
        ("\udcff", 40, r"\udcff"),
        ("\uffff\U0001ffff", 40, r"\uffff\U0001ffff"),
        ("\U000e0001\U000f0000", 40, r"\U000e0001\U000f0000"),
        ("\n\n", 6, "\\x0a\\…"),
        ("\n" * 10**6, 8, "\\x0a\\x0…"),
    ],
)
def test_what_can_not_be_printed_is_escaped_and_the_rest_cut(text: str, limit: int, want: str) -> None:
    """To so many characters, the last of which says that there was more."""
    assert printable(text, limit) == want


@pytest.mark.parametrize("text", ["a", "A1", "9._:~-", "a" * 128])
def test_a_path_segment_is_one_part_of_a_path(text: str) -> None:
    """Of letters, digits and what needs no escape."""
    assert is_path_segment(text)


@pytest.mark.parametrize("text", ["", ".", "..", "-a", "a/b", "a%2f", "a\n", "é", "a b", "a?", "a" * 129])
def test_what_could_be_more_than_a_path_segment_is_none(text: str) -> None:
    """A dot segment, an escape, an end."""
    assert not is_path_segment(text)


@pytest.mark.parametrize(
    ("moment", "want"),
    [
        (0.0, "1970-01-01T00:00:00.000Z"),
        (1.2345, "1970-01-01T00:00:01.234Z"),
        (1e9, "2001-09-09T01:46:40.000Z"),
    ],
)
def test_a_moment_is_written_as_rfc_3339_has_it(moment: float, want: str) -> None:
    """In UTC, with milliseconds."""
    assert rfc3339(moment) == want
