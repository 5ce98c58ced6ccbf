"""Each night: find what has been running for over a day, cancel it in shards, and merge their reports.

Put this file into your DAGs folder; docs/how-to/airflow.md explains it. A worker needs the command
`bulkcancel`, and all workers one folder, which the Airflow Variable `bulkcancel_folder` names. The keys come
from the Airflow Connection `datadog_default`, with the fields that Airflow's Datadog provider has: api_key,
app_key, api_host.
"""

import json
import logging
import os
import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import BaseOperator, Connection, Param, TriggerRule, dag, task
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowSkipException,
    AirflowTaskTimeout,
)

if TYPE_CHECKING:
    from airflow.sdk import Context

BULKCANCEL = "bulkcancel"  # or the path of one in an environment of its own, or of the single file
CONNECTION = "datadog_default"
FOLDER = "{{ var.value.get('bulkcancel_folder', '/var/lib/bulkcancel') }}/{{ run_id }}"
# What each shard is run with. The shards share one quota: to be slower, give each its part of a --rate.
RUN_OPTIONS = ("--max-failures", "5%", "--max-duration", "50m")


def raise_for(code: int, last: dict[str, Any], *, tolerant: bool) -> None:
    """Return where all went well; else have Airflow retry the task, or fail it at once.

    Raises:
        AirflowException: A retry helps: it goes on where this try stopped.
        AirflowFailException: A retry does not help.
    """
    if code == 0 or (code == 1 and tolerant):
        return
    said = f"Exit code {code}: {last.get('message', 'no last words')}"
    if code in {1, 2, 4} or last.get("stopped") == "credentials_refused":
        raise AirflowFailException(said)
    raise AirflowException(said)  # 3, 130, 143, and what a kill leaves: -9


def environment(connection_id: str | None) -> dict[str, str]:
    """Return the worker's environment without what is Airflow's, and with a connection's keys and site."""
    variables = {name: value for name, value in os.environ.items() if "AIRFLOW" not in name}
    variables["BULKCANCEL_LOG_FORMAT"] = "json"
    if connection_id:
        fields = Connection.get(connection_id).extra_dejson
        site = fields.get("api_host", "").removeprefix("https://").removeprefix("api.").rstrip("/")
        keys = {"DD_API_KEY": fields.get("api_key"), "DD_APP_KEY": fields.get("app_key"), "DD_SITE": site}
        variables.update({name: value for name, value in keys.items() if value})
    return variables


class BulkcancelOperator(BaseOperator):
    """Runs bulkcancel: its messages are in the task's log, its exit code decides about a retry."""

    template_fields: Sequence[str] = ("folder",)
    folder = FOLDER
    process: subprocess.Popen[str] | None = None

    def call_api(self, context: "Context", *words: object) -> None:
        """Run a command that talks to the API; in a rehearsal, to a sandbox."""
        Path(self.folder).mkdir(parents=True, exist_ok=True)
        params = context["params"]
        if params["rehearse"]:
            self.run_command(*words, "--sandbox", tolerant=params["tolerant"])
        else:
            self.run_command(*words, connection_id=CONNECTION, tolerant=params["tolerant"])

    def run_command(
        self,
        *words: object,
        connection_id: str | None = None,
        tolerant: bool = False,
        output: IO[bytes] | None = None,
    ) -> None:
        """Run a command to its end."""
        # So that a `kill -9` of the task leaves no process behind that holds the report.
        tied = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
        with subprocess.Popen(  # noqa: S603 - words of our own, and no shell
            [*tied, BULKCANCEL, *map(str, words)],
            stdin=subprocess.DEVNULL,
            stdout=output or subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            env=environment(connection_id),
            # Airflow signals the task's whole process group, and a second signal would end the drain.
            start_new_session=True,
        ) as process:
            self.process = process
            try:
                last = self.log_messages(process)
            except AirflowTaskTimeout:
                process.terminate()
                self.log_messages(process)
                raise
        raise_for(process.returncode, last, tolerant=tolerant)

    def log_messages(self, process: subprocess.Popen[str]) -> dict[str, Any]:
        """Log what a process says until it says no more; returns its last words."""
        said: dict[str, Any] = {}
        for line in process.stderr or ():
            try:
                said = json.loads(line)
                level = logging.getLevelNamesMapping()[said["level"].upper()]
                for text in said["message"].splitlines():
                    self.log.log(level, "%s", text)
            except (KeyError, TypeError, ValueError):  # not one of our messages
                self.log.warning("%s", line.rstrip())
        return said

    def on_kill(self) -> None:
        """Have the process await its last answers and finish its report; the task waits for that."""
        if self.process:
            self.process.terminate()


class FindInstances(BulkcancelOperator):
    """Lists what has been running for too long; returns the list's name, or that of the one given."""

    def execute(self, context: "Context") -> str:
        """Run `bulkcancel find`."""
        params = context["params"]
        if params["input"]:
            return str(params["input"])
        found = Path(self.folder, f"found-{context['ti'].try_number}.csv")
        self.call_api(context, "find", "--all-workflows", "--older-than", params["older_than"], "-o", found)
        return str(found)


class CancelShard(BulkcancelOperator):
    """Cancels one shard of the instances; a retry goes on with its report."""

    template_fields = ("folder", "instances")

    def __init__(self, *, instances: str, shard: int, **kwargs: Any) -> None:  # noqa: ANN401 - Airflow's own
        super().__init__(**kwargs)
        self.instances = instances
        self.shard = shard

    def execute(self, context: "Context") -> str:
        """Run `bulkcancel run`; returns the report's name."""
        params = context["params"]
        report = Path(self.folder, f"shard-{self.shard}.csv")
        part = ("--shard", f"{self.shard}/{params['shards']}")
        # --resume goes on with the report of an earlier try, and begins one where there is none.
        files = ("--resume", "-o", report, "--summary", report.with_suffix(".json"))
        why = ("--yes", "--reason", params["reason"])
        self.call_api(context, "run", self.instances, *part, *files, *why, *RUN_OPTIONS)
        return str(report)


class MergeReports(BulkcancelOperator):
    """Merges the shards' reports into report.json, report.md and report.html."""

    def execute(self, context: "Context") -> dict[str, int]:  # noqa: ARG002 - Airflow names it
        """Run `bulkcancel report`, also where a shard failed; returns the counts."""
        folder = Path(self.folder)
        reports = sorted(folder.glob("shard-*.csv"))
        if not reports:
            raise AirflowSkipException("No shard wrote a report.")
        with (folder / "report.json").open("wb") as document:
            self.run_command("report", *reports, "--json", "--html", folder / "report.html", output=document)
        with (folder / "report.md").open("wb") as document:
            self.run_command("report", *reports, "--markdown", "-q", output=document)
        told = json.loads((folder / "report.json").read_bytes())
        return {"rows": told["rows"], "unfinished": told["unfinished"], **told["outcomes"]}


@dag(
    schedule="15 3 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={
        "retries": 4,
        "retry_delay": timedelta(minutes=5),
        "execution_timeout": timedelta(hours=1),
    },
    params={
        "input": Param(None, type=["null", "string"], description="A list to cancel, instead of a search"),
        "older_than": Param("24h", type="string", description="What has been running for longer is found"),
        "shards": Param(2, type="integer", minimum=1, maximum=64),
        "reason": Param("nightly cleanup", type="string", minLength=1),
        "tolerant": Param(default=False, type="boolean", description="Let rows be left (exit code 1)"),
        # So that nothing is canceled before you have seen a run go well.
        "rehearse": Param(default=True, type="boolean", description="Against a sandbox on the worker"),
    },
    tags=["bulkcancel"],
)
def bulkcancel_nightly() -> None:
    """Find, cancel in shards, and report."""

    @task
    def number_shards(params: dict[str, Any]) -> list[int]:
        return list(range(1, params["shards"] + 1))

    find = FindInstances(task_id="find")
    shards = CancelShard.partial(
        task_id="cancel", instances=find.output, map_index_template="shard {{ task.shard }}"
    ).expand(shard=number_shards())
    report = MergeReports(task_id="report", trigger_rule=TriggerRule.ALL_DONE)
    # The report is made in any case, and would let the run pass; this task fails it where a shard failed.
    [shards, report] >> EmptyOperator(task_id="all_is_well")
    shards >> report


bulkcancel_nightly()
