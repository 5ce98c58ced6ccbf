"""The single file, in an empty folder, without an environment or any package: `make pyz` builds it."""

import ast
import csv
import platform
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest
from support.children import LONGEST
from support.pythons import SUPPORTED, python_of

from bulkcancel._version import __version__
from bulkcancel.cli.program import COMMANDS

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "dist" / "bulkcancel.pyz"
# Of the instances that run in the sandbox.
ROWS = "".join((ROOT / "samples" / "incident.csv").read_text(encoding="utf-8").splitlines(keepends=True)[:6])
Start = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def built() -> Path:
    """The file of this very code."""
    if not BUILT.exists():
        pytest.skip("`make pyz` builds it")
    with ZipFile(BUILT) as archive:
        packed = {name: archive.read(name) for name in archive.namelist() if name.startswith("bulkcancel/")}
    files = (path for path in (ROOT / "bulkcancel").rglob("*.*") if path.suffix != ".pyc")
    ours = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in files if path.suffix != ".typed"}
    if packed != ours:
        pytest.skip("it was built of other code: `make pyz`")
    return BUILT


@pytest.fixture(params=SUPPORTED)
def python(request: pytest.FixtureRequest) -> str:
    """Each Python that bulkcancel is for, where there is one."""
    found = python_of(request.param)
    if found is None:
        pytest.skip("there is no such Python here")
    return found


@pytest.fixture
def start(built: Path, python: str, tmp_path: Path) -> Start:
    """Run the file where there is nothing else, with no variable set and no package installed."""
    (tmp_path / "bulkcancel.pyz").write_bytes(built.read_bytes())

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        command = [python, "-I", "-S", "bulkcancel.pyz", *words]
        return subprocess.run(
            command, cwd=tmp_path, env={}, capture_output=True, text=True, check=False, timeout=LONGEST
        )

    return run


@pytest.mark.slow
def test_the_single_file_tells_of_itself(start: Start) -> None:
    """Its version, and each command."""
    told = start("--version")
    assert (told.returncode, told.stdout) == (0, f"bulkcancel, version {__version__}\n")
    told = start("--help")
    assert set(COMMANDS) <= set(re.findall(r"^  (\w+)  ", told.stdout, re.MULTILINE))


@pytest.mark.slow
def test_the_single_file_cancels_counts_and_draws_the_page(start: Start, tmp_path: Path) -> None:
    """With the page's own libraries in it, and nothing written but what was asked for."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as agent:
        agent.bind(("127.0.0.1", 0))
        words = (
            f"run in.csv --sandbox --yes --reason trial -o r.csv --statsd 127.0.0.1:{agent.getsockname()[1]}"
        )
        (tmp_path / "in.csv").write_text(ROWS, encoding="utf-8")
        done = start(*words.split())
        agent.setblocking(False)
        assert b"bulkcancel." in agent.recv(65536)
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done.stderr
    with (tmp_path / "r.csv").open(encoding="utf-8", newline="") as file:
        assert [row["outcome"] for row in csv.DictReader(file)] == ["canceled"] * 3
    done = start("report", "r.csv", "--html", "page.html")
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    for name in ("uplot.min.js", "datatables.min.js"):
        assert (ROOT / "bulkcancel/overview/page/vendor" / name).read_text(encoding="utf-8") in page
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {"bulkcancel.pyz", "in.csv", "r.csv", "page.html"}


@pytest.mark.slow
@pytest.mark.parametrize("python", [".".join(platform.python_version_tuple()[:2])], indirect=True)
def test_the_command_that_goes_on_starts_the_single_file_again(start: Start, tmp_path: Path) -> None:
    """With the same Python: nobody finds it as `bulkcancel`."""
    (tmp_path / "in.csv").write_text(ROWS, encoding="utf-8")
    canary = start("run", "in.csv", "--sandbox", "--yes", "--reason", "x", "-o", "r.csv", "--limit", "1")
    found = re.search(r"^.*?(\S*python\S* .*bulkcancel\.pyz run .*)$", canary.stderr, re.MULTILINE)
    assert found, canary.stderr
    done = subprocess.run(
        ["/bin/sh", "-c", found[1]],
        cwd=tmp_path, env={}, capture_output=True, text=True, check=False, timeout=LONGEST,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with (tmp_path / "r.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 3


def test_the_single_file_says_which_python_it_needs(
    built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In words that an old one understands, and not by a traceback."""
    with ZipFile(built) as archive:
        code = archive.read("__main__.py").decode()
    ast.parse(code, feature_version=(3, 4))
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(sys, "argv", ["b.pyz", "run"])
    with pytest.raises(SystemExit) as ended:
        exec(compile(code, "__main__.py", "exec"), {})  # noqa: S102 - our own code, as an old Python runs it
    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        "Error: bulkcancel needs Python 3.11 or later, and this is 3.9. Start the file with a later one: "
        "python3.11 b.pyz run\n"
    )


def test_the_single_file_holds_python_and_licences_alone(built: Path) -> None:
    """Nothing compiled, nothing of the place it was built at, and each package's licence, which it has to have."""
    with ZipFile(built) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
        texts = [archive.read(name) for name in names]
    suffixes = {Path(name).suffix for name in names}
    assert not suffixes & {".so", ".pyd", ".dylib", ".pyc"}
    packages = {name.split("/")[0] for name in names if ".dist-info/" in name}
    licensed = {
        name.split("/")[0]
        for name in names
        if re.search(r"dist-info/.*(licen[cs]e|copying|notice)", name, re.IGNORECASE)
    }
    assert licensed == packages
    assert not [name for name, text in zip(names, texts, strict=True) if str(ROOT).encode() in text]
