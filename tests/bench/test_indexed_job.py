"""The bench's eight shards: what it counts must tell a lost row, or one too many."""

from collections import Counter

import pytest
from bench import indexed_job
from support.recording import Answer


def record(*instances: str) -> list[Answer]:
    """Sound answers of the server, one a second."""
    return [Answer(float(second), "w", one, "200") for second, one in enumerate(instances)]


@pytest.mark.parametrize(
    ("accepted", "canceled", "lines", "values"),
    [
        ("abc", 3, [2, 3, 4], [0, 0, 0, 0]),
        ("ab", 3, [2, 3, 4], [1, 0, 0, 0]),
        ("abca", 3, [2, 3, 4], [0, 1, 0, 0]),
        ("abc", 2, [2, 3, 4], [0, 0, 1, 0]),
        ("abc", 3, [2, 3], [0, 0, 0, 1]),
        ("abc", 3, [2, 3, 4, 4], [0, 0, 0, 2]),
        ("abc", 3, [2, 3, 4, 5], [0, 0, 0, 1]),
    ],
)
def test_shards_that_lose_or_double_a_row_are_seen(
    monkeypatch: pytest.MonkeyPatch, accepted: str, canceled: int, lines: list[int], values: list[int]
) -> None:
    """By the server's record, by the merged report, and by the reports' own lines."""
    monkeypatch.setattr(indexed_job, "_ROWS", 3)
    figures = indexed_job._count(record(*accepted), {"outcomes": {"canceled": canceled}}, Counter(lines))
    assert [figure.value for figure in figures] == values
    held = [figure for figure in figures if figure.at_most is not None]
    assert len(held) == 3
    assert any(figure.falls_short for figure in held) == (values not in ([0, 0, 0, 0], [0, 1, 0, 0]))
