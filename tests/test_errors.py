"""Errors in words."""

import errno

import pytest

from bulkcancel.errors import words_of


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.EIO, "Input/output error", "r.csv"), "Input/output error"),
        (OSError("alone"), "alone"),
        (ValueError("a value"), "a value"),
    ],
)
def test_an_error_says_what_went_wrong(error: Exception, words: str) -> None:
    """In the system's own words where it has some."""
    assert words_of(error) == words
