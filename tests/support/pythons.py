"""The Pythons of this machine."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

SUPPORTED = ("3.11", "3.12", "3.13", "3.14")
_NAME = "import sys; print('%d.%d' % sys.version_info[:2])"


@cache
def python_of(version: str) -> str | None:
    """One of that version: this one, one on PATH, or one of pyenv's; None where there is none."""
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [sys.executable, shutil.which(f"python{version}"), *kept.glob(f"{version}.*/bin/python")]
    return next((str(one) for one in candidates if one and _version_of(str(one)) == version), None)


@cache
def _version_of(python: str) -> str:
    # A shim of pyenv's is on PATH also where it leads to no Python.
    done = subprocess.run([python, "-I", "-S", "-c", _NAME], capture_output=True, text=True, check=False)
    return done.stdout.strip()
