"""List what running needs, for whoever watches for vulnerabilities: `dist/bulkcancel.cdx.json`, in CycloneDX.

It is of the single file: the releases of `.ci/runtime.txt`, and the libraries of the page, which no package
manager knows of.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from importlib.resources import files
from typing import Any

from packages import DIST, ROOT, source_date, sum_of
from single_file import LOCK

FILE = DIST / "bulkcancel.cdx.json"
_VENDORED = files("bulkcancel.overview.page") / "vendor" / "README.md"
_VENDORED_ROW = re.compile(r"^\| `[^`]+` \| `([^`]+)` \| ([\d.]+) \| `[^`]+` \| (\S+) \|", re.MULTILINE)


def main() -> int:
    """Leave it in `dist/`; returns the exit status."""
    wheels = list(DIST.glob("*.whl"))
    if len(wheels) != 1:
        print("Build the wheel first: make build", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as directory:
        _run("-m", "venv", "--without-pip", directory)
        pip = [
            "-m",
            "pip",
            "--python",
            directory,
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
        ]
        _run(*pip, "--require-hashes", "--only-binary", ":all:", "--requirement", str(LOCK))
        _run(*pip, str(wheels[0]))
        words = ["--output-reproducible", "--pyproject", str(ROOT / "pyproject.toml")]
        text = _run("-m", "cyclonedx_py", "environment", *words, directory)
    found = json.loads(text)
    _add_to(found, version=wheels[0].name.split("-")[1])
    FILE.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{sum_of(FILE)}  {FILE.name}: {len(found['components'])} components")
    return 0


def _add_to(found: dict[str, Any], *, version: str) -> None:
    """Our own version, and what the page brings."""
    page = vendored()
    ours = found["metadata"]["component"]
    ours |= {"version": version, "purl": f"pkg:pypi/bulkcancel@{version}"}
    found["components"] += page
    needs = next(one for one in found["dependencies"] if one["ref"] == ours["bom-ref"])
    needs["dependsOn"] += [one["bom-ref"] for one in page]
    found["dependencies"] += [{"ref": one["bom-ref"]} for one in page]


def vendored() -> list[dict[str, Any]]:
    """The libraries of the page, as components."""
    rows = sorted(set(_VENDORED_ROW.findall(_VENDORED.read_text(encoding="utf-8"))))
    return [
        {
            "bom-ref": f"pkg:npm/{name}@{version}",
            "type": "library",
            "name": name,
            "version": version,
            "purl": f"pkg:npm/{name}@{version}",
            "licenses": [{"license": {"id": licence}}],
        }
        for name, version, licence in rows
    ]


def _run(*words: str) -> str:
    environment = {**os.environ, "SOURCE_DATE_EPOCH": source_date()}
    done = subprocess.run(
        [sys.executable, *words], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
