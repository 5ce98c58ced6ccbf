"""The samples for systemd: systemd itself reads them, and their commands run."""

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from support.jobs import JOBS, ROOT, install, path_with, sandbox, started

UNITS = JOBS / "systemd"
SERVICE = (UNITS / "bulkcancel-nightly.service").read_text(encoding="utf-8")
ANALYZE = shutil.which("systemd-analyze")
#: What `systemd-analyze security` may find at most, from 0 to 10. What is left: it uses the network of its machine.
MOST_EXPOSED = 1.1


def settings() -> dict[str, str]:
    """Those of the service, the last one where there are several of a name."""
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign] # how configparser is told to keep the case
    parser.read_string(SERVICE)
    return dict(parser["Service"])


def commands() -> list[list[str]]:
    """What it starts, one after the other."""
    joined = SERVICE.replace("\\\n", "")
    return [shlex.split(line) for line in re.findall(r"^ExecStart=(.+)$", joined, re.MULTILINE)]


def analyze(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Have systemd read the units, with a program in them that there is on this machine."""
    if ANALYZE is None:
        pytest.skip("there is no systemd-analyze on this machine")
    for unit in UNITS.iterdir():
        text = unit.read_text(encoding="utf-8").replace("/usr/local/bin/bulkcancel", "/bin/true")
        (folder / unit.name).write_text(text, encoding="utf-8")
    names = [str(path) for path in sorted(folder.glob("*.service"))]
    names += [str(path) for path in sorted(folder.glob("*.timer"))] if "verify" in words else []
    return subprocess.run([ANALYZE, *words, *names], capture_output=True, text=True, check=False)


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """Without a word: an unknown setting would be one."""
    ended = analyze(tmp_path, "verify", "--man=no")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_systemd_finds_the_service_hardened(tmp_path: Path) -> None:
    """As `systemd-analyze security` counts."""
    ended = analyze(
        tmp_path, "security", "--offline=true", "--no-pager", f"--threshold={MOST_EXPOSED * 10:.0f}"
    )
    if "unrecognized option" in ended.stderr:
        pytest.skip("this systemd-analyze reads no units of its own accord")
    assert ended.returncode == 0, ended.stdout
    page = (ROOT / "docs" / "how-to" / "nightly.md").read_text(encoding="utf-8")
    assert f"gives it {MOST_EXPOSED} of 10" in page


def test_the_service_is_given_time_to_drain() -> None:
    """Longer than one request may take; and longer to run than the run may."""
    (_, run) = commands()
    assert run[run.index("--timeout") + 1] == "30s"
    assert run[run.index("--max-duration") + 1] == "50m"
    assert (settings()["TimeoutStopSec"], settings()["TimeoutStartSec"]) == ("60s", "2h")


@pytest.mark.slow
def test_the_commands_of_the_service_run(tmp_path: Path) -> None:
    """With what systemd fills in filled in."""
    tools, places = install(tmp_path), {"%t": str(tmp_path), "%d": str(tmp_path), "%%": "%"}
    (tmp_path / "bulkcancel").mkdir()
    with sandbox("--scenario", "runaway") as url:
        for words in commands():
            given = [re.sub(r"%[td%]", lambda found: places[found[0]], word) for word in words]
            given[0] = str(tools / Path(words[0]).name)
            given = ["1s" if word == "24h" else word for word in given]
            keys = settings()["Environment"].split("BULKCANCEL_KEYS_FILE=")[1].replace("%d", str(tmp_path))
            environment = {"PATH": path_with(tools), "BULKCANCEL_BASE_URL": url, "BULKCANCEL_KEYS_FILE": keys}
            ended = started(given, tmp_path, environment)
            assert ended.returncode == 0, ended.stdout
    assert len(list(tmp_path.glob("nightly-????-??-??.csv"))) == 1
