"""What is said of an API that does not answer."""

import re
import socket
from pathlib import Path
from uuid import UUID

import pytest
from support.cliapp import Call


@pytest.mark.slow
def test_an_api_that_never_answers_is_said_at_the_first_fault(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connections are taken and nothing comes: with one request at a time, ten faults would take minutes."""
    monkeypatch.setenv("DD_API_KEY", "a" * 32)
    monkeypatch.setenv("DD_APP_KEY", "b" * 40)
    ids = [UUID(int=(1 << 127) + number, version=4) for number in range(9)]
    (tmp_path / "in.csv").write_text(
        "workflow_id,instance_id\n" + "".join(f"{ids[0]},{one}\n" for one in ids)
    )
    with socket.create_server(("127.0.0.1", 0)) as silent:
        target = f"http://127.0.0.1:{silent.getsockname()[1]}"
        ended = call(
            "run", "in.csv", "-o", "r.csv", "-y", "--base-url", target, "--timeout", "0.2", "--max-duration", "1"
        )  # fmt: skip
    assert ended.code == 3
    assert re.search(
        r"No answer from the API(?: for \d s)?: no whole reply within 0\.2 s\. Paused, asking again every 1 to 10 s\.",
        ended.err,
    ), ended.err
