"""What of a soak falls short."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from soak.account import Account, Growth
from soak.course import PLAIN, Course
from soak.processes import Command
from soak.table import Found, judge

SOUND = Found(Account(requests=9), Growth(10, 10, 20, 45.0, 46.0, 9))


def course(path: Path, *, code: int = 143, said: str = "", minutes: float = 60.0, resumed: int = 0) -> Course:
    """One run that lived so long and ended so, with what it said and how `--resume` ended."""
    log = path / "log"
    log.write_text(said)
    command = Command(PLAIN, cast("Any", SimpleNamespace(returncode=code)), log)
    return Course(
        path,
        began=0.0,
        runs={PLAIN: command},
        codes={PLAIN: [code, resumed]},
        first_ends={PLAIN: 60.0 * minutes},
    )


@pytest.mark.parametrize(
    ("lived", "word"),
    [
        ({"minutes": 59.0}, "ended after 59.0 minutes"),
        ({"resumed": 1}, "[143, 1]"),
        ({"code": 4}, "ended with 4"),
        ({"code": -9}, "ended with -9"),
        ({"said": "Traceback (most recent call last)"}, "broke"),
    ],
)
def test_a_run_that_does_not_last_or_breaks_falls_short(
    tmp_path: Path, lived: dict[str, Any], word: str
) -> None:
    """Whatever its report holds."""
    (said,) = judge(course(tmp_path, **lived), {PLAIN: SOUND}, 3600.0)
    assert word in said


def test_a_run_that_loses_or_grows_falls_short(tmp_path: Path) -> None:
    """However well it ended."""
    assert judge(course(tmp_path), {PLAIN: SOUND}, 3600.0) == []
    lossy = replace(SOUND, account=Account(requests=9, lost=2))
    assert judge(course(tmp_path), {PLAIN: lossy}, 3600.0) == ["run: 2 rows lost"]
    leaky = replace(SOUND, growth=replace(SOUND.growth, least_after=12))
    (said,) = judge(course(tmp_path), {PLAIN: leaky}, 3600.0)
    assert "descriptors grew" in said
