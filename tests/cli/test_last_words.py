"""What the last words say is true: held against what a server was sent and what the report has."""

import os
import re
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from uuid import UUID

import anyio
import pytest
from anyio.lowlevel import checkpoint
from support.cliapp import Call, Ended
from support.fakeapi import OK

from bulkcancel.errors import InputError
from bulkcancel.models import Failure, InstanceRef, Outcome, Reply, Result, Row
from bulkcancel.report import Report, read_results
from bulkcancel.sources.parser import Parser

W = str(UUID(int=1 << 127, version=4))
RUN = ("run", "in.csv", "--sandbox", "-y", "-o", "r.csv")
Rule = Callable[["Server"], Awaitable[Reply | Failure]]


def write(rows: int, name: str = "in.csv") -> None:
    """An input of so many rows, from line 2 on."""
    ids = (UUID(int=(1 << 127) + n, version=4) for n in range(1, rows + 1))
    Path(name).write_text("workflow_id,instance_id\n" + "".join(f"{W},{one}\n" for one in ids))


class Server:
    """An API of ours in place of the real one; keeps the lines of what it was sent."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.sent: list[int] = []

    async def cancel(self, ref: InstanceRef) -> Reply | Failure:
        """Answer by the rule."""
        self.sent.append(ref.line)
        return await self.rule(self)

    async def get_instance(self, ref: InstanceRef) -> Reply | Failure:
        """Never asked."""
        raise AssertionError(ref)

    async def list_instances(self, workflow_id: str, *, size: int, number: int) -> Reply | Failure:
        """Never asked."""
        raise AssertionError(workflow_id, size, number)

    async def list_workflows(self, *, limit: int, page: int, query: str = "") -> Reply | Failure:
        """Never asked."""
        raise AssertionError(limit, page, query)

    async def get_workflow(self, workflow_id: str) -> Reply | Failure:
        """Never asked."""
        raise AssertionError(workflow_id)

    async def set_published(self, workflow_id: str, *, published: bool) -> Reply | Failure:
        """Never asked."""
        raise AssertionError(workflow_id, published)

    async def check_keys(self) -> Reply | Failure:
        """Never asked."""
        raise AssertionError

    @asynccontextmanager
    async def connect(self, *_: object, **__: object) -> AsyncIterator["Server"]:
        """Stand in for a connection."""
        yield self


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Callable[[Rule], Server]:
    """Put a server with that rule in the API's place."""

    def put(rule: Rule) -> Server:
        server = Server(rule)
        monkeypatch.setattr("bulkcancel.cli.at_work.connect", server.connect)
        return server

    return put


def named(ended: Ended) -> set[int]:
    """The input lines that the last words name."""
    found: set[int] = set()
    for spans in re.findall(r"input lines ([\d, -]+)", ended.last):
        for first, last in re.findall(r"(\d+)(?:-(\d+))?", spans):
            found |= set(range(int(first), int(last or first) + 1))
    return found


def recorded(name: str = "r.csv") -> set[int]:
    """The lines of rows that a report says were sent."""
    return {result.line for result in read_results(Path(name)) if result.attempts}


async def two_signals() -> None:
    """Ask this process to leave at once."""
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(os.getpid(), number)
        for _ in range(5):
            await checkpoint()


def answers(first: int, then: Rule) -> Rule:
    """Accept the first few, and then do something else."""

    async def rule(server: Server) -> Reply | Failure:
        return OK if len(server.sent) <= first else await then(server)

    return rule


async def hang(_: Server) -> Reply:
    """Never answer."""
    await anyio.sleep_forever()
    raise AssertionError


def leave_when(sent: int, first: Callable[[], object] = lambda: None) -> Rule:
    """Never answer; when so many were sent, do something and leave."""

    async def rule(server: Server) -> Reply | Failure:
        if len(server.sent) == sent:
            first()
            await two_signals()
        return await hang(server)

    return rule


def test_rows_whose_answer_was_not_waited_for_are_named(call: Call, serve: Callable[[Rule], Server]) -> None:
    """And counted as requests; what was not reached is counted as not done."""
    write(300)
    server = serve(answers(12, leave_when(20)))
    ended = call(*RUN, "-c", "8")
    assert ended.code == 130
    assert len(server.sent) == 20
    assert named(ended) == set(server.sent) - recorded()
    assert "20 requests" in ended.err
    assert ended.last.startswith(
        "Interrupted. 288 rows not done, 8 of them sent and not recorded: input lines"
    )
    assert "12 of 300 rows: 12 canceled" in ended.err


@pytest.mark.parametrize(
    ("known", "words"), [(1 << 30, "2,990 rows not done. "), (0, ", and what was not read. ")]
)
def test_what_a_second_signal_keeps_from_being_marked_is_not_done(
    call: Call, serve: Callable[[Rule], Server], monkeypatch: pytest.MonkeyPatch, known: int, words: str
) -> None:
    """Rows that have no line in the report at all are counted, or mentioned where their number is not known."""
    write(3000)
    monkeypatch.setattr("bulkcancel.cli.prepare._SCANNED_FOR_THE_BAR", known)
    monkeypatch.setattr("bulkcancel.sources.reader._FILE_CHUNK", 4096)  # a signal is heard between two
    real = Report.take
    marked: list[int] = []

    def take(report: Report, result: Result) -> None:
        real(report, result)
        if result.outcome is Outcome.NOT_ATTEMPTED:
            marked.append(result.line)
            if len(marked) == 10:
                os.kill(os.getpid(), signal.SIGTERM)

    async def stop(_: Server) -> Reply:
        os.kill(os.getpid(), signal.SIGINT)
        for _turn in range(5):
            await checkpoint()
        return OK

    monkeypatch.setattr(Report, "take", take)
    serve(answers(9, stop))
    ended = call(*RUN, "-c", "1")
    assert ended.code == 130
    assert 10 <= len(marked) < 2990
    assert words in ended.last


def test_a_report_that_is_deleted_takes_what_it_held_with_it(
    call: Call, serve: Callable[[Rule], Server]
) -> None:
    """Two signals later, everything that was sent is named."""
    write(300)
    server = serve(answers(12, leave_when(20, Path("r.csv").unlink)))
    ended = call(*RUN, "-c", "8")
    assert ended.code == 4
    assert named(ended) == set(server.sent)


def test_rows_synced_before_a_report_was_deleted_are_named(
    call: Call, serve: Callable[[Rule], Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whenever that is noticed."""
    write(300)
    monkeypatch.setattr("bulkcancel.operations.cancel._SYNC_EVERY", 0.005)
    real, synced = Report.sync, threading.Semaphore(0)

    def sync(report: Report) -> None:
        real(report)
        synced.release()

    def delete() -> None:
        while synced.acquire(blocking=False):
            pass
        for _ in range(2):  # the first may have begun before
            synced.acquire()
        Path("r.csv").unlink()

    async def rule(server: Server) -> Reply:
        if len(server.sent) == 20:
            await anyio.to_thread.run_sync(delete)
        return OK

    monkeypatch.setattr(Report, "sync", sync)
    server = serve(rule)
    ended = call(*RUN, "-c", "4")
    assert ended.code == 4
    assert named(ended) == set(server.sent)


def test_a_fault_of_our_own_names_what_it_left_unrecorded(
    call: Call, serve: Callable[[Rule], Server]
) -> None:
    """What is on the wire is still heard; only the row that met the fault is not on record."""
    write(300)

    async def fault(server: Server) -> Reply:
        if len(server.sent) == 20:
            raise MemoryError
        await anyio.sleep(0.01)
        return OK

    server = serve(answers(12, fault))
    ended = call(*RUN, "-c", "8")
    assert ended.code == 3
    assert named(ended) == set(server.sent) - recorded()
    assert "What was sent until then is in the report" not in ended.err


def test_an_input_that_fails_half_way_says_how_far_it_came(
    call: Call, serve: Callable[[Rule], Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no mistake in what was typed any more: something was sent."""
    write(300)
    real, pieces = Parser.feed, count()

    def feed(parser: Parser, data: bytes, *, final: bool) -> Iterator[Row]:
        if next(pieces) == 3:
            raise InputError("is not what it was")
        yield from real(parser, data, final=final)

    monkeypatch.setattr("bulkcancel.cli.prepare._SCANNED_FOR_THE_BAR", 0)
    monkeypatch.setattr("bulkcancel.sources.reader._FILE_CHUNK", 1024)
    monkeypatch.setattr(Parser, "feed", feed)
    server = serve(answers(300, hang))
    ended = call(*RUN)
    assert ended.code == 3
    assert recorded() == set(server.sent) != set()
    assert ended.last.startswith(
        "Stopped: in.csv is not what it was. Every row in the report is done. If the input"
    )


def test_a_fault_beside_the_engine_names_what_it_left(
    call: Call, serve: Callable[[Rule], Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it is: here, regular syncing."""
    write(300)
    monkeypatch.setattr("bulkcancel.operations.cancel._SYNC_EVERY", 0.005)
    real, syncs = Report.sync, count()

    def sync(report: Report) -> None:
        if next(syncs) == 1:
            raise RuntimeError("can't start new thread")
        real(report)

    monkeypatch.setattr(Report, "sync", sync)
    server = serve(answers(12, hang))
    ended = call(*RUN, "-c", "8", "-v")
    assert ended.code == 3
    assert named(ended) == set(server.sent) - recorded() != set()
    assert "a fault of its own, RuntimeError: can't start new thread. Please report this" in ended.last
    assert "Traceback" in ended.err
    assert ended.last.endswith("Continue: bulkcancel run in.csv --sandbox -y -o r.csv -c 8 -v --resume")
