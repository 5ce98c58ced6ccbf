"""The fuzzer's corpus, replayed: among it every input that ever broke something."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
from targets import TARGETS  # noqa: E402 - beside this file, where the fuzzer finds it too

CASES = sorted(path for path in (HERE / "corpus").rglob("*") if path.is_file())


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_nothing_in_the_corpus_breaks_its_target(path: Path) -> None:
    """Each asserts what must hold."""
    TARGETS[path.parent.name](path.read_bytes())


def test_every_target_has_a_corpus() -> None:
    """Of five inputs at least, and no corpus is without its target."""
    for name in TARGETS:
        assert sum(path.parent.name == name for path in CASES) >= 5
    assert {path.parent.name for path in CASES} == set(TARGETS)
