"""The tests themselves: each can be told from the others, and says what it holds us to."""

import ast
from collections import Counter
from pathlib import Path

FILES = sorted(Path(__file__).parent.rglob("test_*.py"))
TESTS = [
    (path, node)
    for path in FILES
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
]


def test_no_two_tests_have_one_name() -> None:
    """In one file the second would hide the first; in two, a promise would name both."""
    assert len(TESTS) > 300
    assert [name for name, count in Counter(test.name for _, test in TESTS).items() if count > 1] == []


def test_every_test_says_what_holds() -> None:
    """In a sentence of its own."""
    assert [f"{path.name}::{test.name}" for path, test in TESTS if not ast.get_docstring(test)] == []
