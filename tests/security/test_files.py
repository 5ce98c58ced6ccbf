"""Files from anywhere: bounded memory, a sentence with a line number, and never a traceback."""

import gzip
import os
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from support.children import LONGEST, MAIN, unmeasured
from support.cliapp import Call, outcomes

from bulkcancel.models import InstanceRef, Outcome, RejectedRow
from bulkcancel.sources import InputOptions, open_source

W, X = "11111111-2222-4333-8444-555555555555", "66666666-7777-4888-8999-aaaaaaaaaaaa"
Y = X.replace("6", "7")
HEAD, GOOD = "workflow_id,instance_id", f"{W},{X}"
MANY = ",".join(f"c{n}" for n in range(9_998))

# What stands in the file; the exit code of a run; the words it is told with; the rows' outcomes, by line.
C, BAD = Outcome.CANCELED, Outcome.INVALID
TABLE: list[tuple[str, bytes, int, str, list[Outcome]]] = [
    ("a quote unclosed", f'{HEAD},n\n{GOOD},"x\n{W},{Y},\n'.encode(), 1, "line 2: a quotation mark opens", [BAD, C]),
    ("a quote unclosed in the header", f'"{HEAD}\n{GOOD}\n'.encode(), 1, "line 1: a quotation mark opens", [BAD, C]),
    ("NUL bytes", f"{HEAD}\n{GOOD}\n{W},\0{Y}\n".encode(), 1, "line 3: the line holds NUL", [C, BAD]),
    ("only NUL bytes", b"\0" * 100, 2, "begins with NUL bytes", []),
    ("UTF-16 with a BOM", f"{HEAD}\n{GOOD}\n".encode("utf-16"), 2, "iconv -f UTF-16", []),
    ("UTF-16 without a BOM", f"{HEAD}\n{GOOD}\n".encode("utf-16-be"), 2, "iconv -f UTF-16", []),
    ("UTF-32", f"{HEAD}\n{GOOD}\n".encode("utf-32"), 2, "iconv -f UTF-32", []),
    ("Latin 1 in one line", f"{HEAD},n\n{GOOD},caf\xe9\n{W},{Y},\n".encode("latin-1"), 1, "line 2: the line is not UTF-8", [BAD, C]),
    ("Latin 1 in the header", f"caf\xe9,{HEAD}\n".encode("latin-1"), 2, "at line 1, the line is not UTF-8", []),
    ("mixed delimiters", f"{HEAD}\n{W};{X}\n{W},{Y}\n".encode(), 1, "line 2: the row has 1 of 2 columns", [BAD, C]),
    ("10,000 columns", f"{HEAD},{MANY}\n{GOOD}{',' * 9_998}\n".encode(), 1, "line 2: the row has more than 1000", [BAD]),
    ("columns missing in some rows", f"n,{HEAD}\n1,{GOOD}\n1,{W}\n1\n\n".encode(), 1, "line 3: the row has 2 of 3", [C, BAD, BAD]),
    ("a line of a megabyte", f"{HEAD}\n{GOOD}\n{'x' * 1_000_000}\n{W},{Y}\n".encode(), 1, "line 3: the line is longer", [C, BAD, C]),
    ("gzip within gzip", gzip.compress(gzip.compress(GOOD.encode(), mtime=0), mtime=0), 2, "is gzipped twice", []),
    ("a spreadsheet", b"PK\x03\x04" + b"x" * 50, 2, "save it as CSV", []),
    ("xz", b"\xfd7zXZ\0" + b"x" * 50, 2, "xz -dc", []),
    ("an archive cut off", gzip.compress(f"{HEAD}\n{GOOD}\n".encode(), mtime=0)[:-4], 1, "line 3: the compressed input ends early", [C, BAD]),
    ("an archive damaged", b"\x1f\x8b\x08" + b"x" * 50, 2, "can't be decompressed", []),
    ("JSON nested too deep", b'{"workflow_id":' + b"[" * 990 + b"]" * 990 + b',"instance_id":"x"}\n', 1, "line 1: ", [BAD]),
    ("JSON far too deep", f'{{"workflow_id":"{W}","instance_id":"{X}"}}\n{{"a":{"[" * 20_000}\n'.encode(), 1, "line 2: not JSON", [C, BAD]),
    ("a number of 5,000 digits", f'{{"workflow_id":"{W}","instance_id":"{X}"}}\n{{"a":{"9" * 5000}}}\n'.encode(), 1, "line 2: not JSON", [C, BAD]),
    ("nothing", b"", 2, "is empty", []),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "data", "code", "words", "want"), TABLE, ids=[row[0] for row in TABLE])
def test_a_file_is_used_refused_or_told_of_by_its_lines(
    call: Call, kind: str, data: bytes, code: int, words: str, want: list[Outcome]
) -> None:
    """A whole file before anything is sent, a row as `invalid`; the others are canceled."""
    Path("in").write_bytes(data)
    ended = call("run", "in", "--sandbox", "-y", "-v", "-o", "r.csv")
    assert (ended.code, "Traceback" in ended.err, "fault of its own" in ended.err) == (code, False, False), (
        kind
    )
    assert words in ended.err
    assert (outcomes("r.csv") if want else []) == want
    assert Path("r.csv").exists() == bool(want)


def test_a_value_nested_to_the_very_limit_is_told_of(call: Call) -> None:
    """Whatever can just be read can also be named."""
    line = '{{"workflow_id":{},"instance_id":"x"}}'
    Path("in").write_text("".join(line.format("[" * n + "]" * n) + "\n" for n in range(880, 1010, 2)))
    ended = call("run", "in", "--sandbox", "--dry-run")
    assert ended.code == 1
    assert "fault of its own" not in ended.err


@pytest.mark.parametrize(
    "name", ["/dev/zero", "/dev/full", "/dev/null", ".", "/dev/stdin", "no\x1bne", "loop"]
)
def test_what_is_no_file_is_refused_at_once(call: Call, name: str) -> None:
    """Devices that never end, directories, links that lead round."""
    Path("loop").symlink_to("loop")
    ended = call("run", name, "--sandbox", "-y", "-o", "r.csv")
    assert ended.code == 2
    assert ended.err.count("\n") <= 2
    assert "Traceback" not in ended.err
    assert not Path("r.csv").exists()


@pytest.mark.parametrize("words", [["in.csv"], []])
@pytest.mark.parametrize("kind", ["fifo", "directory", "dangling"])
def test_a_report_that_is_no_file_is_not_waited_for(call: Call, kind: str, words: list[str]) -> None:
    """`--resume` reads it before anything else."""
    Path("in.csv").write_text(f"{GOOD}\n")
    path = Path("r.csv")
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    else:
        path.symlink_to("none")
    ended = call("run", *words, "--sandbox", "-y", "--resume", "-o", path)
    assert ended.code == 2
    assert "not a regular file" in ended.err


def test_a_link_to_an_input_is_followed(call: Call) -> None:
    """Reading through one's own link is fine."""
    Path("real").write_text(f"{GOOD}\n")
    Path("link").symlink_to("real")
    assert call("run", "link", "--sandbox", "-y", "-o", "r.csv").code == 0


async def test_a_growing_file_is_run_as_it_was_planned(tmp_path: Path) -> None:
    """What is appended after the plan was shown is in no plan: it is not sent."""
    path = tmp_path / "in.csv"
    path.write_text(f"{HEAD}\n{GOOD}\n")
    with open_source(str(path), InputOptions()) as source:
        assert len(list(source.scan())) == 1
        with path.open("a") as file:
            file.write(f"{W},{Y}\n{W},{Y[:20]}")
        found = [row async for batch in source.batches() for row in batch]
    assert [row.line for row in found] == [2]


async def test_a_shrinking_file_says_which_rows_are_lost(tmp_path: Path) -> None:
    """From which line on."""
    path = tmp_path / "in.csv"
    path.write_text(f"{HEAD}\n{GOOD}\n{W},{Y}\n")
    with open_source(str(path), InputOptions()) as source:
        assert len(list(source.scan())) == 2
        path.write_text(f"{HEAD}\n{GOOD}\n")
        found = [row async for batch in source.batches() for row in batch]
    assert isinstance(found[0], InstanceRef)
    assert isinstance(found[1], RejectedRow)
    assert (found[1].code, found[1].line) == ("unreadable", 3)
    assert "has become shorter" in found[1].reason


MEASURED = """
import resource, sys
from bulkcancel.cli.program import main
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
code = main(sys.argv[1:])
print(code, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def bomb(head: bytes, block: bytes, count: int) -> Iterable[bytes]:
    """A gzip file of that many equal blocks, made as it is read."""
    packer = zlib.compressobj(wbits=31)
    yield packer.compress(head)
    for _ in range(count):
        yield packer.compress(block)
    yield packer.flush()


def plain(head: bytes, block: bytes, count: int) -> Iterable[bytes]:
    """The same uncompressed."""
    yield head
    for _ in range(count):
        yield block


START_OF_FILE = f"{HEAD}\n{GOOD}\n".encode()


@pytest.mark.slow
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("block", "count", "words"),
    [
        (b"x" * 2**20, 120, "longer than"),
        (b'"' + b"x" * (2**20 - 1), 100, ""),
        (b'a,"b""\n' * 2**15, 5, ""),
        (b"\0" * 2**20, 120, ""),
        (b"\n" * 2**20, 4, ""),
        (b"#" * 2**20, 120, ""),
        (b"," * 2**20, 100, "longer than"),
        (b"{" * 2**20, 100, "longer than"),
    ],
    ids=["one line", "one quote", "quotes", "NUL", "blank lines", "one comment", "delimiters", "braces"],
)
def test_memory_is_bounded_whatever_comes(
    tmp_path: Path, block: bytes, count: int, words: str, *, packed: bool
) -> None:
    """Hundreds of megabytes through a pipe cost a few, compressed or not."""
    make: Callable[[bytes, bytes, int], Iterable[bytes]] = bomb if packed else plain
    with subprocess.Popen(
        [sys.executable, "-c", MEASURED, "run", "-", "--sandbox", "--dry-run"],
        cwd=tmp_path, env=unmeasured(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        for piece in make(START_OF_FILE, block, count):
            process.stdin.write(piece)
        out, err = process.communicate()
    code, kilobytes = map(int, out.split())
    assert code in {0, 1}
    assert kilobytes < 48 * 1024  # half of it is what a first run imports
    assert words.encode() in err


@pytest.mark.slow
def test_the_worst_quotes_cost_no_more_than_linear_time(tmp_path: Path) -> None:
    """A file of openings that look as if they would close: a megabyte in seconds, not hours."""
    (tmp_path / "in").write_bytes(START_OF_FILE + (b'x,"\n' + b'""""\n' * 199) * 1000)
    command = [sys.executable, "-c", MAIN, "run", "in", "--sandbox", "--dry-run"]
    done = subprocess.run(
        command, cwd=tmp_path, env=unmeasured(), capture_output=True, check=False, timeout=LONGEST
    )
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr


@pytest.mark.slow
def test_standard_input_by_its_device_name(call: Call, tmp_path: Path) -> None:
    """`/dev/stdin` is a pipe like any other."""
    command = [sys.executable, "-c", MAIN, "run", "/dev/stdin", "--sandbox", "-y", "-o", "r.csv"]
    done = subprocess.run(command, cwd=tmp_path, input=f"{GOOD}\n".encode(), capture_output=True, check=False)
    assert (done.returncode, outcomes(tmp_path / "r.csv")) == (0, [C])
    assert call("run", "/dev/null", "--sandbox", "-y").code == 2
    assert os.path.lexists(tmp_path / "r.csv")
