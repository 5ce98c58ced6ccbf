"""The wrong button: what it takes to cancel something, and what is said before."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from support.children import MAIN
from support.cliapp import Call

W = [f"{n:08d}-2222-4333-8444-555555555555" for n in range(12)]
X = "66666666-7777-4888-8999-aaaaaaaaaaaa"
# pragma: allowlist nextline secret
KEYS = {"DD_API_KEY": "0123456789abcdef" * 2, "DD_APP_KEY": "fedcba9876543210" * 2 + "00112233"}

AUDITED = """
import sys, os
heard = []
def hear(event, args):
    if event.startswith(("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto", "socket.gethostby",
                         "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system", "os.mkdir", "os.rename",
                         "os.remove", "os.link", "os.symlink", "os.truncate", "os.chmod", "shutil.", "tempfile.")):
        heard.append((event, args))
    elif event == "open" and (args[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) or (
        event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+")):
        heard.append((event, args))
sys.addaudithook(hear)
from bulkcancel.cli.program import main
code = main(sys.argv[1:])
print(code, heard)
"""


@pytest.fixture
def ready(call: Call, monkeypatch: pytest.MonkeyPatch) -> Call:
    """The command line with keys, and an input of twelve workflows."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    Path("in.csv").write_text(
        "".join(f"{w},{X[:-1]}{m:x}\n" for n, w in enumerate(W) for m in range(n + 1)) + "bad,bad\n"
    )
    return call


def test_the_plan_says_where_as_whom_how_many_and_whose(ready: Call) -> None:
    """The site, the key's last four characters, counts, and the most affected workflows first."""
    ended = ready("run", "in.csv", "--dry-run", "--site", "us5.datadoghq.com", "--reason", "INC-1")
    first, *rest = ended.err.splitlines()
    assert (
        first
        == "Plan: cancel 78 instances of 12 workflows at us5.datadoghq.com, with the application key ending in 2233"
    )
    assert [line.split() for line in rest[:2]] == [["12", W[11]], ["11", W[10]]]
    assert "in 2 more workflows" in ended.err
    assert "1 unusable" in ended.err
    assert "Reason: INC-1" in ended.err


@pytest.mark.slow
@pytest.mark.parametrize(
    "extra",
    [
        [],
        ["-"],
        ["--sandbox"],
        ["--sandbox", "--resume", "-o", "r.csv"],
        ["-o", "new.csv", "--summary", "s.json"],
    ],
)
def test_a_dry_run_opens_no_socket_and_writes_no_file(ready: Call, extra: list[str]) -> None:
    """As the interpreter itself reports it; and the directory is as it was."""
    assert ready("run", "in.csv", "--sandbox", "-y", "-o", "r.csv").code == 1
    before = {path: path.stat().st_mtime_ns for path in Path().iterdir()}
    words = ["run", *(extra if extra == ["-"] else ["in.csv", *extra]), "--dry-run"]
    with Path("in.csv").open("rb") as file:
        done = subprocess.run(
            [sys.executable, "-B", "-c", AUDITED, *words],
            stdin=file,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.stdout.split("\n")[0] in {"0 []", "1 []"}, done.stdout + done.stderr
    assert {path: path.stat().st_mtime_ns for path in Path().iterdir()} == before
    assert "nothing was sent" in done.stderr


@pytest.mark.slow
def test_the_hook_hears_a_real_run(ready: Call) -> None:
    """So that its silence means something; and a run starts no other process."""
    assert ready("--version").code == 0
    done = subprocess.run(
        [sys.executable, "-B", "-c", AUDITED, "run", "in.csv", "--sandbox", "-y", "-o", "r.csv"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "socket.connect" in done.stdout
    assert "r.csv" in done.stdout
    assert "subprocess" not in done.stdout
    assert "os.exec" not in done.stdout
    assert "os.fork" not in done.stdout


@pytest.mark.parametrize("value", ["true", "TRUE", "1", "yes", "on", "t", " true ", "y", "enabled", "2"])
def test_read_only_means_read_only(ready: Call, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """Whatever is not clearly a no refuses, before anything is asked or sent."""
    monkeypatch.setenv("DD_READ_ONLY", value)
    ended = ready("run", "in.csv", "-y", "--base-url", "http://127.0.0.1:1")
    assert ended.code == 2
    assert "DD_READ_ONLY" in ended.err


@pytest.mark.parametrize("value", ["", "false", "FALSE", "0", "no", "off"])
def test_a_clear_no_is_not_read_only(ready: Call, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """The next obstacle is that nobody can be asked."""
    monkeypatch.setenv("DD_READ_ONLY", value)
    assert "give --yes" in ready("run", "in.csv").err


@pytest.mark.parametrize("words", [["in.csv"], ["-"], ["/dev/stdin"], []])
def test_where_nobody_can_be_asked_yes_must_be_said(
    ready: Call, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    """Nothing is sent without it."""
    with Path("in.csv").open() as file:
        monkeypatch.setattr(sys, "stdin", file)
        ended = ready("run", *words, "--base-url", "http://127.0.0.1:1")
    assert ended.code == 2
    assert "give --yes" in ended.err


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["rnu"], "Did you mean run?"),
        (["run", "in.csv", "--dryrun"], "--dry-run"),
        (["run", "in.csv", "--yess"], "--yes"),
        (["run", "in.csv", "--concurency", "4"], "--concurrency"),
        (["run", "in.csv", "--site", "datadog.eu"], "Did you mean datadoghq.eu?"),
        (["run", "in.csv", "--site", "us1.datadoghq.com"], "datadoghq.com?"),
        (["run", "in.csv", "--sandbox", "--scenario", "bussy"], "Did you mean busy?"),
        (["run", "in.csv", "--log-format", "jsno"], "Did you mean json?"),
    ],
)
def test_a_slip_is_suggested_for(ready: Call, words: list[str], meant: str) -> None:
    """In commands, options, sites and words; nothing is sent."""
    ended = ready(*words)
    assert ended.code == 2
    assert meant in ended.err.replace("\n", " ")


@pytest.mark.parametrize(
    ("name", "meant"), [("DRYRUN", "DRY_RUN"), ("CONCURENCY", "CONCURRENCY"), ("BASEURL", "BASE_URL")]
)
def test_a_misspelled_variable_is_not_ignored(
    ready: Call, monkeypatch: pytest.MonkeyPatch, name: str, meant: str
) -> None:
    """Somebody relies on it; others' variables are left alone."""
    monkeypatch.setenv(f"BULKCANCEL_{name}", "1")
    ended = ready("run", "in.csv", "--sandbox", "-y")
    assert ended.code == 2
    assert f"did you mean BULKCANCEL_{meant}?" in ended.err
    monkeypatch.delenv(f"BULKCANCEL_{name}")
    monkeypatch.setenv("BULKCANCEL_HOME_OF_MINE", "1")
    monkeypatch.setenv("BULKCANCEL_DRY_RUN", "1")
    assert ready("run", "in.csv", "--sandbox").code == 1


@pytest.mark.slow
def test_a_yes_from_the_environment_is_said(ready: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody may remember having set it."""
    monkeypatch.setenv("BULKCANCEL_YES", "1")
    assert "Not asking: BULKCANCEL_YES is set" in ready("run", "in.csv", "--sandbox", "-o", "r.csv").err
    assert "Not asking" not in ready("run", "in.csv", "--sandbox", "-y", "-o", "s.csv").err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("typed", "code"), [(b"n\n", 2), (b"\n", 2), (b"\x04", 2), (b"\x03", 130), (b"y\n", 1)]
)
def test_a_person_at_a_real_terminal_decides(ready: Call, typed: bytes, code: int) -> None:
    """A no, an Enter and an end of input all decline; an interrupt interrupts; only a yes goes on."""
    assert ready("--version").code == 0
    main_end, far_end = pty.openpty()
    # As the controlling terminal, so that its keys send signals.
    start = f"import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); {MAIN}"
    command = [sys.executable, "-c", start, "run", "in.csv", "--sandbox", "-o", "r.csv", "--no-progress"]
    with subprocess.Popen(command, stdin=far_end, stderr=subprocess.PIPE, start_new_session=True) as process:
        assert process.stderr is not None
        seen = b""
        while b"[y/N]" not in seen:
            more = os.read(process.stderr.fileno(), 4096)
            assert more, f"it ended without asking: {seen!r}"
            seen += more
        os.write(main_end, typed)
        rest = process.stderr.read()
    os.close(main_end)
    os.close(far_end)
    assert process.returncode == code
    assert (b"nothing was sent" in rest.lower()) == (code != 1)
    assert Path("r.csv").exists() == (code == 1)
