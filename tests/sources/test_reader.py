"""Files and streams: read as they come, and never waited for longer than asked."""

import os
from pathlib import Path
from uuid import UUID

import anyio
import pytest
from anyio.lowlevel import checkpoint

from bulkcancel.errors import InputError
from bulkcancel.models import InstanceRef, RejectedRow, Row
from bulkcancel.sources import InputOptions, Source, open_source, reader

W, X = (str(UUID(int=n)) for n in (1, 2))
HEADER = "workflow_id,instance_id\n"
ROW = f"{W},{X}\n"
OPTIONS = InputOptions()


async def test_a_file_is_whole_and_can_be_read_ahead(tmp_path: Path) -> None:
    """Reading ahead changes nothing for the run."""
    path = tmp_path / "in.csv"
    path.write_text(HEADER + ROW * 3)
    with open_source(str(path), OPTIONS) as source:
        assert source.is_replayable
        assert len(list(source.scan())) == 3
        source.stop_waiting()
        assert len([row async for batch in source.batches() for row in batch]) == 3
    source.close()


@pytest.mark.parametrize("end", ["", "\n"])
async def test_the_last_line_of_a_file_needs_no_end(tmp_path: Path, end: str) -> None:
    """For the plan as little as for the run."""
    path = tmp_path / "in.csv"
    path.write_text(HEADER + ROW + ROW.strip() + end)
    with open_source(str(path), OPTIONS) as source:
        assert [row.line for row in source.scan()] == await taken(source) == [2, 3]


def test_a_file_is_closed_when_it_was_read(tmp_path: Path) -> None:
    """A program may read thousands; closing twice closes nobody else's."""
    (tmp_path / "in.csv").write_text(HEADER)
    lowest = os.open("/dev/null", os.O_RDONLY)
    os.close(lowest)
    with open_source(str(tmp_path / "in.csv"), OPTIONS) as source:
        os.fstat(lowest)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(lowest)
    assert os.open("/dev/null", os.O_RDONLY) == lowest
    source.close()
    os.fstat(lowest)
    os.close(lowest)


async def taken(source: Source) -> list[int]:
    """The lines of all rows that can be sent."""
    return [row.line async for batch in source.batches() for row in batch if isinstance(row, InstanceRef)]


@pytest.mark.parametrize("chunk", [1, 50, 10**6])
async def test_what_is_appended_after_the_plan_is_left_to_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    """It was in no plan; without one, a file is read to where it ends by then."""
    monkeypatch.setattr(reader, "_FILE_CHUNK", chunk)
    path = tmp_path / "in.csv"
    path.write_text(HEADER + ROW * 2)
    with open_source(str(path), OPTIONS) as planned, open_source(str(path), OPTIONS) as other:
        assert [row.line for row in planned.scan()] == [2, 3]
        with path.open("a") as file:
            file.write(ROW)
        assert await taken(planned) == [2, 3]
        assert await taken(other) == [2, 3, 4]


async def test_a_file_that_has_become_shorter_since_the_plan_says_so(tmp_path: Path) -> None:
    """Rows that were asked about would be missing without a word."""
    path = tmp_path / "in.csv"
    path.write_text(HEADER + ROW * 2)
    with open_source(str(path), OPTIONS) as source:
        list(source.scan())
        os.truncate(path, len(HEADER + ROW))
        found = [row async for batch in source.batches() for row in batch]
    reason = "the input can't be read further: it has become shorter since it was read for the plan"
    assert found[1:] == [RejectedRow("", "", 3, "unreadable", f"{reason}; rows from here on are lost")]


async def test_a_file_on_standard_input_is_read_from_where_it_stands(tmp_path: Path) -> None:
    """Somebody may have taken lines off it; it is planned from there, and left open."""
    path = tmp_path / "in.csv"
    path.write_text("taken by another\n" + ROW * 2)
    fd = os.open(path, os.O_RDONLY)
    try:
        os.read(fd, len("taken by another\n"))
        with Source(fd, "standard input", OPTIONS, owned=False) as source:
            assert [row.line for row in source.scan()] == [1, 2]
            with path.open("a") as file:
                file.write(ROW)  # in no plan
            assert [row.line async for batch in source.batches() for row in batch] == [1, 2]
        os.fstat(fd)
    finally:
        os.close(fd)


async def test_a_stream_in_pieces_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the pieces; its last line needs no end."""
    monkeypatch.setattr(reader, "_STREAM_CHUNK", 7)
    out, into = os.pipe()
    os.write(into, (HEADER + ROW * 3)[:-1].encode())
    os.close(into)
    with Source(out, "a pipe", OPTIONS, owned=True) as source:
        assert await taken(source) == [2, 3, 4]
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(out)


async def test_a_stream_that_is_stopped_before_it_said_anything_is_not_called_empty() -> None:
    """Nobody waits for it, and there is nothing to say."""
    out, into = os.pipe()
    with Source(out, "a pipe", OPTIONS, owned=True) as source:
        source.stop_waiting()
        assert await taken(source) == []
    os.close(into)


async def test_a_stream_that_breaks_off_says_so_in_a_row() -> None:
    """As a file does."""
    out, into = os.pipe()
    os.write(into, (HEADER + ROW).encode())
    with Source(out, "a pipe", OPTIONS, owned=True) as source:
        found: list[Row] = []
        with pytest.MonkeyPatch.context() as patch:
            async for batch in source.batches():
                found.extend(batch)
                patch.setattr(os, "read", fails)
                os.write(into, b"x")
    os.close(into)
    assert [row.line for row in found] == [2, 3]
    assert "can't be read further: Input/output error" in getattr(found[1], "reason", "")


def fails(*_: object) -> bytes:
    """Fail as a broken disk does."""
    raise OSError(5, "Input/output error")


@pytest.mark.parametrize("how", ["none", "closed"])
def test_a_closed_standard_input_is_an_input_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """With what to do about it."""
    file = (tmp_path / "f").open("w")
    file.close()
    monkeypatch.setattr("sys.stdin", None if how == "none" else file)
    with pytest.raises(InputError, match=r"^standard input is closed; name a file\.$"):
        open_source("-", OPTIONS)


async def test_standard_input_is_named_and_left_open(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Messages call it what people do."""
    path = tmp_path / "in.csv"
    path.write_text("a,b\n")
    with path.open() as file:
        monkeypatch.setattr("sys.stdin", file)
        with (
            open_source("-", OPTIONS) as source,
            pytest.raises(InputError, match=r"^standard input has no .*\.$"),
        ):
            list(source.scan())
        os.fstat(file.fileno())
    with pytest.raises(InputError, match="is a directory"):
        open_source(str(tmp_path), OPTIONS)


async def test_a_fifo_waits_for_its_writer_and_gives_rows_at_once(tmp_path: Path) -> None:
    """And `stop_waiting` ends the wait, dropping a line that is not complete."""
    path = tmp_path / "f"
    os.mkfifo(path)
    found: list[Row] = []

    async def read() -> None:
        async for batch in source.batches():
            found.extend(batch)

    with open_source(str(path), OPTIONS) as source:
        assert not source.is_replayable
        async with anyio.create_task_group() as readers:
            readers.start_soon(read)
            await anyio.wait_all_tasks_blocked()
            writer = os.open(path, os.O_WRONLY)
            os.write(writer, f"{HEADER}{ROW}{W},".encode())
            while not found:
                await checkpoint()
            await anyio.wait_all_tasks_blocked()
            source.stop_waiting()
        os.close(writer)
    assert [row.line for row in found] == [2]


async def test_a_stopped_stream_tells_of_an_open_quote(tmp_path: Path) -> None:
    """Its rows are not swallowed."""
    path = tmp_path / "f"
    os.mkfifo(path)
    with open_source(str(path), OPTIONS) as source:
        writer = os.open(path, os.O_WRONLY)
        os.write(writer, f'{HEADER}{ROW}{W},{X},"open\n{ROW}'.encode())
        found: list[Row] = []
        async for batch in source.batches():
            found.extend(batch)
            source.stop_waiting()
        os.close(writer)
    assert [isinstance(row, RejectedRow) for row in found] == [False, True, False]


async def test_a_device_that_never_waits_is_read_as_well() -> None:
    """`/dev/null` is an empty input."""
    with open_source("/dev/null", OPTIONS) as source, pytest.raises(InputError, match="is empty"):
        [row async for batch in source.batches() for row in batch]


@pytest.mark.parametrize("ahead", [True, False])
async def test_a_file_that_breaks_off_says_so_in_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, ahead: bool
) -> None:
    """Once rows were read; before, it is an error of the whole input."""
    path = tmp_path / "in.csv"
    path.write_text(HEADER + ROW)
    real = os.read
    healthy = 1

    def read(fd: int, size: int) -> bytes:
        nonlocal healthy
        healthy -= 1
        if healthy < 0:
            raise OSError(5, "Input/output error")
        return real(fd, size)

    monkeypatch.setattr(os, "read", read)
    with open_source(str(path), OPTIONS) as source:
        found = list(source.scan()) if ahead else [row async for batch in source.batches() for row in batch]
        assert [getattr(row, "code", "") for row in found] == ["", "unreadable"]
    with open_source(str(path), OPTIONS) as source, pytest.raises(InputError, match="can't be read"):
        list(source.scan())


@pytest.mark.parametrize(
    ("name", "words"), [("none", "No such file"), ("", "No such file"), ("a\0b", "not a file name")]
)
def test_what_cannot_be_opened_is_an_input_error(name: str, words: str) -> None:
    """With a sentence."""
    with pytest.raises(InputError, match=words):
        open_source(name, OPTIONS)
