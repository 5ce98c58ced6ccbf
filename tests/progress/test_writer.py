"""What writes to standard error: it takes text at once, and waits for nobody."""

import io
import os
import threading
from collections.abc import Iterator
from typing import TextIO

import pytest

from bulkcancel.progress.writer import BackgroundWriter

BRIEF = 0.05  # seconds
LONG = 20.0


@pytest.fixture
def pipe() -> Iterator[tuple[int, TextIO]]:
    """A pipe: what reads it, and a stream that writes."""
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as stream:
        yield reader, stream
        os.close(reader)


def read(fd: int, size: int) -> bytes:
    """So many bytes."""
    data = b""
    while len(data) < size:
        data += os.read(fd, size - len(data))
    return data


def test_what_is_written_arrives_in_order(pipe: tuple[int, TextIO]) -> None:
    """Whole, and encoded as the stream has it."""
    reader, stream = pipe
    writer = BackgroundWriter(stream)
    text = "".join(f"line {number} · …\n" for number in range(200))
    for line in text.splitlines(keepends=True):
        writer.write(line)
    assert writer.drain(LONG)
    assert not writer.is_behind
    assert read(reader, len(text.encode())).decode() == text
    writer.close(LONG, LONG)


def test_a_pipe_that_nobody_reads_is_waited_for_only_a_moment(pipe: tuple[int, TextIO]) -> None:
    """There is no more room once a quarter of a megabyte waits, until half of it was read."""
    reader, stream = pipe
    writer = BackgroundWriter(stream)
    line = "x" * 1023 + "\n"
    count = 0
    while writer.has_room:
        writer.write(line)
        count += 1
    assert 256 < count <= 256 + 64 + 1
    assert (writer.is_behind, writer.drain(BRIEF)) == (True, False)
    read(reader, 20 * 1024)
    assert not writer.has_room
    assert read(reader, (count - 20) * 1024) == line.encode() * (count - 20)
    assert writer.drain(LONG)
    assert (writer.has_room, writer.is_behind) == (True, False)
    writer.close(LONG, LONG)


def test_a_thread_that_has_no_turn_is_waited_for(
    pipe: tuple[int, TextIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is room, so nobody is to blame who reads: the machine is busy, or the process was stopped."""
    reader, stream = pipe
    writer = BackgroundWriter(stream)
    turn, put = threading.Event(), writer._put

    def late(data: bytes) -> None:
        turn.wait(BRIEF)
        put(data)

    monkeypatch.setattr(writer, "_put", late)
    writer.write("x")
    assert writer.drain(BRIEF / 5, LONG)
    assert os.read(reader, 10) == b"x"
    writer.close(LONG, LONG)


def test_a_reader_who_is_slow_is_not_waited_for_for_ever(pipe: tuple[int, TextIO]) -> None:
    """However often something moves."""
    _, stream = pipe
    writer = BackgroundWriter(stream)
    writer.write("x" * 200_000)
    assert not writer.drain(longest=BRIEF)
    writer.close(BRIEF, BRIEF)
    assert writer.write("to nobody") == 9


def test_a_reader_who_is_gone_ends_it_quietly() -> None:
    """What is written later is let go."""
    reader, fd = os.pipe()
    os.close(reader)
    with os.fdopen(fd, "w") as stream:
        writer = BackgroundWriter(stream)
        writer.write("x")
        assert not writer.drain(LONG)
        writer.write("y" * 1_000_000)
        assert (writer.has_room, writer.is_behind, writer.isatty()) == (True, False, False)
        writer.close(LONG, LONG)


def test_a_stream_that_is_none_or_closed_takes_everything() -> None:
    """Python has none where the program was started with a closed one."""
    closed = io.TextIOWrapper(io.BytesIO())
    closed.close()
    for stream in (None, closed):
        writer = BackgroundWriter(stream)
        writer.write("x" * 1_000_000)
        assert (writer.has_room, writer.is_behind, writer.isatty()) == (True, False, False)
        writer.close(LONG, LONG)


def test_a_stream_in_memory_is_written_to() -> None:
    """Another program that calls the command line may have put one there."""
    stream = io.StringIO()
    writer = BackgroundWriter(stream)
    writer.write("ä\n")
    writer.flush()
    assert writer.drain(LONG)
    assert stream.getvalue() == "ä\n"
    writer.close(LONG, LONG)


def test_a_descriptor_that_does_not_block_is_waited_for(pipe: tuple[int, TextIO]) -> None:
    """Whoever shares it may have set it so."""
    reader, stream = pipe
    os.set_blocking(stream.fileno(), False)
    writer = BackgroundWriter(stream)
    writer.write("x" * 300_000)
    assert read(reader, 300_000) == b"x" * 300_000
    assert writer.drain(LONG)
    writer.close(LONG, LONG)


def test_without_threads_it_writes_itself(pipe: tuple[int, TextIO], monkeypatch: pytest.MonkeyPatch) -> None:
    """The system may allow no more of them."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    reader, stream = pipe
    writer = BackgroundWriter(stream)
    writer.write("x")
    writer.write("y")
    assert writer.drain()
    writer.close(LONG, LONG)
    assert os.read(reader, 10) == b"xy"
