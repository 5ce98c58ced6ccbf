"""One run of a name at a time: who is refused, what they are told, and that no dead process is in the way."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.children import child, unmeasured
from support.cliapp import IDS, Call, W, outcomes, write

from bulkcancel.cli import named_lock
from bulkcancel.cli.invocation import Invocation
from bulkcancel.cli.named_lock import LockHeldError, NamedLock
from bulkcancel.cli.signals import Signals
from bulkcancel.errors import ConfigurationError
from bulkcancel.progress.writer import BackgroundWriter

OTHER = Invocation(
    [], BackgroundWriter(io.StringIO()), Signals(), "0a1b2c3d-0000-4000-8000-000000000000", 1e9
)
HOLDER = f"process {os.getpid()}, since 2001-09-09 01:46:40 UTC, run {OTHER.run_id}"
# Takes the lock in a folder, says so, and waits to be killed.
HOLD = """
import sys, time
from pathlib import Path
from bulkcancel.cli import named_lock
from bulkcancel.cli.invocation import Invocation
named_lock._BESIDE = Path(sys.argv[1])
lock = named_lock.NamedLock.take("nightly", Invocation([], None, None, "x", 0.0))
print("held", flush=True)
time.sleep(100)
"""


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the locks of this test are."""
    beside = tmp_path / "beside"
    beside.mkdir()
    monkeypatch.setattr(named_lock, "_BESIDE", beside)
    return beside / f"bulkcancel-{os.geteuid()}"


@pytest.fixture
def held() -> Iterator[None]:
    """Have another run hold the lock."""
    lock = NamedLock.take("nightly", OTHER)
    yield
    lock.release()


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize("command", [("run", "in.csv"), ("drain", W)])
def test_a_second_run_of_a_name_is_refused_at_once(call: Call, command: tuple[str, ...]) -> None:
    """With who has the lock, and what to do; nothing is sent, and no report begun."""
    write("in.csv", *IDS)
    ended = call(*command, "--sandbox", "-y", "--lock", "nightly", "-o", "r.csv")
    assert (ended.code, Path("r.csv").exists()) == (2, False)
    assert ended.err == (
        f"Not begun: another run holds the lock nightly: {HOLDER}. Wait until that one has ended, or stop it: its "
        "report can be resumed. Where runs may meet, say --if-locked skip. Nothing was sent.\n"
    )


@pytest.mark.usefixtures("held")
def test_where_runs_may_meet_the_second_one_is_skipped(call: Call) -> None:
    """With 0, which a scheduler takes for a success."""
    words = ("run", write("in.csv", *IDS), "--sandbox", "-y", "-q", "-o", "r.csv", "--lock", "nightly")
    ended = call(*words, "--if-locked", "skip")
    assert (ended.code, Path("r.csv").exists()) == (0, False)
    assert ended.err == f"Skipped: another run holds the lock nightly: {HOLDER}; nothing was sent.\n"


@pytest.mark.usefixtures("held")
def test_another_name_and_a_dry_run_are_in_nobody_s_way(call: Call) -> None:
    """And neither is a run without a name."""
    words = ("run", write("in.csv", *IDS), "--sandbox", "-y")
    assert call(*words, "--lock", "nightly", "--dry-run").code == 0
    assert call(*words, "--lock", "nightly.2", "-o", "r.csv").code == 0
    assert call(*words, "-o", "s.csv").code == 0


def test_a_lock_goes_with_its_run(call: Call, folder: Path) -> None:
    """Whatever its end; its file stays, empty, for this user alone."""
    words = ("run", write("in.csv", *IDS), "--sandbox", "-y", "--lock", "nightly", "-o", "r.csv")
    assert [call(*words).code, call(*words).code, call(*words, "--resume").code] == [0, 2, 0]
    assert len(outcomes("r.csv")) == 8
    (file,) = folder.iterdir()
    assert (file.name, file.read_bytes(), file.stat().st_mode & 0o777) == ("nightly.lock", b"", 0o600)
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.slow
def test_a_killed_process_leaves_no_lock_behind(folder: Path) -> None:
    """It is the kernel's, not a number in a file."""
    command = [sys.executable, "-c", HOLD, str(folder.parent)]
    with child(command, stdout=subprocess.PIPE, env=unmeasured()) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(LockHeldError, match=f"process {process.pid}, since 1970"):
            NamedLock.take("nightly", OTHER)
        process.send_signal(signal.SIGKILL)
    NamedLock.take("nightly", OTHER).release()


def test_a_holder_that_does_not_tell_its_name_yet_is_one_all_the_same(folder: Path) -> None:
    """It took the lock an instant ago."""
    lock = NamedLock.take("nightly", OTHER)
    for said in ("", "[]", '{"pid": 1}', '{"pid": "x", "since": 1e99, "run_id": 1}', "\udc80"):
        (folder / "nightly.lock").write_text(said, errors="surrogateescape")
        with pytest.raises(LockHeldError, match=r"^another run holds the lock nightly$"):
            NamedLock.take("nightly", OTHER)
    lock.release()


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".x", "a b", "x" * 65, "é", "{date}"])
def test_a_lock_s_name_is_no_path(call: Call, name: str) -> None:
    """It names a file in a folder of ours."""
    ended = call("run", write("in.csv", *IDS), "--sandbox", "-y", "--lock", name)
    assert ended.code == 2
    assert "is no name for a lock; write nightly" in ended.err


def test_a_folder_that_others_could_write_to_is_not_used(folder: Path) -> None:
    """Somebody else may have made it, or put a link or a file in its place."""

    def refused() -> bool:
        with pytest.raises(ConfigurationError, match="it is not a folder of this user's alone"):
            NamedLock.take("nightly", OTHER)
        return True

    folder.mkdir(0o755)
    assert refused()
    folder.rename(folder.with_name("real"))
    folder.with_name("real").chmod(0o700)
    folder.symlink_to("real")
    assert refused()
    folder.unlink()
    folder.touch(0o700)
    assert refused()


def test_a_link_in_the_place_of_a_lock_is_not_followed(folder: Path) -> None:
    """What it leads to is neither made nor emptied."""
    folder.mkdir(0o700)
    (folder / "nightly.lock").symlink_to(folder.parent / "victim")
    with pytest.raises(ConfigurationError, match=r"nightly\.lock can't be used: Too many levels of symbolic"):
        NamedLock.take("nightly", OTHER)
    assert not (folder.parent / "victim").exists()


def test_where_there_can_be_no_lock_it_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As in a container without a folder to write to."""
    monkeypatch.setattr(named_lock, "_BESIDE", tmp_path / "none")
    with pytest.raises(
        ConfigurationError, match=r"can't be used: No such file or directory\. Put that right"
    ):
        NamedLock.take("nightly", OTHER)
