"""What a shell offers on Tab, through the protocol that click speaks with each of them."""

import os
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import pytest

from bulkcancel.cli.program import COMMANDS, main
from bulkcancel.sites import SHORT_NAMES, SITES

SHELLS = ["bash", "zsh", "fish"]


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> str:
    """Each of the shells."""
    name: str = request.param
    return name


def offered(
    shell: str, line: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> list[tuple[str, str]]:
    """The kind and the text of what is offered at the end of a line."""
    words = line.split(" ")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", words[-1] if shell == "fish" else str(len(words) - 1))
    monkeypatch.setenv("_BULKCANCEL_COMPLETE", f"{shell}_complete")
    code = main([])
    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    lines = out.strip("\n").splitlines()  # nothing to offer is an empty line
    if shell == "zsh":  # three lines each: kind, text, and a word on it
        return list(zip(lines[::3], lines[1::3], strict=True))
    return [(kind, rest.partition("\t")[0]) for kind, _, rest in (each.partition(",") for each in lines)]


@pytest.mark.parametrize(
    "line",
    [
        "bulkcancel run ", "bulkcancel run inc", "bulkcancel run --sandbox inc", "bulkcancel run -o ", "bulkcancel run --report r", "bulkcancel run --summary ",
        "bulkcancel report ", "bulkcancel report a.csv --html ", "bulkcancel report --failed f",
        "bulkcancel run in.csv --keys-file ", "bulkcancel run --ca-bundle c", "bulkcancel run --rate nonsense -o ", "bulkcancel run --site nonsense in",
    ],
)  # fmt: skip
def test_files_are_offered_where_one_is_named(
    shell: str, line: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """INPUT, report, summary, keys, certificates: the shell knows its files."""
    assert [kind for kind, _ in offered(shell, line, capsys, monkeypatch)] == ["file"]


NAMES_A_FILE = [
    (f"{name} {param.opts[-1]}", param)
    for name, (home, _) in COMMANDS.items()
    for param in import_module(home).command.params
    if param.metavar in {"PATH", "OUT", "FILE...", "[INPUT]"}
]


@pytest.mark.parametrize(("where", "param"), NAMES_A_FILE, ids=[where for where, _ in NAMES_A_FILE])
def test_whatever_names_a_file_offers_files(where: str, param: click.Parameter) -> None:
    """By its word in the help, in every command."""
    assert len(NAMES_A_FILE) >= 21
    offered_there = param.shell_complete(click.Context(click.Command(where)), "a")
    assert [one.type for one in offered_there] == ["file"], f"{where} needs shell_complete=completion.files"


@pytest.mark.parametrize(
    ("typed", "want"),
    [
        ("", [*SHORT_NAMES, *SITES]),
        ("e", ["eu"]),
        ("us", ["us1", "us3", "us5", "us3.datadoghq.com", "us5.datadoghq.com", "us2.ddog-gov.com"]),
        ("US5.", ["us5.datadoghq.com"]),
        ("datadoghq.", ["datadoghq.com", "datadoghq.eu"]),
        ("x", []),
    ],
)
def test_sites_are_offered(
    shell: str,
    typed: str,
    want: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By their names and their short ones."""
    line = f"bulkcancel run in.csv --site {typed}"
    assert offered(shell, line, capsys, monkeypatch) == [("plain", site) for site in want]


@pytest.mark.parametrize(
    ("line", "want"),
    [
        ("bulkcancel ", ["check", "find", "run", "status", "drain", "report", "sandbox"]),
        ("bulkcancel s", ["status", "sandbox"]),
        ("bulkcancel run --scenario b", ["busy"]),
        ("bulkcancel run --log-format ", ["text", "json"]),
        ("bulkcancel run --dry", ["--dry-run"]),
        ("bulkcancel sandbox --quota-m", ["--quota-model"]),
        ("bulkcancel nonsense --v", ["--version"]),
    ],
)
def test_commands_options_and_words_are_offered(
    shell: str,
    line: str,
    want: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A command that is not there disturbs nobody's prompt with an error."""
    assert [text for _, text in offered(shell, line, capsys, monkeypatch)] == want


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_itself_completes(tmp_path: Path) -> None:
    """With the script that the README has people load."""
    program = tmp_path / "bulkcancel"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nfrom bulkcancel.cli.program import main\nsys.exit(main())\n"
    )
    program.chmod(0o755)
    script = """
eval "$(_BULKCANCEL_COMPLETE=bash_source bulkcancel)"
complete -p bulkcancel
COMP_WORDS=(bulkcancel run --site datadoghq.e) COMP_CWORD=3
_bulkcancel_completion bulkcancel datadoghq.e --site
echo "${COMPREPLY[@]}"
"""
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    done = subprocess.run(
        ["bash", "--norc", "-c", script],  # noqa: S607 - whichever is there
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    declared, found = done.stdout.splitlines()
    assert declared.startswith("complete -o nosort -F _bulkcancel_completion bulkcancel")
    assert found == "datadoghq.eu"
