"""Which workflows are slow, and which fail."""

from bulkcancel.tally import WorkflowCount, WorkflowCounts


def test_the_worst_come_first() -> None:
    """Those that fail by rows that failed, the slow ones by the average; equals by name."""
    counts = WorkflowCounts()
    for workflow_id, milliseconds, is_failed in (
        ("b", 100, True),
        ("b", 300, False),
        ("c", 200, True),
        ("c", 400, True),
        ("a", 200, True),
        ("d", 900, False),
    ):
        counts.add(workflow_id, milliseconds, is_failed=is_failed)
    b, c, a, d = (
        WorkflowCount("b", 2, 1, 0.2),
        WorkflowCount("c", 2, 2, 0.3),
        WorkflowCount("a", 1, 1, 0.2),
        WorkflowCount("d", 1, 0, 0.9),
    )
    assert counts.most_failing(9) == [c, a, b]
    assert counts.most_failing(1) == [c]
    assert counts.slowest(9) == [d, c, a, b]
    assert counts.slowest(2) == [d, c]


def test_one_alone_is_not_slow() -> None:
    """Compared with what?"""
    counts = WorkflowCounts()
    assert (counts.slowest(3), counts.most_failing(3)) == ([], [])
    counts.add("a", 1, is_failed=True)
    assert counts.slowest(3) == []
    assert counts.most_failing(3) == [WorkflowCount("a", 1, 1, 0.001)]


def test_memory_is_bounded() -> None:
    """An input may name as many workflows as it has rows; then the first are counted on."""
    counts = WorkflowCounts()
    for number in range(1_000):
        counts.add(str(number), 1, is_failed=False)
    was_whole = counts.is_whole
    counts.add("one more", 9_000, is_failed=True)
    counts.add("999", 3_000, is_failed=True)
    assert (was_whole, counts.is_whole) == (True, False)
    assert len(counts.slowest(2_000)) == 1_000
    assert counts.most_failing(9) == [WorkflowCount("999", 2, 1, 1.5005)]
