"""Audit what users install for known vulnerabilities, and say plainly where that was not possible."""

import json
import re
import subprocess
import sys
import tempfile
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_LIMIT = 120.0  # seconds
_OURS = "bulkcancel"
_LOCK = Path(__file__).with_name("runtime.txt")


def main(words: list[str]) -> int:
    """Run pip-audit; `required` makes an audit that could not be done an error."""
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip"]
        for number, versions in enumerate((installed(), locked())):
            listed = Path(directory) / f"{number}.txt"
            listed.write_text("".join(f"{name}=={version}\n" for name, version in sorted(versions.items())))
            command += ["--requirement", str(listed)]
        command += ["--format", "json", "--progress-spinner", "off", "--timeout", "10"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_LIMIT)
            found = json.loads(done.stdout)["dependencies"]
        except (OSError, subprocess.SubprocessError, ValueError, LookupError):
            found = []
    audited = [one for one in found if "vulns" in one]
    vulnerable = [one for one in audited if one["vulns"]]
    for one in vulnerable:
        ids = ", ".join(sorted(vuln["id"] for vuln in one["vulns"]))
        print(f"{one['name']} {one['version']}: {ids}")
    if vulnerable:
        return 1
    if audited:
        left = len(found) - len(audited)
        print(f"{len(audited)} dependencies audited, none vulnerable; {left} not in the database.")
        return 0
    print("The dependency audit was SKIPPED: the vulnerability database is out of reach or empty.")
    return int("required" in words)


def locked() -> dict[str, str]:
    """What the single file is made of, with the versions."""
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", _LOCK.read_text(encoding="utf-8"), re.MULTILINE))


def installed(*extras: str) -> dict[str, str]:
    """The dependencies of an install with those extras, and theirs, with their versions."""
    found: dict[str, str] = {}
    waiting = [_OURS]
    while waiting:
        one = distribution(waiting.pop())
        if one.name != _OURS:
            found[canonicalize_name(one.name)] = one.version
        for text in one.requires or ():
            needed = Requirement(text)
            chosen = ("", *extras) if one.name == _OURS else ("",)
            applies = needed.marker is None or any(
                needed.marker.evaluate({"extra": extra}) for extra in chosen
            )
            if applies and canonicalize_name(needed.name) not in found:
                waiting.append(needed.name)
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
