"""What servers and files say leaves as data: in a spreadsheet, on a terminal, as JSON, and in files of one's own."""

import csv
import json
import os
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.cliapp import Call, Shown

from bulkcancel.clock import SystemClock
from bulkcancel.models import Outcome, Result
from bulkcancel.progress.log_events import LogEvent
from bulkcancel.progress.messages import LogFormat, Messages
from bulkcancel.report import Format, write_private

if TYPE_CHECKING:
    from collections.abc import Callable

W, X = "11111111-2222-4333-8444-555555555555", "66666666-7777-4888-8999-aaaaaaaaaaaa"
ROW = Result(2, W, X, Outcome.REJECTED, 400, "C", "", 1, 0, 1.0, 1.0, 20)
SIGNS = ["=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20"]
ATTACKS = [
    "\x1b[31m",
    "\x1b]0;title\x07",
    "\x1b]8;;http://evil\x1b\\",
    "\x9b31m",
    "\x90q\x9c",
    "\u202e",
    "\u2066",
    "\u200b",
    "\x08",
    "\x00",
    "\x7f",
    "\u2028",
    "\udcff",
    "\n",
    "\r",
    "\x1b[2J",
]


@pytest.mark.parametrize("start", ["", " ", "\u3000", "x;", "x; ", "x|", ";;", '"', "'"])
@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("column", ["error_detail", "error_code", "workflow_id", "instance_id"])
def test_no_cell_runs_in_a_spreadsheet(column: str, sign: str, start: str) -> None:
    """Read with a comma, as the report is, or with the `;` or `|` of another locale, quotes or not."""
    text = f"{start}{sign}HYPERLINK(1)"
    line = Format.CSV.encode(ROW._replace(**{column: text})).decode()  # type: ignore[arg-type] # a column's name
    readings = [
        next(csv.reader([line], delimiter=d, quoting=q))
        for d in ",;|"
        for q in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE)
        if (d, q) != (",", csv.QUOTE_NONE)
    ]
    for cell in (cell.strip() for cells in readings for cell in cells):
        assert not cell.startswith(tuple(SIGNS))


@given(
    st.text(
        st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"])
        | st.sampled_from("=+-@';| \uff1d"),
        max_size=20,
    )
)
def test_a_defused_cell_is_read_back_as_it_was(text: str) -> None:
    """Whatever apostrophes it had of its own."""
    result = ROW._replace(error_detail=text)
    assert Format.CSV.decode(Format.CSV.encode(result).decode()) == result


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_message_steers_a_terminal(call: Call, attack: str) -> None:
    """File names, option values, reasons, columns: each is escaped on its way out."""
    cases = [
        ["run", f"no{attack}ne.csv", "--sandbox", "-y"],
        ["run", "in.csv", "--sandbox", "-y", "-o", f"r{attack}.txt"],
        ["run", "in.csv", "--sandbox", "-y", "-o", f"no{attack}/r.csv"],
        ["run", "in.csv", "--sandbox", "--dry-run", "--reason", f"re{attack}ason"],
        ["run", "in.csv", "--site", f"a{attack}"],
        ["run", "in.csv", "--base-url", f"https://a{attack}.example"],
        ["run", "in.csv", "--keys-file", f"k{attack}"],
        ["run", "in.csv", "--sandbox", "--rate", f"1{attack}"],
        ["run", "in.csv", "--sandbox", "--scenario", f"b{attack}"],
        ["run", "in.csv", "--sandbox", "-y", f"--o{attack}"],
        ["run", "in.csv", "--sandbox", "-y", "--workflow-column", f"w{attack}"],
        ["run", "in.csv", "--sandbox", "-y", "--workflow-id", f"w{attack}"],
        ["run", "in.csv", "extra", f"w{attack}"],
        [f"ru{attack}"],
    ]  # fmt: skip
    Path("in.csv").write_text(f"workflow_id,instance_id\n{W},{X}\n{W},bad\n")
    for words in cases:
        if "\0" in attack and "--keys-file" in words:  # no argument of a process holds one
            continue
        ended = call(*words)
        assert ended.code in {1, 2} or "--dry-run" in words
        said = ended.err.replace("\n", "")
        assert said.isprintable(), (words, said)
        assert "Traceback" not in said


def test_a_file_s_words_do_not_steer_a_terminal(call: Call) -> None:
    """Header names and ids appear in messages, at every verbosity."""
    Path("in.csv").write_text(
        "".join(f"{W},{attack}{X}\n" for attack in ATTACKS if attack not in "\n\r\udcff"), newline=""
    )
    for extra in (["-v"], ["-o", "v.csv", "-v", "--log-format", "json"], ["--dry-run"]):
        ended = call("run", "in.csv", "--sandbox", "-y", *extra)
        assert ended.err.replace("\n", "").isprintable()
    Path("odd.csv").write_text("a\x1b[31m,[red]b[/red]\n1,2\n")
    ended = call("run", "odd.csv", "--sandbox", "-y", "-o", "odd-report.csv")
    assert ended.err.replace("\n", "").isprintable()
    assert "[red]b[/red]" in ended.err


@given(st.text(max_size=40))
def test_any_message_is_one_line_of_data(text: str) -> None:
    """As text, and as JSON that every reader takes."""
    for form in LogFormat:
        stream = Shown()
        Messages(stream, SystemClock(), log_format=form).last(LogEvent.ENDED, text)
        written = stream.getvalue()
        assert written.endswith("\n")
        assert written.count("\n") == 1
        written.encode()
        if form is LogFormat.JSON:
            json.loads(written)["message"].encode()


def test_names_that_are_no_text_stay_out_of_json(call: Call) -> None:
    """A file's name may be any bytes: the log and the summary are valid all the same."""
    name = os.fsdecode(b"in\xff\x1b.csv")
    Path(name).write_text(f"{W},{X}\n")
    report = os.fsdecode(b"r\xfe.csv")
    ended = call(
        "run",
        name,
        "--sandbox",
        "-y",
        "-o",
        report,
        "--summary",
        "s.json",
        "--log-format",
        "json",
        "--reason",
        "\x1b\udcff",
    )
    assert ended.code == 0
    for text in (*ended.err.splitlines(), Path("s.json").read_text(encoding="utf-8")):
        json.dumps(json.loads(text), ensure_ascii=False).encode()


def as_somebody_else(action: str, directory: Path) -> None:
    """Do it as a user without rights."""
    subprocess.run(
        ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/bin/sh", "-ec", action],
        cwd=directory,
        check=True,
    )


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A directory like `/tmp`, where somebody else has planted links to a file of ours."""
    if os.geteuid() or not Path("/usr/bin/setpriv").exists():
        pytest.skip("only root can act as somebody else, by setpriv")
    for parent in [*tmp_path.parents][:3]:
        parent.chmod(0o755)
    tmp_path.chmod(0o755)
    found = tmp_path / "tmp"
    found.mkdir()
    found.chmod(0o1777)
    (tmp_path / "precious").write_text("precious")
    return found


NAMES = ["r.csv", ".r.csv.new", "s.json", ".s.json.new"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("to", ["../precious", "../absent"])
def test_a_planted_link_is_never_written_through(shared: Path, call: Call, name: str, to: str) -> None:
    """Under every name that a run writes: the report, its compacted copy, the summary."""
    as_somebody_else(f"ln -s {to} {name}", shared)
    Path("in.csv").write_text(f"workflow_id,instance_id\n{W},{X}\n")
    call("run", "in.csv", "--sandbox", "-y", "-o", shared / "r.csv", "--summary", shared / "s.json")
    call("run", "in.csv", "--sandbox", "-y", "-o", shared / "r.csv", "--resume")
    assert (shared.parent / "precious").read_text() == "precious"
    assert not (shared.parent / "absent").exists()
    for path in shared.iterdir():
        if not path.is_symlink():
            assert (stat.S_IMODE(path.lstat().st_mode), path.lstat().st_uid) == (0o600, 0)


def test_what_a_run_writes_is_private(call: Call) -> None:
    """Whatever the umask."""
    old = os.umask(0)
    try:
        Path("in.csv").write_text(f"{W},{X}\n")
        assert call("run", "in.csv", "--sandbox", "-y", "-o", "r.csv", "--summary", "s.json").code == 0
    finally:
        os.umask(old)
    assert all(stat.S_IMODE(Path(name).stat().st_mode) == 0o600 for name in ("r.csv", "s.json"))


@pytest.mark.parametrize("kind", ["link", "dangling", "directory", "fifo"])
def test_a_summary_replaces_regular_files_alone(tmp_path: Path, kind: str) -> None:
    """`--summary /dev/stdout`, as root, must not replace the device."""
    path = tmp_path / "s.json"
    make: dict[str, Callable[[], object]] = {
        "link": lambda: path.symlink_to(__file__), "dangling": lambda: path.symlink_to("none"),
        "directory": path.mkdir, "fifo": lambda: os.mkfifo(path),
    }  # fmt: skip
    make[kind]()
    before = path.lstat()
    with pytest.raises(OSError, match="other than a regular file"):
        write_private(path, b"x")
    assert path.lstat() == before
    assert os.listdir(tmp_path) == ["s.json"]  # noqa: PTH208 - hidden files count


def test_a_summary_is_replaced_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a failure leaves the earlier one, and nothing beside it."""
    path = tmp_path / "s.json"
    write_private(path, b"one")
    write_private(path, b"two")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        write_private(path, b"three")
    assert path.read_bytes() == b"two"
    assert os.listdir(tmp_path) == ["s.json"]  # noqa: PTH208 - hidden files count
