"""What a soak starts: one server after the other on one port, clients that are looked at, and short commands."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import Request, urlopen

from support.children import MAIN
from support.recording import SERVER, words_of

from bulkcancel.sandbox import Quota, Scenario

_KIB_PER_MIB = 1024


@dataclass(frozen=True, slots=True)
class Sample:
    """What a process held at one moment.

    Attributes:
        at: Seconds from the start of the soak.
        descriptors: Open ones.
        memory: MiB that are resident.
    """

    at: float
    descriptors: int
    memory: float


@dataclass
class Command:
    """A bulkcancel command in a process of its own, and what it held while it lived."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path
    samples: list[Sample] = field(default_factory=list)

    def look(self, at: float) -> bool:
        """Note what it holds, if it lives; gives whether it does."""
        if self.process.poll() is not None:
            return False
        place = Path("/proc", str(self.process.pid))
        descriptors = len(list((place / "fd").iterdir()))
        (memory,) = (
            int(line.split()[1])
            for line in (place / "status").read_text().splitlines()
            if line.startswith("VmRSS:")
        )
        self.samples.append(Sample(at, descriptors, memory / _KIB_PER_MIB))
        return True

    def end(self) -> None:
        """Have it gone, whatever state it is in."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def start(name: str, folder: Path, *words: str) -> Command:
    """Start a command whose messages go to a log."""
    log = folder / f"{name}.log"
    with log.open("ab") as said:
        process = subprocess.Popen(
            [sys.executable, "-c", MAIN, *words],
            cwd=folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
    return Command(name, process, log)


class Server:
    """The server, which may be stopped, killed, and started again where it was."""

    def __init__(self, record: Path, seed: int) -> None:
        self._record = record
        self._seed = seed
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def start(self, quota: Quota, *, is_flaky: bool) -> None:
        """Begin to serve, on the port of the time before."""
        scenario = Scenario.FLAKY if is_flaky else Scenario.CALM
        port = self.url.rpartition(":")[2] or "0"
        words = [port, str(self._record), str(self._seed), scenario.value, words_of(quota)]
        self._process = subprocess.Popen(
            [sys.executable, "-c", SERVER, *words], env=_environment(), text=True, stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        assert self.url, "the server did not start"

    def stop(self, *, is_killed: bool) -> None:
        """Have it gone, with a farewell to its connections or without."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL if is_killed else signal.SIGTERM)
            self._process.communicate()
            self._process = None

    def send(self, number: signal.Signals) -> None:
        """Have it hang, or go on."""
        assert self._process is not None
        self._process.send_signal(number)

    def change(self, quota: Quota) -> None:
        """Grant another quota from now on."""
        request = Request(f"{self.url}/quota/{words_of(quota)}", method="PUT")  # noqa: S310 - loopback
        with urlopen(request):  # noqa: S310 - loopback
            pass


def _environment() -> dict[str, str]:
    keys = {"DD_API_KEY": "a", "DD_APP_KEY": "b"}
    return {**os.environ, **keys, "PYTHONPATH": str(Path(__file__).parents[1])}
