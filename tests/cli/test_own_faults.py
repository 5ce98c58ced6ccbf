"""What is said of a fault of this program."""

import pytest

from bulkcancel.cli.own_faults import apology, fault, fit_to_show, trace

_DIGITS = "0123456789abcdef"
LIKE_KEYS = [_DIGITS * 2, f"{_DIGITS.upper()}{_DIGITS}01234567", "ddog_abcdefghij0123456789"]
LIKE_NONE = ["b7c4f3de-51a2-4c8b-8f66-2a9d0e7c3b41", _DIGITS * 3, "ddog_short", "x" * 32]


@pytest.mark.parametrize("name", ["DD_API_KEY", "DATADOG_APP_KEY"])
def test_a_key_that_is_set_is_never_shown(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Wherever in a text it stands; what is too short to be one would be found in any word."""
    monkeypatch.setenv(name, "not-like-any-key")
    assert fit_to_show("a(not-like-any-key)b") == "a([redacted])b"
    monkeypatch.setenv(name, "short")
    assert fit_to_show("a short text") == "a short text"


@pytest.mark.parametrize("key", LIKE_KEYS)
def test_what_looks_like_a_key_is_not_shown(key: str) -> None:
    """It may be one that was typed in the wrong place."""
    assert fit_to_show(f"--site={key}.") == "--site=[redacted]."


@pytest.mark.parametrize("text", LIKE_NONE)
def test_what_is_no_key_stays(text: str) -> None:
    """An instance's id, for one: people need it."""
    assert fit_to_show(text) == text


def test_nothing_steers_the_terminal_and_lines_stay_lines() -> None:
    """A traceback has many."""
    shown = fit_to_show("one\n\x1b[31mtwo\x07\n")
    assert shown.replace("\n", "").isprintable()
    assert shown.startswith("one\n")
    assert shown.endswith("\n")


def test_a_fault_is_named_by_what_failed_first() -> None:
    """Within groups of groups; without a full stop after a full stop."""
    group = ExceptionGroup("outer", [ExceptionGroup("inner", [KeyError("x"), OSError("y")])])
    assert fault(group).startswith("bulkcancel failed by a fault of its own, KeyError: 'x'. Please report")
    assert fault(RuntimeError()).startswith("bulkcancel failed by a fault of its own, RuntimeError. Please")
    assert ", ValueError: bad. Please" in fault(ValueError("bad."))


def test_where_it_happened_is_for_those_who_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without keys there too; the last line says that sending again does no harm."""
    monkeypatch.setenv("DD_APP_KEY", "secret-secret")
    error = RuntimeError("secret-secret")
    lines, brief = list(trace(error, verbose=True)), list(apology(error, verbose=False))
    assert lines[-1] == "RuntimeError: [redacted]"
    assert brief[0] == "Run it again with -v to see where it happened."
    assert "go on with --resume" in brief[-1]
    assert len(brief) == 2
