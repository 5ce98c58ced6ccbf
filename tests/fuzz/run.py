"""Fuzz one target, or all of them in turn: `python tests/fuzz/run.py SECONDS [TARGET…]`.

New inputs go to a scratch directory; an input that breaks a target is written there as crash-…, and belongs
into `tests/fuzz/corpus/<target>/`, where the default tests replay it.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
MEMORY = Path("/dev/shm")  # noqa: S108 - a file in it costs no disk; without it, files are as usual
NO_FUZZER = "The fuzzer was SKIPPED: atheris is not installed (pip install '.[fuzz]', Linux x86-64)."


def main(words: list[str]) -> int:
    """Fuzz each target for its share of the time; the first that breaks ends it."""
    try:
        import atheris  # noqa: F401, PLC0415 - an extra
    except ImportError:
        print(NO_FUZZER)
        return 0
    from targets import TARGETS  # noqa: PLC0415 - after the check

    names = words[1:] or list(TARGETS)
    for name in names:
        # The fuzzer ends without cleaning up, so that all its files are in a directory of ours.
        with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as scratch:
            found = Path(scratch) / "found"
            found.mkdir()
            command = [
                sys.executable, __file__, "--one", name, str(found), str(CORPUS / name), f"-max_total_time={words[0]}",
                "-max_len=4096", "-timeout=20", "-rss_limit_mb=1024", "-print_final_stats=1", "-verbosity=1",
                f"-artifact_prefix={Path.cwd()}/{name}-",
            ]  # fmt: skip
            done = subprocess.run(
                command, env={**os.environ, "TMPDIR": scratch}, stderr=subprocess.PIPE, text=True,
                check=False, errors="replace",
            )  # fmt: skip
        executed = [
            line.split()[-1] for line in done.stderr.splitlines() if "number_of_executed_units" in line
        ]
        print(f"{name}: {executed[0] if executed else '?'} executions in {words[0]} s", flush=True)
        if done.returncode:
            print(done.stderr[-4000:])
            return 1
    return 0


def fuzz(name: str, arguments: list[str]) -> None:
    """Fuzz one target; this never returns."""
    import atheris  # noqa: PLC0415 - an extra

    with atheris.instrument_imports(include=["bulkcancel"]):
        from targets import TARGETS  # noqa: PLC0415 - instrumented
    atheris.Setup([sys.argv[0], *arguments], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        fuzz(sys.argv[2], sys.argv[3:])
    sys.exit(main(sys.argv[1:] or ["60"]))
