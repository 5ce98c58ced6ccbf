"""Files and streams: read as they come, and never waited for longer than asked."""

import os
from pathlib import Path
from uuid import UUID

import anyio
import pytest
from anyio.lowlevel import checkpoint

from bulkcancel.errors import InputError
from bulkcancel.models import RejectedRow, Row
from bulkcancel.sources import InputOptions, open_source

W, X = (str(UUID(int=n)) for n in (1, 2))
HEADER = "workflow_id,instance_id\n"
ROW = f"{W},{X}\n"
OPTIONS = InputOptions()


async def test_a_file_is_whole_and_can_be_read_ahead(tmp_path: Path) -> None:
    """Reading ahead changes nothing for the run."""
    path = tmp_path / "in.csv"
    path.write_text(HEADER + ROW * 3)
    with open_source(str(path), OPTIONS) as source:
        assert source.is_whole
        assert len(list(source.scan())) == 3
        source.stop_waiting()
        assert len([row async for batch in source.batches() for row in batch]) == 3
    source.close()


async def test_a_fifo_waits_for_its_writer_and_gives_rows_at_once(tmp_path: Path) -> None:
    """And `stop_waiting` ends the wait, dropping a line that is not complete."""
    path = tmp_path / "f"
    os.mkfifo(path)
    found: list[Row] = []

    async def read() -> None:
        async for batch in source.batches():
            found.extend(batch)

    with open_source(str(path), OPTIONS) as source:
        assert not source.is_whole
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
