"""The sample for GitHub Actions: its steps run, and nothing typed by anybody becomes a part of a command."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.jobs import JOBS, KEYS, install, path_with, sandbox, started

WORKFLOW: dict[Any, Any] = yaml.safe_load((JOBS / "github-actions.yml").read_text(encoding="utf-8"))
JOB = WORKFLOW["jobs"]["cancel"]
STEPS = JOB["steps"]
#: As YAML 1.1 reads the key `on`.
ON = True


def evaluated(environment: dict[str, str], **values: str) -> dict[str, str]:
    """An `env` with its expressions' values; one that is not given has the value behind its `||`."""

    def value_of(found: re.Match[str]) -> str:
        name, _, default = found[1].partition(" || ")
        return values.get(name.strip().replace(".", "_"), default.strip().strip("'"))

    return {name: re.sub(r"\$\{\{ (.*?) \}\}", value_of, text) for name, text in environment.items()}


def test_a_workflow_has_no_expression_in_a_command() -> None:
    """What was typed into the form would be run."""
    assert not any("${{" in step.get("run", "") for step in STEPS)


def test_a_workflow_may_do_nothing_to_its_repository() -> None:
    """And takes the actions of others by their commit; the keys are for the two steps that need them alone."""
    assert WORKFLOW["permissions"] == {}
    assert all(re.search(r"@[0-9a-f]{40}$", step["uses"]) for step in STEPS if "uses" in step)
    assert [step["name"] for step in STEPS if "secrets." in str(step)] == ["Find what is stuck", "Cancel it"]
    assert WORKFLOW["concurrency"]["cancel-in-progress"] is False
    assert JOB["timeout-minutes"] > int(re.search(r"--max-duration (\d+)m", str(STEPS))[1])  # type: ignore[index] # it is there


@pytest.mark.slow
@pytest.mark.parametrize("dry_run", ["", "true"])
def test_the_steps_of_a_workflow_run(tmp_path: Path, dry_run: str) -> None:
    """At night, and by hand with its form as it stands: then nothing is sent, and there is no report."""
    tools, summary = install(tmp_path), tmp_path / "summary.md"
    secrets = {f"secrets_{name}": value for name, value in (line.split("=") for line in KEYS.splitlines())}
    form = {
        f"inputs_{name}": str(one["default"]).lower()
        for name, one in WORKFLOW[ON]["workflow_dispatch"]["inputs"].items()
    }
    with sandbox("--scenario", "runaway") as url:
        given = evaluated(JOB["env"], **(form if dry_run else {}))
        assert given["BULKCANCEL_OLDER_THAN"] == "24h"
        assert given["BULKCANCEL_DRY_RUN"] == (dry_run or "false")
        given |= {"BULKCANCEL_OLDER_THAN": "1s", "BULKCANCEL_BASE_URL": url, "PATH": path_with(tools)}
        del given["DD_SITE"]
        for step in STEPS[1:]:
            if "report.csv" in step.get("if", "") and not (tmp_path / "report.csv").exists():
                continue
            if "run" in step:
                environment = (
                    given | evaluated(step.get("env", {}), **secrets) | {"GITHUB_STEP_SUMMARY": str(summary)}
                )
                ended = started(["/bin/bash", "-e", "-c", step["run"]], tmp_path, environment)
                assert ended.returncode == 0, ended.stdout
    assert summary.exists() is (tmp_path / "report.csv").exists() is not bool(dry_run)
    if not dry_run:
        assert "canceled" in summary.read_text(encoding="utf-8")
