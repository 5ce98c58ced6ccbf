"""`make bench-resume`: how soon a large report is continued, and in how much memory.

For each case a report with 1,000,000 recorded rows is written, the command is started against a server of our own,
and the time until its first request and the peak of its resident memory are taken. Times are of this machine and
this minute.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from bulkcancel.models import Outcome, Result
from bulkcancel.report import Format

BULKCANCEL = [sys.executable, "-c", "import sys; from bulkcancel.cli.program import main; sys.exit(main())"]
REPLY = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n{}\n"
WORKFLOW = "8ce98e8d-ca00-4ab0-8205-cd156818f096"
MOMENT = 1_800_000_000.123


@dataclass(frozen=True)
class Case:
    """One line of the table: the report's format, where rows come from, and what is left to do."""

    name: str
    suffix: str
    input: str
    asked: bool = False
    scattered: bool = False


CASES = (
    Case("CSV, INPUT", ".csv", "file"),
    Case("CSV, INPUT, asked first", ".csv", "file", asked=True),
    Case("CSV, standard input", ".csv", "stdin"),
    Case("CSV, no INPUT", ".csv", "none"),
    Case("CSV, no INPUT, asked first", ".csv", "none", asked=True),
    Case("CSV, nothing done yet", ".csv", "none", scattered=True),
    Case("JSON lines, INPUT", ".jsonl", "file"),
    Case("JSON lines, no INPUT", ".jsonl", "none"),
)


def instance(number: int) -> str:
    """An instance id."""
    return f"{number:08x}-1111-4111-8111-0123456789ab"


def write_files(folder: Path, rows: int) -> None:
    """An input, and reports of it in which all but the last hundred rows are done, or none of them."""
    with (folder / "in.csv").open("w") as file:
        file.write("workflow_id,instance_id\n")
        file.writelines(f"{WORKFLOW},{instance(n)}\n" for n in range(1, rows + 1))
    for suffix in (".csv", ".jsonl"):
        form = Format(suffix)
        with (folder / f"done{suffix}").open("wb") as file:
            file.write(form.header)
            for n in range(1, rows + 1):
                outcome = Outcome.CANCELED if n <= rows - 100 else Outcome.FAILED
                file.write(form.encode(
                    Result(n + 1, WORKFLOW, instance(n), outcome, 200, "", "", 1, 0, MOMENT, MOMENT, 20, "127.0.0.1")
                ))  # fmt: skip
    with (folder / "left.csv").open("wb") as file:
        file.write(Format.CSV.header)
        for n in range(1, rows + 1):
            left = Result(
                n + 1, WORKFLOW, instance(n), Outcome.NOT_ATTEMPTED, finished_at=MOMENT, site="127.0.0.1"
            )
            file.write(Format.CSV.encode(left))


class FirstRequest:
    """A server that answers every request alike, and notes when the first one came."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.at: float | None = None
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            while data := connection.recv(65536):
                self.at = self.at or time.monotonic()
                connection.sendall(REPLY * data.count(b"\r\n\r\n"))


def measure(case: Case, folder: Path) -> tuple[float, float, float, float, float]:
    """To the first request: seconds, those of the processor, MiB of memory; to the end: seconds, MiB at most."""
    report = folder / f"report{case.suffix}"
    name = "left" if case.scattered else "done"
    shutil.copyfile(folder / f"{name}{case.suffix}", report)
    server = FirstRequest()
    words = [
        *BULKCANCEL,
        "run",
        "--resume",
        "-q",
        "-o",
        str(report),
        "--base-url",
        f"http://127.0.0.1:{server.port}",
    ]
    if case.input != "none":
        words.append(str(folder / "in.csv") if case.input == "file" else "-")
    if not case.asked:
        words.append("--yes")
    if case.scattered:
        words += ["--max-duration", "3"]
    keys = {"DD_API_KEY": "a", "DD_APP_KEY": "b"}
    terminal, theirs = os.openpty()
    with (folder / "in.csv").open() as rows:
        standard_input = theirs if case.asked else rows if case.input == "stdin" else subprocess.DEVNULL
        started = time.monotonic()
        process = subprocess.Popen(
            words, env={**os.environ, **keys}, stdin=standard_input, stderr=subprocess.PIPE
        )
        said = bytearray()
        listener = threading.Thread(target=_listen, args=(process, said, terminal))
        listener.start()
        at_first = spent = 0.0
        while server.at is None and not _ended(process.pid):
            time.sleep(0.005)
        if server.at is not None:
            at_first, spent = _peak(process.pid), _spent(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        listener.join()
    os.close(terminal)
    os.close(theirs)
    assert os.waitstatus_to_exitcode(status) in ({0, 3} if case.scattered else {0}), said.decode()
    assert server.at is not None
    return server.at - started, spent, at_first, time.monotonic() - started, usage.ru_maxrss / 1024


def _listen(process: "subprocess.Popen[bytes]", said: bytearray, terminal: int) -> None:
    """Keep what the process says; say yes when it asks: what is typed ahead answers nothing."""
    assert process.stderr is not None
    while data := os.read(process.stderr.fileno(), 65536):
        said += data
        if b"[y/N]" in data:
            os.write(terminal, b"y\n")


def _spent(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _ended(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def _peak(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def main() -> None:
    """Print the table, and fail where a bound that docs/explanation/promises.md names is not kept."""
    rows = int(sys.argv[1]) if sys.argv[1:] else 1_000_000
    late = []
    print(f"{'case':<28}{'first request':>14}{'processor':>11}{'memory':>10}{'end':>9}{'memory at most':>16}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(folder, rows)
        for case in CASES:
            first, spent, memory, end, most = measure(case, folder)
            print(
                f"{case.name:<28}{first:>12.1f} s{spent:>9.1f} s{memory:>6.0f} MiB{end:>7.1f} s{most:>12.0f} MiB",
                flush=True,
            )
            if (first > 10.0 and not case.asked) or memory > 200.0:
                late.append(case.name)
    print(json.dumps({"rows": rows, "beyond 10 s or 200 MiB": late}))
    sys.exit(1 if late else 0)


if __name__ == "__main__":
    main()
