"""What a run would do, counted and put into words, row by row."""

from collections import Counter
from uuid import UUID

import pytest

from bulkcancel.cli.plan import Plan, Planner
from bulkcancel.engine.shards import belongs_to
from bulkcancel.ledger import Ledger
from bulkcancel.models import InstanceRef, Outcome, Recorded, RejectedRow
from bulkcancel.settings import Rate, Settings, Shard

FLOWS = [str(UUID(int=(1 << 127) + n, version=4)) for n in range(12)]
W = FLOWS[0]


def rows(count: int, workflow_id: str = W) -> list[InstanceRef]:
    """That many instances of one workflow, from line 2 on."""
    return [InstanceRef(workflow_id, f"i{n}", n + 2) for n in range(count)]


def on_record(*outcomes: Outcome) -> Ledger:
    """A ledger that has the first instances with those outcomes."""
    ledger = Ledger()
    ledger.load(
        Recorded(row.workflow_id, row.instance_id, outcome, "", row.line, "")
        for row, outcome in zip(rows(len(outcomes)), outcomes, strict=True)
    )
    return ledger


def bad(line: int) -> RejectedRow:
    """A row that can't be sent."""
    return RejectedRow("x", "y", line, "invalid_id", "no UUID")


def plan_of(*found: InstanceRef | RejectedRow, ledger: Ledger | None = None) -> Plan:
    """What comes of those rows without any limit."""
    planner = Planner(ledger or Ledger(), Settings())
    for row in found:
        assert planner.take(row)
    return planner.plan


def test_each_row_is_counted_as_what_it_is() -> None:
    """To be sent, sent before, repeated, or unusable."""
    ledger = on_record(Outcome.CANCELED, Outcome.FAILED)
    plan = plan_of(*rows(4), rows(3)[2], bad(9), ledger=ledger)
    assert (plan.rows, plan.to_send, plan.covered, plan.duplicates, plan.unusable_count) == (6, 3, 1, 1, 1)
    assert plan.workflows == {W: 3}
    assert plan.added == 4, "two rows of the input are on record, so its report will have four more"


def test_a_limit_ends_at_the_last_row_that_can_be_sent() -> None:
    """Rows that can't be sent do not use it up; what is beyond is counted where somebody reads on."""
    limited: list[InstanceRef | RejectedRow] = [bad(2), *rows(2)]
    planner = Planner(Ledger(), Settings(limit=2))
    taken = [planner.take(row) for row in limited]
    assert taken == [True, True, False]
    assert planner.plan.beyond == 0
    planner.leave([*rows(5), bad(9)])
    assert planner.plan.beyond == 6, "also repetitions and what can not be sent have rows in the report"
    planner.leave(None)
    assert planner.plan.beyond is None


def test_a_shard_counts_its_own_rows() -> None:
    """Also beyond the limit."""
    shard = Shard(1, 3)
    ours = [row for row in rows(30) if belongs_to(row, shard)]
    planner = Planner(Ledger(), Settings(shard=shard, limit=1))
    taken = [planner.take(row) for row in rows(30)[: rows(30).index(ours[0]) + 1]]
    assert taken == [True] * (len(taken) - 1) + [False]
    assert (planner.plan.rows, planner.plan.to_send) == (1, 1)
    planner.leave(rows(30)[len(taken) :])
    assert planner.plan.beyond == len(ours) - 1


def test_the_plan_says_how_many_of_whose_and_where() -> None:
    """The ten workflows with most instances by name, the rest together; then what is not sent, and why."""
    found = [row for n, flow in enumerate(FLOWS) for row in rows(12 - n, flow)]
    plan = plan_of(*found, found[0], bad(99))
    first, *named, others, aside, reason = plan.lines(where="somewhere", reason="INC-7")
    assert first == "Plan: cancel 78 instances of 12 workflows at somewhere"
    assert [line.split() for line in named] == [[str(12 - n), FLOWS[n]] for n in range(10)]
    assert others.split() == ["3", "in", "2", "more", "workflows"]
    assert aside == "Of 80 rows read, not to be sent: 1 duplicate, 1 unusable"
    assert reason == "Reason: INC-7"


@pytest.mark.parametrize(
    ("instances", "flows", "rate", "want"),
    [
        (
            40_000,
            1,
            Rate(5000, 60.0),
            "Cancel 40,000 instances of 1 workflow at datadoghq.eu (key …bbbb)? Takes about 8 min.",
        ),
        (1, 1, None, "Cancel 1 instance of 1 workflow at datadoghq.eu (key …bbbb)?"),
        (
            90_000,
            2,
            Rate(10, 1.0),
            "Cancel 90,000 instances of 2 workflows at datadoghq.eu (key …bbbb)? Takes about 2 h 30 min.",
        ),
    ],
)
def test_the_question_of_a_run_says_what_a_yes_does(
    instances: int, flows: int, rate: Rate | None, want: str
) -> None:
    """And how long it takes, where that is known."""
    plan = Plan(workflows=Counter(FLOWS[:flows]), to_send=instances)
    assert plan.question("datadoghq.eu (key …bbbb)", rate) == want


def test_a_plan_without_anything_to_send_says_so() -> None:
    """It is no plan to cancel no instances."""
    assert plan_of().lines(where="somewhere", reason=None) == ["Plan: nothing to cancel at somewhere"]
    ledger = on_record(Outcome.CANCELED)
    assert plan_of(*rows(1), ledger=ledger).lines(where="there", reason=None) == [
        "Plan: nothing to cancel at there",
        "Of 1 row read, not to be sent: 1 done already, by the report",
    ]


@pytest.mark.parametrize(("count", "lines"), [(0, 0), (1, 1), (20, 20), (21, 21)])
def test_the_first_twenty_unusable_rows_are_told(count: int, lines: int) -> None:
    """And how many more there are."""
    told = plan_of(*map(bad, range(2, count + 2))).unusable_lines()
    assert len(told) == lines
    assert told[:1] == ["  line 2: no UUID"][:count]
    assert ("more" in told[-1] if told else False) == (count > 20)


@pytest.mark.parametrize(("flows", "each", "is_odd"), [(3, 1, True), (2, 1, False), (3, 2, False)])
def test_as_many_workflows_as_instances_are_odd(flows: int, each: int, *, is_odd: bool) -> None:
    """Where there are three: the columns may be swapped."""
    plan = plan_of(*(row for flow in FLOWS[:flows] for row in rows(each, flow)))
    assert plan.looks_swapped is is_odd


def test_names_and_the_time_it_takes_are_told_where_they_are_known() -> None:
    """A workflow without a name stands by its id."""
    plan = Plan(workflows=Counter({"w": 200, "v": 100}), to_send=300)
    lines = plan.lines(where="here", reason=None, names={"w": "Nightly import"}, rate=Rate(5, 1.0))
    assert lines == [
        "Plan: cancel 300 instances of 2 workflows at here",
        "        200  w  Nightly import",
        "        100  v",
        "Takes about 1 min at your --rate",
    ]
