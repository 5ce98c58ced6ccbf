"""Kills the process at random instants, continues it until it is done, and compares its report with the API's record.

As a script (`make crash`): `python tests/crash/driver.py [KILLS] [SEED]` goes through all scenarios and their
combinations with signals and full disks until so many processes were killed.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from urllib.request import urlopen
from uuid import UUID

from support.children import forget_surroundings

from bulkcancel.models import Outcome, Result
from bulkcancel.report import read_results

_CODE = """
import atexit, os, resource, signal, sys, threading
room, delay = int(sys.argv.pop(1)), float(sys.argv.pop(1))
if delay:  # by a clock of its own: whoever started it may be held up until it is done
    threading.Timer(delay, os.kill, (os.getpid(), signal.SIGKILL)).start()
if room:
    sys.dont_write_bytecode = True  # half a module would be kept, and fail from then on
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    atexit.register(resource.setrlimit, resource.RLIMIT_FSIZE, before)  # whoever measures coverage needs room then
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
from bulkcancel.cli.program import main
sys.exit(main())
"""
_LONGEST_RUN = 60.0
_ENDS = {0, 1, 2, 3, 4, 130, 143, -signal.SIGTERM, -signal.SIGHUP, -signal.SIGINT}
_WORKFLOWS = [str(UUID(int=(1 << 127) + n, version=4)) for n in range(3)]


@dataclass(frozen=True)
class Trial:
    """One report from its beginning to its end.

    Attributes:
        scenario: What the API plays.
        events: What may happen to a process: `kill`, `signal`, `twice`, `full`.
        seed: What everything random follows from.
        rows: Input rows that can be sent.
        disturbances: How many processes are disturbed before one is left in peace.
        suffix: The report's format.
        without_input: Whether a process may take its work from the report alone, once that has every row.
    """

    scenario: str
    events: tuple[str, ...] = ("kill",)
    seed: int = 0
    rows: int = 200
    disturbances: int = 6
    suffix: str = ".csv"
    without_input: bool = False


@dataclass
class Course:
    """What happened in a trial, and what must hold from then on."""

    kills: int = 0
    ends: Counter[int] = field(default_factory=Counter)
    kept: dict[tuple[str, str], Outcome] = field(default_factory=dict)
    sent: dict[str, int] = field(default_factory=dict)


@contextmanager
def sandbox(scenario: str) -> Iterator[str]:
    """A sandbox in a process of its own; gives its URL."""
    words = ["sandbox", "--port", "0", "--scenario", scenario, "--latency", "0.01"]
    with subprocess.Popen(
        [sys.executable, "-c", _CODE, "0", "0", *words], text=True, stderr=subprocess.PIPE
    ) as server:
        assert server.stderr is not None
        try:
            yield server.stderr.readline().split()[-1]
        finally:
            server.terminate()
            server.stderr.read()


def record_of(url: str) -> dict[str, dict[str, list[int]]]:
    """What the sandbox received and took."""
    with urlopen(f"{url}/sandbox/record") as reply:  # noqa: S310 - loopback
        found: dict[str, dict[str, list[int]]] = json.loads(reply.read())
    return found


def write_input(path: Path, trial: Trial) -> list[tuple[str, str]]:
    """Known instances, some unknown, some twice, some unusable; gives the pairs line by line."""
    dice = random.Random(trial.seed)  # noqa: S311 - a test's dice
    rows = []
    for number in range(trial.rows):
        instance = str(UUID(int=dice.getrandbits(128) | 1 << 127, version=4))
        if number % 25 == 7:
            instance = f"00000000{instance[8:]}"
        rows.append((dice.choice(_WORKFLOWS), instance))
        if number % 40 == 20:
            rows.append(rows[number // 2])
        if number % 50 == 30:
            rows.append((rows[0][0], f"unusable-{number}"))
    path.write_text("workflow_id,instance_id\n" + "".join(f"{w},{i}\n" for w, i in rows))
    return rows


def start(
    folder: Path, trial: Trial, url: str, *, room: int, kill_after: float, from_report: bool
) -> subprocess.Popen[str]:
    """Start or continue the run."""
    words = [
        sys.executable, "-c", _CODE, str(room), str(kill_after), "run", "-o", f"r{trial.suffix}", "--resume", "--yes", "-q",
        "--base-url", url, "--rate", "300/s", "--timeout", "5", "-c", "16",
    ]  # fmt: skip
    if not from_report:
        words.append("in.csv")
    environ = {**os.environ, "DD_API_KEY": "a", "DD_APP_KEY": "b"}
    return subprocess.Popen(words, cwd=folder, env=environ, text=True, stderr=subprocess.PIPE)


def disturb(process: subprocess.Popen[str], event: str, delay: float, dice: random.Random) -> tuple[int, str]:
    """Let something happen to a process after a while; gives how it ended and what it said."""
    try:
        _, said = process.communicate(timeout=delay if event in {"signal", "twice"} else _LONGEST_RUN)
    except subprocess.TimeoutExpired:
        process.send_signal(dice.choice((signal.SIGINT, signal.SIGTERM, signal.SIGHUP)))
        if event == "twice":
            time.sleep(dice.uniform(0.0, 0.1))
            process.send_signal(dice.choice((signal.SIGINT, signal.SIGTERM)))
        _, said = process.communicate(timeout=_LONGEST_RUN)
    return process.returncode, said


def recorded(path: Path) -> list[Result]:
    """What stands in the report now."""
    return list(read_results(path)) if path.exists() and path.stat().st_size else []


def look(path: Path, url: str, course: Course) -> None:
    """See that nothing once recorded is gone, and note what must not be sent again."""
    newest = {
        (row.workflow_id, row.instance_id): row.outcome
        for row in recorded(path)
        if row.outcome != "duplicate"
    }
    lost = [pair for pair, outcome in course.kept.items() if newest.get(pair) != outcome]
    assert not lost, f"recorded, and lost: {lost[:3]}"
    cancels = record_of(url)["cancels"]
    for pair, outcome in newest.items():
        if outcome.is_done and pair not in course.kept:
            course.kept[pair] = outcome
            course.sent["/".join(pair)] = len(cancels.get("/".join(pair), []))


def undergo(trial: Trial, folder: Path) -> Course:
    """Go through one trial.

    Raises:
        AssertionError: A promise was broken; the text says which.
    """
    dice = random.Random(f"{trial}")  # noqa: S311 - a test's dice
    rows = write_input(folder / "in.csv", trial)
    path = folder / f"r{trial.suffix}"
    course = Course()
    found: list[Result] = []
    with sandbox(trial.scenario) as url:
        for number in count():
            calm = number >= trial.disturbances
            event = "" if calm else dice.choice(trial.events)
            size = path.stat().st_size if path.exists() else 0
            room = size + dice.randrange(1, 6000) if event == "full" else 0
            complete = len({row.line for row in recorded(path)}) == len(rows)
            from_report = trial.without_input and complete
            delay = dice.uniform(0.0, 0.3 + 1.2 * trial.rows / 300)
            kill_after = delay if event == "kill" else 0.0
            process = start(folder, trial, url, room=room, kill_after=kill_after, from_report=from_report)
            code, said = disturb(process, event, delay, dice)
            course.ends[code] += 1
            course.kills += code == -signal.SIGKILL
            assert code in _ENDS | {-signal.SIGKILL}, f"ended with {code}: {said}"
            # A signal while the interpreter itself still starts is its own: nothing has happened yet.
            assert "Traceback" not in said or said.rstrip().endswith("KeyboardInterrupt"), said
            assert code != 4 or "sent and not recorded" in said, said
            look(path, url, course)
            found = recorded(path)
            is_compact = "can't be cleaned up" not in said
            if (
                code in {0, 1}
                and is_compact
                and "Traceback" not in said
                and all(row.outcome.is_done for row in found)
            ):
                break
            assert number < trial.disturbances + 20, f"it does not come to an end: {said}"
        record = record_of(url)
    lines = sorted(row.line for row in found)
    assert lines == list(range(2, len(rows) + 2)), "not one row for each input row"
    for row in found:
        assert (row.workflow_id, row.instance_id) == rows[row.line - 2]
    again = [pair for pair, sent in course.sent.items() if len(record["cancels"].get(pair, [])) != sent]
    assert not again, f"sent again after it was recorded: {again[:3]}"
    if trial.scenario != "finished":
        known = {"/".join(pair) for pair in rows if not pair[1].startswith(("00000000", "unusable"))}
        assert known == set(record["accepted"]), "a known instance was not canceled"
        assert Counter(row.outcome for row in found)[Outcome.CANCELED] == len(known)
    assert not [name for name in os.listdir(folder) if name.startswith(".")], "something is left behind"  # noqa: PTH208
    return course


def trials(seed: int) -> Iterator[Trial]:
    """All scenarios, alone and with everything else that may happen, again and again."""
    mixes: tuple[tuple[str, ...], ...] = (
        ("kill",), ("kill", "kill", "signal", "twice"), ("kill", "kill", "full"),
        ("kill", "kill", "kill", "signal", "twice", "full"),
    )  # fmt: skip
    for number in count(seed):
        for scenario in ("calm", "flaky", "busy", "outage", "finished"):
            yield Trial(
                scenario,
                mixes[number % len(mixes)],
                seed=number,
                suffix=(".csv", ".jsonl")[number % 2],
                without_input=number % 3 == 1,
            )


def main() -> None:
    """Go on until so many processes were killed."""
    forget_surroundings()
    wanted, seed = (int(word) for word in [*sys.argv[1:], "300", "0"][:2])
    kills, ends, began = 0, Counter[int](), time.monotonic()
    for done, trial in enumerate(trials(seed), 1):
        with tempfile.TemporaryDirectory() as folder:
            try:
                course = undergo(trial, Path(folder))
            except AssertionError as error:
                sys.exit(f"{trial}: {error}")
        kills += course.kills
        ends += course.ends
        sys.stdout.write(
            f"{done:>4} {trial.scenario:<9}{'+'.join(trial.events):<26} {kills:>5} killed so far\n"
        )
        sys.stdout.flush()
        if kills >= wanted:
            break
    sys.stdout.write(
        f"{ends.total()} processes in {time.monotonic() - began:.0f} s, by exit status: {dict(ends)}\n"
    )
    sys.stdout.write(f"{kills} killed; nothing lost, nothing sent again after it was recorded\n")


if __name__ == "__main__":
    main()
