"""The sample for cron, in the environment that cron gives: what it prints is what is mailed."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.children import child, until
from support.jobs import JOBS, install, path_with, sandbox, started

LINES = (JOBS / "crontab").read_text(encoding="utf-8").splitlines()
SET = dict(line.split("=", 1) for line in LINES if re.match(r"[A-Z_]+=", line))
(ENTRY,) = (line for line in LINES if line[:1].isdigit())
COMMAND = ENTRY.split(maxsplit=5)[5]


@pytest.fixture
def job(tmp_path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The command and its environment, with the folders of a test and a sandbox for the site."""
    tools = install(tmp_path)
    (tmp_path / "state").mkdir()
    with sandbox("--scenario", "runaway") as url:
        own = {key: value for key, value in SET.items() if key not in {"DD_SITE", "MAILTO"}}
        paths = {"PATH": path_with(tools), "BULKCANCEL_KEYS_FILE": str(tmp_path / "keys")}
        given = {"HOME": str(tmp_path), "LOGNAME": "bulkcancel", "BULKCANCEL_BASE_URL": url}
        command = COMMAND.replace("/var/lib/bulkcancel", str(tmp_path / "state"))
        yield command.replace("--older-than 24h", "--older-than 1s"), own | given | paths


def test_no_percent_sign_ends_the_command_of_a_crontab() -> None:
    """It would be a line break, and what follows it standard input; a value of a variable may have one."""
    assert "%" not in COMMAND
    assert SET["BULKCANCEL_HEADROOM"].endswith("%")
    assert not any("#" in value for value in SET.values())


@pytest.mark.slow
def test_a_night_that_goes_well_mails_nothing(tmp_path: Path, job: tuple[str, dict[str, str]]) -> None:
    """Started twice, it goes on with the report of the day."""
    command, environment = job
    for _ in range(2):
        ended = started(["/bin/sh", "-c", command], tmp_path, environment)
        assert (ended.returncode, ended.stdout) == (0, "")
    (report,) = (tmp_path / "state").glob("nightly-????-??-??.csv")
    assert len(report.read_text(encoding="utf-8").splitlines()) > 60


@pytest.mark.slow
def test_a_night_that_fails_mails_why(tmp_path: Path, job: tuple[str, dict[str, str]]) -> None:
    """In a sentence: the keys are missing here, and the list of workflows with them."""
    command, environment = job
    (tmp_path / "keys").write_text("", encoding="utf-8")
    ended = started(["/bin/sh", "-c", command], tmp_path, environment)
    assert ended.stdout == (
        f"DD_API_KEY and DD_APP_KEY not set in {tmp_path / 'keys'}; set them, or name a private file with "
        "--keys-file.\n"
    )
    assert list((tmp_path / "state").iterdir()) == [tmp_path / "state" / "nightly.log"]


@pytest.mark.slow
def test_a_night_beside_another_run_is_refused_and_mails_who_that_is(
    tmp_path: Path, job: tuple[str, dict[str, str]]
) -> None:
    """By the name of the lock: the reports are two."""
    command, environment = job
    words = [str(tmp_path / "bin" / "bulkcancel"), "run", "-", "-o", "other.csv"]
    with child(words, cwd=tmp_path, env=environment, stdin=subprocess.PIPE) as other:
        until((tmp_path / "other.csv").exists)
        ended = started(["/bin/sh", "-c", command], tmp_path, environment)
        other.communicate("")
    assert f"process {other.pid}" in ended.stdout
    assert not list((tmp_path / "state").glob("nightly-*.csv"))
