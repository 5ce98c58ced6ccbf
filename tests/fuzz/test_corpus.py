"""The fuzzer's corpus, replayed: among it every input that ever broke something."""

from pathlib import Path

import pytest
from targets import TARGETS

HERE = Path(__file__).parent

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
