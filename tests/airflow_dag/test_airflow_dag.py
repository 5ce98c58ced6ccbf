"""The sample DAG does under Airflow what docs/how-to/airflow.md says; `nox -s airflow` installs Airflow."""

import importlib.util
import json
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.children import MAIN, child, read_to, unmeasured, write
from support.cliapp import SAMPLES, outcomes
from support.dagruns import Airflow

from bulkcancel.models import Outcome

KEYS = {"api_key": "an-api-key-made-up", "app_key": "an-app-key-made-up"}  # pragma: allowlist secret
CONNECTION = {"conn_type": "datadog", "extra": {**KEYS, "api_host": "https://api.datadoghq.eu"}}
WELL = ["success", 1]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("airflow") is None,
        reason="Airflow is not installed: `nox -s airflow` does that",
    ),
]


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Airflow's own database, empty."""
    home = tmp_path_factory.mktemp("airflow")
    subprocess.run(
        [sys.executable, "-m", "airflow", "db", "migrate"],
        check=True,
        capture_output=True,
        env={**unmeasured(), "AIRFLOW_HOME": str(home)},
    )
    return home / "airflow.db"


@pytest.fixture
def sandbox() -> Iterator[str]:
    """A server that accepts what it is asked; gives its address."""
    with child([sys.executable, "-c", MAIN, "sandbox", "--port", "0"], stderr=subprocess.PIPE) as server:
        found = re.search(r"http://\S+:\d+", read_to(server.stderr, "listens at"))
        assert found
        yield found[0]
        server.terminate()


@pytest.fixture
def airflow(tmp_path: Path, database: Path, sandbox: str) -> Airflow:
    """An Airflow that knows the sample and a connection, and whose workers reach the sandbox alone."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "airflow.db").write_bytes(database.read_bytes())
    environment = unmeasured()
    environment |= {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(SAMPLES / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW_CONN_DATADOG_DEFAULT": json.dumps(CONNECTION),
        "AIRFLOW_VAR_BULKCANCEL_FOLDER": str(tmp_path / "reports"),
        "BULKCANCEL_BASE_URL": sandbox,
        "PATH": f"{tmp_path / 'bin'}:{environment['PATH']}",
    }
    return Airflow(tmp_path, environment)


def test_the_dag_runs_to_success(airflow: Airflow, tmp_path: Path) -> None:
    """Each shard cancels its rows, and the report has them all; the keys are in no command and no log."""
    write(tmp_path / "list.csv", 300)
    ended = airflow.run(input=str(tmp_path / "list.csv"), rehearse=False, shards=3, reason="INC-4711")
    shards = {f"cancel {n}": WELL for n in (1, 2, 3)}
    assert ended.tasks == {"find": WELL, "number_shards": WELL, **shards, "report": WELL, "all_is_well": WELL}
    assert ended.state == "success"
    assert ended.counts is not None
    assert {name: count for name, count in ended.counts.items() if count} == {"rows": 300, "canceled": 300}
    assert ended.rows == {Outcome.CANCELED: 300}
    document = json.loads((ended.folder / "report.json").read_text(encoding="utf-8"))
    assert document["rows"] == 300
    assert "300 were canceled" in (ended.folder / "report.md").read_text(encoding="utf-8")
    assert (ended.folder / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert len(re.findall(r"\[info +\] Reason: INC-4711", ended.log)) == 3
    calls = (tmp_path / "calls").read_text(encoding="utf-8")
    assert "AIRFLOW" not in calls
    assert calls.count(f"DD_API_KEY={KEYS['api_key']}\n") == calls.count("DD_SITE=datadoghq.eu\n") == 3
    assert [line for line in calls.splitlines() if line.startswith("argv") and "made-up" in line] == []
    assert "made-up" not in ended.log


def test_without_a_list_the_dag_finds_what_runs_too_long(airflow: Airflow) -> None:
    """And rehearses unless told otherwise, which needs no connection: it meets a sandbox of its own."""
    del airflow.environment["AIRFLOW_CONN_DATADOG_DEFAULT"], airflow.environment["BULKCANCEL_BASE_URL"]
    ended = airflow.run(older_than="1s")
    assert ended.state == "success"
    assert (ended.folder / "found-1.csv").is_file()
    assert ended.counts is not None
    assert ended.counts["rows"] == ended.counts["canceled"] > 0


def test_a_shard_that_stopped_early_goes_on_in_its_retry(airflow: Airflow, tmp_path: Path) -> None:
    """Exit code 3: what the first try did is not done again."""
    write(tmp_path / "list.csv", 200)
    first = "--rate 20/s --max-duration 2s"
    ended = airflow.run(first=first, input=str(tmp_path / "list.csv"), rehearse=False)
    assert ended.state == "success"
    assert sorted(tries for _, tries in (ended.tasks["cancel 1"], ended.tasks["cancel 2"])) == [1, 2]
    assert "Exit code 3: Stopped: --max-duration" in ended.log
    assert ended.rows == {Outcome.CANCELED: 200}


def test_a_usage_error_fails_a_shard_without_a_retry(airflow: Airflow, tmp_path: Path) -> None:
    """Exit code 2; no shard has a report, so there is none to merge."""
    ended = airflow.run(input=str(tmp_path / "missing.csv"), rehearse=False)
    assert ended.state == "failed"
    assert ended.tasks["cancel 1"] == ended.tasks["cancel 2"] == ["failed", 1]
    assert ended.tasks["report"] == ["skipped", 1]
    assert ended.tasks["all_is_well"][0] == "upstream_failed"
    assert "Exit code 2: " in ended.log
    assert re.search(r"\[error +\] .*missing\.csv can't be opened", ended.log)


def test_refused_keys_fail_a_shard_without_a_retry(airflow: Airflow) -> None:
    """Though its exit code is 3: no later try has other keys."""
    airflow.environment["BULKCANCEL_SCENARIO"] = "denied"
    ended = airflow.run(input=str(SAMPLES / "links.txt"), shards=1)
    assert ended.state == "failed"
    assert ended.tasks["cancel 1"] == ["failed", 1]
    assert ended.tasks["report"] == WELL


@pytest.mark.parametrize(("tolerant", "state"), [(False, "failed"), (True, "success")])
def test_rows_that_are_left_fail_the_dag_unless_it_is_tolerant(
    airflow: Airflow, *, tolerant: bool, state: str
) -> None:
    """Exit code 1: no retry helps, and all shards are reported in any case."""
    ended = airflow.run(input=str(SAMPLES / "incident.csv"), tolerant=tolerant)
    assert ended.state == state
    assert ended.tasks["cancel 1"] == ended.tasks["cancel 2"] == [state, 1]
    assert ended.tasks["report"] == WELL
    assert ended.counts is not None
    assert ended.counts["rows"] == 1000
    assert ended.counts["not_found"] == 4


def test_a_killed_task_drains_and_its_retry_goes_on(airflow: Airflow, tmp_path: Path) -> None:
    """Airflow's SIGTERM reaches the command, and what it says last is in the log."""
    write(tmp_path / "list.csv", 200)

    def kill(process: "subprocess.Popen[str]") -> None:
        airflow.await_rows(5)
        process.send_signal(signal.SIGTERM)

    ended = airflow.run(
        first="--rate 10/s", meanwhile=kill, input=str(tmp_path / "list.csv"), rehearse=False, shards=1
    )
    assert "Exit code 143: Terminated" in ended.log
    assert ended.state == "success"
    assert ended.tasks["cancel 1"] == ["success", 2]
    assert ended.rows == {Outcome.CANCELED: 200}


def test_a_task_that_takes_too_long_drains_and_its_retry_goes_on(airflow: Airflow, tmp_path: Path) -> None:
    """Airflow's `execution_timeout` ends a try; the report is whole before the next begins."""
    write(tmp_path / "list.csv", 200)
    ended = airflow.run(
        first="--rate 10/s", timeout=6.0, input=str(tmp_path / "list.csv"), rehearse=False, shards=1
    )
    assert "AirflowTaskTimeout" in ended.log
    assert re.search(r"Terminated.*rows? not done", ended.log)
    assert ended.state == "success"
    assert ended.tasks["cancel 1"] == ["success", 2]
    assert ended.rows == {Outcome.CANCELED: 200}


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv is of Linux")
def test_a_task_that_is_killed_outright_leaves_no_process(airflow: Airflow, tmp_path: Path) -> None:
    """The command ends with it, drains, and so lets go of the report before a retry comes."""
    write(tmp_path / "list.csv", 200)

    conf = {"input": str(tmp_path / "list.csv"), "shards": 1, "rehearse": False}
    airflow.install("--rate 10/s")
    with airflow.start("run", json.dumps(conf), 100.0) as process:
        airflow.await_rows(5)
        process.kill()
    airflow.await_rows(200)
    (report,) = tmp_path.glob("reports/*/shard-1.csv")
    assert Counter(outcomes(report))[Outcome.NOT_ATTEMPTED] > 100


def test_each_exit_code_is_a_retry_or_a_failure(airflow: Airflow) -> None:
    """As the page's table has it."""
    retry, fail = "AirflowException", "AirflowFailException"
    table: list[tuple[int, str | None, bool, str | None]] = [
        (0, None, False, None),
        (0, None, True, None),
        (1, None, False, fail),
        (1, None, True, None),
        (2, None, False, fail),
        (2, None, True, fail),
        (3, "max_duration", False, retry),
        (3, "max_duration", True, retry),
        (3, "credentials_refused", False, fail),
        (4, "report_lost", False, fail),
        (4, "report_lost", True, fail),
        (130, "interrupted", False, retry),
        (143, "terminated", True, retry),
        (-9, None, True, retry),
    ]
    told = airflow.ask("verdicts", json.dumps([row[:3] for row in table]))
    assert told == [row[3] for row in table]


def test_the_dag_file_is_parsed_in_peace(airflow: Airflow) -> None:
    """It asks no network, no database and no process, and imports neither us nor what we need."""
    told = airflow.ask("parse")
    assert told["events"] == []
    assert set(told["packages"]) <= {"airflow", "bulkcancel_nightly"}


def test_airflow_has_nothing_to_say_against_the_dag_file(airflow: Airflow) -> None:
    """Its own parser finds the DAG, and no error."""
    ended = subprocess.run(
        [sys.executable, "-m", "airflow", "dags", "list", "-l", "-o", "json"],
        check=True,
        capture_output=True,
        text=True,
        env=airflow.environment,
    )
    assert [found["dag_id"] for found in json.loads(ended.stdout.splitlines()[-1])] == ["bulkcancel_nightly"]
