"""The program as a whole: what it imports, for a light start is a feature."""

import subprocess
import sys

import pytest

NETWORK = {"aiohttp", "yarl", "multidict", "tenacity", "ssl", "asyncio", "anyio"}


def imported(code: str) -> set[str]:
    """What a process has imported when it has run that."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint('\\n', *sys.modules, file=sys.stderr)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stderr.split())


def test_the_library_imports_nothing_until_it_is_used() -> None:
    """Its names are there all the same."""
    found = imported("import bulkcancel; dir(bulkcancel)")
    assert "bulkcancel" in found
    assert not found & {*NETWORK, "click", "rich", "bulkcancel.operations", "bulkcancel.datadog"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "more"),
    [
        (["--help"], []),
        (["--version"], []),
        (["nothing-such"], []),
        (["run", "--help"], []),
        (["find", "--help"], []),
        (["check", "--help"], []),
        (["report", "--help"], []),
        (["sandbox", "--help"], ["asyncio", "anyio", "ssl"]),
    ],
    ids=" ".join,
)
def test_help_imports_what_it_shows_and_no_more(words: list[str], more: list[str]) -> None:
    """Nor do completion, which imports the same, and a slip. `sandbox` is one file."""
    found = imported(f"from bulkcancel.cli.program import main; main({words!r})")
    assert "bulkcancel.cli.program" in found
    assert not found & ({*NETWORK, "rich", "bulkcancel.engine", "bulkcancel.report"} - {*more})


@pytest.mark.slow
def test_completion_imports_no_more_than_help() -> None:
    """Each press of Tab starts the program."""
    found = imported(
        "import os; os.environ.update(_BULKCANCEL_COMPLETE='bash_complete', COMP_WORDS='bulkcancel run --', COMP_CWORD='2')\n"
        "from bulkcancel.cli.program import main; main([])"
    )
    assert "bulkcancel.cli.run" in found
    assert not found & {*NETWORK, "rich", "bulkcancel.engine", "bulkcancel.report"}


@pytest.mark.slow
def test_a_dry_run_imports_no_network_library() -> None:
    """It reads and plans."""
    found = imported(
        "import io; sys.stdin = io.StringIO('')\n"
        "from bulkcancel.cli.program import main; main(['run', '--dry-run', '--sandbox', '--', '/dev/null'])"
    )
    assert "bulkcancel.cli.plan" in found
    assert not found & {"aiohttp", "tenacity", "rich"}
