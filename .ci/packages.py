"""Build the sdist and the wheel twice in unlike surroundings, see that they are the same, and check them.

The second pair is built from the first sdist alone, unpacked elsewhere, with another umask, time zone and age
of its files: so the sdist has all that building needs, and whoever builds a release again gets the release.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
_OUTSIDE_GIT = "1580601600"  # 2 February 2020, as hatchling has it
_LONG_AGO = 978307200.0


def main() -> int:
    """Leave both in `dist/`, with a line for each; returns the exit status."""
    shutil.rmtree(DIST, ignore_errors=True)
    environment = {**os.environ, "SOURCE_DATE_EPOCH": source_date()}
    _build(ROOT, DIST, environment)
    (sdist,), (wheel,) = DIST.glob("*.tar.gz"), DIST.glob("*.whl")
    with tempfile.TemporaryDirectory() as directory:
        again = Path(directory) / "dist"
        _build(_unpacked(sdist, Path(directory)), again, {**environment, "TZ": "Asia/Tokyo"}, umask=0o077)
        for one in (sdist, wheel):
            if sum_of(one) != sum_of(again / one.name):
                kept = DIST / f"again-{one.name}"
                shutil.copyfile(again / one.name, kept)
                print(f"Two builds of {one.name} differ. Compare it with {kept}.", file=sys.stderr)
                return 1
    if not any(name.endswith("share/man/man1/bulkcancel-run.1") for name in ZipFile(wheel).namelist()):
        print(f"{wheel.name} has no man pages.", file=sys.stderr)
        return 1
    _checked("twine", "check", "--strict", str(sdist), str(wheel))
    _checked("check_wheel_contents", str(wheel))
    for one in (sdist, wheel):
        print(f"{sum_of(one)}  {one.name}")
    return 0


def source_date() -> str:
    """The date that a build bears: the variable's, or that of the last commit."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return given
    command = ["git", "log", "-1", "--format=%ct"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return _OUTSIDE_GIT
    return done.stdout.strip()


def sum_of(file: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    return sha256(file.read_bytes()).hexdigest()


def _build(source: Path, out: Path, environment: dict[str, str], *, umask: int = -1) -> None:
    words = [sys.executable, "-m", "build", "--outdir", str(out), str(source)]
    done = subprocess.run(
        words,
        env=environment,
        umask=umask,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stdout)


def _unpacked(sdist: Path, directory: Path) -> Path:
    with tarfile.open(sdist) as archive:
        archive.extractall(directory, filter="data")
    (folder,) = (path for path in directory.iterdir() if path.is_dir())
    for path in folder.rglob("*"):
        os.utime(path, (_LONG_AGO, _LONG_AGO))
    return folder


def _checked(module: str, *words: str) -> None:
    done = subprocess.run([sys.executable, "-m", module, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)


if __name__ == "__main__":
    began = time.monotonic()
    code = main()
    print(f"Built twice and checked in {time.monotonic() - began:.0f} s.")
    sys.exit(code)
