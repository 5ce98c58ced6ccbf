"""Which rows are a shard's, and the number that decides it."""

import pytest

from bulkcancel.digest import pair_digest
from bulkcancel.engine.shards import belongs_to
from bulkcancel.models import InstanceRef, RejectedRow, Row
from bulkcancel.settings import Shard


def shards_of(rows: list[Row], total: int) -> list[int]:
    """The one shard that each row falls to."""
    found = [[n for n in range(1, total + 1) if belongs_to(row, Shard(n, total))] for row in rows]
    assert all(len(each) == 1 for each in found)
    return [each[0] for each in found]


def test_rows_fall_to_the_same_shards_everywhere() -> None:
    """The machines of one job may run different versions; so these numbers must never change."""
    assert pair_digest("w", "i") == 0x06EB792D4E8FFC7D431D63EC51D70B17
    assert shards_of([InstanceRef(f"w{n % 3}", f"i{n}", n) for n in range(12)], 4) == [
        3,
        4,
        4,
        4,
        1,
        1,
        3,
        4,
        4,
        3,
        1,
        2,
    ]
    assert shards_of([RejectedRow(f"w{n}", "?", n, "invalid_id", "why") for n in range(12)], 4) == [
        3,
        4,
        2,
        2,
        4,
        1,
        4,
        1,
        3,
        4,
        2,
        4,
    ]


@pytest.mark.parametrize("total", [1, 2, 7])
def test_a_row_is_known_by_its_pair_or_by_its_line(total: int) -> None:
    """A pair wherever it stands, for its repetitions go with it; an unusable row by where it stands."""
    pairs: list[Row] = [InstanceRef("w", "i", line) for line in range(20)]
    assert len(set(shards_of(pairs, total))) == 1
    broken: list[Row] = [RejectedRow(f"w{n}", f"i{n}", 5, "invalid_id", "why") for n in range(20)]
    assert len(set(shards_of(broken, total))) == 1
