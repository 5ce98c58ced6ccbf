"""Runs of the sample DAG, each in a process and with an Airflow of its own."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.children import LONGEST, MAIN, child, until
from support.cliapp import outcomes

from bulkcancel.models import Outcome

TRIAL = Path(__file__).parents[1] / "airflow_dag" / "trial.py"
#: Notes how it was called, and is the command; the first `run` gets more options.
COMMAND = """#!/bin/sh
{{ echo "argv $*"; env | grep -E 'AIRFLOW|^DD_'; }} >> {folder}/calls
if [ "$1" = run ] && mkdir {folder}/ran 2> /dev/null; then set -- "$@" {first}; fi
exec {python} -c '{main}' "$@"
"""


@dataclass
class Ended:
    """How a run of the DAG went: its state, each task's state and tries, the counts, the log, the folder."""

    state: str
    tasks: dict[str, list[Any]]
    counts: dict[str, int] | None
    log: str
    folder: Path

    @property
    def rows(self) -> Counter[Outcome]:
        """The outcomes in the shards' reports."""
        return Counter(outcome for report in self.folder.glob("shard-*.csv") for outcome in outcomes(report))


@dataclass
class Airflow:
    """An Airflow of the test's own: a folder, and the environment that leads there."""

    folder: Path
    environment: dict[str, str]

    def ask(self, *words: object) -> Any:
        """Try the DAG file in a process; gives what it told."""
        with self.start(*words) as process:
            out, err = process.communicate()
        assert process.returncode == 0, err
        return json.loads(out.splitlines()[-1])

    @contextmanager
    def start(self, *words: object) -> "Iterator[subprocess.Popen[str]]":
        """Try the DAG file in a process."""
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        command = [sys.executable, str(TRIAL), *map(str, words)]
        with child(command, env=self.environment, cwd=self.folder, **pipes) as process:
            yield process

    def install(self, first: str) -> None:
        """Put the command where the DAG finds it; its first `run` gets those options besides."""
        command = self.folder / "bin" / "bulkcancel"
        command.parent.mkdir()
        command.write_text(
            COMMAND.format(folder=self.folder, first=first, python=sys.executable, main=MAIN),
            encoding="utf-8",
        )
        command.chmod(0o700)

    def run(
        self,
        *,
        first: str = "",
        timeout: float = 100.0,
        meanwhile: Callable[["subprocess.Popen[str]"], None] = lambda _: None,
        **conf: object,
    ) -> Ended:
        """Run the DAG to its end."""
        self.install(first)
        with self.start("run", json.dumps(conf), timeout) as process:
            meanwhile(process)
            out, err = process.communicate()
        assert process.returncode == 0, err
        told = json.loads(out.splitlines()[-1])
        folder = self.folder / "reports" / told.pop("id")
        return Ended(**told, log=out + err, folder=folder)

    def await_rows(self, count: int) -> None:
        """Wait until the first shard's report has so many rows."""
        until(
            lambda: any(
                one.read_text(encoding="utf-8").count("\n") > count
                for one in self.folder.glob("reports/*/shard-1.csv")
            ),
            patience=LONGEST,
        )
