"""The workflow and the instance column are found by their names."""

import json

import pytest

from bulkcancel.errors import InputError
from bulkcancel.models import RejectedRow, Row
from bulkcancel.sources import InputOptions, Parser
from bulkcancel.sources.columns import find_columns, no_columns, sufficient_columns

W, V, X, J = (f"{n}abcdef{n}-2222-4333-8444-{n}55555abcdef" for n in "1234")


def rows(text: str, **options: object) -> list[Row]:
    """All rows of an input."""
    parser = Parser(InputOptions(**options))  # type: ignore[arg-type] # keywords of a table
    return [*parser.feed(text.encode()), *parser.feed(b"", final=True)]


def pairs(text: str, **options: object) -> list[tuple[str, str] | str]:
    """Each row's two ids, or its code."""
    return [
        row.code if isinstance(row, RejectedRow) else (row.workflow_id, row.instance_id)
        for row in rows(text, **options)
    ]


@pytest.mark.parametrize(
    "header",
    [
        "workflow_id,instance_id", "WORKFLOW-ID,Instance Id", "@workflow_id,@instance_id", "workflow,instance", "workflow,execution",
        "Workflow UUID,Instance UUID", "workflow_uuid,execution_id", "workflow id,Execution-ID", "@workflow,@execution", "a.workflow,b.instance",
        "x.workflow_id,workflow.instance_id", "workflow.id,instance.id", "workflow.uuid,execution.id", "workflow_id,workflow_instance_id",
        " workflow , instance ",
    ],
)  # fmt: skip
def test_header_names_people_use(header: str) -> None:
    """With any delimiter, in either order, and as the keys of JSON lines."""
    first, second = header.split(",")
    for delimiter in ",;\t|":
        assert pairs(f"{first}{delimiter}{second}\n{W}{delimiter}{X}\n") == [(W, X)]
        assert pairs(f"{second}{delimiter}n{delimiter}{first}\n{X}{delimiter}1{delimiter}{W}\n") == [(W, X)]
    assert pairs(json.dumps({first: W, second: X}) + "\n") == [(W, X)]


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("workflow,workflow_id,instance_id", f"Order sync,{W},{X}"),
        ("workflow_id,workflow,instance_id,instance,execution", f"{W},Order sync,{X},host-1,7"),
        ("workflow_uuid,workflow,execution_id,instance", f"{W},Order sync,{X},host-1"),
        ("workflow_id,workflow_uuid,instance_id,execution_id", f"{W},{V},{X},{J}"),
        ("a.workflow_id,workflow_id,instance_id", f"{V},{W},{X}"),
    ],
)
def test_the_surer_name_is_taken(header: str, cells: str) -> None:
    """Beside `workflow_id`, a column `workflow` holds a name."""
    assert pairs(f"{header}\n{cells}\n") == [(W, X)]


@pytest.mark.parametrize(
    ("header", "role"),
    [
        ("workflow_id,workflow-id,instance_id", "workflow"),
        ("a.workflow,b.workflow,instance", "workflow"),
        ("workflow,instance,execution", "instance"),
        ("workflow,execution_id,instance_uuid", "instance"),
        ("workflow_id,instance_id,workflow_instance_id", "instance"),
    ],
)
def test_two_columns_that_fit_alike_are_not_guessed_between(header: str, role: str) -> None:
    """The person chooses."""
    cells = f"{W},{X},{J}"
    with pytest.raises(
        InputError, match=f"has several columns for the {role} id: .*; choose one with --{role}-column"
    ):
        rows(f"{header}\n{cells}\n")


def test_a_column_is_found_by_the_name_that_was_given() -> None:
    """As it is written before as it is varied; one that was not given is recognized."""
    text = f"Run,run,flow,workflow_id\n{X},{J},{V},{W}\n"
    assert pairs(text, instance_column="run") == [(W, J)]
    assert pairs(text, instance_column="Run") == [(W, X)]
    assert pairs(text, instance_column=" run ", workflow_column="FLOW") == [(V, J)]
    with pytest.raises(InputError, match="several columns for the instance id: 'Run', 'run'"):
        rows(text, instance_column="RUN")
    with pytest.raises(
        InputError, match="has no column 'fl' \\(--workflow-column\\); its columns are: 'Run', 'run', 'flow'"
    ):
        rows(text, workflow_column="fl")


@pytest.mark.parametrize(
    ("header", "want"),
    [
        ("workflow_id,instance_id", (0, 1)),
        ("a.b.instance_id,a.b.workflow_id", (1, 0)),
        ("x,instance_id", (None, 1)),
        ("workflow_id,x", (0, None)),
        ("x,instance", (None, 1)),
        ("", (None, None)),
    ],
)
def test_a_column_is_where_its_name_stands(header: str, want: tuple[int | None, int | None]) -> None:
    """Counted from 0; the part behind the last dot is enough."""
    assert find_columns(header.split(","), InputOptions()) == want


@pytest.mark.parametrize(
    ("header", "workflow_id", "want"),
    [
        ("workflow_id,instance_id", None, (0, 1)),
        ("x,instance_id", None, None),
        ("x,instance_id", W, (None, 1)),
        ("workflow_id,x", None, None),
        ("workflow_id,x", W, None),
        ("x,y", None, None),
    ],
)
def test_columns_suffice_where_they_give_both_ids(
    header: str, workflow_id: str | None, want: tuple[int | None, int] | None
) -> None:
    """The workflow's may be given for all rows instead."""
    assert sufficient_columns(header.split(","), InputOptions(workflow_id=workflow_id)) == want


BOTH, ONE = "--workflow-column, --instance-column", "--instance-column"


@pytest.mark.parametrize(
    ("header", "workflow_id", "missing", "ways"),
    [
        ("x,y", None, "no usable column", BOTH),
        ("workflow_id,x", None, "no column with the instance ids", BOTH),
        ("instance_id,x", None, "no column with the workflow ids", BOTH),
        ("x,y", W, "no usable column", ONE),
        ("workflow_id,x", W, "no column with the instance ids", ONE),
    ],
)
def test_a_header_that_does_not_suffice_gets_a_remedy(
    header: str, workflow_id: str | None, missing: str, ways: str
) -> None:
    """What is missing, what was found, and the options that help."""
    first, second = header.split(",")
    assert str(no_columns([first, second], InputOptions(workflow_id=workflow_id))) == (
        f"has {missing}: it needs workflow_id and instance_id; found: {first!r}, {second!r}. "
        f"Name others with {ways}, or give one workflow for all rows with --workflow-id"
    )


@pytest.mark.parametrize(
    ("count", "end"), [(19, "'c18'."), (20, "'c19'."), (21, "'c19' and 1 more."), (30, "'c19' and 10 more.")]
)
def test_no_more_names_are_listed_than_a_person_reads(count: int, end: str) -> None:
    """Twenty, each cut to 40 characters."""
    assert f"{end} Name" in str(no_columns([f"c{n}" for n in range(count)], InputOptions()))
    assert f"found: '{'x' * 39}…'." in str(no_columns(["x" * 41], InputOptions()))
