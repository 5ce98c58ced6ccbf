"""How found instances are written, and where they go."""

import json
import os
from pathlib import Path

import pytest
from support.cliapp import IDS, W

from bulkcancel.cli.data_output import ReaderGoneError
from bulkcancel.cli.find_options import FoundFormat
from bulkcancel.cli.found_output import FoundOutput, open_output
from bulkcancel.errors import ConfigurationError
from bulkcancel.operations.found import FoundInstance, WorkflowListing

PAGE = (
    FoundInstance(W, IDS[0], "running", 1_700_000_000.5, None, "api"),
    FoundInstance(W, IDS[1], "FAILED", None, 1e300, "=cmd"),
)
LISTINGS = [WorkflowListing(W, "a name", read=9, matching=1234), WorkflowListing(IDS[0], matching=0)]


def written(tmp_path: Path, form: FoundFormat, *, counts_alone: bool = False, width: int = 120) -> str:
    """What comes of two instances and two lists."""
    path = tmp_path / "found"
    with open_output(str(path), form, "datadoghq.eu", counts_alone=counts_alone, width=width) as output:
        output.begin()
        output.page(PAGE)
        output.end(LISTINGS)
    assert path.stat().st_mode & 0o777 == 0o600
    return path.read_text()


def test_a_spreadsheet_has_each_column_and_runs_nothing(tmp_path: Path) -> None:
    """A time that is none is left out."""
    header, first, second = written(tmp_path, FoundFormat.CSV).splitlines()
    assert header == "workflow_id,instance_id,status,started_at,ended_at,source"
    assert first == f"{W},{IDS[0]},running,2023-11-14T22:13:20.500Z,,api"
    assert second == f"{W},{IDS[1]},FAILED,,,'=cmd"


def test_json_has_the_same_and_null_for_what_is_not_known(tmp_path: Path) -> None:
    """One object a line."""
    first, second = map(json.loads, written(tmp_path, FoundFormat.JSON_LINES).splitlines())
    assert first == {
        "workflow_id": W,
        "instance_id": IDS[0],
        "status": "running",
        "started_at": "2023-11-14T22:13:20.500Z",
        "ended_at": None,
        "source": "api",
    }
    assert (second["started_at"], second["ended_at"], second["source"]) == (None, None, "=cmd")


def test_links_lead_to_the_instances(tmp_path: Path) -> None:
    """On the site that was asked, and nothing stands above them."""
    assert written(tmp_path, FoundFormat.LINKS).splitlines() == [
        f"https://app.datadoghq.eu/workflow/{W}?instance={one}" for one in IDS[:2]
    ]


def test_a_table_is_for_people(tmp_path: Path) -> None:
    """Below each other, times to the second."""
    header, first, second = written(tmp_path, FoundFormat.TABLE).splitlines()
    assert header.split() == ["WORKFLOW", "INSTANCE", "STATUS", "STARTED", "SOURCE"]
    assert first.split() == [W, IDS[0], "running", "2023-11-14T22:13:20", "api"]
    assert first.index("api") == header.index("SOURCE") == second.index("=cmd")


def test_a_table_fits_a_terminal_of_eighty_columns(tmp_path: Path) -> None:
    """With the beginning of the workflow's id, and times to the minute."""
    header, first, second = written(tmp_path, FoundFormat.TABLE, width=80).splitlines()
    assert header.split() == ["WORKFLOW", "INSTANCE", "STATUS", "STARTED", "SOURCE"]
    assert first.split() == [W[:8], IDS[0], "running", "11-14", "22:13", "api"]
    assert first.index("api") == header.index("SOURCE") == second.index("=cmd") == 80 - len("schedule")


def test_a_table_has_two_lines_a_row_where_it_is_narrow(tmp_path: Path) -> None:
    """The instance, which is to be copied, and below it the rest."""
    head, under, first, rest, *_ = written(tmp_path, FoundFormat.TABLE, width=40).splitlines()
    assert (head, first) == ("INSTANCE", IDS[0])
    assert under.split() == ["WORKFLOW", "STATUS", "STARTED", "SOURCE"]
    assert rest == f"  {W[:8]} running  11-14 22:13 api"


@pytest.mark.parametrize(
    ("form", "lines"),
    [
        (FoundFormat.CSV, ["workflow_id,count", f"{W},1234", f"{IDS[0]},0"]),
        (FoundFormat.TABLE, [f"      1,234  {W}  a name", f"          0  {IDS[0]}"]),
        (
            FoundFormat.JSON_LINES,
            [f'{{"workflow_id": "{W}", "count": 1234}}', f'{{"workflow_id": "{IDS[0]}", "count": 0}}'],
        ),
    ],
)
def test_counts_stand_alone_in_every_format(tmp_path: Path, form: FoundFormat, lines: list[str]) -> None:
    """A line for each workflow, and none for an instance."""
    assert written(tmp_path, form, counts_alone=True).splitlines() == lines


def test_a_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    """It may be somebody's work; so is what can't be made said."""
    path = tmp_path / "found"
    path.write_text("mine")
    for name, words in (
        (str(path), "is there already"),
        (str(tmp_path / "none" / "x"), "No such file"),
        ("\0", "null"),
    ):
        with (
            pytest.raises(ConfigurationError, match=words),
            open_output(name, FoundFormat.CSV, "", counts_alone=False, width=80),
        ):
            raise AssertionError
    assert path.read_text() == "mine"


@pytest.mark.parametrize("path", [None, "-"])
def test_standard_output_gets_each_page_at_once(path: str | None, capfd: pytest.CaptureFixture[str]) -> None:
    """Whoever reads a pipe need not wait for the end."""
    with open_output(path, FoundFormat.LINKS, "datadoghq.eu", counts_alone=False, width=80) as output:
        output.page(PAGE[:1])
        assert IDS[0] in capfd.readouterr().out


def test_a_reader_that_is_gone_is_told_from_a_disk_that_is_full() -> None:
    """The first has read enough; the second is a failure."""
    ours, theirs = os.pipe()
    os.close(ours)
    with pytest.raises(ReaderGoneError):
        FoundOutput(theirs, FoundFormat.CSV, "", counts_alone=False).begin()
    os.close(theirs)
    full = os.open("/dev/full", os.O_WRONLY)
    with pytest.raises(ConfigurationError, match="can't be written: No space left"):
        FoundOutput(full, FoundFormat.CSV, "", counts_alone=False).begin()
    os.close(full)


def test_a_progress_display_leaves_rows_on_a_terminal_alone(tmp_path: Path) -> None:
    """And a pipe, behind which another command may draw; numbers come when it is over."""
    near, far = os.openpty()
    out, into = os.pipe()
    found = {
        (name, counts_alone): FoundOutput(fd, FoundFormat.CSV, "", counts_alone=counts_alone).is_aside
        for name, fd in (("terminal", far), ("pipe", into), ("file", os.open(tmp_path / "f", os.O_CREAT)))
        for counts_alone in (False, True)
    }
    assert found == {
        ("terminal", False): False,
        ("terminal", True): True,
        ("pipe", False): False,
        ("pipe", True): False,
        ("file", False): True,
        ("file", True): True,
    }
    for fd in (near, far, out, into):
        os.close(fd)
