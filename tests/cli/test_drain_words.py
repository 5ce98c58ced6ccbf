"""The words of a drain: its plan, its question, and its last line."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from support.runaway import RunawayApi, W

from bulkcancel.cli.drain_words import end_words_of, plan_lines, question_of
from bulkcancel.engine.dispatcher import Dispatcher
from bulkcancel.ledger import Ledger
from bulkcancel.listings import WorkflowInfo
from bulkcancel.models import Outcome, StopReason
from bulkcancel.operations.drain import Drain, DrainOptions, DrainPlan
from bulkcancel.operations.drain_rows import Pass
from bulkcancel.operations.selection import Selection
from bulkcancel.settings import Rate, Settings
from bulkcancel.tally import Tally, summarize

NAMED = WorkflowInfo(W, "Nightly import", published=True)
OTHER = "0df11b8c-5cd2-4864-9cfa-257808096a89"


def options(**values: Any) -> DrainOptions:
    """What to drain."""
    return DrainOptions(**{"workflow_ids": [W], "selection": Selection(), **values})


def plan(count: int = 3000, **values: Any) -> DrainPlan:
    """What was seen."""
    return DrainPlan(Counter({W: count} if count else {}), {W: NAMED}, **values)


@pytest.mark.parametrize(
    ("chosen", "seen", "lines"),
    [
        (
            options(),
            plan(),
            [
                "Plan: drain 1 workflow at here: 3,000 instances to cancel",
                f"      3,000  {W}  Nightly import, published",
                "Takes about 10 min at your --rate",
                "Published workflows can start more meanwhile; --unpublish stops that first",
                "Reason: why",
            ],
        ),
        (
            options(unpublish=True),
            plan(0, others=2),
            [
                "Plan: drain 1 workflow at here: nothing runs",
                f"          0  {W}  Nightly import, published",
                "2 more instances running that your filters leave out",
                (
                    "First: unpublish them, so that automatic triggers start nothing more; they stay so until "
                    "somebody publishes them"
                ),
                "Reason: why",
            ],
        ),
        (
            options(unpublish=True, republish=True, workflow_ids=[OTHER]),
            DrainPlan(Counter(), {OTHER: WorkflowInfo(OTHER, "", published=None)}),
            [
                "Plan: drain 1 workflow at here: nothing runs",
                f"          0  {OTHER}",
                (
                    "First: unpublish them, so that automatic triggers start nothing more; published again at the end"
                ),
                "Reason: why",
            ],
        ),
    ],
)
def test_the_plan_names_what_is_drained(chosen: DrainOptions, seen: DrainPlan, lines: list[str]) -> None:
    """With names as far as they could be read, and how long it takes where that is known."""
    assert plan_lines(seen, chosen, where="here", rate=Rate(5, 1.0), reason="why") == lines


def test_of_many_workflows_ten_are_shown() -> None:
    """And the rest counted."""
    many = DrainPlan(Counter({f"w{number:02}": 2 for number in range(12)}))
    lines = plan_lines(many, options(workflow_ids=None), where="here", rate=None, reason=None)
    assert (len(lines), lines[-1]) == (12, "          4  in 2 more workflows")
    question = question_of(
        options(workflow_ids=None, name="x", unpublish=True), many, where="here", rate=None
    )
    assert question.startswith("Unpublish w00, w01,")
    assert question.endswith("w09 and 2 more, and cancel what runs, at here?")


@pytest.mark.parametrize(
    ("chosen", "found", "rate", "want"),
    [
        ({}, 3000, None, "Cancel 3,000 instances of 1 workflow at here, and what starts meanwhile?"),
        (
            {},
            3000,
            Rate(5, 1.0),
            "Cancel 3,000 instances of 1 workflow at here, and what starts meanwhile? Takes about 10 min.",
        ),
        (
            {"unpublish": True, "workflow_ids": [W, OTHER]},
            3000,
            None,
            f"Unpublish Nightly import, {OTHER}, and cancel what runs, at here?",
        ),
        (
            {"unpublish": True},
            1,
            Rate(5, 1.0),
            "Unpublish Nightly import, and cancel what runs, at here? Takes about 1 s.",
        ),
        ({"unpublish": True}, 0, Rate(5, 1.0), f"Unpublish {W}, and cancel what runs, at here?"),
    ],
)
def test_the_question_of_a_drain_says_what_a_yes_does(
    chosen: dict[str, Any], found: int, rate: Rate | None, want: str
) -> None:
    """What is unpublished is asked for by name, by its id where that has none; the time stands where it is known."""
    seen = plan(found) if found else DrainPlan(Counter())
    assert question_of(options(**chosen), seen, where="here", rate=rate) == want


def words(outcomes: dict[Outcome, int], **state: Any) -> str:
    """The last line of a drain in that state."""
    api = RunawayApi()
    drain = Drain(Dispatcher(api, Settings(), clock=api.clock), options(), Ledger(), 1)
    drain.unpublished = state.pop("unpublished", {})
    stop = state.pop("stop", None)
    for name, value in state.items():
        setattr(drain.rows, name, value)
    summary = replace(summarize(Tally(Counter(outcomes)), duration=1.0), stop=stop)
    return end_words_of(summary, drain, last="AS A RUN", where="r.csv", go_on="COMMAND", site="datadoghq.eu")


LATE = "Buffered instances can still start minutes later: look again with `bulkcancel find`."
EMPTY = "Empty: two passes, 10.0 s apart, found nothing running."


@pytest.mark.parametrize(
    ("outcomes", "state", "line"),
    [
        ({}, {"is_empty": True}, f"{EMPTY} {LATE} Report: r.csv"),
        (
            {},
            {"is_empty": True, "unpublished": {W: "Nightly"}},
            (
                f"{EMPTY} {LATE} Still unpublished, to be published again in the workflow editor: Nightly "
                f"(https://app.datadoghq.eu/workflow/{W}). Report: r.csv"
            ),
        ),
        ({Outcome.FAILED: 2}, {"is_empty": True}, f"{EMPTY} But 2 rows not done. Continue: COMMAND"),
        (
            {},
            {"is_futile": True, "passes": [Pass(1, 0.0, running=5)]},
            (
                "Not empty: 5 instances still running, although the cancel was sent again and again. "
                "Continue: COMMAND"
            ),
        ),
        (
            {},
            {"passes": [Pass(1, 0.0, gaps=["one", "two", "three", "four"])]},
            "Not proven empty: one; two; three. Continue: COMMAND",
        ),
        ({}, {}, "Not proven empty: no pass came to its end. Continue: COMMAND"),
        ({}, {"stop": StopReason.INTERRUPTED}, "AS A RUN"),
    ],
)
def test_the_last_line_says_what_is_proven(
    outcomes: dict[Outcome, int], state: dict[str, Any], line: str
) -> None:
    """And what is left to do."""
    assert words(outcomes, **state) == line
