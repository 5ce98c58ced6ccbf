"""The limit on open files: said and kept to, and never taken for a fault of the API."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import pytest
from support.cliapp import Shown
from support.faultserver import FaultServer

from bulkcancel.cli import file_limit
from bulkcancel.clock import SystemClock
from bulkcancel.datadog import Credentials, Target, connect
from bulkcancel.errors import ConfigurationError
from bulkcancel.models import Failure, FailureKind, InstanceRef, Reply
from bulkcancel.progress.messages import Messages
from bulkcancel.settings import Settings


@contextmanager
def limited_to(number: int) -> Iterator[None]:
    """Let this process open no file with a number from there on, while the context lasts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (number, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def opened() -> int:
    """How many files are open."""
    return len(os.listdir("/dev/fd"))  # noqa: PTH208 - a count


@contextmanager
def all_taken() -> Iterator[None]:
    """Take every file that there still may be."""
    taken: list[int] = []
    with limited_to(opened() + 40):
        with suppress(OSError):
            while True:
                taken.append(os.open("/", os.O_RDONLY))
        try:
            yield
        finally:
            for number in taken:
                os.close(number)


@pytest.mark.parametrize(
    ("concurrency", "free", "is_sandbox", "has_report", "want"),
    [
        (32, 40, False, False, 32),
        (32, 39, False, False, 31),
        (32, 39, False, True, 32),
        (1, 9, False, False, 1),
        (8, 9, False, False, 1),
        (8, 8, False, True, 1),
        (8, 8, False, False, None),
        (8, 0, False, False, None),
        (32, 74, True, False, 32),
        (32, 73, True, False, 31),
        (32, 12, True, False, 1),
        (32, 11, True, False, None),
    ],
)
def test_concurrency_is_lowered_to_the_room_there_is(
    monkeypatch: pytest.MonkeyPatch,
    concurrency: int,
    free: int,
    is_sandbox: bool,  # noqa: FBT001 - a column
    has_report: bool,  # noqa: FBT001 - a column
    want: int | None,
) -> None:
    """With a warning; and where there is none for even one connection, nothing begins."""
    monkeypatch.setattr(file_limit, "_count_free", lambda most: min(free, most))
    stream = Shown()
    messages = Messages(stream, SystemClock())
    asked = Settings(concurrency=concurrency)
    if want is None:
        with pytest.raises(ConfigurationError, match="ulimit -n"):
            file_limit.fit_concurrency(asked, messages, is_sandbox=is_sandbox, has_report=has_report)
        return
    found = file_limit.fit_concurrency(asked, messages, is_sandbox=is_sandbox, has_report=has_report)
    assert found.concurrency == want
    assert ("ulimit -n" in stream.getvalue()) == (want < concurrency)


def test_what_is_free_is_counted_by_opening() -> None:
    """Exactly, and nothing stays open."""
    before = opened()
    with limited_to(before + 500):
        assert file_limit._count_free(20) == 20
    with all_taken():
        assert file_limit._count_free(20) == 0
    assert opened() == before


def test_the_limit_is_raised_as_far_as_we_may() -> None:
    """A soft limit that is too low for what was asked is no reason to do less."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with limited_to(200):
        assert file_limit._raise_limit(100) == 200
        assert file_limit._raise_limit(300) == 300
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (300, hard)


async def test_no_descriptor_for_a_connection_is_no_fault_of_the_api() -> None:
    """It is told from a host that can't be reached; and when there is one again, the request goes."""
    ref = InstanceRef("w", "i", 1)
    server = FaultServer()
    async with (
        server.serving() as port,
        connect(
            Target(f"http://127.0.0.1:{port}"),
            Credentials("a" * 32, "b" * 40),
            settings=Settings(timeout=5.0),
        ) as api,
    ):
        with all_taken():
            failure = await api.cancel(ref)
        assert isinstance(failure, Failure)
        assert failure.kind is FailureKind.NO_FILES
        assert isinstance(await api.cancel(ref), Reply)
    assert server.requests == 1


@pytest.mark.slow
@pytest.mark.parametrize(("limit", "code"), [(8, 2), (24, 0)])
def test_a_run_under_a_low_limit_says_so_and_ends_well(tmp_path: Path, limit: int, code: int) -> None:
    """Either nothing was sent and no report is left, or every row is done by fewer connections."""
    rows = "".join(f"{uuid4()},{uuid4()}\n" for _ in range(50))
    (tmp_path / "in.csv").write_text(f"workflow_id,instance_id\n{rows}", encoding="utf-8")
    words = ["run", tmp_path / "in.csv", "--sandbox", "--yes", "-o", tmp_path / "r.csv"]
    start = f"import resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, ({limit}, {limit}));"
    start += "from bulkcancel.cli.program import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", start, *map(str, words)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert f"may open {limit} files" in ended.stderr
    assert ended.returncode == code, ended.stderr
    assert (tmp_path / "r.csv").exists() == (code == 0)
