"""Tries the sample DAG in a process of its own, where Airflow may do as it likes: `python trial.py WHAT [JSON]…`.

What comes of it is the last line on standard output, as JSON.
"""

import importlib.util
import json
import sys
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

SAMPLE = Path(__file__).parents[2] / "samples" / "airflow" / "bulkcancel_nightly.py"


def load() -> ModuleType:
    """The DAG file, as a module."""
    spec = importlib.util.spec_from_file_location(SAMPLE.stem, SAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(conf: dict[str, Any], timeout: float) -> dict[str, Any]:
    """Run the DAG with retries that wait for nothing; tells its state, each task's state and tries, the counts."""
    from airflow.utils.session import create_session  # noqa: PLC0415 - slow, and not everywhere

    dag = load().bulkcancel_nightly()
    for task in dag.tasks:
        settings = {"retry_delay": timedelta(0), "execution_timeout": timedelta(seconds=timeout)}
        if task.is_mapped:
            task.partial_kwargs.update(settings)
        else:
            vars(task).update(settings)
    ended = dag.test(run_conf=conf)
    with create_session() as session:
        tasks = {
            f"{one.task_id} {one.map_index + 1}".removesuffix(" 0"): [one.state, one.try_number]
            for one in ended.get_task_instances(session=session)
        }
        report = ended.get_task_instance("report", session=session)
        counts = report.xcom_pull("report", session=session)
    return {"id": ended.run_id, "state": ended.state, "tasks": tasks, "counts": counts}


def verdicts(cases: list[tuple[int, str | None, bool]]) -> list[str | None]:
    """What the DAG makes of each exit code: an exception's name, or none."""
    raise_for = load().raise_for
    told: list[str | None] = []
    for code, stopped, tolerant in cases:
        try:
            raise_for(code, {"stopped": stopped}, tolerant=tolerant)
        except Exception as error:  # noqa: BLE001 - which one is what is asked
            told.append(type(error).__name__)
        else:
            told.append(None)
    return told


def parse() -> dict[str, Any]:
    """What parsing the file does, and imports, besides what every DAG on a cron schedule does."""
    for name in ("airflow.providers.standard.operators.empty", "airflow.sdk.exceptions", "croniter"):
        import_module(name)  # the last one starts a process
    sdk = import_module("airflow.sdk")
    for name in ("BaseOperator", "Connection", "Param", "TriggerRule", "dag", "task"):
        getattr(sdk, name)  # is imported when it is asked for
    known, events = set(sys.modules), set()

    def hear(event: str, _: object) -> None:
        if event.startswith(("socket.", "subprocess.", "sqlite3.")):
            events.add(event)

    sys.addaudithook(hear)
    load()
    return {
        "events": sorted(events),
        "packages": sorted({name.partition(".")[0] for name in set(sys.modules) - known}),
    }


TRIALS: dict[str, Callable[..., Any]] = {"run": run, "verdicts": verdicts, "parse": parse}

if __name__ == "__main__":
    what, *words = sys.argv[1:]
    sys.stdout.write(json.dumps(TRIALS[what](*map(json.loads, words))))
