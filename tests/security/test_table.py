"""The documentation's table of attacks and the tests are the same set."""

import ast
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
# The first versions without a hole that would matter here, and what it was.
FLOORS = {
    "filelock": (3, 20, 3),  # GHSA-w853-jp5j-5j7f, GHSA-qmgc-5h2g-mvrw: locks followed planted links
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
    own = names_in(Path(__file__)) - {"test_dependencies_begin_where_known_holes_end"}
    assert named == set().union(*map(names_in, files)) - own


def test_dependencies_begin_where_known_holes_end() -> None:
    """By the lower bounds that a package states, so that it holds where no audit can be made."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bounds = dict(re.findall(r"^([a-z]+)>=([\d.]+)", "\n".join(project["dependencies"]), re.MULTILINE))
    for name, floor in FLOORS.items():
        assert tuple(map(int, bounds[name].split("."))) >= floor


def test_the_threat_model_is_signed_off() -> None:
    """By whom, when, and for which version."""
    text = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    assert re.search(r"the bulkcancel maintainers, \d{4}-\d\d-\d\d, for \d+\.\d+\.\d+\.\n$", text)
