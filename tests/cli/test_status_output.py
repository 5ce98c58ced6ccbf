"""How states are written."""

import os
import pty
from pathlib import Path

import pytest
from support.cliapp import IDS, W

from bulkcancel.cli.status_options import StatusFormat
from bulkcancel.cli.status_output import StatusOutput, open_output
from bulkcancel.models import InstanceStatus, StateName

ROWS = (
    InstanceStatus(3, W, IDS[0], StateName.RUNNING, "IN_PROGRESS", 1_700_000_000.5, None, 7261.0, 200),
    InstanceStatus(2, "=cmd", "", StateName.INVALID, error_code="x", error_detail="a;=b, c"),
)


def lines_of(tmp_path: Path, form: StatusFormat, width: int = 80) -> list[str]:
    """What comes of two rows."""
    path = tmp_path / "states"
    with open_output(str(path), form, waits=True, width=width) as output:
        for row in ROWS:
            output.rows((row,))
        output.end()
        assert output.is_aside
    return path.read_text().splitlines()


def test_no_state_is_a_formula_to_a_spreadsheet(tmp_path: Path) -> None:
    """What is not known is left out."""
    assert lines_of(tmp_path, StatusFormat.CSV)[1:] == [
        f"3,{W},{IDS[0]},running,IN_PROGRESS,2023-11-14T22:13:20.500Z,,7261.000,200,,,",
        "2,'=cmd,,invalid,,,,,,x,\"a;'=b, c\",",
    ]


@pytest.mark.parametrize(("width", "workflow"), [(80, W[:8]), (120, W)])
def test_a_table_of_states_is_for_people(tmp_path: Path, width: int, workflow: str) -> None:
    """Ages as they read them, and what is wrong behind them; where there is no id, the line."""
    head, *lines = lines_of(tmp_path, StatusFormat.TABLE, width)
    assert head.split() == ["STATE", "INSTANCE", "WORKFLOW", "AGE"]
    assert lines[0].split() == ["running", IDS[0], workflow, "2:01:01"]
    assert lines[1].split() == ["invalid", "line", "2", "=cmd", "a;=b,", "c"]


def test_a_table_of_states_has_two_lines_a_row_where_it_is_narrow(tmp_path: Path) -> None:
    """The instance, which is to be copied, and below it the rest."""
    head, under, first, rest, *_ = lines_of(tmp_path, StatusFormat.TABLE, 40)
    assert (head, first) == ("INSTANCE", IDS[0])
    assert under.split() == ["STATE", "WORKFLOW", "AGE"]
    assert rest == f"  running    {W[:8]}   2:01:01"


@pytest.mark.parametrize(
    ("form", "waits", "holds"),
    [(StatusFormat.TABLE, True, True), (StatusFormat.TABLE, False, False), (StatusFormat.CSV, True, False)],
)
def test_a_table_that_a_person_waits_for_comes_at_the_end(
    form: StatusFormat, *, waits: bool, holds: bool
) -> None:
    """By line; so progress can be drawn meanwhile."""
    ours, theirs = pty.openpty()
    try:
        output = StatusOutput(theirs, form, waits=waits, width=80)
        output.rows(ROWS)
        assert (output.holds, output.is_aside) == (holds, holds)
        output.write("now\n")
        output.end()
        text = ""
        while not ("now" in text and "running" in text):  # a terminal may give less than there is
            text += os.read(ours, 10_000).decode()
        shown = text.splitlines()
        place = shown.index("now")
        assert (place == 0) == holds
        if holds:
            assert [line.split()[0] for line in shown[1:]] == ["STATE", "invalid", "running"]
    finally:
        os.close(ours)
        os.close(theirs)
