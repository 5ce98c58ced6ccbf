"""A soak as it goes: two runs that live through everything a plan has happen, and short commands beside them."""

import signal
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from soak.plan import Event, Kind, Plan
from soak.processes import Command, Server, start

from bulkcancel.sandbox import Quota
from bulkcancel.sandbox.chances import made_up_id, workflow_id_of

#: The runs by name, and the number of the workflow that each cancels: the first is the one that runs away.
PLAIN, VERIFYING = "run", "run --verify"
WORKFLOWS = {PLAIN: workflow_id_of(1, 1), VERIFYING: workflow_id_of(1, 2)}
TIMEOUT = 10.0

_IN_FLIGHT = 16
#: Requests that each run may have in flight: so many of each endpoint. Who verifies reads lists and instances too.
CONNECTIONS = {PLAIN: _IN_FLIGHT, VERIFYING: 3 * _IN_FLIGHT}

_VERIFIED_PER_SECOND = 5
_OPTIONS = {
    PLAIN: ("--headroom", "20%"),  # else it would leave the other one next to nothing
    VERIFYING: ("--verify", "--verify-timeout", "30s", "--rate", f"{_VERIFIED_PER_SECOND}/s"),
}
_FAR_AWAY = Quota(10_000, 10)
_AT_ONCE = "900/s"
_TRIES = 3
_PATIENCE = 900.0


@dataclass
class Course:
    """What happened.

    Attributes:
        folder: Where the inputs, the reports, the logs and the server's record are.
        began: When the runs started, in seconds since the epoch.
        runs: The runs, by name.
        others: The short commands.
        codes: How each run ended at first, and then each `--resume` of it.
        happened: When events began and ended, in seconds since the epoch, and what they were.
        first_ends: When each run ended, in seconds since the epoch.
    """

    folder: Path
    began: float = 0.0
    runs: dict[str, Command] = field(default_factory=dict)
    others: list[Command] = field(default_factory=list)
    codes: dict[str, list[int]] = field(default_factory=dict)
    happened: list[tuple[float, float, Event]] = field(default_factory=list)
    first_ends: dict[str, float] = field(default_factory=dict)


def file_of(name: str, suffix: str) -> str:
    """A file of a run."""
    return f"{name.replace(' --', '-')}{suffix}"


class Soak:
    """Lives through a plan."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self._plan = plan
        self._server = Server(folder / "record", plan.seed)
        self._course = Course(folder)
        self._began = 0.0
        self._interval = max(1.0, plan.seconds / 720.0)
        self._next_look = 0.0

    def live(self) -> Course:
        """From the start until every row is done; nothing that it starts outlives it."""
        with ExitStack() as stack:
            stack.callback(self._end_all)
            self._begin()
            for event in self._plan.events:
                self._wait_until(event.at)
                begins = time.time()
                self._let_happen(event)
                self._course.happened.append((begins, time.time(), event))
            self._wait_until(self._plan.seconds)
            self._finish()
        return self._course

    def _begin(self) -> None:
        course, plan = self._course, self._plan
        rows = {PLAIN: plan.rows, VERIFYING: round(_VERIFIED_PER_SECOND * plan.seconds_awake)}
        for name, count in rows.items():
            _write_input(course.folder / file_of(name, ".csv"), name, count)
        self._server.start(plan.first, is_flaky=False)
        course.began, self._began = time.time(), time.monotonic()
        for name in rows:
            course.runs[name] = self._run(name)

    def _run(self, name: str, *more: str) -> Command:
        report = file_of(name, "-report.csv")
        return start(
            file_of(name, ""), self._course.folder, "run", file_of(name, ".csv"), "-o", report, "--yes", "--base-url", self._server.url,
            "-c", str(_IN_FLIGHT), "--timeout", f"{TIMEOUT:.0f}s", *_OPTIONS[name], *more,
        )  # fmt: skip

    def _let_happen(self, event: Event) -> None:
        server = self._server
        _say(f"{self._now() / 60:6.1f} min  {event.kind} {event.seconds:.0f} s  {event.quota}")
        ends = self._now() + event.seconds
        match event.kind:
            case Kind.RESTART:
                self._restart(event, ends)
            case Kind.HANG:
                server.send(signal.SIGSTOP)
                self._wait_until(ends)
                server.send(signal.SIGCONT)
            case Kind.SLEEP:
                self._send(signal.SIGSTOP)
                self._wait_until(ends)
                self._send(signal.SIGCONT)
            case Kind.SLEEP_AND_RESTART:
                self._send(signal.SIGSTOP)
                self._restart(event, (self._now() + ends) / 2)
                self._wait_until(ends)
                self._send(signal.SIGCONT)
            case Kind.QUOTA:
                server.change(event.quota)
            case Kind.FIND:
                self._start_other("find", workflow_id_of(self._plan.seed, 0), "--count")
            case Kind.DRAIN:
                number = len(self._course.others)
                words = (
                    "--unpublish",
                    "--yes",
                    "--settle",
                    "3s",
                    "--max-duration",
                    "60s",
                    "-o",
                    f"drain-{number}.csv",
                )
                self._start_other("drain", workflow_id_of(self._plan.seed, 0), *words)
                self._wait_until(ends)

    def _restart(self, event: Event, until: float) -> None:
        self._server.stop(is_killed=event.is_killed)
        self._wait_until(until)
        self._server.start(event.quota, is_flaky=event.is_flaky)

    def _start_other(self, *words: str) -> None:
        name = f"{words[0]}-{len(self._course.others)}"
        base = ("--base-url", self._server.url, "--timeout", f"{TIMEOUT:.0f}s")
        self._course.others.append(start(name, self._course.folder, *words, *base))

    def _finish(self) -> None:
        """End what still runs as a scheduler would, then have `--resume` do the rest, undisturbed."""
        course = self._course
        self._server.stop(is_killed=False)
        self._server.start(_FAR_AWAY, is_flaky=False)
        self._send(signal.SIGTERM)
        while len(course.first_ends) < len(course.runs) and self._now() < self._plan.seconds + _PATIENCE:
            self._wait_until(self._now() + 1.0)
        for name, run in course.runs.items():
            run.end()
            course.codes[name] = [run.process.returncode]
            while course.codes[name][-1] and len(course.codes[name]) <= _TRIES:
                again = self._run(name, "--resume", "--rate", _AT_ONCE)
                course.others.append(again)
                course.codes[name].append(again.process.wait(_PATIENCE))
                _say(f"{self._now() / 60:6.1f} min  {name} --resume has ended with {course.codes[name][-1]}")
        for other in course.others:
            other.process.wait(_PATIENCE)

    def _wait_until(self, moment: float) -> None:
        """Wait, and look at the runs now and then."""
        while (left := moment - self._now()) > 0.0:
            if self._now() >= self._next_look:
                self._look()
            time.sleep(max(0.0, min(left, self._next_look - self._now())))

    def _look(self) -> None:
        now = self._now()
        self._next_look = now + self._interval
        for name, run in self._course.runs.items():
            if not run.look(now) and name not in self._course.first_ends:
                self._course.first_ends[name] = time.time()
                _say(f"{now / 60:6.1f} min  {name} has ended with {run.process.returncode}")

    def _send(self, number: signal.Signals) -> None:
        for run in self._course.runs.values():
            if run.process.poll() is None:
                run.process.send_signal(number)

    def _now(self) -> float:
        return time.monotonic() - self._began

    def _end_all(self) -> None:
        for command in (*self._course.runs.values(), *self._course.others):
            command.end()
        self._server.stop(is_killed=True)


def _write_input(path: Path, name: str, count: int) -> None:
    workflow = WORKFLOWS[name]
    with path.open("w", encoding="utf-8") as file:
        file.write("workflow_id,instance_id\n")
        file.writelines(f"{workflow},{made_up_id(1, name, number)}\n" for number in range(count))


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
