"""Secrets are taken out of texts, and the rest stays as it was."""

import json

import pytest

from bulkcancel.datadog.redact import Redactor

KEY = "f00dfacecafebeef"  # pragma: allowlist secret
ESCAPED = "".join(f"\\u{ord(char):04x}" for char in KEY)


def redactor() -> Redactor:
    """One that knows a key, and a text too short to be one."""
    return Redactor([KEY, "short"])


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("nothing", "nothing"),
        (f"a {KEY} b", "a [redacted] b"),
        (f"a {KEY.upper()} b {KEY}", "a [redacted] b [redacted]"),
        (f"<{KEY[:8]}>", "<[redacted]>"),
        (f"<{KEY[-8:]}>", "<[redacted]>"),
        (f"<{KEY[:7]}>", f"<{KEY[:7]}>"),
        (f"<{KEY[-7:]}>", f"<{KEY[-7:]}>"),
        (f"{KEY}{KEY}", "[redacted]"),
        (f"{KEY[:12]}end.", "[redacted]."),
        (f"{KEY}1234567.", "[redacted]."),
        (f"{KEY}12345678.", "[redacted]8."),
        ("a short one", "a short one"),
    ],
)
def test_pieces_of_a_key_are_taken_out_of_a_text(text: str, want: str) -> None:
    """Eight characters in a row, in either case, with what may be left of the key behind them."""
    assert redactor().text(text) == want
    assert redactor().body(text.encode()) == want.encode()
    headers = redactor().headers({"X-Said": text, "Y": "1"})
    assert (headers["x-said"], headers["y"], len(headers)) == (want, "1", 2)


@pytest.mark.parametrize(
    ("body", "want"),
    [
        (b'{"a":1}', b'{"a":1}'),
        (bytes(range(1, 92)) + bytes(range(93, 256)), bytes(range(1, 92)) + bytes(range(93, 256))),
        (b'{"a":"caf\\u00e9"}', '{"a": "café"}'.encode()),
        (f'{{"a":"{ESCAPED}"}}'.encode(), b'{"a": "[redacted]"}'),
        (f'{{"a":"\\ud800","b":"{ESCAPED}"}}'.encode(), b'{"a": "?", "b": "[redacted]"}'),
        (json.dumps([KEY]).encode("utf-16"), b'["[redacted]"]'),
        (json.dumps([KEY]).encode("utf-32"), b'["[redacted]"]'),
        (KEY.encode("utf-16-be"), b"[redacted]"),
        (b"\0".join(bytes([char]) for char in KEY.encode()), b"[redacted]"),
        (f"no JSON \\ {KEY}".encode(), b"no JSON \\ [redacted]"),
        (b"\\" + b"[" * 10**5 + KEY.encode(), b"\\" + b"[" * 10**5 + b"[redacted]"),
        (b"[" * 10**5 + b'"\\u0066' + KEY.encode(), b"[" * 10**5 + b'"\\u0066[redacted]'),
    ],
)
def test_a_key_is_found_in_a_body_however_it_is_spelled(body: bytes, want: bytes) -> None:
    """And a body that spells nothing in other bytes than its own comes back as it was."""
    assert redactor().body(body) == want
