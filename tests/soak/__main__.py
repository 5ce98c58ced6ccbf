"""`make soak MINUTES=60`: real runs against the sandbox for long, and everything that may happen meanwhile.

A server is restarted, killed, hangs, meets a quarter of the requests with faults and changes its quota. The
clients sleep as a laptop does: SIGSTOP, then SIGCONT. All of it follows from the seed. Two runs live through
the whole of it, one with --verify, while `find` and `drain` come and go. Then SIGTERM ends them, `--resume`
does the rest, and the reports are compared with the server's record.

    PYTHONPATH=tests python -m soak MINUTES [SEED]

Exit status 1 when a row is lost, a run does not last, descriptors grow, or memory grows by more than is promised
for each pair. What happens is told on standard error meanwhile; the files of a soak that falls short are kept.
"""

import argparse
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from soak.course import Soak
from soak.plan import plan
from soak.table import judge, look_at, print_table
from support.children import forget_surroundings


def main() -> int:
    """Live through one, and tell what it came to."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("minutes", type=float)
    parser.add_argument("seed", type=int, nargs="?", default=0)
    words = parser.parse_args()
    if not Path("/proc/self/fd").is_dir():
        parser.error("a soak looks at processes in /proc, and here is none")
    if words.minutes < 1.0:
        parser.error("in less than a minute next to nothing happens")
    forget_surroundings()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    made = plan(words.seed, words.minutes)
    print(f"A soak of {words.minutes:g} minutes, seed {words.seed}: {len(made.events)} events", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    course = Soak(made, folder).live()
    answers, found = look_at(course, made.seconds)
    print_table(course, answers, found, made.seconds)
    faults = judge(course, found, made.seconds)
    for fault in faults:
        print(f"FALLS SHORT: {fault}")
    if faults:
        print(f"Its files are in {folder}")
    else:
        shutil.rmtree(folder)
        print("No row lost, no descriptor leaked, memory within its bound.")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
