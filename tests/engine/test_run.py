"""Whole runs through a fake transport in virtual time."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import anyio
import pytest
from support.fakeapi import DOWN, ENDED, OK, FakeApi, Rows, bad, refs
from support.faketime import EPOCH, FakeClock
from support.runs import new_run

from bulkcancel.errors import ReportLostError
from bulkcancel.ledger import Ledger
from bulkcancel.models import (
    ExitCode,
    Failure,
    FailureKind,
    InstanceRef,
    Outcome,
    Recorded,
    Reply,
    Result,
    Row,
    StopReason,
)
from bulkcancel.settings import FailureLimit, Settings, Shard
from bulkcancel.tally import ReportLoss, Summary

FORBIDDEN = Reply(403, {}, b'{"errors":["Forbidden"]}')
Rule = Callable[[InstanceRef, int], Reply | Failure]


class Run:
    """One run and all that came of it."""

    def __init__(self, rule: Rule = lambda *_: OK, ledger: Ledger | None = None, **settings: object) -> None:
        self.clock = FakeClock()
        self.api = FakeApi(self.clock, rule)
        self.results: list[Result] = []
        self.engine = new_run(
            self.api,
            Settings(**settings),  # type: ignore[arg-type] # keywords of a table
            clock=self.clock,
            jitter=lambda: 1.0,
            ledger=ledger,
        )

    async def __call__(self, rows: list[Row], *, is_replayable: bool = True) -> Summary:
        """Run to the end."""

        async def sink(result: Result) -> None:
            self.results.append(result)

        async with self.clock.autojump():
            return await self.engine.run(Rows(rows, is_replayable=is_replayable), sink)

    @property
    def outcomes(self) -> Counter[Outcome]:
        """The outcomes of the results."""
        return Counter(result.outcome for result in self.results)


async def test_every_row_has_one_result() -> None:
    """Sent, repeated or unusable."""
    run = Run()
    summary = await run([*refs(50), bad(51), *refs(3)])
    assert run.outcomes == {Outcome.CANCELED: 50, Outcome.INVALID: 1, Outcome.DUPLICATE: 3}
    assert summary.rows == len(run.results) == 54
    assert len(run.api.sent) == 50
    assert summary.exit_code is ExitCode.INCOMPLETE


async def test_no_more_are_in_flight_than_allowed() -> None:
    """However many rows there are."""
    run = Run(concurrency=5)
    await run(refs(500))
    assert run.api.most_in_flight == 5


async def test_all_replies_at_hand_are_heard_before_more_is_sent() -> None:
    """The second of two that come at once says that nothing is left: the first must not send a third."""
    left = {"i0": 9, "i1": 8, "i2": 0, "i3": 9}

    def limited(ref: InstanceRef, _: int) -> Reply:
        names = ("X-RateLimit-Limit", "X-RateLimit-Period", "X-RateLimit-Remaining", "X-RateLimit-Reset")
        return Reply(
            200, dict(zip(names, ("10", "60", str(left[ref.instance_id]), "30"), strict=True)), b"{}"
        )

    run = Run(limited, concurrency=2)
    await run(refs(4))
    sent = {result.instance_id: result.started_at or 0.0 for result in run.results}
    assert sent["i1"] == sent["i2"]
    assert sent["i3"] - sent["i2"] > 29.0


async def test_a_fault_is_tried_again() -> None:
    """And counted as an attempt."""
    run = Run(lambda _, attempt: OK if attempt == 3 else Reply(503, {"Retry-After": "4"}, b""))
    await run(refs(1))
    (result,) = run.results
    assert (result.outcome, result.attempts) == (Outcome.CANCELED, 3)
    assert result.duration_ms >= 8000


async def test_a_row_is_given_up_after_its_attempts() -> None:
    """As failed, with the last answer's words."""
    run = Run(lambda ref, _: DOWN if ref.instance_id == "i7" else OK, max_attempts=3)
    summary = await run(refs(30))
    assert run.outcomes == {Outcome.CANCELED: 29, Outcome.FAILED: 1}
    assert summary.errors == {"http_connection": 1}
    assert run.api.sent.count("i7") == 3


async def test_a_429_does_not_use_up_attempts() -> None:
    """The limiter waits once for all."""
    limited = Reply(429, {"Retry-After": "2"}, b"")
    run = Run(lambda _, attempt: limited if attempt <= 2 else OK, max_attempts=1, concurrency=4)
    summary = await run(refs(4))
    assert run.outcomes == {Outcome.CANCELED: 4}
    assert summary.throttled == sum(result.throttled for result in run.results) > 0
    assert summary.paused > 0.0


async def test_a_row_is_given_up_after_too_many_429s() -> None:
    """As throttled."""
    run = Run(lambda *_: Reply(429, {}, b""), max_throttled=3)
    await run(refs(1))
    assert run.results[0].outcome is Outcome.THROTTLED


async def test_refused_keys_cost_one_request() -> None:
    """The rest is marked, not sent."""
    run = Run(lambda *_: FORBIDDEN)
    run.api.keys = FORBIDDEN
    summary = await run(refs(1000, workflows=7))
    assert len(run.api.sent) == 1
    assert run.outcomes == {Outcome.FORBIDDEN: 1, Outcome.NOT_ATTEMPTED: 999}
    assert (summary.stop, summary.exit_code) == (StopReason.REFUSED, ExitCode.STOPPED)


async def test_one_forbidden_workflow_does_not_stop_the_others() -> None:
    """Its keys pass the check, so the next workflow is tried."""
    run = Run(lambda ref, _: FORBIDDEN if ref.workflow_id == "w0" else OK)
    summary = await run(refs(20, workflows=2))
    assert run.outcomes[Outcome.CANCELED] == 10
    assert run.outcomes[Outcome.FORBIDDEN] + run.outcomes[Outcome.NOT_ATTEMPTED] == 10
    assert summary.stop is None


async def test_a_run_that_met_only_refusals_says_so() -> None:
    """Even where the key check passes."""
    run = Run(lambda *_: FORBIDDEN)
    summary = await run(refs(10))
    assert summary.stop is StopReason.REFUSED


async def test_a_redirect_stops_the_run() -> None:
    """It goes to the wrong place."""
    run = Run(lambda *_: Reply(302, {"Location": "/login"}, b""))
    summary = await run(refs(10))
    assert summary.stop is StopReason.MISROUTED
    assert len(run.api.sent) == 1


async def test_an_outage_is_waited_out() -> None:
    """Rows are not burnt to failed while one probe at a time asks."""
    run = Run(concurrency=8)
    run.api.rule = lambda *_: DOWN if 2.0 < run.clock.now() - 1000.0 < 62.0 else OK
    run.api.latency = 0.5
    summary = await run(refs(100))
    assert run.outcomes == {Outcome.CANCELED: 100}
    assert summary.paused > 30.0


async def test_an_api_that_never_answers_ends_the_run() -> None:
    """After two minutes, resumable."""
    run = Run(lambda *_: DOWN, max_attempts=100)
    summary = await run(refs(10))
    assert summary.stop is StopReason.UNREACHABLE
    assert 100.0 < summary.duration < 200.0


@pytest.mark.parametrize(
    ("kind", "stop"),
    [
        (FailureKind.UNTRUSTED, StopReason.UNTRUSTED),
        (FailureKind.PROXY_REFUSED, StopReason.PROXY_REFUSED),
    ],
)
async def test_what_trying_again_will_not_mend_ends_the_run(kind: FailureKind, stop: StopReason) -> None:
    """At its first request; once something was answered it is a fault like others."""
    run = Run(lambda *_: Failure(kind, "why"))
    summary = await run(refs(100))
    assert (summary.stop, len(run.api.sent)) == (stop, 1)
    run = Run(lambda ref, attempt: Failure(kind, "why") if (ref.instance_id, attempt) == ("i7", 1) else OK)
    summary = await run(refs(100))
    assert run.outcomes == {Outcome.CANCELED: 100}


async def test_max_failures_ends_the_run() -> None:
    """With what is in flight."""
    run = Run(lambda *_: Reply(400, {}, b""), max_failures=FailureLimit(5), concurrency=2)
    run.api.reads = [Reply(200, {}, ENDED % b"IN_PROGRESS")]
    summary = await run(refs(100))
    assert summary.stop is StopReason.MAX_FAILURES
    assert 5 <= run.outcomes[Outcome.REJECTED] <= 6
    assert summary.rows == 100


@pytest.mark.parametrize("verify", [False, True])
async def test_instances_that_had_ended_are_no_failures(*, verify: bool) -> None:
    """Each refusal is looked into before it counts, and again where the read itself goes wrong."""
    run = Run(lambda *_: Reply(400, {}, b""), max_failures=FailureLimit(1), verify=verify, concurrency=2)
    run.api.reads = [DOWN, Reply(429, {"Retry-After": "1"}, b""), Reply(200, {}, ENDED % b"CANCELED")]
    summary = await run(refs(30))
    assert (summary.stop, run.outcomes) == (None, {Outcome.ALREADY_FINISHED: 30})


async def test_keys_that_may_not_read_look_once() -> None:
    """Then a refusal is what it says."""
    run = Run(lambda *_: Reply(400, {}, b""), max_failures=FailureLimit(20), concurrency=1)
    run.api.reads = [FORBIDDEN]
    summary = await run(refs(30))
    assert summary.stop is StopReason.MAX_FAILURES
    assert run.outcomes == {Outcome.REJECTED: 20, Outcome.NOT_ATTEMPTED: 10}
    assert run.api.looks == 1


async def test_a_refusal_that_cannot_be_looked_into_counts() -> None:
    """After three reads that went wrong. A 404 does not count."""
    run = Run(
        lambda ref, _: Reply(404 if ref.instance_id == "i0" else 400, {}, b"{}"), max_failures=FailureLimit(1)
    )
    run.api.reads = [Reply(500, {}, b"")]
    summary = await run(refs(2))
    assert summary.stop is StopReason.MAX_FAILURES
    assert run.outcomes == {Outcome.REJECTED: 1, Outcome.NOT_FOUND: 1}
    assert run.api.looks == 6


@pytest.mark.parametrize("status", [400, 404])
async def test_a_refused_row_is_looked_up_unless_that_is_turned_off(status: int) -> None:
    """It costs one read, and tells an instance that had simply ended from one that is not there."""
    answer = Reply(status, {}, b'{"errors":["No"]}')
    run = Run(lambda *_: answer)
    run.api.reads = [Reply(200, {}, ENDED % b"SUCCEEDED")]
    summary = await run(refs(300))
    assert (run.outcomes, run.api.looks) == ({Outcome.ALREADY_FINISHED: 300}, 300)
    assert summary.exit_code is ExitCode.OK
    assert {result.error_detail for result in run.results} == {
        f"it had ended before its cancel was answered {status}"
    }
    run = Run(lambda *_: answer, lookup=False)
    await run(refs(30))
    assert (len(run.results), run.api.looks) == (30, 0)
    assert run.outcomes[Outcome.ALREADY_FINISHED] == 0
    run = Run(lambda *_: answer)
    await run(refs(30))
    assert run.outcomes == {Outcome.REJECTED if status == 400 else Outcome.NOT_FOUND: 30}


async def test_a_look_up_holds_up_no_cancel() -> None:
    """Reads have a quota of their own, and it may be the tighter one."""
    run = Run(lambda ref, _: Reply(404, {}, b"{}") if ref.line <= 20 else OK, concurrency=4)
    run.api.reads = [Reply(429, {"Retry-After": "30"}, b""), Reply(200, {}, ENDED % b"SUCCEEDED")]
    began = run.clock.now()
    summary = await run(refs(400))
    canceled = [result.finished_at or 0.0 for result in run.results if result.outcome is Outcome.CANCELED]
    assert max(canceled) - EPOCH - began < 10.0
    assert summary.outcomes[Outcome.ALREADY_FINISHED] == 20


async def test_max_duration_ends_the_run() -> None:
    """Whatever is left is marked."""
    run = Run(max_duration=1.0, concurrency=1)
    summary = await run(refs(100))
    assert summary.stop is StopReason.MAX_DURATION
    assert run.outcomes[Outcome.CANCELED] in {49, 50, 51}
    assert run.outcomes[Outcome.CANCELED] + run.outcomes[Outcome.NOT_ATTEMPTED] == 100


async def test_a_stop_in_a_backoff_keeps_the_last_answer() -> None:
    """The row failed as far as is known."""
    run = Run(lambda *_: Reply(500, {"Retry-After": "30"}, b""), max_duration=5.0)
    await run(refs(1))
    assert run.results[0].outcome is Outcome.FAILED
    assert "max_duration" in run.results[0].error_detail


async def test_a_limit_reads_no_further() -> None:
    """Unusable rows on the way do not count."""
    run = Run(limit=2)
    summary = await run([bad(1), *refs(10)])
    assert summary.rows == 3
    assert run.api.sent == ["i0", "i1"]


async def test_shards_are_disjoint_and_complete() -> None:
    """Also for unusable rows."""
    rows = [*refs(200), *(bad(line) for line in range(201, 221))]
    lines: list[int] = []
    for index in (1, 2, 3):
        run = Run(shard=Shard(index, 3))
        await run(rows)
        lines += [result.line for result in run.results]
        assert len(run.results) > 40
    assert sorted(lines) == sorted(row.line for row in rows)


async def test_what_is_on_record_is_not_sent_again() -> None:
    """Only what was left undone."""
    ledger = Ledger()
    for instance, outcome in (("i0", Outcome.CANCELED), ("i1", Outcome.FAILED), ("i2", Outcome.DUPLICATE)):
        ledger.load([Recorded("w0", instance, outcome, "", 1)])
    run = Run(ledger=ledger)
    run.engine.tally.recorded(Outcome.FAILED)
    await run(refs(3))
    assert run.api.sent == ["i1", "i2"]
    assert run.engine.tally.outcomes[Outcome.FAILED] == 0


async def test_a_retry_that_was_not_reached_keeps_its_record() -> None:
    """Nothing new is known of it."""
    ledger = Ledger()
    ledger.load([Recorded("w0", "i5", Outcome.FAILED, "", 1)])
    run = Run(ledger=ledger, max_duration=0.05, concurrency=1)
    await run(refs(10))
    assert "i5" not in {result.instance_id for result in run.results}


@pytest.mark.parametrize(
    ("kinds", "outcome"),
    [
        ([b"IN_PROGRESS", b"CANCELED"], Outcome.CANCELED),
        ([b"SUCCEEDED"], Outcome.ALREADY_FINISHED),
        ([b"IN_PROGRESS"], Outcome.UNCONFIRMED),
    ],
)
async def test_verify_sees_how_it_ended(kinds: list[bytes], outcome: Outcome) -> None:
    """Or that it did not in time."""
    run = Run(verify=True, verify_timeout=5.0)
    run.api.reads = [Reply(200, {}, ENDED % kind) for kind in kinds]
    await run(refs(1))
    assert run.results[0].outcome is outcome


async def test_verify_looks_before_it_calls_a_row_rejected() -> None:
    """An instance that had ended may be answered 400 or 404."""
    for status, kind, want in (
        (400, b"FAILED", Outcome.ALREADY_FINISHED),
        (404, b"IN_PROGRESS", Outcome.NOT_FOUND),
    ):
        run = Run(lambda *_, status=status: Reply(status, {}, b""), verify=True)
        run.api.reads = [Reply(200, {}, ENDED % kind)]
        await run(refs(1))
        assert run.results[0].outcome is want
        assert bool(run.results[0].error_code) == (want is Outcome.NOT_FOUND)


async def test_verify_ends_with_the_run() -> None:
    """Unconfirmed is what it is then; a resumed run asks again."""
    run = Run(verify=True, max_duration=1.0)
    run.api.reads = [DOWN]
    await run(refs(2))
    assert run.outcomes == {Outcome.UNCONFIRMED: 2}


async def test_a_lost_report_stops_sending() -> None:
    """And what was sent and not recorded is known."""
    run = Run(concurrency=4)
    taken: list[Result] = []

    async def sink(result: Result) -> None:
        if len(taken) == 10:
            raise ReportLostError("The disk is full.")
        taken.append(result)

    async with run.clock.autojump():
        summary = await run.engine.run(Rows(refs(1000)), sink)
    assert summary.exit_code is ExitCode.REPORT_LOST
    assert summary.loss == ReportLoss("The disk is full.")
    unrecorded = set(run.api.sent) - {result.instance_id for result in taken}
    assert {f"i{line - 1}" for line in summary.left.unrecorded} == unrecorded
    assert summary.requests == len(run.api.sent) < 20


async def test_an_error_of_the_callers_own_is_raised_as_it_is() -> None:
    """From the rows as from the function that takes results."""

    class Broken(Rows):
        async def batches(self) -> AsyncIterator[Iterator[Row]]:
            yield iter(refs(1))
            raise LookupError("mine")

    async def sink(_: Result) -> None:
        raise KeyError("mine too")

    run = Run()
    async with run.clock.autojump():
        with pytest.raises(LookupError, match="mine"):
            await run.engine.run(Broken([]), run_sink)
    run = Run()
    async with run.clock.autojump():
        with pytest.raises(KeyError, match="mine too"):
            await run.engine.run(Rows(refs(3)), sink)


async def run_sink(_: Result) -> None:
    """Take a result and forget it."""


async def test_an_answer_that_cannot_be_is_the_runs_error() -> None:
    """An exception of the transport itself is not swallowed, and its place in line is given back.

    What is on the wire is heard first, and the row whose answer it was is known.
    """

    def rule(ref: InstanceRef, _: int) -> Reply:
        if ref.instance_id == "i9":
            raise ZeroDivisionError
        return OK

    run = Run(rule, concurrency=4)
    async with run.clock.autojump():
        with pytest.raises(ZeroDivisionError):
            await run.engine.run(Rows(refs(100)), run.results.append)
    assert run.engine.in_flight == 0
    summary = run.engine.summary()
    assert list(summary.left.unrecorded) == [10]
    assert summary.requests == len(run.api.sent) == run.outcomes[Outcome.CANCELED] + 1
    assert run.outcomes[Outcome.NOT_ATTEMPTED] == 100 - len(run.api.sent)
    assert (summary.stop, summary.exit_code) == (StopReason.OWN_FAULT, ExitCode.STOPPED)


@pytest.mark.parametrize("where", ["sink", "waiting", "source"])
async def test_a_cancellation_out_of_the_callers_own_code_is_raised(where: str) -> None:
    """It is not taken for our own end: what is on the wire is heard, and no more is sent."""
    canceled = asyncio.get_running_loop().create_future()
    canceled.cancel()

    class Canceling(Rows):
        async def batches(self) -> AsyncIterator[Iterator[Row]]:
            yield iter(refs(20))
            if where == "source":
                await canceled
            yield iter(refs(300)[20:])

    async def waits() -> None:
        await canceled

    def sink(result: Result) -> Awaitable[None] | None:
        run.results.append(result)
        if len(run.results) == 20 and where == "sink":
            raise asyncio.CancelledError
        return waits() if len(run.results) == 20 and where == "waiting" else None

    run = Run(concurrency=4)
    async with run.clock.autojump():
        with pytest.raises(asyncio.CancelledError):
            await run.engine.run(Canceling([]), sink)
    assert run.api.in_flight == 0
    assert len(run.results) == 20
    assert 20 <= len(run.api.sent) < 30


@pytest.mark.parametrize("is_native", [False, True])
async def test_a_run_can_be_canceled_whole(*, is_native: bool) -> None:
    """By a scope or by its task, while a result is waited for. That is no failure, and what it left is known."""
    entered = asyncio.Event()
    scope = anyio.CancelScope()

    async def sink(_: Result) -> None:
        entered.set()
        await asyncio.Event().wait()

    async def running() -> None:
        with scope:
            await run.engine.run(Rows(refs(300)), sink)

    run = Run(concurrency=4)
    async with run.clock.autojump():
        task = asyncio.ensure_future(running())
        await entered.wait()
        if is_native:
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        else:
            scope.cancel()
            await task
            assert scope.cancelled_caught
    assert run.engine.error is None
    assert len(run.engine.summary().left.unrecorded) == len(run.api.sent)


async def test_a_row_that_was_held_back_says_so() -> None:
    """Its workflow was refused just before, and whether all will be is not known yet."""
    run = Run(lambda *_: FORBIDDEN, concurrency=1)
    await run(refs(5))
    details = {result.error_detail for result in run.results if result.outcome is Outcome.NOT_ATTEMPTED}
    assert details == {"not sent: its workflow was refused just before, and no other was accepted yet"}


async def test_a_verified_row_says_what_was_seen() -> None:
    """As the detail of its result."""
    run = Run(verify=True)
    run.api.reads = [Reply(200, {}, ENDED % b"SUCCEEDED")]
    await run(refs(2))
    assert [result.error_detail for result in run.results] == ["it had ended: SUCCEEDED"] * 2


async def test_a_row_that_needs_no_request_is_finished_when_it_is_read() -> None:
    """And says so in its time."""
    run = Run()
    await run([bad(1)])
    assert run.results[0].finished_at == EPOCH + 1000.0


async def test_a_row_cut_short_before_any_answer_has_no_code() -> None:
    """Nor a status."""
    run = Run(max_duration=0.01, concurrency=1)
    await run(refs(3))
    cut = [result for result in run.results if result.outcome is Outcome.NOT_ATTEMPTED]
    assert {(result.error_code, result.http_status) for result in cut} == {("", None)}


async def test_a_row_on_record_that_nobody_came_to_stays_as_it_is() -> None:
    """The report says as much already, so nothing is left to be said of it."""
    ledger = Ledger()
    ledger.load([Recorded("w0", f"i{n}", Outcome.FAILED, "", n + 1) for n in range(10)])
    run = Run(lambda *_: DOWN, ledger, concurrency=4, max_attempts=1, max_failures=FailureLimit(1))
    summary = await run(refs(10))
    assert len(run.results) == len(run.api.sent) < 10
    assert (summary.left.unreported, summary.stop) == (0, StopReason.MAX_FAILURES)
