"""The words everything else is made of: what a reply's body says."""

import pytest

from bulkcancel.models import Reply


@pytest.mark.parametrize(
    ("body", "document", "is_json"),
    [
        (b'{"data":[1]}', {"data": [1]}, True),
        (b"null", None, True),
        (b"", None, False),
        (b"<html>", None, False),
        (b"\xff", None, False),
        (b"[" * 9999, None, False),
    ],
)
def test_a_reply_tells_what_its_body_says(body: bytes, document: object, *, is_json: bool) -> None:
    """Or that it is no JSON, whatever it is instead."""
    reply = Reply(200, {}, body)
    assert (reply.is_json, reply.document) == (is_json, document)


def test_a_body_is_decoded_once() -> None:
    """However often it is asked for: a page of a list has a hundred instances."""
    reply = Reply(200, {}, b'{"data":[]}')
    assert reply.document is reply.document


def test_replies_are_equal_whether_they_were_decoded_or_not() -> None:
    """What a reply is does not depend on who has looked at it."""
    looked_at, not_looked_at = Reply(200, {}, b"{}"), Reply(200, {}, b"{}")
    assert looked_at.is_json
    assert looked_at == not_looked_at
