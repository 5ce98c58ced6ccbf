"""The samples for Kubernetes: their pods may do nothing, and their command lines run without a shell."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.cliapp import outcomes
from support.jobs import JOBS, ROOT, install, path_with, sandbox, started

from bulkcancel.cli import params

FILES = sorted((JOBS / "kubernetes").glob("*.yaml"))
#: What each begins with: the job. A claim for its volume may follow.
DOCUMENTS = {path.stem: next(yaml.safe_load_all(path.read_text(encoding="utf-8"))) for path in FILES}


def job_of(document: dict[str, Any]) -> dict[str, Any]:
    """What a Job is, or what a CronJob starts."""
    found: dict[str, Any] = document["spec"]
    return found["jobTemplate"]["spec"] if document["kind"] == "CronJob" else found


JOBS_OF = {name: job_of(document) for name, document in DOCUMENTS.items()}
PODS = {name: job["template"]["spec"] for name, job in JOBS_OF.items()}


def containers(pod: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All of a pod's, in the order they start."""
    yield from pod.get("initContainers", [])
    yield from pod["containers"]


def value_of(args: list[str], option: str) -> str:
    """What an option is given."""
    return args[args.index(option) + 1]


@pytest.mark.parametrize("name", PODS)
def test_a_pod_has_no_rights(name: str) -> None:
    """Those of the restricted Pod Security Standard, a root that is read-only, and no token of the cluster's."""
    pod = PODS[name]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is pod["enableServiceLinks"] is False
    assert pod["restartPolicy"] == "Never"
    for container in containers(pod):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert "command" not in container


@pytest.mark.parametrize(
    "name", [name for name, pod in PODS.items() if "terminationGracePeriodSeconds" in pod]
)
def test_a_pod_is_given_time_to_drain(name: str) -> None:
    """Longer than one request may take; and the keys are a file that its group alone may read."""
    pod = PODS[name]
    args = pod["containers"][0]["args"]
    assert pod["terminationGracePeriodSeconds"] > params.seconds(value_of(args, "--timeout"))
    (keys,) = (volume["secret"] for volume in pod["volumes"] if volume["name"] == "keys")
    assert keys["defaultMode"] == 0o400
    assert pod["securityContext"]["fsGroup"] == pod["securityContext"]["runAsGroup"]


def test_no_night_begins_before_the_last_one_has_ended() -> None:
    """And it is over before the next one, whatever it meets."""
    night = DOCUMENTS["nightly"]["spec"]
    assert night["concurrencyPolicy"] == "Forbid"
    tries = 1 + JOBS_OF["nightly"]["backoffLimit"]
    longest = params.seconds(value_of(PODS["nightly"]["containers"][0]["args"], "--max-duration"))
    assert tries * longest <= JOBS_OF["nightly"]["activeDeadlineSeconds"] < 86400


def test_as_many_pods_are_started_as_there_are_shards() -> None:
    """Else rows would be nobody's; and each one's report is merged."""
    job = JOBS_OF["shards"]
    args = PODS["shards"]["containers"][0]["args"]
    assert job["completionMode"] == "Indexed"
    assert value_of(args, "--shard") == f"auto/{job['completions']}"
    reports = [
        value_of(args, "-o").replace("$(JOB_COMPLETION_INDEX)", str(n)) for n in range(job["completions"])
    ]
    assert PODS["merge"]["containers"][0]["args"][1:] == reports


class Cluster:
    """Starts containers of the samples here, with a folder for each of their volumes."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self._tools = install(folder)
        for name in ("list", "reports", "input"):
            (folder / name).mkdir()
        self._given = {
            "PATH": path_with(self._tools),
            "BULKCANCEL_BASE_URL": url,
            "BULKCANCEL_KEYS_FILE": str(folder / "keys"),
        }

    def start(self, container: dict[str, Any], want: int = 0, **environment: str) -> str:
        """Run one to its end; gives what it said."""
        words = ["bulkcancel"]
        for arg in container["args"]:
            word = f"{self.folder}{arg}" if arg.startswith("/") else arg
            for name, value in environment.items():
                word = word.replace(f"$({name})", value)
            words.append("1s" if word == "24h" else word)
        words[0] = str(self._tools / "bulkcancel")
        ended = started(words, self.folder, self._given | environment)
        assert ended.returncode == want, ended.stdout
        return ended.stdout


@pytest.mark.slow
def test_the_containers_of_a_night_run(tmp_path: Path) -> None:
    """One after the other; started again, they send nothing twice."""
    with sandbox("--scenario", "runaway") as url:
        cluster = Cluster(tmp_path, url)
        find, run = containers(PODS["nightly"])
        cluster.start(find)
        assert '"exit_code": 0' in cluster.start(run)
        assert '"requests": 0' in cluster.start(run)


@pytest.mark.slow
def test_the_shards_of_a_job_do_all_rows_once(tmp_path: Path) -> None:
    """Each its own, by its index; one that was started again has nothing left to do; merged they are the input."""
    (container,) = PODS["shards"]["containers"]
    with sandbox("--quota", "1000/1") as url:
        cluster = Cluster(tmp_path, url)
        sample = (ROOT / "samples" / "incident.csv.gz").read_bytes()
        (tmp_path / "input" / "incident.csv.gz").write_bytes(sample)
        for index in "3021":
            assert '"requests": 0' not in cluster.start(container, want=1, JOB_COMPLETION_INDEX=index)
        assert '"requests": 0' in cluster.start(container, want=1, JOB_COMPLETION_INDEX="2")
        cluster.start(container, want=2)
        merged = cluster.start(PODS["merge"]["containers"][0])
    assert merged.startswith(
        "Of 1,000 rows at 127.0.0.1, 990 were canceled; 4 not found, 3 invalid, 3 duplicate."
    )
    assert sum(len(outcomes(path)) for path in (tmp_path / "reports").iterdir()) == 1000
