"""What leaves for whoever watches from afar: the agent, the event stream, a command. No key does."""

import json
import os
from pathlib import Path

import pytest
from support.cliapp import IDS, Call, write
from support.datagrams import udp_agent
from support.sandboxes import sandbox_beside

from bulkcancel.cli.notifying import notify, without_keys

KEY = "0123456789abcdef0123456789abcdef"  # pragma: allowlist secret
APP_KEY = "fedcba9876543210fedcba987654321001234567"  # pragma: allowlist secret


def test_no_key_leaves_for_those_who_watch(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in a datagram, an event, the summary that a command reads, or its environment."""
    for name, value in (("DD_API_KEY", KEY), ("DD_APP_KEY", APP_KEY), ("COPY_OF_A_KEY", KEY)):
        monkeypatch.setenv(name, value)
    command = "sh -c 'cat > read.json; env > environment'"
    with udp_agent() as agent, sandbox_beside() as (url, sandbox):
        ended = call(
            "run", write("in.csv", *IDS), "--base-url", url, "-y", "-o", "r.csv", "-v", "--event",
            "--statsd", agent.address, "--notify-command", command,
        )  # fmt: skip
        told = b"".join(agent.datagrams()).decode() + json.dumps(sandbox.record.events)
    assert ended.code == 0
    assert len(sandbox.record.events) == 2
    told += Path("read.json").read_text() + Path("environment").read_text() + ended.err
    assert told.count("run_id") >= 3
    assert KEY not in told
    assert APP_KEY not in told


def test_the_command_at_the_end_sees_no_key() -> None:
    """Neither by our names nor by any other."""
    environ = {
        "DD_API_KEY": "x",
        "DD_APP_KEY": "x",
        "DATADOG_API_KEY": "x",
        "DATADOG_APP_KEY": "x",
        "COPY": f"Bearer {KEY}",
        "BULKCANCEL_NOTIFY_COMMAND": "this one again",
        "PATH": "/bin",
        "DD_SITE": "datadoghq.eu",
    }
    assert without_keys(environ, (KEY, "")) == {"PATH": "/bin", "DD_SITE": "datadoghq.eu"}


async def test_no_shell_reads_the_command_at_the_end(tmp_path: Path) -> None:
    """A word is a word, whatever stands in it."""
    made = tmp_path / "made"
    wrong, lines = await notify(["echo", f"$(touch {made})", "&&", "true"], b"", dict(os.environ))
    assert (wrong, lines) == ("", [f"$(touch {made}) && true"])
    assert not made.exists()
