"""`--resume`: nothing done is sent again, whatever became of the input."""

import json
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from support.cliapp import Call, outcomes

from bulkcancel.models import Outcome
from bulkcancel.report import Report, read_results

W = str(UUID(int=1 << 127, version=4))
IDS = [str(UUID(int=(1 << 127) + n, version=4)) for n in range(1, 9)]
UNKNOWN = "00000000-0000-4000-8000-000000000001"
RUN = ("run", "--sandbox", "-y", "-o", "r.csv", "--summary", "s.json")


def write(*instances: str) -> str:
    """An input with those instances."""
    Path("in.csv").write_text("workflow_id,instance_id\n" + "".join(f"{W},{one}\n" for one in instances))
    return "in.csv"


def requests() -> int:
    """How many the last run sent."""
    found: int = json.loads(Path("s.json").read_text())["requests"]
    return found


@pytest.mark.parametrize(
    ("rows", "code"),
    [([*IDS, IDS[0]], 0), ([IDS[0], UNKNOWN], 1), ([IDS[0], "unusable", "unusable"], 1)],
)
@pytest.mark.slow
def test_a_finished_run_is_left_alone(call: Call, rows: list[str], code: int) -> None:
    """With other flags too, and without INPUT; not a byte changes."""
    assert call(*RUN, write(*rows)).code == code
    before = Path("r.csv").read_bytes()
    for words in (
        ["in.csv"],
        ["in.csv", "-c", "1", "--rate", "5/s", "--verify"],
        ["in.csv", "--limit", "1"],
        [],
    ):
        assert call(*RUN, "--resume", *words).code == code
        assert requests() == 0
        assert Path("r.csv").read_bytes() == before


def test_a_changed_input_adds_rows_and_removes_none(call: Call) -> None:
    """And a repetition that is new is a duplicate."""
    call(*RUN, write(*IDS[:4], "unusable"))
    ended = call(*RUN, "--resume", write(IDS[6], IDS[0], IDS[0], IDS[7], "unusable", "worse"))
    assert (ended.code, requests()) == (1, 2)
    found = {(row.instance_id, row.outcome): row.line for row in read_results(Path("r.csv"))}
    assert Counter(outcomes("r.csv")) == {Outcome.CANCELED: 6, Outcome.INVALID: 2, Outcome.DUPLICATE: 1}
    assert found[IDS[0], Outcome.CANCELED] == 2
    assert found[IDS[0], Outcome.DUPLICATE] == 4
    assert found[IDS[7], Outcome.CANCELED] == 5
    again = call(*RUN, "--resume", "in.csv")
    assert (again.code, requests(), len(outcomes("r.csv"))) == (1, 0, 9)


@pytest.mark.parametrize("shard", [["--shard", "1/1"], ["--shard=1/1"], []])
def test_rows_to_retry_that_left_the_input_are_tried_without_it(call: Call, shard: list[str]) -> None:
    """The same command can't reach them; the one that is named does, and says no more."""
    call(*RUN, "--scenario", "denied", write(*IDS[:3]))
    ended = call(*RUN, "--resume", *shard, write(*IDS[2:6]))
    assert ended.code == 1
    named = "bulkcancel run --sandbox -y -o r.csv --summary s.json --resume"
    assert ended.last == f"Finished: 2 rows not done, 2 of them no longer in the input. Continue: {named}"
    ended = call(*named.split()[1:])
    assert (ended.code, requests(), outcomes("r.csv")) == (0, 2, [Outcome.CANCELED] * 6)


def test_a_stream_is_sent_again_from_its_start(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is on record is skipped."""
    call(*RUN, write(*IDS[:3]))
    with Path(write(*IDS)).open() as rows:
        monkeypatch.setattr("sys.stdin", rows)
        assert call(*RUN, "--resume", "-").code == 0
    assert (requests(), outcomes("r.csv")) == (5, [Outcome.CANCELED] * 8)


@pytest.mark.slow
def test_many_resumes_leave_one_row_for_each(call: Call) -> None:
    """Each retries what is left, a few at a time."""
    denied = call(*RUN, "--scenario", "denied", write(*IDS, UNKNOWN, IDS[2]))
    assert denied.code == 3
    for _ in range(3):
        assert call(*RUN, "--scenario", "denied", "--resume").code == 3
        assert len(outcomes("r.csv")) == 10
    for _ in range(5):
        call(*RUN, "--resume", "--limit", "2", "in.csv")
    counts = Counter(outcomes("r.csv"))
    assert counts == {Outcome.CANCELED: 8, Outcome.NOT_FOUND: 1, Outcome.DUPLICATE: 1}


def test_a_report_in_use_is_refused_before_anyone_is_asked(call: Call) -> None:
    """And a dry run may look at it all the same."""
    call(*RUN, write(*IDS[:2]))
    with Report.resume(Path("r.csv")):
        ended = call(*RUN, "--resume", write(*IDS))
        assert (ended.code, "being written by another bulkcancel" in ended.err) == (2, True)
        assert "cancel 6 instances" in call(*RUN, "--resume", "--dry-run", "in.csv").err


def finish_with(signals: int) -> Callable[[Report], Iterator[None]]:
    """A report's `finish` of many steps, within which so many signals come."""

    def finish(_: Report) -> Iterator[None]:
        for step in range(40):
            if step % 10 == 0 and step // 10 < signals:
                os.kill(os.getpid(), signal.SIGINT)
            yield

    return finish


@pytest.mark.parametrize(("signals", "code"), [(1, 0), (2, 130)])
def test_a_signal_during_the_compaction(
    call: Call, monkeypatch: pytest.MonkeyPatch, signals: int, code: int
) -> None:
    """The first lets it finish; the second leaves, and every row is on record."""
    monkeypatch.setattr(Report, "finish", finish_with(signals))
    ended = call(*RUN, write(*IDS))
    assert ended.code == code
    assert "its report is being cleaned up" in ended.err
    assert outcomes("r.csv") == [Outcome.CANCELED] * 8


@pytest.mark.slow
def test_a_report_is_synced_each_second(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight rows at two in a second take longer than three seconds; each sync has more rows on the disk."""
    real = os.fsync
    synced: list[int] = []

    def fsync(fd: int) -> None:
        synced.append(Path("r.csv").read_bytes().count(b"\n"))
        real(fd)

    monkeypatch.setattr(os, "fsync", fsync)
    call(*RUN, "--rate", "2/s", write(*IDS))
    assert synced[:2] == [1, 1]  # the file's beginning, and its folder's
    assert len({lines for lines in synced if 1 < lines < 1 + len(IDS)}) >= 3
    assert synced[-1] == 1 + len(IDS)


@pytest.mark.slow
def test_a_sync_that_fails_names_the_rows_it_may_have_lost(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system had taken them, and found no room on the disk later."""
    real = os.fsync
    left = [2]  # the report's beginning: the file and its folder

    def fsync(fd: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(28, "No space left on device")
        real(fd)

    monkeypatch.setattr(os, "fsync", fsync)
    ended = call(*RUN, "--rate", "10/s", write(*IDS))
    assert ended.code == 4
    assert "No space left on device. Taken, but perhaps not on the disk: input lines 2" in ended.last
    assert ended.last.endswith("--resume")
