"""Records of each format become whole pairs: every id as it is sent, or the reason why it is not."""

import json
from collections.abc import Callable
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcancel.errors import InputError
from bulkcancel.models import RejectedRow, Row
from bulkcancel.sources import InputOptions, Parser, as_id, is_id, parse_pair
from bulkcancel.sources.pairs import as_uuid

W, V, X, J = (f"{n}abcdef{n}-2222-4333-8444-{n}55555abcdef" for n in "1234")
LINK = "https://app.datadoghq.com/workflow/{}?instance={}"


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


def reasons(text: str, **options: object) -> list[str]:
    """What is wrong with each unusable row."""
    return [row.reason for row in rows(text, **options) if isinstance(row, RejectedRow)]


def in_each_format(workflow: str, instance: str) -> list[str]:
    """A pair with a header, without one, as JSON and as a link."""
    return [
        f"workflow_id,instance_id\n{workflow},{instance}\n",
        f"{workflow},{instance}\n",
        json.dumps({"workflow_id": workflow, "instance_id": instance}) + "\n",
        LINK.format(workflow, instance) + "\n",
    ]


SPELLINGS: list[Callable[[str], str]] = [
    lambda text: text,
    str.upper,
    lambda text: text.replace("-", ""),
    lambda text: text.replace("-", "").upper(),
    lambda text: f"{{{text}}}",
    lambda text: f"{{{text.replace('-', '').upper()}}}",
]
NOT_UUIDS = [
    f"{{{X}", f"{X}}}", f"({X})", f"urn:uuid:{X}", f"{{{{{X}}}}}", "{}", X[:-1], X + "0", X.replace("-", "")[:-1], X.replace("-", "", 1),
    X.replace("-", "_"), X.replace("a", "g"), X[:8] + X[9:], "", "-" * 36, "3" * 31, "3" * 33, X.replace("3", "\uff13"), f"{X}\n", f" {X}",
]  # fmt: skip


@pytest.mark.parametrize("spell", SPELLINGS)
@pytest.mark.parametrize("form", range(4))
def test_a_uuid_is_sent_in_one_form_however_it_is_written(spell: Callable[[str], str], form: int) -> None:
    """Without hyphens, in braces, in any case: in either place, in every format."""
    assert pairs(in_each_format(spell(W), spell(X))[form]) == [(W, X)]
    assert pairs(in_each_format(W, spell(X))[form]) == [(W, X)]
    assert pairs(in_each_format(spell(W), X)[form]) == [(W, X)]
    assert as_uuid(spell(X)) == X


@pytest.mark.parametrize("text", NOT_UUIDS)
def test_what_is_almost_a_uuid_is_none(text: str) -> None:
    """Nothing is guessed: a pair is made of two whole ids, or not at all."""
    assert as_uuid(text) is None
    for pair in ((W, text), (text, W)):
        row = parse_pair(*pair, 7)
        assert isinstance(row, RejectedRow)
        assert (row.line, row.code) == (7, "invalid_id" if text else "missing_id")


@given(st.uuids(), st.sampled_from(SPELLINGS))
def test_every_uuid_has_one_form(uuid: UUID, spell: Callable[[str], str]) -> None:
    """The standard library's."""
    assert as_uuid(spell(str(uuid))) == str(uuid)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (X[:-3], "is not a UUID: it has 29 digits instead of 32"),
        (X + "0", "is not a UUID: it has 33 digits instead of 32"),
        (X[:9], "is not a UUID: it has 8 digits instead of 32"),
        (X.replace("-", "")[:20], "is not a UUID: it has 20 digits instead of 32"),
        (X.upper()[:-3], "is not a UUID: it has 29 digits instead of 32"),
        (f"urn:uuid:{X}", "is not a UUID"),
        (X.replace("-", "", 1), "is not a UUID"),
        (X.replace("-", "")[:19], "is not a UUID (--any-id would allow it)"),
        (X[:8], "is not a UUID (--any-id would allow it)"),
        ("job-1", "is not a UUID (--any-id would allow it)"),
        ("a/b", "is not a UUID"),
        (X.replace("a", "g"), "is not a UUID (--any-id would allow it)"),
    ],
)
def test_nobody_is_invited_to_send_a_uuid_that_was_cut(text: str, words: str) -> None:
    """`--any-id` would send it, as the id of something else; what is wrong with it is said."""
    for name, pair in (("workflow", (text, X)), ("instance", (X, text))):
        row = parse_pair(*pair, 1)
        assert isinstance(row, RejectedRow)
        assert row.reason == f"the {name} id {text!r} {words}"


ODD = [
    "Job-1",
    "RUN.1",
    "x:Y~z_1",
    X.replace("-", ""),
    X.replace("-", "").upper(),
    f"urn:uuid:{X.upper()}",
    "A1" * 64,
]


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("form", range(4))
def test_any_id_is_sent_as_it_stands(text: str, form: int) -> None:
    """In its own case: an id that is not a UUID in its usual form may be of another kind."""
    other = "Other.1"
    assert pairs(in_each_format(other, text)[form], any_id=True) == [(other, text)]
    assert pairs(in_each_format(text, other)[form], any_id=True) == [(text, other)]
    assert is_id(text, any_id=True)
    assert not is_id(text, any_id=False)


def test_uuids_are_normalized_with_any_id_too() -> None:
    """In their usual form, and in braces, which nothing else is sent in."""
    assert pairs(f"{W.upper()},Run-A\n", any_id=True) == [(W, "Run-A")]
    assert as_id(f"{{{X.upper()}}}", any_id=True) == X
    assert pairs(f"workflow_id,instance_id\n{W},../x\n", any_id=True) == ["invalid_id"]
    assert "is not an id that can be sent" in reasons(f"workflow_id,instance_id\n{W},../x\n", any_id=True)[0]


@pytest.mark.parametrize("text", [X.replace("-", ""), f"{{{X}}}", "Run-A", ""])
def test_what_is_normalized_is_no_id_as_it_stands(text: str) -> None:
    """A report's own ids are sent as they are: such a one was altered."""
    assert not is_id(text, any_id=False)
    assert is_id(X.upper(), any_id=False)


def test_a_list_of_instances_gets_its_workflow() -> None:
    """With a header and without, as JSON, in braces; what stands behind an id is for people."""
    options = {"workflow_id": W}
    assert pairs(f"{X}\n{J},note\n", **options) == [(W, X), (W, J)]
    assert pairs(f"{X},note\n{J}\n", **options) == [(W, X), (W, J)]
    assert pairs(f"n;instance_id\n1;{X}\n", **options) == [(W, X)]
    assert pairs(f'{{"instance_id":"{X}"}}\n', **options) == [(W, X)]
    assert pairs(f"{{{X}}}\n{{{J}}}\n", **options) == [(W, X), (W, J)]
    assert pairs("Run-1\nRun-2\n", workflow_id="Job-1", any_id=True) == [
        ("Job-1", "Run-1"),
        ("Job-1", "Run-2"),
    ]


@pytest.mark.parametrize("form", range(4))
def test_a_row_of_another_workflow_is_not_sent_under_the_one_that_was_given(form: int) -> None:
    """Nor under its own: the file and `--workflow-id` contradict each other, and one of them is a slip."""
    text = in_each_format(V, X)[form]
    assert pairs(text, workflow_id=W) == ["wrong_workflow"]
    assert reasons(text, workflow_id=W) == [f"the row names the workflow {V}, but --workflow-id is {W}"]
    assert pairs(in_each_format(W.upper(), X)[form], workflow_id=W) == [(W, X)]
    assert pairs(in_each_format("Job-2", X)[form], workflow_id="Job-1", any_id=True) == ["wrong_workflow"]


def test_each_row_is_held_to_the_workflow_that_was_given() -> None:
    """One that names none, or only a workflow's name, takes it."""
    text = f"workflow,instance_id\n{V},{X}\nOrder sync,{J}\n,{X}\n{W},{J}\n"
    assert pairs(text, workflow_id=W) == ["wrong_workflow", (W, J), (W, X), (W, J)]
    text = f'{{"workflow_id":"{V}","instance_id":"{X}"}}\n{{"instance_id":"{J}"}}\n{{"workflow_id":null,"instance_id":"{X}"}}\n'
    assert pairs(text, workflow_id=W) == ["wrong_workflow", (W, J), (W, X)]
    # Without a header, two UUIDs in a row are a pair, and the first of them is no instance.
    assert pairs(f"{W},{X}\n{V},{X}\n", workflow_id=W) == [(W, X), "wrong_workflow"]


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
