"""`bulkcancel check`: a line for each thing, an exit code, and nothing that a person can't act on."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import click
import pytest
from support.children import MAIN, child, read_to
from support.cliapp import Call

from bulkcancel.cli import checking, findings_output

LABELS = [
    "name resolution",
    "proxy",
    "TLS",
    "clock",
    "API key",
    "both keys",
    "workflows_read",
    "workflows_run",
    "quota",
]


@pytest.fixture
def nowhere() -> str:
    """An address on this machine at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def states(out: str) -> dict[str, str]:
    """The state of each line, by its label."""
    lines = [line for line in out.splitlines() if not line.startswith(" ")]
    return {line[6:21].rstrip(): line[:6].rstrip() for line in lines}


def test_a_healthy_api_is_ready(call: Call) -> None:
    """One line for each thing; the one that can't be proven says how to."""
    ended = call("check", "--sandbox")
    assert ended.code == 0
    assert states(ended.out) == {**dict.fromkeys(LABELS, "ok"), "workflows_run": "?"}
    assert list(states(ended.out)) == LABELS
    assert "-> Cancel one first: `bulkcancel run INPUT --limit 1`" in ended.out
    assert ended.err == (
        "Ready to cancel at the sandbox (calm), on this machine, as far as it can be told (open: workflows_run). "
        "Nothing was changed.\n"
    )


def test_what_failed_decides_the_exit_code(call: Call) -> None:
    """The last line names what to begin with."""
    ended = call("check", "--sandbox", "--scenario", "denied")
    assert ended.code == 2
    assert (
        len(ended.out.splitlines()) == len(LABELS) + 1
    )  # the remedy: where nobody watches, nothing is wrapped
    assert states(ended.out)["API key"] == "FAIL"
    assert states(ended.out)["both keys"] == "?"
    assert ended.last.startswith(
        "1 of 9 checks failed at the sandbox (denied), on this machine; begin with the first: API key."
    )


def test_a_program_reads_one_document(call: Call) -> None:
    """With all that a person sees; the last line is JSON too where that is asked."""
    ended = call("check", "--sandbox", "--json", "--log-format", "json")
    document = json.loads(ended.out)
    assert (document["schema_version"], document["site"], document["ok"]) == (1, "sandbox", True)
    assert [one["name"] for one in document["findings"]][4:6] == ["api_key", "both_keys"]
    assert {one["status"] for one in document["findings"]} == {"ok", "?"}
    assert all(set(one) == {"name", "status", "detail", "remedy"} for one in document["findings"])
    assert "Ready to cancel" in json.loads(ended.err)["message"]


def test_a_program_sees_that_something_failed(call: Call) -> None:
    """In one word, and in the exit code."""
    denied = json.loads(call("check", "--sandbox", "--scenario", "denied", "--json").out)
    assert denied["ok"] is False


def test_missing_keys_are_one_of_several_things(call: Call, nowhere: str) -> None:
    """The way is looked at all the same."""
    ended = call("check", "--base-url", nowhere)
    assert ended.code == 2
    assert [label for label, state in states(ended.out).items() if state == "FAIL"] == ["TLS", "API key"]
    assert "DD_API_KEY and DD_APP_KEY not set in the environment" in ended.out
    assert ended.last.startswith("2 of 9 checks failed at http://127.0.0.1")


def test_a_keys_file_that_others_can_read_is_told(call: Call, nowhere: str, tmp_path: Path) -> None:
    """With the command that helps; what stands in it is not."""
    keys = tmp_path / "keys"
    keys.write_text("DD_API_KEY=aaaabbbbccccdddd\nDD_APP_KEY=eeeeffff00001111\n")  # pragma: allowlist secret
    keys.chmod(0o644)
    ended = call("check", "--base-url", nowhere, "--keys-file", keys)
    assert "run: chmod 600" in ended.out
    assert "aaaabbbb" not in ended.out + ended.err
    keys.chmod(0o600)
    assert "application key ending in 1111" in call("check", "--base-url", nowhere, "--keys-file", keys).last


def test_reading_only_is_no_obstacle(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a site without the product is remarked."""
    monkeypatch.setenv("DD_READ_ONLY", "true")
    assert call("check", "--sandbox").code == 0

    async def found(*_: object, **__: object) -> tuple[()]:
        return ()

    monkeypatch.setattr(checking, "_check", found)
    assert "does not offer workflow automation on ddog-gov.com" in call("check", "--site", "ddog-gov.com").err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--site", "mars"], "is not a Datadog site"),
        (["--sandbox", "--site", "eu"], "exclude each other"),
        (["--timeout", "soon"], "is not a duration"),
        (["here"], "unexpected extra argument"),
    ],
)
def test_a_mistake_exits_2_and_looks_at_nothing(call: Call, words: list[str], sentence: str) -> None:
    """As elsewhere."""
    ended = call("check", *words)
    assert (ended.code, ended.out) == (2, "")
    assert sentence in ended.err


@pytest.mark.parametrize("width", [80, 120])
def test_lines_are_wrapped_for_people(call: Call, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    """Under their own beginning."""
    monkeypatch.setattr(findings_output, "is_terminal", lambda _: True)
    monkeypatch.setenv("COLUMNS", str(width))
    wrapped = call("check", "--sandbox", "--scenario", "denied").out
    assert max(map(len, wrapped.splitlines())) <= width
    assert list(states(wrapped)) == LABELS


@pytest.mark.parametrize(
    ("error", "code"), [(BrokenPipeError(32, "Broken pipe"), 0), (OSError(28, "No space left"), 2)]
)
def test_an_output_that_ends(call: Call, monkeypatch: pytest.MonkeyPatch, error: OSError, code: int) -> None:
    """Whoever closes a pipe has read enough; a full disk is told."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(click, "echo", fail)
    ended = call("check", "--sandbox")
    assert ended.code == code
    assert ("can't be written: No space left" in ended.err) is bool(code)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "Interrupted"), (signal.SIGTERM, 143, "Terminated")]
)
def test_a_signal_ends_it_at_once(tmp_path: Path, number: int, code: int, word: str) -> None:
    """While a host keeps it waiting."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        command = [sys.executable, "-c", MAIN, "check", "--base-url", url, "--timeout", "100"]
        with child(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            read_to(process.stdout, "name resolution")
            process.send_signal(number)
            _, err = process.communicate()
    assert (process.returncode, err) == (code, f"{word}; nothing was changed.\n")
