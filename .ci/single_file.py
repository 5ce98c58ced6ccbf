"""Build the single file: bulkcancel and all that it needs, as Python alone, run where it lies.

Each compiled part that aiohttp, multidict, yarl, frozenlist, propcache and markupsafe may use stands in for
Python code that is in their wheels too. Without them one file runs on any machine, and writes nothing there:
compiled code has to be unpacked first, and there is one for each version of Python and each kind of machine.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from packages import DIST, source_date, sum_of

FILE = DIST / "bulkcancel.pyz"
LOCK = Path(__file__).with_name("runtime.txt")
_INTERPRETER = b"#!/usr/bin/env python3\n"
# It must be understood by every Python there is.
_MAIN = '''\
"""Run bulkcancel from the single file that it is in."""

import sys

if sys.version_info < (3, 11):
    sys.stderr.write(
        "Error: bulkcancel needs Python 3.11 or later, and this is %d.%d. Start the file with a later one: "
        "python3.11 %s\\n" % (sys.version_info[0], sys.version_info[1], " ".join(sys.argv))
    )
    sys.exit(2)

from bulkcancel.cli.process import main

main()
'''
# Compiled, or for compilers, type checkers and the package manager.
_LEFT_OUT = {".so", ".pyd", ".dylib", ".c", ".h", ".pxd", ".pyx", ".pyi", ".hash", ".pyc"}
_LEFT_OUT_NAMES = {"py.typed", "RECORD", "WHEEL", "INSTALLER", "REQUESTED", "direct_url.json"}
_LEFT_OUT_FOLDERS = {"bin", "share", "__pycache__"}


def main() -> int:
    """Leave it in `dist/`, twice built and the same; returns the exit status."""
    wheels = list(DIST.glob("*.whl"))
    if len(wheels) != 1:
        print("Build the wheel first: make build", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as directory, ThreadPoolExecutor() as pool:
        files = [Path(directory) / name for name in ("first", "second")]
        for _ in pool.map(lambda file: _build(wheels[0], file), files):
            pass
        first, second = files
        if sum_of(first) != sum_of(second):
            print(f"Two builds of {FILE.name} differ.", file=sys.stderr)
            return 1
        shutil.copy(first, FILE)
    print(f"{sum_of(FILE)}  {FILE.name}")
    return 0


def _build(wheel: Path, file: Path) -> None:
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        # Hashes are required of all but our own wheel, which was built just now.
        _install(folder, "--require-hashes", "--only-binary", ":all:", "--requirement", str(LOCK))
        _install(folder, str(wheel))
        _write(folder, file)


def _install(folder: Path, *words: str) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--no-compile", "--target", str(folder), *words]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        sys.exit(done.stdout)


def _write(folder: Path, file: Path) -> None:
    """The archive, in which nothing tells where and when it was made."""
    made = time.gmtime(int(source_date()))[:6]

    def entry(name: str) -> ZipInfo:
        info = ZipInfo(name, made)
        info.create_system = 3  # Unix
        info.external_attr = 0o100644 << 16
        info.compress_type = ZIP_DEFLATED
        return info

    with file.open("wb") as stream:
        stream.write(_INTERPRETER)
        with ZipFile(stream, "w", compresslevel=9) as archive:
            archive.writestr(entry("__main__.py"), _MAIN)
            for path in sorted(folder.rglob("*")):
                name = path.relative_to(folder)
                if path.is_file() and _is_kept(name):
                    archive.writestr(entry(name.as_posix()), path.read_bytes())
    file.chmod(0o755)


def _is_kept(name: Path) -> bool:
    return (
        name.suffix not in _LEFT_OUT
        and name.name not in _LEFT_OUT_NAMES
        and _LEFT_OUT_FOLDERS.isdisjoint(name.parts[:-1])
    )


if __name__ == "__main__":
    sys.exit(main())
