"""Audit what users install for known vulnerabilities, and say plainly where that was not possible."""

import json
import subprocess
import sys
import tempfile
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_LIMIT = 120.0  # seconds
_OURS = "bulkcancel"


def main(words: list[str]) -> int:
    """Run pip-audit; `required` makes an audit that could not be done an error."""
    with tempfile.TemporaryDirectory() as directory:
        listed = Path(directory) / "installed.txt"
        listed.write_text("".join(f"{name}=={version}\n" for name, version in sorted(installed().items())))
        command = [
            sys.executable,
            "-m",
            "pip_audit",
            "--requirement",
            str(listed),
            "--no-deps",
            "--disable-pip",
        ]
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


def installed() -> dict[str, str]:
    """The dependencies of a plain install, and theirs, with their versions."""
    found: dict[str, str] = {}
    waiting = [_OURS]
    while waiting:
        one = distribution(waiting.pop())
        if one.name != _OURS:
            found[canonicalize_name(one.name)] = one.version
        for text in one.requires or ():
            needed = Requirement(text)
            applies = needed.marker is None or needed.marker.evaluate({"extra": ""})
            if applies and canonicalize_name(needed.name) not in found:
                waiting.append(needed.name)
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
