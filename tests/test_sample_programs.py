"""The sample programs run as they are."""

import importlib.util
import json
import os
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from support.children import child, read_to, unmeasured
from support.cliapp import SAMPLES, Call, outcomes

from bulkcancel.models import Outcome

RUNAWAY = "49057bbd-1024-4dc7-b35e-c0455c9695e3"  # of the sandbox's seed 0
OWN = "from bulkcancel.cli.process import main; main()"


def run(name: str, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one in the directory we are in."""
    return subprocess.run(
        [sys.executable, str(SAMPLES / name), *words],
        capture_output=True,
        text=True,
        check=False,
        env={**unmeasured(), **environment},
    )


@pytest.mark.slow
def test_the_program_for_library_users_stops_a_runaway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a canary first, and one report for both."""
    monkeypatch.chdir(tmp_path)
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    words = ["sandbox", "--scenario", "runaway", "--alive", "300", "--port", str(port)]
    with child([sys.executable, "-c", OWN, *words], stderr=subprocess.PIPE) as server:
        read_to(server.stderr, "listens at")
        url = f"http://127.0.0.1:{port}"
        ended = run("from_python.py", RUNAWAY, BULKCANCEL_BASE_URL=url, DD_API_KEY="a", DD_APP_KEY="b")
        server.terminate()
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("30")
    found = outcomes("cleanup.csv")
    assert len(found) >= 300
    assert set(found) <= {Outcome.CANCELED, Outcome.ALREADY_FINISHED}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("library", "words"),
    [
        ("pandas", ["canceled", "not_found", "0 days"]),
        ("duckdb", ["not_found", "INSTANCE_NOT_FOUND", "missing_id"]),
    ],
)
def test_a_report_opens_in(call: Call, library: str, words: list[str]) -> None:
    """In three lines, which `make check` installs the libraries for."""
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed: make check does that")
    call("run", SAMPLES / "incident.csv", "--sandbox", "-y", "-o", "report.csv", "-c", "128")
    name = f"report_in_{library}.py"
    code = (SAMPLES / name).read_text(encoding="utf-8").partition('"""\n\n')[2]
    assert len([line for line in code.splitlines() if line]) == 3
    ended = run(name)
    assert ended.returncode == 0, ended.stderr
    assert all(word in ended.stdout for word in words), ended.stdout
    assert os.listdir(".") == ["report.csv"]  # noqa: PTH208 - a list is what is wanted


@pytest.mark.slow
def test_the_program_for_a_chat_tells_it_what_a_run_came_to(call: Call) -> None:
    """One line, posted where the webhook says; its failure is said by its exit status."""
    posted: list[bytes] = []

    class Chat(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    call(
        "run",
        SAMPLES / "spreadsheet.csv",
        "--sandbox",
        "-y",
        "-o",
        "r.csv",
        "--summary",
        "s.json",
        "--reason",
        "INC-1",
    )
    words = [sys.executable, str(SAMPLES / "notify_chat.py")]
    with HTTPServer(("127.0.0.1", 0), Chat) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        for webhook, code in ((url, 0), ("http://127.0.0.1:9", 1)):
            with Path("s.json").open("rb") as summary:
                environ = {**unmeasured(), "CHAT_WEBHOOK": webhook}
                ended = subprocess.run(words, stdin=summary, check=False, env=environ, capture_output=True)
            assert ended.returncode == code, ended.stderr
        server.shutdown()
    (said,) = posted
    text = json.loads(said)["text"]
    assert "INC-1" in text
    assert "canceled" in text
