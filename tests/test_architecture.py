"""The rooms: who may import whom."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "bulkcancel"
WORDS = {"events", "models", "errors", "clock", "text", "sites", "digest", "settings", "_version"}
PURE = {"answers", "listings", "policy", "pacing", "tally", "hints"}
EDGES = {"sources", "ledger", "report", "datadog", "progress", "metrics"}
ALLOWED = {
    **dict.fromkeys(WORDS, WORDS),
    "events": {"models", "events"},
    **{room: WORDS | {room} for room in PURE},
    "listings": WORDS | {"answers", "listings"},
    "policy": WORDS | {"answers", "policy"},
    **{room: WORDS | {room} for room in EDGES},
    "progress": WORDS | PURE | {"progress"},
    "metrics": WORDS | PURE | {"metrics"},
    "overview": WORDS | PURE | {"report", "progress", "overview"},
    "engine": WORDS | PURE | {"ledger", "engine"},
    "sandbox": WORDS | {"sandbox"},
    "operations": WORDS | PURE | EDGES | {"engine", "operations"},
    "cli": WORDS | PURE | EDGES | {"engine", "operations", "overview", "sandbox", "cli"},
    "__main__": {"cli", "__main__"},
}
FORBIDDEN_BELOW = {"aiohttp", "anyio", "tenacity", "time", "random", "os", "logging"}
FILES = sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")


def room_of(path: Path) -> str:
    """The room a file belongs to."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """The modules a file imports, also for types alone."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            found |= {f"{base}.{alias.name}" if base == "bulkcancel" else base for alias in node.names}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_imports_only_what_it_may(path: Path) -> None:
    """The table in docs/explanation/architecture.md."""
    room = room_of(path)
    ours = {name.split(".")[1] for name in imports(path) if name.startswith("bulkcancel.")}
    assert ours <= ALLOWED[room], f"{room} imports {ours - ALLOWED[room]}"
    if room in (WORDS | PURE) - {"clock"}:
        others = {name.split(".")[0] for name in imports(path)}
        assert not others & FORBIDDEN_BELOW


def test_the_clock_alone_knows_the_time() -> None:
    """It is the one word that imports `time` and `anyio`."""
    assert imports(ROOT / "clock.py") >= {"time", "anyio"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_one_room(path: Path) -> None:
    """300 lines, and no more."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


def module_of(path: Path) -> str:
    """The name a file is imported by."""
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_no_file_imports_itself_by_way_of_others() -> None:
    """Circles inside a room count too, and so do imports for types alone."""
    modules = {module_of(path): imports(path) for path in FILES}
    imported = {name: {one for one in found if one in modules} - {name} for name, found in modules.items()}
    # A room's own `__init__` gathers what its files hold, and they do not import it.
    while leaves := {name for name, found in imported.items() if not found & imported.keys()}:
        for name in leaves:
            del imported[name]
    assert not imported
