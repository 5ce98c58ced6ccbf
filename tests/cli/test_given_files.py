"""The files a run is given: no two are one, what can't be written is told of first, and names survive a paste."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from uuid import UUID

import pytest
from support.cliapp import Call, outcomes
from support.rights import NOBODY, give_away, without_rights

from bulkcancel.cli.given_files import _identity
from bulkcancel.models import Outcome, Result
from bulkcancel.report import Format, read_results

if TYPE_CHECKING:
    from collections.abc import Callable

W = str(UUID(int=1 << 127, version=4))
IDS = [str(UUID(int=(1 << 127) + n, version=4)) for n in range(1, 9)]
SANDBOX = ("run", "--sandbox", "-y")


class Unread:
    """A terminal at which nobody is to be asked."""

    def isatty(self) -> bool:
        """Say so."""
        return True

    def fileno(self) -> int:
        """Have none."""
        raise OSError(9, "no descriptor")

    def readline(self) -> NoReturn:
        """Fail."""
        raise AssertionError("a question was asked")


def record(name: str, *found: Outcome) -> bytes:
    """A report with those outcomes."""
    form = Format(Path(name).suffix)
    rows = [Result(n, W, IDS[n - 2], one, finished_at=1.0, site="sandbox") for n, one in enumerate(found, 2)]
    data = form.header + b"".join(map(form.encode, rows))
    Path(name).write_bytes(data)
    return data


@pytest.fixture
def given(call: Call) -> Call:
    """The command line, and files under several names."""
    Path().chmod(0o777)  # for who has no rights
    Path("sub").mkdir()
    Path("in.csv").write_text("workflow_id,instance_id\n" + "".join(f"{W},{one}\n" for one in IDS))
    Path("keys").write_text(f"DD_API_KEY={'a' * 32}\nDD_APP_KEY={'b' * 40}\n")
    Path("keys").chmod(0o600)
    record("r.csv", Outcome.CANCELED)
    for name in ("in.csv", "r.csv"):
        Path(f"soft-{name}").symlink_to(name)
        Path(f"hard-{name}").hardlink_to(name)
    Path("round").symlink_to(".")
    Path("dangling").symlink_to("new.csv")
    return call


@pytest.mark.parametrize(
    ("words", "which"),
    [
        ("in.csv --summary in.csv", "INPUT and --summary"),
        ("in.csv --summary ./sub/../in.csv", "INPUT and --summary"),
        ("in.csv --summary soft-in.csv", "INPUT and --summary"),
        ("soft-in.csv --summary in.csv", "INPUT and --summary"),
        ("in.csv --summary hard-in.csv", "INPUT and --summary"),
        ("in.csv --summary round/in.csv --dry-run", "INPUT and --summary"),
        ("in.csv -o new.csv --summary new.csv", "--report and --summary"),
        ("in.csv -o new.csv --summary round/new.csv", "--report and --summary"),
        ("in.csv -o new.csv --summary sub/../new.csv", "--report and --summary"),
        ("in.csv -o new.csv --summary dangling", "--report and --summary"),
        ("in.csv -o r.csv --resume --summary r.csv", "--report and --summary"),
        ("in.csv -o r.csv --resume --summary soft-r.csv", "--report and --summary"),
        ("in.csv -o r.csv --resume --summary hard-r.csv", "--report and --summary"),
        ("-o r.csv --resume --summary hard-r.csv", "--report and --summary"),
        ("r.csv -o r.csv --resume --summary r.csv", "--report and --summary"),
        ("in.csv --keys-file keys --summary keys", "--summary and --keys-file"),
        ("keys --keys-file keys", "INPUT and --keys-file"),
        ("in.csv --ca-bundle keys --summary ./keys", "--summary and --ca-bundle"),
        ("in.csv -o new.csv --ca-bundle sub/../new.csv", "--report and --ca-bundle"),
    ],
)
def test_one_file_for_two_purposes_is_refused(given: Call, words: str, which: str) -> None:
    """By its own name, through links, and where it is not there yet; nothing changes."""
    before = {path: path.read_bytes() for path in Path().iterdir() if path.is_file()}
    ended = given(*SANDBOX, *words.split())
    assert (ended.code, f"{which} are one and the same file" in ended.err) == (2, True)
    assert {path: path.read_bytes() for path in Path().iterdir() if path.is_file()} == before


def test_files_of_their_own_are_not_refused(given: Call) -> None:
    """The same name in two directories, and the same devices for two purposes."""
    words = ("in.csv", "-o", "new.csv", "--summary", "sub/new.csv", "--keys-file", "keys")
    assert given(*SANDBOX, *words).code == 0
    assert json.loads(Path("sub/new.csv").read_text())["exit_code"] == 0
    assert [_identity(name) for name in ("/dev/null", ".", None, "a\0b", -1)] == [None] * 5


@pytest.mark.parametrize("dash", [["-"], []])
def test_redirected_streams_are_files_too(
    given: Call, monkeypatch: pytest.MonkeyPatch, dash: list[str]
) -> None:
    """`< FILE` and `> FILE` name them as well."""
    with Path("in.csv").open() as rows, Path("out").open("w") as out:
        monkeypatch.setattr(sys, "stdin", rows)
        ended = given(*SANDBOX, *dash, "--summary", "in.csv")
        assert (ended.code, "INPUT and --summary are one" in ended.err) == (2, True)
        monkeypatch.setattr(sys, "stdout", out)
        ended = given(*SANDBOX, "in.csv", "-o", "-", "--summary", "out")
        assert (ended.code, "--report and --summary are one" in ended.err) == (2, True)
    with Path("r.csv").open() as rows:
        monkeypatch.setattr(sys, "stdin", rows)
        ended = given(*SANDBOX, "-", "-o", "r.csv", "--resume")
        assert (ended.code, "INPUT and --report are one" in ended.err) == (2, True)


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        pytest.param("r.csv", 3000, marks=pytest.mark.slow),  # more than is read before the first is sent
        ("./sub/../r.csv", 9),
        ("soft-r.csv", 9),
        ("hard-r.csv", 9),
    ],
)
def test_a_report_as_its_own_input_means_no_input(
    given: Call, monkeypatch: pytest.MonkeyPatch, name: str, rows: int
) -> None:
    """Its unfinished rows are tried again; those it appends are not read, however large it is."""
    monkeypatch.setattr("bulkcancel.cli.prepare._SCANNED_FOR_THE_BAR", 0)
    ids = [str(UUID(int=(1 << 127) + n, version=4)) for n in range(100, 100 + rows)]
    left = [
        Result(n, W, one, Outcome.FAILED, finished_at=1.0, site="sandbox") for n, one in enumerate(ids, 2)
    ]
    with Path("r.csv").open("ab") as file:  # in place: its other names stay
        file.writelines(map(Format.CSV.encode, left))
    ended = given(*SANDBOX, name, "-o", "r.csv", "--resume", "--summary", "s.json")
    assert ended.code == 0
    assert json.loads(Path("s.json").read_text())["requests"] == rows
    assert outcomes("r.csv") == [Outcome.CANCELED] * (rows + 1)


def test_a_report_as_its_own_input_without_resume_is_refused(given: Call) -> None:
    """It exists already."""
    before = Path("r.csv").read_bytes()
    ended = given(*SANDBOX, "r.csv", "-o", "r.csv")
    assert (ended.code, "exists already; continue it with --resume" in ended.err) == (2, True)
    assert Path("r.csv").read_bytes() == before


UNWRITABLE = [
    ("none/FILE", "No such file or directory"),
    ("in.csv/FILE", "Not a directory"),
    (f"{'x' * 252}FILE", "File name too long"),
    ("sub/FILE", "nothing can be written in"),
]


@pytest.mark.parametrize(("name", "why"), UNWRITABLE)
@pytest.mark.parametrize("option", ["-o", "--summary"])
@pytest.mark.parametrize("extra", [[], ["--dry-run"]])
def test_what_cannot_be_written_is_told_before_the_question(
    given: Call, monkeypatch: pytest.MonkeyPatch, name: str, why: str, option: str, extra: list[str]
) -> None:
    """And before the plan, which may take long to read."""
    Path("sub").chmod(0o555)
    before = sorted(Path().rglob("*"))
    monkeypatch.setattr(sys, "stdin", Unread())
    name = name.replace("FILE", "r.csv" if option == "-o" else "s.json")
    with without_rights():
        ended = given("run", "--sandbox", "in.csv", option, name, *extra)
    assert (ended.code, why in ended.err) == (2, True)
    assert "Plan:" not in ended.err
    assert sorted(Path().rglob("*")) == before


@pytest.mark.parametrize("kind", ["directory", "fifo", "link"])
def test_a_summary_that_would_replace_no_file_is_told_before_the_question(given: Call, kind: str) -> None:
    """A directory, a device and a link stay what they are."""
    path = Path("s.json")
    make: dict[str, Callable[[], object]] = {
        "directory": path.mkdir, "fifo": lambda: os.mkfifo(path), "link": lambda: path.symlink_to("sub"),
    }  # fmt: skip
    make[kind]()
    ended = given(*SANDBOX, "in.csv", "--summary", "s.json")
    assert (ended.code, "other than a regular file" in ended.err) == (2, True)


def test_a_directory_that_cannot_be_written_in_leaves_the_exit_code_true(given: Call) -> None:
    """Each `--resume` warns that the report can't be cleaned up; every row is done all the same."""
    given(*SANDBOX, "in.csv", "-o", "sub/r.csv", "--scenario", "denied")
    give_away("sub/r.csv")
    Path("sub").chmod(0o555)
    for _ in range(2):
        with without_rights():
            ended = given(*SANDBOX, "in.csv", "-o", "sub/r.csv", "--resume", "--no-progress")
        assert ended.code == 0
        assert "The report sub/r.csv can't be cleaned up: " in ended.err
        assert "Permission denied. Nothing in it is lost" in ended.err
        assert ended.last.startswith("Done")
    assert len(outcomes("sub/r.csv")) == 16
    Path("sub").chmod(0o755)
    assert given(*SANDBOX, "in.csv", "-o", "sub/r.csv", "--resume").code == 0
    assert len(outcomes("sub/r.csv")) == 8


@pytest.mark.parametrize("stem", ["r" * 246, "r" * 247, "r" * 251, "é" * 125])
def test_the_longest_names_can_be_cleaned_up_too(given: Call, stem: str) -> None:
    """Up to 255 bytes; and a summary may have one as well."""
    name, summary = f"{stem}.csv", f"{'s' * 250}.json"
    assert given(*SANDBOX, "in.csv", "-o", name, "--scenario", "denied", "--summary", summary).code == 3
    ended = given(*SANDBOX, "in.csv", "-o", name, "--resume", "--summary", summary)
    assert (ended.code, "can't be" in ended.err) == (0, False)
    assert outcomes(name) == [Outcome.CANCELED] * 8
    assert json.loads(Path(summary).read_text())["exit_code"] == 0


def test_a_resumed_report_stays_its_owners(given: Call) -> None:
    """`sudo … --resume` compacts it, and leaves it whose it was, as readable as it was."""
    given(*SANDBOX, "in.csv", "-o", "mine.csv", "--scenario", "denied")
    give_away("mine.csv")
    Path("mine.csv").chmod(0o640)
    was = Path("mine.csv").stat()
    assert given(*SANDBOX, "in.csv", "-o", "mine.csv", "--resume").code == 0
    found = Path("mine.csv").stat()
    assert found.st_ino != was.st_ino
    assert (found.st_uid, found.st_gid, found.st_mode) == (was.st_uid, was.st_gid, was.st_mode)
    assert os.geteuid() or found.st_uid == NOBODY


@pytest.mark.slow
def test_the_command_that_goes_on_names_the_same_files(given: Call, tmp_path: Path) -> None:
    """Pasted into a shell, whatever bytes their names have."""
    report, source = os.fsdecode(b"r\n\xff\x1b'.csv"), "in\n$x.csv"
    Path("in.csv").rename(source)
    last = given(*SANDBOX, source, "-o", report, "--limit", "3").last
    command = last[last.index("bulkcancel run") :].removesuffix(")")
    start = "import sys; from bulkcancel.cli.program import main; sys.exit(main())"
    shell = f'bulkcancel() {{ {shlex.quote(sys.executable)} -c {shlex.quote(start)} "$@"; }}; {command}'
    subprocess.run(["/bin/bash", "-c", shell], cwd=tmp_path, check=True, capture_output=True)
    assert [row.outcome for row in read_results(Path(report))] == [Outcome.CANCELED] * 8
