"""The documentation's table of attacks and the tests are the same set."""

import ast
import importlib.util
import json
import re
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "explanation" / "security.md").read_text(encoding="utf-8")
# The first versions without a hole that would matter here, and what it was.
FLOORS = {
    "aiohttp": (3, 14),  # the line that gets security fixes
}


def names_in(path: Path) -> set[str]:
    """The tests that a file defines."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in nodes if isinstance(node, kinds) and node.name.startswith("test_")}


def test_every_row_has_its_tests_and_every_test_its_row() -> None:
    """A claim without its proof, or an attack that nobody can read of, fails here."""
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and "`test_" in line]
    named = {name for row in rows for name in re.findall(r"`(test_\w+)`", row.rpartition(" | ")[2])}
    files = [*Path(__file__).parent.glob("test_*.py"), ROOT / "tests" / "fuzz" / "test_corpus.py"]
    own = names_in(Path(__file__)) - {
        "test_dependencies_begin_where_known_holes_end",
        "test_an_audit_that_was_not_made_is_said",
    }
    assert named == set().union(*map(names_in, files)) - own


def test_dependencies_begin_where_known_holes_end() -> None:
    """By the lower bounds that a package states, so that it holds where no audit can be made."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bounds = dict(re.findall(r"^([a-z]+)>=([\d.]+)", "\n".join(project["dependencies"]), re.MULTILINE))
    for name, floor in FLOORS.items():
        assert tuple(map(int, bounds[name].split("."))) >= floor


def answering(text: str) -> Callable[..., subprocess.CompletedProcess[str]]:
    """A pip-audit that says this."""
    return lambda *_, **__: subprocess.CompletedProcess([], 0, text, "")


@pytest.mark.parametrize(
    ("said", "words", "code", "told"),
    [
        ([{"name": "a", "version": "1", "vulns": [{"id": "CVE-1"}]}], [], 1, "a 1: CVE-1"),
        (
            [{"name": "a", "version": "1", "vulns": []}, {"name": "b", "skip_reason": "x"}],
            [],
            0,
            "1 dependencies audited",
        ),
        ([{"name": "b", "skip_reason": "x"}], [], 0, "SKIPPED"),
        (None, ["required"], 1, "SKIPPED"),
    ],
)
def test_an_audit_that_was_not_made_is_said(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    said: object,
    words: list[str],
    code: int,
    told: str,
) -> None:
    """And a known hole fails it."""
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
    assert spec is not None
    assert spec.loader is not None
    audit = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(audit)
    monkeypatch.setattr(
        subprocess, "run", answering(json.dumps({"dependencies": said}) if said else "no network")
    )
    assert audit.main(words) == code
    assert told in capsys.readouterr().out
    assert {"aiohttp", "yarl"} <= set(audit.installed())


def test_the_threat_model_is_signed_off() -> None:
    """By whom, when, and for which version."""
    text = (ROOT / "docs" / "explanation" / "threat-model.md").read_text(encoding="utf-8")
    assert re.search(r"the bulkcancel maintainers, \d{4}-\d\d-\d\d, for \d+\.\d+\.\d+\.\n$", text)
