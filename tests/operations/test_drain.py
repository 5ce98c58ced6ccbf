"""A drain: what it cancels, when it ends, and when it may say that nothing runs."""

import asyncio
import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from support.fakeapi import UNKNOWN
from support.runaway import FORBIDDEN, RunawayApi, W
from support.runs import Heard

from bulkcancel import (
    ConfigurationError,
    DrainOutcome,
    ExitCode,
    Outcome,
    ReportError,
    Result,
    Selection,
    Session,
    Settings,
)
from bulkcancel.engine.observers import Observers
from bulkcancel.events import Concern, Concerned, Event, PassEnded
from bulkcancel.models import Reply, StopReason

OTHER = "0df11b8c-5cd2-4864-9cfa-257808096a89"


async def drained(
    api: RunawayApi,
    heard: Heard | None = None,
    *workflows: str,
    session: Session | None = None,
    **options: Any,
) -> DrainOutcome:
    """Drain in virtual time; what it raises is not wrapped."""
    session = session or session_over(api, heard)
    call = asyncio.ensure_future(session.drain(workflows or (W,), **options))
    async with api.clock.autojump():
        await asyncio.wait([call])
    return call.result()


def session_over(api: RunawayApi, heard: Heard | None = None, **settings: Any) -> Session:
    """A session over the fake API."""
    observers = Observers(() if heard is None else (heard,))
    chosen = Settings(**{"verify_timeout": 10.0, **settings})
    return Session(api, chosen, site="here", observers=observers, clock=api.clock)


def of(events: list[Event], kind: type[Any]) -> list[Any]:
    """The events of one kind."""
    return [event for event in events if isinstance(event, kind)]


def rows_of(report: Path) -> list[dict[str, str]]:
    """A report's rows."""
    with report.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


async def test_a_runaway_is_drained_to_zero_and_that_is_proven(tmp_path: Path) -> None:
    """Its triggers are stopped first; what was buffered by then is found by a later pass."""
    api, report = RunawayApi(alive=300, rate=2.0, late=12, stubborn=0.02, slow=0.05), tmp_path / "r.csv"
    outcome = await drained(api, unpublish=True, report=report)
    assert (api.running, api.workflow.published) == (0, False)
    assert (outcome.is_empty, outcome.summary.exit_code, outcome.gaps) == (True, ExitCode.OK, ())
    assert outcome.unpublished == (W,)
    rows = rows_of(report)
    started = api.workflow.count(api.clock.wall()).started
    assert [int(row["line"]) for row in rows if row["outcome"] == "canceled"]
    assert sorted(int(row["line"]) for row in rows) == list(range(1, started + 1))
    assert len({row["instance_id"] for row in rows}) == started == outcome.summary.rows


async def test_what_is_not_stopped_is_never_called_empty() -> None:
    """It goes on until its time is over, and says what arrives and what to do, once."""
    api, heard = RunawayApi(alive=100, rate=2.0), Heard()
    outcome = await drained(api, session=session_over(api, heard, max_duration=120.0))
    assert (outcome.is_empty, outcome.summary.stop) == (False, StopReason.MAX_DURATION)
    concerns = of(heard.events, Concerned)
    assert [one.concern for one in concerns] == [Concern.KEEPS_STARTING]
    assert "--unpublish" in concerns[0].detail
    assert outcome.passes > 3


async def test_two_passes_must_find_nothing_the_second_after_the_settle_time() -> None:
    """No sooner, and no later than it takes."""
    api, heard = RunawayApi(alive=0), Heard()
    outcome = await drained(api, heard, settle=30.0)
    passes = of(heard.events, PassEnded)
    assert [(one.number, one.running, one.is_whole) for one in passes] == [(1, 0, True), (2, 0, True)]
    assert (outcome.is_empty, outcome.passes, outcome.summary.rows) == (True, 2, 0)
    assert 30.0 <= api.clock.now() < 31.0


async def test_one_that_starts_meanwhile_begins_the_proof_anew() -> None:
    """The two passes are to follow each other."""
    api, heard = RunawayApi(alive=0, rate=1 / 8), Heard()
    outcome = await drained(api, session=session_over(api, heard, max_duration=100.0), settle=10.0)
    assert [one.running for one in of(heard.events, PassEnded)][:3] == [0, 1, 0]
    assert not outcome.is_empty


async def test_one_that_does_not_end_is_canceled_again() -> None:
    """In the next pass; it keeps its one row."""
    api = RunawayApi(alive=20, stubborn=1.0)
    results: list[Result] = []
    outcome = await drained(api, on_result=results.append)
    assert Counter(one.outcome for one in results) == {Outcome.UNCONFIRMED: 20, Outcome.CANCELED: 20}
    assert (outcome.is_empty, outcome.summary.rows, outcome.summary.requests) == (True, 20, 40)


async def test_it_gives_up_where_nothing_it_does_helps() -> None:
    """After three passes in which nothing was new and nothing ended."""
    api = RunawayApi(alive=5)
    api.refuses["cancel"] = Reply(400, {}, b'{"errors":["no"]}')
    outcome = await drained(api)
    assert (outcome.is_empty, outcome.summary.exit_code) == (False, ExitCode.INCOMPLETE)
    assert (outcome.summary.outcomes[Outcome.REJECTED], api.running) == (5, 5)


@pytest.mark.parametrize(
    ("options", "gap"),
    [
        ({"selection": Selection(older_than=1e6)}, "5 running instances are not what was asked for"),
        ({"selection": Selection(sources=frozenset({"monitor"}))}, "5 running instances are not"),
    ],
)
async def test_what_a_filter_hides_is_not_nothing(options: dict[str, Any], gap: str) -> None:
    """So it is not called empty, and not done well."""
    outcome = await drained(RunawayApi(alive=5), **options)
    assert (outcome.is_empty, outcome.summary.exit_code) == (False, ExitCode.INCOMPLETE)
    assert outcome.gaps[0].startswith(gap)


async def test_a_workflow_that_is_not_there_is_named_and_the_others_are_drained() -> None:
    """But then nothing is proven."""
    api = RunawayApi(alive=5)
    outcome = await drained(api, None, W, OTHER)
    assert (api.running, outcome.is_empty, outcome.summary.exit_code) == (0, False, ExitCode.INCOMPLETE)
    assert outcome.gaps[0].startswith(f"workflow {OTHER} could not be listed: there is no such workflow")
    assert outcome.summary.outcomes[Outcome.CANCELED] == 5


async def test_a_list_that_comes_back_is_waited_for() -> None:
    """A pass that could not read it proves nothing; the next ones may."""
    api = RunawayApi(alive=5)
    session = session_over(api)
    api.refuses["list"] = Reply(500, {}, b"")

    async def mend() -> None:
        await api.clock.sleep(100.0)
        del api.refuses["list"]

    mending = asyncio.ensure_future(mend())
    outcome = await drained(api, session=session)
    await mending
    assert (api.running, outcome.is_empty) == (0, True)


async def test_the_list_of_workflows_may_be_what_can_not_be_read() -> None:
    """Then nothing is known, and so nothing is empty."""
    api = RunawayApi(alive=5)
    api.refuses["list_workflows"] = UNKNOWN
    session = session_over(api)
    call = asyncio.ensure_future(session.drain(None))
    async with api.clock.autojump():
        await asyncio.wait([call])
    assert (call.result().is_empty, call.result().passes) == (False, 2)
    assert call.result().gaps[0].startswith("the list of workflows could not be read")


async def test_more_than_allowed_is_not_begun(tmp_path: Path) -> None:
    """Nothing is sent, nothing unpublished, and no report is left."""
    api, report = RunawayApi(alive=5), tmp_path / "r.csv"
    with pytest.raises(ConfigurationError, match="5 instances run, which is more than --max-instances 4"):
        await drained(api, max_instances=4, unpublish=True, report=report)
    assert (api.running, api.workflow.published, report.exists()) == (5, True, False)
    assert (await drained(api, max_instances=5)).is_empty


async def test_triggers_that_can_not_be_stopped_begin_nothing() -> None:
    """The permission is named, and nothing was canceled."""
    api = RunawayApi(alive=5)
    api.refuses["publish"] = FORBIDDEN
    with pytest.raises(ConfigurationError, match="workflows_write"):
        await drained(api, unpublish=True)
    assert (api.running, api.calls["cancel"]) == (5, 0)


async def test_it_publishes_again_whatever_the_end() -> None:
    """Also where it was stopped."""
    api = RunawayApi(alive=300, late=3)
    session = session_over(api)

    async def stop() -> None:
        await api.clock.sleep(0.3)
        session.stop()

    stopping = asyncio.ensure_future(stop())
    outcome = await drained(api, session=session, unpublish=True, republish=True)
    await stopping
    assert outcome.summary.stop is StopReason.INTERRUPTED
    assert (api.workflow.published, outcome.unpublished, api.calls["publish"]) == (True, (), 2)


async def test_one_that_was_unpublished_before_stays_so() -> None:
    """It is nobody's to publish; but who resumes means what an earlier run did."""
    api = RunawayApi(alive=5)
    api.workflow.set_published(api.clock.wall(), published=False)
    outcome = await drained(api, unpublish=True, republish=True)
    assert (outcome.unpublished, api.workflow.published, api.calls["publish"]) == ((), False, 0)


async def test_a_stopped_drain_goes_on_where_it_was(tmp_path: Path) -> None:
    """One row for each instance; what is done is not sent again."""
    api, report = RunawayApi(alive=300, stubborn=0.05), tmp_path / "r.csv"
    for at in (0.1, 0.7, 5.0):
        session = session_over(api, concurrency=8)

        async def stop(session: Session = session, at: float = at) -> None:
            await api.clock.sleep(at)
            session.stop()

        stopping = asyncio.ensure_future(stop())
        outcome = await drained(api, session=session, report=report, resume=True)
        await stopping
        assert (outcome.summary.stop, outcome.is_empty) == (StopReason.INTERRUPTED, False)
    outcome = await drained(api, report=report, resume=True)
    assert (api.running, outcome.is_empty, outcome.summary.exit_code) == (0, True, ExitCode.OK)
    rows = rows_of(report)
    assert sorted(int(row["line"]) for row in rows) == list(range(1, 301))
    assert len({row["instance_id"] for row in rows}) == 300


async def test_a_report_that_was_altered_is_not_sent(tmp_path: Path) -> None:
    """Nothing from a file may change a request's path."""
    api, report = RunawayApi(alive=3), tmp_path / "r.csv"
    api.refuses["cancel"] = Reply(500, {}, b"")
    await drained(api, session=session_over(api, max_attempts=1, max_duration=1.0), report=report)
    text = report.read_text(encoding="utf-8")
    one = next(row["instance_id"] for row in rows_of(report))
    report.write_text(text.replace(one, "../../x"), encoding="utf-8")
    sent = api.calls["cancel"]
    with pytest.raises(ReportError, match="it was altered"):
        await drained(api, report=report, resume=True)
    assert api.calls["cancel"] == sent


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"settle": -1.0}, "settle"),
        ({"settle": float("inf")}, "settle"),
        ({"max_instances": 0}, "max_instances"),
        ({"republish": True}, "republish"),
        ({"name": 5}, "name"),
        ({"selection": "running"}, "selection"),
        ({"resume": True}, "resume"),
    ],
)
async def test_arguments_that_can_not_be_used_are_named(options: dict[str, Any], words: str) -> None:
    """Before anything is sent."""
    api = RunawayApi()
    with pytest.raises(ConfigurationError, match=words):
        await drained(api, **options)
    assert not api.calls


async def test_all_automation_there_is_can_not_be_unpublished_at_once() -> None:
    """Workflows are to be named for that."""
    with pytest.raises(ConfigurationError, match="name the workflows"):
        await session_over(RunawayApi()).drain(unpublish=True)
