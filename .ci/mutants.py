"""Break the rooms that decide on purpose, and hold what no test limits against survivors.toml."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_MUTMUT = Path(sys.executable).with_name("mutmut")
_WORK = Path("mutants")  # mutmut's own name for it
_LIST = Path(__file__).with_name("survivors.toml")
_NOTICED = frozenset({"killed", "timeout", "segfault"})
_AT_LEAST = 92.0  # percent


def main(rooms: list[str]) -> int:
    """Try every mutant, or those of some rooms, and say what was noticed."""
    shutil.rmtree(_WORK, ignore_errors=True)  # mutmut would believe what it knows of tests that have changed
    tried = subprocess.run([_MUTMUT, "run", *rooms], check=False)  # its progress is for people to see
    if tried.returncode:
        return tried.returncode
    states = {name: state for name, state in _states().items() if state != "not checked"}
    share = _show(states)
    alive = [name for name, state in states.items() if state not in _NOTICED]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        living = set(pool.map(_words, alive))
    unlisted, outdated = _compare(living, whole=not rooms)
    for words in sorted(unlisted):
        print(f"no test limits, and it is not listed: {words}")
    for words in sorted(outdated):
        print(f"listed as living, but it was noticed or is no more: {words}")
    if share < _AT_LEAST:
        print(f"{share:.1f} % were noticed; at least {_AT_LEAST:.0f} % must be")
    return int(bool(unlisted or outdated) or share < _AT_LEAST)


def _states() -> dict[str, str]:
    lines = _mutmut("results", "--all", "true").splitlines()
    return dict(line.strip().removeprefix("bulkcancel.").rsplit(": ", 1) for line in lines if ": " in line)


def _show(states: dict[str, str]) -> float:
    rooms: defaultdict[str, Counter[bool]] = defaultdict(Counter)
    for name, state in states.items():
        room = name.rpartition(".")[0]
        for place in (room, "all"):
            rooms[place][state in _NOTICED] += 1
    for room, counts in sorted(rooms.items(), key=lambda entry: (entry[0] == "all", entry[0])):
        share = 100.0 * counts[True] / counts.total()
        print(f"{room:28} {counts.total():5} mutants {counts[True]:5} noticed {share:6.1f} %")
    return 100.0 * rooms["all"][True] / max(1, rooms["all"].total())


def _words(name: str) -> str:
    """A mutant in words that outlast its number: its function, what stood there, what stands there now."""
    function = re.sub(r"__mutmut_\d+$", "", name)
    place = re.sub(r"\.x(?:ǁ(\w+)ǁ|_)", lambda found: f".{found[1]}." if found[1] else ".", function)
    sides: dict[str, list[str]] = {"-": [], "+": []}
    for line in _mutmut("show", f"bulkcancel.{name}").splitlines():
        if line[:1] in sides and line[:3] not in {"---", "+++"}:
            sides[line[0]].append(line[1:].strip())
    return f"{place}: {' '.join(sides['-'])} -> {' '.join(sides['+'])}"


def _compare(living: set[str], *, whole: bool) -> tuple[set[str], set[str]]:
    groups = tomllib.loads(_LIST.read_text())["lives"]
    listed = {words for group in groups for words in group.get("mutants", ())}
    alike = [re.compile(pattern) for group in groups for pattern in group.get("like", ())]
    unlisted = {words for words in living - listed if not any(pattern.search(words) for pattern in alike)}
    return unlisted, listed - living if whole else set()


def _mutmut(*words: str) -> str:
    return subprocess.run([_MUTMUT, *words], check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
