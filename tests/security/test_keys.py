"""The keys show nowhere: each test makes something that could show them, and looks."""

import asyncio
import copy
import json
import logging
import os
import pickle
import re
import resource
import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.children import MAIN, child
from support.cliapp import Call
from support.rawpeers import answer, serve_raw
from support.rights import NOBODY, without_rights

from bulkcancel import answers
from bulkcancel.datadog import Credentials, Target, connect, read_credentials
from bulkcancel.datadog.redact import Redactor
from bulkcancel.errors import ConfigurationError
from bulkcancel.models import Failure, InstanceRef
from bulkcancel.sandbox.server import Sandbox, serve
from bulkcancel.settings import Settings

# pragma: allowlist nextline secret
API_KEY, APP_KEY = "0123456789abcdef" * 2, "fedcba9876543210" * 2 + "00112233"
KEYS = Credentials(API_KEY, APP_KEY)
W, X = "11111111-2222-4333-8444-555555555555", "66666666-7777-4888-8999-aaaaaaaaaaaa"


def shows_a_key(text: str) -> bool:
    """Whether eight characters of one stand in a text in a row, in either case, escaped or between NULs."""
    spelled = re.sub(r"\\+(?:x|u00)([0-9a-fA-F]{2})", lambda found: chr(int(found[1], 16)), text)
    folded = spelled.replace("\0", "").lower()
    return any(key[n : n + 8] in folded for key in (API_KEY, APP_KEY) for n in range(len(key) - 7))


@pytest.fixture
def keys(call: Call, monkeypatch: pytest.MonkeyPatch) -> Call:
    """The command line, with keys in the environment."""
    monkeypatch.setenv("DD_API_KEY", API_KEY)
    monkeypatch.setenv("DD_APP_KEY", APP_KEY)
    Path("in.csv").write_text(f"workflow_id,instance_id\n{W},{X}\n")
    return call


ECHOES: list[Callable[[bytes], bytes]] = [
    lambda head: answer("400 Bad", json.dumps({"errors": [head.decode()]}).encode()),
    lambda head: answer("403 No", json.dumps({"errors": [{"code": head.decode(), "title": head.decode()}]}).encode()),
    lambda head: answer("404 Not", json.dumps({"errors": [head.decode().upper()]}).encode()),
    lambda head: answer("200 OK", b"<pre>" + head + b"</pre>"),
    lambda _: answer("400 Bad", b'{"errors":["%s"]}' % "".join(f"\\u{ord(c):04x}" for c in APP_KEY).encode()),
    lambda _: answer("400 Bad", json.dumps({"errors": [API_KEY]}).encode("utf-16")),
    lambda _: answer("400 Bad", b"\0".join(bytes([c]) for c in APP_KEY.encode())),
    lambda _: answer("302 Found", b"", f"Location: https://login.example/?k={APP_KEY}&a={API_KEY}"),
    lambda _: f"HTTP/1.1 nonsense {API_KEY}\r\n\r\n".encode(),  # its beginning is what is quoted
    lambda _: answer("400 Bad", b"x" * 290 + APP_KEY.encode()),
    lambda _: f"HTTP/1.1 200 OK\r\n{API_KEY}\r\n\r\n".encode(),
    lambda _: answer("200 OK", b"", "X: " + API_KEY * 300),
    lambda _: answer("429 Slow", APP_KEY.encode(), f"Retry-After: {API_KEY}", f"X-RateLimit-Remaining: {APP_KEY}"),
]  # fmt: skip


@pytest.mark.parametrize("echo", ECHOES)
async def test_what_a_server_echoes_is_redacted(echo: Callable[[bytes], bytes]) -> None:
    """In bodies of any encoding, in Location, and in what the HTTP library says of nonsense."""
    async with serve_raw(echo) as peer:
        target = Target.of_url(f"http://127.0.0.1:{peer.port}")
        async with connect(target, KEYS, settings=Settings(timeout=5)) as api:
            said = await api.cancel(InstanceRef(W, X, 1))
            read = await api.get_instance(InstanceRef(W, X, 1))
    assert API_KEY in peer.heads[0].decode()
    judged = answers.classify(said)
    assert not shows_a_key(
        f"{judged} {answers.read_state(read)} {said if isinstance(said, Failure) else said.body!r}"
    )


@pytest.mark.slow
def test_a_run_shows_no_key_anywhere(keys: Call) -> None:
    """Not in the report, the summary, the messages or the JSON log, with everything asked for, at an echo."""
    code = (
        "import http.server\n"
        "class H(http.server.BaseHTTPRequestHandler):\n"
        "    protocol_version = 'HTTP/1.1'\n"
        "    def do_PUT(self):\n"
        "        b = repr(self.headers.items()).encode()\n"
        "        self.send_response(400); self.send_header('Content-Length', str(len(b)))\n"
        "        self.end_headers(); self.wfile.write(b'')\n"
        "        self.wfile.write(b)\n"
        "    def log_message(self, *a): pass\n"
        "s = http.server.HTTPServer(('127.0.0.1', 0), H); print(s.server_port, flush=True); s.serve_forever()\n"
    )
    with child([sys.executable, "-c", code], stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        words = ["run", "in.csv", "-y", "--base-url", f"http://127.0.0.1:{port}", "-v", "--max-attempts", "1"]
        for name, form in (("r.csv", "text"), ("r.jsonl", "json")):
            ended = keys(*words, "-o", name, "--summary", f"{name}.json", "--log-format", form)
            for text in (ended.out, ended.err, Path(name).read_text(), Path(f"{name}.json").read_text()):
                assert text or text == ended.out
                assert not shows_a_key(text)
            assert "[redacted]" in Path(name).read_text()
        server.kill()


async def test_no_view_of_the_objects_shows_a_key() -> None:
    """A repr, a traceback with locals, an exception with its request, the session: all are masked."""
    async with serve_raw() as peer:
        target = Target.of_url(f"http://127.0.0.1:{peer.port}")
        async with connect(target, KEYS, settings=Settings()) as api:
            views = [
                repr(KEYS),
                str(KEYS),
                f"{KEYS}",
                repr(vars(api)),
                repr(KEYS.api_key),
                repr([KEYS.app_key]),
            ]
            session = api._session
            async with session.get(target.base_url, headers=api._headers) as response:
                views += [repr(response), repr(response.request_info), repr(response.request_info.headers)]
    assert not shows_a_key(" ".join(views))
    assert API_KEY in peer.heads[0].decode()


@pytest.mark.parametrize(
    "environ", [{"DD_API_KEY": API_KEY}, {"DD_API_KEY": API_KEY, "DD_APP_KEY": f"{APP_KEY}\n"}]
)
def test_a_traceback_with_locals_shows_no_key(environ: dict[str, str]) -> None:
    """As error trackers take it, of the frames that are ours."""
    with pytest.raises(ConfigurationError) as caught:
        read_credentials(environ)
    found = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    text = "".join(frame for frame in found.format() if "datadog/keys.py" in frame)
    assert "    raise " in text
    assert not shows_a_key(text)


@pytest.mark.parametrize("way", [pickle.dumps, copy.deepcopy, asdict])
def test_keys_are_not_copied_out(way: Callable[[object], object]) -> None:
    """By what would write them to a file or another process."""
    with pytest.raises(TypeError, match="neither copied nor pickled"):
        way(KEYS)


@pytest.mark.slow
def test_the_debug_modes_show_no_key(tmp_path: Path) -> None:
    """`-X dev`, asyncio's debugging, every logger at DEBUG, and the embedded server beside it."""
    (tmp_path / "in.csv").write_text(f"{W},{X}\n")
    code = f"import logging; logging.basicConfig(level=0); {MAIN}"
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-X", "faulthandler", "-c", code, "run", "in.csv", "-y", "-v", "--sandbox"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "DD_API_KEY": API_KEY, "DD_APP_KEY": APP_KEY, "PYTHONASYNCIODEBUG": "1"},
    )  # fmt: skip
    assert done.returncode == 0
    assert "DEBUG" in done.stderr
    assert not shows_a_key(done.stdout + done.stderr)


async def test_the_sandbox_logs_no_key(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Also not of requests that are no HTTP."""
    caplog.set_level(logging.DEBUG)
    async with serve(Sandbox()) as url:
        for start in (
            b"PUT /api/v2/workflows/a/instances/b/cancel HTTP/1.1",
            b"PUT\0 / HTTP/1.1",
            b"\x16\x03\x01",
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
            writer.write(
                start
                + f"\r\nHost: x\r\nDD-API-KEY: {API_KEY}\r\nDD-APPLICATION-KEY: {APP_KEY}\0\r\n\r\n".encode()
            )
            writer.write_eof()
            await reader.read()  # some parsers quote the line to whoever sent it, who has the keys
            writer.close()
    assert not shows_a_key(caplog.text + "".join(capfd.readouterr()))


@pytest.mark.parametrize(
    "words",
    [
        ["--api-key", APP_KEY],
        [f"--app-key={APP_KEY}"],
        ["-api-key", APP_KEY],
        [f"DD_API_KEY={API_KEY}"],
        ["--dd-application-key", APP_KEY],
    ],
)
def test_a_key_given_as_an_option_is_not_repeated(keys: Call, words: list[str]) -> None:
    """The sentence says where keys belong."""
    ended = keys("run", "in.csv", *words)
    assert ended.code == 2
    assert "Keys are never options" in ended.err
    assert not shows_a_key(ended.err)


@pytest.mark.parametrize(
    "words",
    [
        [APP_KEY],
        ["--rate", APP_KEY],
        ["--scenario", "0" * 32],
        ["--site", "c" * 40],
        ["--base-url", APP_KEY],
        ["-k", "ddapp_" + "Ab1" * 10],
    ],
)
def test_a_key_in_the_wrong_place_is_not_repeated(keys: Call, words: list[str]) -> None:
    """Whether it is one of this run's, or only looks like one."""
    ended = keys("run", "in.csv", "-y", *words)
    assert ended.code == 2
    assert not any(word in ended.err for word in words if len(word) > 16)


def test_a_fault_of_our_own_is_a_sentence(keys: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the traceback under `-v` alone, and without keys in either."""

    def fail(*_: object, **__: object) -> None:
        raise ExceptionGroup("group", [RuntimeError(f"\x1b[31m{API_KEY}")])

    monkeypatch.setattr("bulkcancel.cli.prepare.ReportTarget", fail)
    ended = keys("run", "in.csv", "-y")
    assert ended.code == 3
    assert "a fault of its own, RuntimeError" in ended.last
    assert "Traceback" not in ended.err
    verbose = keys("run", "in.csv", "-y", "-v")
    assert "Traceback" in verbose.err
    for text in (ended.err, verbose.err):
        assert not shows_a_key(text)
        assert "\x1b" not in text


def test_a_crash_leaves_no_memory_behind(keys: Call) -> None:
    """Core dumps are off for the process, where the system would write one."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    if not before[1]:
        pytest.skip("core dumps are off here, and can't be turned on")
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    try:
        keys("run", "in.csv", "--dry-run")
        assert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)


BOTH = f"DD_API_KEY={API_KEY}\nDD_APP_KEY={APP_KEY}\n"
GOOD_FILES = [
    BOTH, BOTH.replace("\n", "\r\n"), f"\ufeff{BOTH}", f"export DD_API_KEY = '{API_KEY}'\n export  DD_APP_KEY=\"{APP_KEY}\"  # mine\n",
    f"# keys\n\nOTHER=1\nOTHER=2\nnoise\nDD_APP_KEY={APP_KEY} # x\nDATADOG_API_KEY={API_KEY}", BOTH.replace("\n", "\r"),
]  # fmt: skip


@pytest.mark.parametrize("text", GOOD_FILES)
def test_a_keys_file_is_read_as_people_write_them(tmp_path: Path, text: str) -> None:
    """CR LF, a BOM, `export`, quotes, comments; also through a link of one's own."""
    path, link = tmp_path / "keys", tmp_path / "link"
    path.write_text(text, newline="")
    path.chmod(0o600)
    link.symlink_to(path)
    assert read_credentials({}, path) == read_credentials({}, link) == KEYS


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("fifo", "not a regular file"), ("directory", "not a regular file"), ("/dev/zero", "not a regular file"),
        ("/dev/stdin", "regular file|can't be read"), ("large", "larger than"), ("twice", "a second time at line 3"),
        ("open", "read by others"), ("link to open", "read by others"), ("other", "belongs to somebody else"),
        ("missing", "No such file"), ("a\0b", "not a file name"), ("utf-16", "is not text"), ("half quoted", "quotation marks"),
        ("two words", "is not a key"), ("empty", "not set in"),
    ],
)  # fmt: skip
def test_a_keys_file_that_is_none_is_refused(tmp_path: Path, kind: str, words: str) -> None:
    """At once, whatever stands there, and without a word of what is in it."""
    path = tmp_path / "keys" if not kind.startswith(("/", "a\0")) else Path(kind)
    texts = {
        "twice": BOTH + BOTH,
        "half quoted": BOTH.replace("\n", '"\n'),
        "two words": BOTH.replace("\n", " x\n"),
        "empty": "",
        "large": BOTH * 2000,
    }
    if kind == "fifo":
        os.mkfifo(path, 0o600)
    elif kind == "directory":
        path.mkdir(0o700)
    elif path.parent == tmp_path and kind != "missing":
        path.write_bytes(texts.get(kind, BOTH).encode("utf-16" if kind == "utf-16" else "utf-8"))
        path.chmod(0o640 if "open" in kind else 0o600)
        if kind == "other":
            if os.geteuid():
                pytest.skip("only root can give a file away")
            os.chown(path, 65534, 65534)
        if kind == "link to open":
            (tmp_path / "link").symlink_to(path)
            path = tmp_path / "link"
    with pytest.raises(ConfigurationError, match=words) as caught:
        read_credentials({}, path)
    assert not shows_a_key(str(caught.value))


@pytest.mark.parametrize(
    ("mode", "owner", "is_taken"),
    [
        (0o440, 0, True), (0o640, 0, True), (0o400, 0, False), (0o444, 0, False), (0o460, 0, False), (0o450, 0, False),
        (0o440, NOBODY, False), (0o640, NOBODY, False), (0o400, NOBODY, True), (0o440, 1, False),
    ],
)  # fmt: skip
def test_a_keys_file_of_roots_may_be_read_by_its_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, owner: int, *, is_taken: bool
) -> None:
    """As Kubernetes and systemd hand over a secret; read and no more, and no file of anybody else's."""
    if os.geteuid():
        pytest.skip("only root can give a file away")
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    path = Path("keys")  # the folders above are root's alone
    path.write_text(BOTH, encoding="utf-8-sig")  # which Python imports at its first use
    os.chown(path, owner, NOBODY)
    path.chmod(mode)
    with without_rights():
        if is_taken:
            assert read_credentials({}, path) == KEYS
        else:
            with pytest.raises(ConfigurationError, match=r"read by others|can't be read: Perm|somebody else"):
                read_credentials({}, path)


def test_root_itself_lets_no_group_read_its_keys_file(tmp_path: Path) -> None:
    """It needs no group to read what is its own."""
    path = tmp_path / "keys"
    path.write_text(BOTH)
    path.chmod(0o640)
    with pytest.raises(ConfigurationError, match="read by others"):
        read_credentials({}, path)


@given(st.text("0123456789abcdef", min_size=8, max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_no_piece_of_a_key_survives_redaction(key: str, before: str, after: str) -> None:
    """Eight characters in a row are never left, in texts and in bodies."""
    redactor = Redactor([key])
    text = f"{before}{key.upper()}{after}{key[3:]}"
    for found in (redactor.text(text), redactor.body(text.encode("utf-8", "replace")).decode()):
        assert not any(key[n : n + 8] in found.lower() for n in range(len(key) - 7))


@pytest.mark.slow
@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["sandbox", "--help"], ["--version"]])
def test_the_command_line_needs_no_keys_for_help(words: list[str]) -> None:
    """And help does not show them either: what is in the environment from the start is no default."""
    without = {name: value for name, value in os.environ.items() if "_KEY" not in name}
    keys = dict.fromkeys(("DD_API_KEY", "DATADOG_API_KEY"), API_KEY)
    keys |= dict.fromkeys(("DD_APP_KEY", "DATADOG_APP_KEY"), APP_KEY)
    first, second = (
        subprocess.run(
            [sys.executable, "-c", MAIN, *words], env=environ, capture_output=True, text=True, check=True
        )
        for environ in (without, without | keys)
    )
    assert (first.stdout, first.stderr) == (second.stdout, "")
    assert first.stdout
    assert not shows_a_key(second.stdout + second.stderr)
